"""What a handler is: a function that answers one operation from the state of the world."""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from pinterest_async.emulator.contract.calls import ApiCall, FileRequest, Reply
from pinterest_async.emulator.model.world import World

Handler: TypeAlias = Callable[[World, ApiCall], Any]
"""Returns JSON data, bytes that are JSON, None, or a Reply.

A handler does no I/O and never waits, so a request sees the state of one moment.
"""
Handlers: TypeAlias = Mapping[str, Handler]
"""Handlers by Pinterest's operationId."""

FileHandlers: TypeAlias = Mapping[str, Callable[[World, FileRequest], Reply]]
"""Handlers of requests outside the API, by the first part of the path below `World.origin`."""
