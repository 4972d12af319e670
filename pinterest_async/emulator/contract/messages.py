"""HTTP requests and responses inside the emulator, hooks between them, and the log of requests."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, Protocol, TypeAlias, TypeVarTuple, Unpack

import msgspec
from aiohttp import web

from pinterest_async.emulator.contract.description import ApiOperation


class HttpRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A request. `target` is the path and the query string below the base path, still encoded.

    Names in `headers` match in any case; `now` is in seconds since 1970.
    """

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    now: float


class HttpResponse(msgspec.Struct, kw_only=True):
    """A response. `deliver` replaces the usual way of sending it."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = {}
    deliver: "ResponseSender | None" = None


ResponseSender: TypeAlias = Callable[[web.BaseRequest, HttpResponse], Awaitable[web.StreamResponse]]
"""Sends a response late, in pieces, incomplete, or not at all."""


class Hook(Protocol):
    """Code that runs before and after the API, to make it misbehave."""

    def before(
        self, operation: ApiOperation, incoming: HttpRequest
    ) -> HttpResponse | HttpRequest | None:
        """A response instead of the API's; another request instead; None to change nothing."""
        ...

    def after(
        self, operation: ApiOperation, incoming: HttpRequest, answer: HttpResponse
    ) -> HttpResponse:
        """The response to send: the API's own, changed in place, or another."""
        ...


Rest = TypeVarTuple("Rest")


def answer_with_hooks(
    hooks: Iterable[Hook],
    operation: ApiOperation,
    incoming: HttpRequest,
    answer: Callable[[HttpRequest, Unpack[Rest]], HttpResponse],
    *rest: *Rest,
) -> HttpResponse:
    """Answer a request (the `rest` goes to `answer`), with hooks before and after."""
    for hook in hooks:
        replacement = hook.before(operation, incoming)
        if isinstance(replacement, HttpResponse):
            return replacement
        if replacement is not None:
            incoming = replacement
    response = answer(incoming, *rest)
    for hook in hooks:
        response = hook.after(operation, incoming, response)
    return response


def json_response(status: int, body: Any, headers: Mapping[str, str] = {}) -> HttpResponse:
    """A response whose body is JSON."""
    return HttpResponse(
        status=status,
        body=msgspec.json.encode(body),
        headers={"Content-Type": "application/json", **headers},
    )


class LoggedRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One request that was answered.

    `operation` is `namespace.name`, "" for a path that the API lacks. `query` and `body` are
    decoded where the request was valid, and as they arrived otherwise. `when` is in seconds since
    1970; `user` is "" where the token was not valid. `reason` says why the request was refused.
    """

    operation: str
    method: str
    path: str
    query: Any
    body: Any
    status: int
    user: str
    when: float
    reason: str = ""
