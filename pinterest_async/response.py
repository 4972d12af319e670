"""The whole answer to a call: what `send` returns."""

from collections.abc import Mapping
from typing import Any, Generic, Self, TypeVar

import msgspec

from pinterest_async._core.operation import Operation
from pinterest_async._core.ratelimit_headers import RateState

T = TypeVar("T")


class Response(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """A successful answer: decoded data beside everything that came with it."""

    data: T
    operation: Operation[T]
    status: int
    headers: Mapping[str, str]
    request_id: str | None
    rate: RateState
    attempts: int
    raw: bytes

    def __repr__(self) -> str:
        # Without data, headers and bytes: an answer of the token endpoint holds tokens.
        return (
            f"<Response {self.status} of {self.operation.namespace}.{self.operation.name}, "
            f"{len(self.raw)} bytes, request id {self.request_id}>"
        )

    def raise_for_items(self) -> Self:
        """Raise `ItemsFailedError` when the answer reports items that failed; else return it."""
        check_items(self.data, **facts_of(self))
        return self


def check_items(data: Any, **facts: Any) -> None:
    """Raise `ItemsFailedError`, with these facts, when data report items that failed."""
    from pinterest_async._core.item_failures import item_failures
    from pinterest_async.errors import ItemsFailedError

    failures = item_failures(data)
    if failures:
        raise ItemsFailedError(failures, data=data, **facts)


def facts_of(response: Response[Any]) -> dict[str, Any]:
    """What an error about an answer tells of it."""
    return {
        "status": response.status,
        "request_id": response.request_id,
        "body": response.raw,
        "operation": response.operation,
        "attempts": response.attempts,
    }
