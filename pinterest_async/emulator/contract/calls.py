"""What the server hands to a handler, and what a handler gives back."""

import datetime as dt
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec

if TYPE_CHECKING:
    from pinterest_async.emulator.model.world import World


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """A request that fits the description.

    `operation` is Pinterest's operationId. `query` holds what was sent, decoded by its schema
    (numbers, booleans, lists), and the description's defaults for what was not. `body` is decoded
    JSON, or a form as a dict. `user` is the id of the user account that the token stands for, `now`
    is in UTC.
    """

    operation: str
    path: Mapping[str, str]
    query: Mapping[str, Any]
    body: Any
    user: str
    now: dt.datetime


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """An answer that needs more than a body. `body` is JSON data, bytes (JSON already), or None."""

    status: int | None = None
    body: Any = None
    headers: Mapping[str, str] = {}


class Refusal(Exception):  # noqa: N818  (an answer of the API, not a fault of the program)
    """The API says no: its HTTP status, its own code, its words."""

    def __init__(self, status: int, code: int, message: str, **extra: Any) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.extra = extra


Handler: TypeAlias = Callable[["World", Call], Any]
"""Answers one operation from the world's state: JSON data, bytes that are JSON, None, or a Reply.

A handler does no I/O and never waits, so a request sees the state of one moment.
"""


class Visit(msgspec.Struct, frozen=True, kw_only=True):
    """A request outside the API: a download from a signed URL, an upload to a storage host.

    `path` and `query` are decoded; `headers` have lower-case names.
    """

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    now: dt.datetime


Host: TypeAlias = Callable[["World", Visit], Reply]
"""Answers what lies below one first part of a path of `World.origin`, outside the API."""
