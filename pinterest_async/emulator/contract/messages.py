"""A request as it came, an answer as it goes, and hooks between the two."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol, TypeAlias

import msgspec
from aiohttp import web

from pinterest_async.emulator.contract.description import Operation


class Incoming(msgspec.Struct, frozen=True, kw_only=True):
    """A request. `target` is the path and the query string below the base path, still encoded.

    `headers` do not mind the case of their names; `now` is in seconds since 1970.
    """

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    now: float


class Answer(msgspec.Struct, kw_only=True):
    """An answer. With `deliver` it is sent in its own way."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = {}
    deliver: "Deliver | None" = None


Deliver: TypeAlias = Callable[[web.BaseRequest, Answer], Awaitable[web.StreamResponse]]
"""Sends an answer in its own way: late, in pieces, cut off, or not at all."""


class Hook(Protocol):
    """Stands before and after the API, to make it misbehave."""

    def before(self, operation: Operation, incoming: Incoming) -> "Answer | Incoming | None":
        """An answer instead of the API's; another request instead; None to let it through."""
        ...

    def after(self, operation: Operation, incoming: Incoming, answer: Answer) -> Answer:
        """The answer to send: the API's own, changed in place, or another."""
        ...


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """One request that was answered.

    `operation` is `namespace.name`, "" for a path that the API lacks. `query` and `body` are
    decoded where the request was understood, and else as they came. `when` is in seconds since
    1970; `user` is "" where nobody was recognised.
    """

    operation: str
    method: str
    path: str
    query: Any
    body: Any
    status: int
    user: str
    when: float
