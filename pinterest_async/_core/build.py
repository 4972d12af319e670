"""A checked call -> what goes on the wire: method, target and body."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import msgspec
from msgspec import UNSET

from pinterest_async._core.operation import HttpMethod, Operation, parts_of


class WireRequest(msgspec.Struct, frozen=True):
    """A request as it goes on the wire.

    `target` is the path below the base URL and the query string, percent-encoded: to be sent as it
    is, not to be encoded again.
    """

    method: HttpMethod
    target: str
    body: bytes | None
    content_type: str | None

    def __repr__(self) -> str:
        # Bodies hold secrets (of logins) and people (in customer lists).
        return f"<{self.method} {self.target}>"


def build_request(
    operation: Operation[Any],
    path: Sequence[Any],
    query: Mapping[str, Any],
    body: Any = UNSET,
) -> WireRequest:
    """Build the request of a call that `check_call` has found nothing wrong with."""
    target = _path(operation, path)
    if query:
        from pinterest_async._core.query_string import query_string

        target += query_string(operation, query)
    if operation.body is None:
        return WireRequest(operation.method, target, None, None)
    from pinterest_async._core.body_content import body_content

    content, kind = body_content(operation, operation.body, path, body)
    return WireRequest(operation.method, target, content, kind)


def _path(operation: Operation[Any], path: Sequence[Any]) -> str:
    if not path:
        return operation.path
    target, *others = _parts(operation.path)
    for value, part in zip(path, others, strict=True):
        target += _segment(value) + part
    return target


@lru_cache(maxsize=1024)
def _parts(path: str) -> Sequence[str]:
    """What stands before, between and after the parameters of a path."""
    first, places = parts_of(path)
    return [first, *(after for _, after in places)]


def _segment(value: Any) -> str:
    if type(value) is str and value.isascii() and value.isalnum():
        return value
    from pinterest_async._core.query_string import quoted

    return quoted(value)
