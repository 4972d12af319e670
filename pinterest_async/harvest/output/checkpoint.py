"""What a harvest remembers, so that a run that was stopped goes on where it stopped."""

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

import msgspec

from pinterest_async.errors import PinterestError
from pinterest_async.harvest.plan.partition import Partition
from pinterest_async.harvest.plan.series import Series


class TargetError(PinterestError):
    """A target that this plan cannot be harvested into."""


class CheckpointError(TargetError, OSError):
    """The checkpoint cannot be read or written."""

    ADVICE = "Fix that, then run the same plan again: it goes on where it stopped."


def damaged(place: str, error: Exception) -> CheckpointError:
    """The error for a checkpoint that holds something else than was written."""
    return CheckpointError(
        f"{place} is damaged: {error!s:.200}",
        advice="Put back a copy of it from before, or harvest into another place.",
    )


class Commit(msgspec.Struct, frozen=True, kw_only=True):
    """A partition that is finished: where its rows are (None: it has none), and how many.

    `misfits` counts those with a value that did not fit its column, `set_aside` rows that arrived
    though nobody had asked for them.
    """

    path: str | None
    rows: int
    misfits: int = 0
    set_aside: int = 0


class RequestedReport(msgspec.Struct, frozen=True, kw_only=True):
    """A report that was requested: its token, and when, in seconds since 1970."""

    token: str
    when: float


class Checkpoint(Protocol):
    """Remembers what is finished in a target, beyond the end of a run.

    A write has happened when its method returns. One run at a time has it open. All but `open` are
    called by the process that runs the plan, one event loop, several calls at a time.
    """

    async def open(self) -> Mapping[str, Series]:
        """Lock the target for this run; return the series that it has, by their ids.

        Raises TargetError where another run has locked it.
        """
        ...

    async def aclose(self) -> None:
        """Unlock the target."""
        ...

    async def begin(self, series: Series) -> Mapping[str, Commit]:
        """Store a series with the plan that runs now; return what is finished, by partition ids."""
        ...

    async def complete(self, series: Series) -> None:
        """Store a series whose plan is finished, all of it."""
        ...

    async def listed(self, series: Series, account: str | None) -> tuple[tuple[str, ...], bool]:
        """The ids that were listed for an account (None: the accounts), and whether by this plan.

        Those of an earlier plan of the series are to be listed again, and added to.
        """
        ...

    async def note(self, series: Series, account: str | None, ids: Iterable[str]) -> None:
        """Store what was listed for an account, before partitions are cut from it."""
        ...

    async def reports(self, series: Series) -> Mapping[str, RequestedReport]:
        """The reports that were requested and whose rows are not committed, by partition ids."""
        ...

    async def ask(self, series: Series, partition: Partition, report: RequestedReport) -> None:
        """Store which report was requested, until its partition is finished."""
        ...

    async def commit(self, series: Series, partition: Partition, commit: Commit) -> None:
        """Store that a partition is finished; its rows are safe already."""
        ...


class EntityCheckpoint(Protocol):
    """Remembers how far a harvest of entities is: texts by their names, beyond the end of a run.

    A write has happened when its method returns. One run at a time has it open.
    """

    async def open(self) -> Any:
        """Lock the target for this run; raises TargetError where another run has locked it."""
        ...

    async def aclose(self) -> None:
        """Unlock the target."""
        ...

    async def recall(self, name: str) -> bytes | None:
        """What was kept under a name."""
        ...

    async def keep(self, name: str, content: bytes) -> None:
        """Keep JSON under a name, in place of what was there."""
        ...


class MemoryCheckpoint:
    """A checkpoint that ends with its process: for rows that are not written to files."""

    def __init__(self) -> None:
        self._listings: dict[str | None, tuple[str, ...]] = {}
        self._commits: dict[str, Commit] = {}
        self._reports: dict[str, RequestedReport] = {}
        self._entities: dict[str, bytes] = {}

    async def open(self) -> Mapping[str, Series]:
        """Nothing is known yet."""
        return {}

    async def aclose(self) -> None:
        """Nothing is locked."""

    async def begin(self, series: Series) -> Mapping[str, Commit]:  # noqa: ARG002
        """Return what was finished since it was created."""
        return dict(self._commits)

    async def complete(self, series: Series) -> None:
        """Nothing is stored."""

    async def listed(self, series: Series, account: str | None) -> tuple[tuple[str, ...], bool]:  # noqa: ARG002
        """What was listed since it was created."""
        return self._listings.get(account, ()), account in self._listings

    async def note(self, series: Series, account: str | None, ids: Iterable[str]) -> None:  # noqa: ARG002
        """Store it in memory."""
        self._listings[account] = tuple(ids)

    async def reports(self, series: Series) -> Mapping[str, RequestedReport]:  # noqa: ARG002
        """The reports that were requested and whose rows are not committed."""
        return dict(self._reports)

    async def ask(self, series: Series, partition: Partition, report: RequestedReport) -> None:  # noqa: ARG002
        """Store it in memory."""
        self._reports[partition.id] = report

    async def commit(self, series: Series, partition: Partition, commit: Commit) -> None:  # noqa: ARG002
        """Store it in memory."""
        self._reports.pop(partition.id, None)
        self._commits[partition.id] = commit

    async def recall(self, name: str) -> bytes | None:
        """What was kept under a name."""
        return self._entities.get(name)

    async def keep(self, name: str, content: bytes) -> None:
        """Keep JSON in memory."""
        self._entities[name] = content
