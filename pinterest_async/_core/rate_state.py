"""The state of the rate limits that an answer describes in its headers."""

import msgspec


class RateState(msgspec.Struct, frozen=True, kw_only=True):
    """The content of the rate-limit headers of one answer.

    `windows` are `(limit, seconds, name)`; `remaining` and `reset` (seconds to go) describe the
    window nearest to exhaustion, whose limit is `limit`. All empty when no header was sent.
    """

    limit: int | None = None
    remaining: int | None = None
    reset: float | None = None
    windows: tuple[tuple[int, float | None, str | None], ...] = ()
