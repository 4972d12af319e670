"""The whole answer to a call: what `send` returns, and how to tell that items in it failed."""

from collections.abc import Mapping
from typing import Any, Generic, Self, TypeGuard, TypeVar

import msgspec

from pinterest_async._core.item_failures import item_failures
from pinterest_async._core.operation import Operation
from pinterest_async._core.response import RateState
from pinterest_async.errors import ItemsFailedError

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
        """Raise `ItemsFailedError` when the answer tells of items that failed; else return it."""
        _check(
            self.data,
            status=self.status,
            request_id=self.request_id,
            body=self.raw,
            operation=self.operation,
            attempts=self.attempts,
        )
        return self


def raise_for_items(answer: T) -> T:
    """Raise when an answer that succeeded as a whole tells of items that failed.

    Writes of many items at once (campaigns, ads, conversion events, catalog items ...) succeed
    though some or all of their items were refused. Works on what a method returned as on what
    `send` did, and returns it:

        made = raise_for_items(await pinterest.campaigns.create(account, campaigns))

    Raises:
        ItemsFailedError: `failures` lists them, `data` is the answer with the items that succeeded.
    """
    whole: object = answer
    if _is_response(whole):
        whole.raise_for_items()
    else:
        _check(whole)
    return answer


def _is_response(value: object) -> TypeGuard[Response[Any]]:
    return isinstance(value, Response)


def _check(data: Any, **facts: Any) -> None:
    failures = item_failures(data)
    if failures:
        raise ItemsFailedError(failures, data=data, **facts)
