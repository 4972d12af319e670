"""The whole answer to a call: what `send` returns."""

from collections.abc import Mapping
from typing import Generic, TypeVar

import msgspec

from pinterest_async._core.operation import Operation

T = TypeVar("T")


class RateState(msgspec.Struct, frozen=True, kw_only=True):
    """What the rate-limit headers of one answer said.

    `windows` are `(limit, seconds, name)`; `remaining` and `reset` (seconds to go) speak of the
    window nearest to exhaustion, whose limit is `limit`. All empty when no header was sent.
    """

    limit: int | None = None
    remaining: int | None = None
    reset: float | None = None
    windows: tuple[tuple[int, float | None, str | None], ...] = ()


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
