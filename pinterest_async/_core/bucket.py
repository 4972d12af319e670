"""The arithmetic of one quota: never more than `limit` requests in any window, whatever its phase.

A token that a request spends stays with it until the request has ended, at time f, and comes back
at f + window. That is why no window of any phase holds too many at the server: the request has
arrived there by f at the latest, and the one that spends its token again leaves at f + window at
the earliest, so it arrives later still. Fixed windows, sliding windows and token buckets of the
same size all accept that. The margin is thus measured, request by request: it is the time that each
was under way, which costs the share (time under way / window) of the quota and no more. A job of at
most `limit` requests never waits.

A request that was given up may arrive after its end: what was written is on its way, and TCP sends
again what was lost. The caller of `finish` gives the latest time of its arrival.

The tokens that will come back are kept by time, in slots of a thousandth of the window, rounded up,
which bounds the size of a bucket.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from heapq import merge
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pinterest_async._core.forecast import Supply

_SLOTS = 1000


class Bucket:
    """The tokens of one quota. All times are seconds of one clock that never goes back.

    `in_flight` tokens belong to requests under way. `pending` ones come back at the times in
    `slots`, which are in order, as many as `slot_tokens` has in the same place. `foreign` tokens
    were spent by others and count until `foreign_until`. Nothing is spent before `frozen_until` and
    `next_at`; requests go one by one until `thawed_until`. `waiting` is the number of requests in
    the queues of this bucket, which others keep up to date.
    """

    __slots__ = (
        "foreign",
        "foreign_until",
        "frozen_until",
        "in_flight",
        "limit",
        "next_at",
        "pending",
        "slot_tokens",
        "slots",
        "thawed_until",
        "waiting",
        "window",
    )

    def __init__(self, limit: int, window: float) -> None:
        self.limit = limit
        self.window = window
        self.in_flight = 0
        self.pending = 0
        self.slots: list[float] = []
        self.slot_tokens: list[int] = []
        self.foreign = 0
        self.foreign_until = 0.0
        self.frozen_until = 0.0
        self.thawed_until = 0.0
        self.next_at = 0.0
        self.waiting = 0

    @property
    def outstanding(self) -> int:
        """Tokens spent here and not yet back."""
        return self.in_flight + self.pending

    def advance(self, now: float) -> None:
        """Go on to this moment: take back the tokens that are due, and clear what has ended."""
        slots, tokens = self.slots, self.slot_tokens
        if slots and slots[0] <= now:
            over = bisect_right(slots, now)
            self.pending -= sum(tokens[:over])
            del slots[:over], tokens[:over]
        if self.foreign and self.foreign_until <= now:
            self.foreign = 0
        if self.thawed_until and max(self.thawed_until, self.next_at) <= now:
            self.frozen_until = self.thawed_until = self.next_at = 0.0

    def free(self, now: float) -> int:
        """Tokens that can be spent at this moment."""
        self.advance(now)
        if now < self.frozen_until or now < self.next_at:
            return 0
        return max(0, self.limit - self.in_flight - self.pending - self.foreign)

    def spend(self) -> None:
        """Give a token to a request that is about to be sent."""
        self.in_flight += 1

    def finish(self, now: float, late: float = 0.0) -> None:
        """The request has ended, and arrives `late` seconds from now at the latest.

        Its token comes back one window after that.
        """
        slots, tokens = self.slots, self.slot_tokens
        if slots and slots[0] <= now:
            self.advance(now)
        self.in_flight -= 1
        self.pending += 1
        width = self.window / _SLOTS
        slot = (int((now + late + self.window) / width) + 1) * width
        if not slots or slots[-1] < slot:
            slots.append(slot)
            tokens.append(1)
            return
        place = bisect_left(slots, slot)
        if slots[place] < slot + width:
            tokens[place] += 1
        else:
            slots.insert(place, slot)
            tokens.insert(place, 1)

    def release(self) -> None:
        """The request was never sent: its token is back at once."""
        self.in_flight -= 1

    def freeze(self, now: float, until: float) -> None:
        """Nothing is spent before `until`; for one window after it, requests go one by one."""
        if until > max(now, self.frozen_until):
            self.frozen_until = until
            self.thawed_until = until + self.window

    def pace(self, now: float, chance: float) -> None:
        """After a freeze: delay the next request by a random part of its turn."""
        if self.thawed_until > now:
            self.next_at = now + 2 * chance * self.window / max(1, self.limit)

    def learn(self, limit: int, window: float | None) -> None:
        """Adopt the quota that the server names, larger or smaller, from now on."""
        if limit > 0:
            self.limit = limit
        if window is not None and window > 0 and window != self.window:
            # Spent tokens count in the new window too: they come back that much later or sooner.
            change, self.window = window - self.window, window
            self.slots = [slot + change for slot in self.slots]

    def holds(self, limit: int, window: float | None) -> bool:
        """Whether the bucket has this quota already."""
        return limit == self.limit and window in (None, self.window)

    def count_others(self, used: int, ours: int, until: float) -> None:
        """The server counted `used` requests, of which at most `ours` came from here."""
        if used - ours > self.foreign:
            self.foreign = used - ours
            self.foreign_until = until

    def ready_at(self, now: float, taken: int = 0) -> float:
        """When a request could go, once `taken` more tokens are spent, at the earliest.

        Tokens of requests under way are assumed to come back one window from now, which is the
        earliest: the true time is never before this one, unless a token is released or the quota
        changes.
        """
        self.advance(now)
        start = max(now, self.frozen_until, self.next_at)
        missing = taken + 1 - (self.limit - self.in_flight - self.pending - self.foreign)
        if missing > 0:
            for time, tokens in self._coming(now, taken):
                missing -= tokens
                if missing <= 0:
                    return max(start, time)
            return max(start, now + self.window)
        return start

    def supply(self, now: float) -> Supply:
        """When each token can be spent, as `ready_at` sees it."""
        from pinterest_async._core.forecast import Supply

        self.advance(now)
        return Supply(
            self.limit,
            self.window,
            start=max(now, self.frozen_until, self.next_at),
            free=self.limit - self.in_flight - self.pending - self.foreign,
            coming=self._coming(now),
            thawed_until=self.thawed_until,
        )

    def _coming(self, now: float, taken: int = 0) -> Iterator[tuple[float, int]]:
        """When tokens that are out come back at the earliest, and how many, in order.

        Some of those that are `pending` may be back after those of requests under way.
        """
        others = [(now + self.window, self.in_flight + taken)]
        if self.foreign:
            others.append((self.foreign_until, self.foreign))
        return merge(zip(self.slots, self.slot_tokens, strict=True), sorted(others))

    def copy_tokens(self, other: Bucket) -> None:
        """Start from the tokens of another quota for the same requests: they count here too."""
        self.in_flight, self.waiting, self.pending = other.in_flight, other.waiting, other.pending
        change = self.window - other.window
        self.slots = [slot + change for slot in other.slots]
        self.slot_tokens = other.slot_tokens.copy()

    def idle(self, now: float) -> bool:
        """Whether this bucket can be removed without loss."""
        self.advance(now)
        return not (self.outstanding or self.foreign or self.waiting or self.thawed_until)
