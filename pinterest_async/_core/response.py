"""What an answer says beside its data."""

import msgspec


class RateState(msgspec.Struct, frozen=True, kw_only=True):
    """What the rate-limit headers of one answer said.

    `windows` are `(limit, seconds, name)`; `remaining` and `reset` (seconds to go) speak of the
    window nearest to exhaustion, whose limit is `limit`. All empty when no header was sent.
    """

    limit: int | None = None
    remaining: int | None = None
    reset: float | None = None
    windows: tuple[tuple[int, float | None, str | None], ...] = ()
