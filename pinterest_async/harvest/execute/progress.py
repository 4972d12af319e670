"""What a harvest says of itself: how far it is, and how it ended."""

from typing import Protocol

import msgspec

from pinterest_async.errors import PinterestError
from pinterest_async.harvest.plan.partition import Partition
from pinterest_async.limits import BucketState


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How far a harvest is.

    `partitions` counts what is known so far: it grows until all accounts are listed. `done` were
    fetched in this run, `skipped` were there already; `failed` are missing so far and may be
    repeated before the run ends. `calls` are requests to the API, `calls_left` those that the known
    partitions still take, in the rate-limit `category`. `quota` is the state of the client's
    rate-limit buckets, `seconds` the time since the start. `reports` were requested and have not
    come yet, the first of them `reports_for` seconds ago.
    """

    accounts: int = 0
    accounts_listed: int = 0
    partitions: int = 0
    done: int = 0
    skipped: int = 0
    failed: int = 0
    rows: int = 0
    calls: int = 0
    calls_left: int = 0
    seconds: float = 0.0
    category: str = ""
    reports: int = 0
    reports_for: float = 0.0
    quota: tuple[BucketState, ...] = ()

    @property
    def seconds_left(self) -> float | None:
        """The time left: what the quota demands or what the pace promises, whichever is longer.

        Accounts that are not listed yet are taken for average ones. None before the first call of
        this run, when there is no pace yet, unless nothing is left.
        """
        unlisted = self.accounts - self.accounts_listed
        left = self.calls_left + unlisted * self.partitions / max(self.accounts_listed, 1)
        if not left:
            return 0.0 if self.accounts and not unlisted else None
        if not self.calls:
            return None
        by_quota = [_refill(left, one) for one in self.quota if one.name == self.category]
        return max(self.seconds * left / self.calls, *by_quota, 0.0)


def _refill(calls: float, bucket: BucketState) -> float:
    """Seconds until a bucket has let so many calls through."""
    beyond = calls - bucket.available
    return bucket.frozen_for + max(0.0, beyond) * bucket.window / max(bucket.limit, 1)


class ProgressListener(Protocol):
    """Is called with how far a harvest is."""

    def update(self, progress: Progress) -> None:
        """Called in the event loop after each listing and each partition."""
        ...


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """A part that is missing: a partition, or a whole account that could not be listed."""

    account: str
    partition: Partition | None
    error: PinterestError


class HarvestResult(msgspec.Struct, frozen=True, kw_only=True):
    """How a harvest ended.

    `rows` and `calls` are those of this run; `paths` are the plan's files below the target, those
    of earlier runs included. `misfits` counts rows with a value that did not fit its column's type,
    `set_aside` rows that arrived and are in no file: null, a second one of an id and day, or of
    days, ids or accounts that nobody asked for. Both count earlier runs of the plan as well, as
    `accounts` does, of which `accounts_without_rows` had none in the plan's days, and have no file.
    Running the same plan again fetches what is in `failures`, and nothing else.
    """

    rows: int
    calls: int
    done: int
    skipped: int
    failures: tuple[Failure, ...]
    misfits: int
    set_aside: int = 0
    accounts: int = 0
    accounts_without_rows: int = 0
    seconds: float
    paths: tuple[str, ...]

    @property
    def complete(self) -> bool:
        """Whether nothing is missing."""
        return not self.failures
