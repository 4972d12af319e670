"""What a request ends in: an answer as it came, or a failure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias, TypeGuard

import msgspec

Phase: TypeAlias = Literal["not_sent", "maybe_sent", "truncated_answer"]
"""How far a request came that got no usable answer."""

Stage: TypeAlias = Literal[
    "authenticating",
    "waiting for quota",
    "requesting",
    "refreshing the token",
    "pausing before the next attempt",
]
"""What a call is doing, as its deadline error says it."""

Cause: TypeAlias = Literal[
    "connect_failed", "dns", "tls", "proxy", "connect_timeout", "read_timeout", "lost", "garbled"
]

TOOK_EFFECT: Final = "It may have taken effect: read the object back before you call again."
"""What is advised after a write that may have been done."""


class RawResponse(msgspec.Struct, frozen=True):
    """An answer as it came, its body decompressed. `headers` ignores the case of names."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def __repr__(self) -> str:
        # Reporters of errors show variables, and an answer of the token endpoint holds tokens.
        return f"<Answer {self.status}, {len(self.body)} bytes>"


class RequestFailure(msgspec.Struct, frozen=True):
    """A request without a usable answer.

    `status` and `headers` are those that arrived, if any; `reused` says that the request went over
    a connection that was idle before.
    """

    phase: Phase
    cause: Cause
    detail: str
    status: int | None = None
    reused: bool = False
    headers: Mapping[str, str] = msgspec.field(default_factory=dict[str, str])

    def __repr__(self) -> str:
        # Without the headers, which may repeat what was sent.
        return f"<Failure {self.phase}, {self.cause}: {self.detail!r}>"


def is_success(outcome: RawResponse | RequestFailure) -> TypeGuard[RawResponse]:
    """Whether the outcome of a request is an answer that says that it succeeded."""
    return isinstance(outcome, RawResponse) and 200 <= outcome.status <= 299
