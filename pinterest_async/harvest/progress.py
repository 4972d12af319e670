"""How far a harvest is, and how it ended."""

from typing import Protocol

import msgspec

from pinterest_async.errors import PinterestError
from pinterest_async.harvest.partition import Partition
from pinterest_async.limits import BucketState


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How far a harvest is.

    `partitions` counts what is known so far: it grows until all accounts are listed. `done` were
    fetched in this run, `skipped` were there already; `failed` were tried in vain and may be tried
    again before the run ends. `calls` are requests to the API, `calls_left` those that the known
    partitions still take. `quota` is the state of the client's rate-limit buckets, `seconds` the
    time since the start.
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
    quota: tuple[BucketState, ...] = ()


class ProgressListener(Protocol):
    """Whoever wants to know how far a harvest is."""

    def update(self, progress: Progress) -> None:
        """Take note; called in the event loop after each listing and each partition."""
        ...


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """A part that could not be had: a partition, or a whole account that could not be listed."""

    account: str
    partition: Partition | None
    error: PinterestError


class HarvestResult(msgspec.Struct, frozen=True, kw_only=True):
    """How a harvest ended.

    `rows` and `calls` are those of this run; `paths` are the plan's files below the target, those
    of earlier runs included. `misfits` counts rows with a value that did not fit its column's type.
    Running the same plan again fetches what is in `failures`, and nothing else.
    """

    rows: int
    calls: int
    done: int
    skipped: int
    failures: tuple[Failure, ...]
    misfits: int
    seconds: float
    paths: tuple[str, ...]

    @property
    def complete(self) -> bool:
        """Whether nothing is missing."""
        return not self.failures
