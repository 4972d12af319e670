"""`run`: checks the target of a plan, and harvests into it on this machine or a cluster."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, TypeVar

import anyio

from pinterest_async.client import Pinterest
from pinterest_async.errors import ConfigurationError, PinterestError
from pinterest_async.harvest.execute import cluster
from pinterest_async.harvest.execute.engine import Engine
from pinterest_async.harvest.execute.progress import HarvestResult, ProgressListener
from pinterest_async.harvest.execute.worker import Worker
from pinterest_async.harvest.output.checkpoint import Checkpoint, TargetError
from pinterest_async.harvest.output.formats import FormatName
from pinterest_async.harvest.output.sinks import FileSink, Sink, file_sink
from pinterest_async.harvest.output.sqlite_checkpoint import SQLiteCheckpoint, checkpoint_of
from pinterest_async.harvest.output.storage import LocalStorage
from pinterest_async.harvest.plan import series as plans
from pinterest_async.harvest.plan.checks import utc_today
from pinterest_async.harvest.plan.cutting import RESTATE_DAYS
from pinterest_async.harvest.plan.plan import Plan, PlanError
from pinterest_async.harvest.plan.series import Series
from pinterest_async.jobs.polling import Polling

S = TypeVar("S")

CONCURRENCY: Final = 16


async def run(
    plan: Plan,
    client: Pinterest,
    *,
    out: Path | str | None = None,
    format: FormatName = "parquet",
    filesystem: Any = None,
    sink: Sink | None = None,
    checkpoint: Checkpoint | None = None,
    since_last: bool = False,
    restate_days: int = RESTATE_DAYS,
    progress: ProgressListener | None = None,
    concurrency: int = CONCURRENCY,
    polling: Polling | None = None,
    on: Any = None,
    connect: Callable[[], Pinterest] | None = None,
) -> HarvestResult:
    """Harvest a plan into files.

    Files: `level=ad/account=<id>/part-<name>.parquet` below `out`, each complete from the moment it
    is there. Partitions that are finished already are not fetched again, so a run that was stopped,
    for whatever reason, goes on when it is run again. A partition that fails is repeated later; one
    that fails for good does not stop the others: the result names it. Cancelling is safe at any
    moment.

    Args:
        plan: What to harvest.
        client: Whose token and quotas to use; calls that others make with it go first.
        out: A folder, or an address such as `s3://bucket/folder`.
        format: "parquet", "jsonl" or "csv".
        filesystem: A file system of pyarrow or fsspec that `out` is a folder of.
        sink: Where rows go instead of `out`.
        checkpoint: Remembers how far the harvest is; by default a file of SQLite in a folder beside
            `out`, `_data.harvest` for `data`, which belongs to it and is moved with it.
        since_last: Go on where the last complete run into this target ended, and fetch the last
            `restate_days` before that again, since figures change for as long as conversions are
            attributed. The first such run harvests the whole plan.
        restate_days: See above.
        progress: Is called with how far the harvest is.
        concurrency: Partitions under way, as far as memory allows; four times as many reports are
            waited for. The client's limiter paces their calls.
        polling: How often to ask whether a report is done.
        on: A `distributed.Client`, made with `asynchronous=True`: partitions are done by the
            workers of its Dask cluster, into a target that all of them reach.
        connect: Makes the client of each worker, on the worker, with a limiter of its own that
            shares the quotas with all others. A token that it takes from the worker's environment
            does not travel.

    Raises:
        PlanError: where the API does not reach the dates today.
        TargetError: where the target is in use, or holds rows of this plan under another one.
        SinkError, CheckpointError: where the target cannot be written, an `OSError` as well.
        PinterestError: where no further call can succeed, as with a token that was revoked.
    """
    today = utc_today()
    if not since_last:
        plan.check(today)
    sink = place_of_rows(out, format, filesystem, sink)
    checkpoint = checkpoint or checkpoint_beside(sink)
    if on is not None:
        connect = cluster.check(on, client, connect)
    try:
        known = await checkpoint.open()
        last = known.get(plan.series_id)
        if since_last:
            plan = plans.since_last(plan, last, today, restate_days)
            if last is None or plan != last.plan:
                plan.check(today)
        await _check_target(plan, known, sink, checkpoint)
        await sink.open(plan)
        try:
            series = plans.begin(plan, last, today, _format(sink))
            if on is None or connect is None:
                execute = Worker(plan, client, sink, polling=polling).do
                engine = Engine(series, client, checkpoint, execute, progress)
                return await engine.run(concurrency)
            async with cluster.Cluster(on, plan, sink, connect, polling=polling) as workers:
                engine = Engine(series, client, checkpoint, workers.do, progress)
                return await engine.run(concurrency)
        finally:
            with anyio.CancelScope(shield=True):
                await sink.aclose()
    except PinterestError as error:
        note_what_is_kept(error)
        raise
    finally:
        with anyio.CancelScope(shield=True):
            await checkpoint.aclose()


def note_what_is_kept(error: PinterestError) -> None:
    """Add to an error of a run how it can go on, unless the error says what is to be done."""
    explained = isinstance(error, TargetError | PlanError | ConfigurationError)
    if not explained and "run the same plan again" not in str(error):
        error.add_note("What is finished is kept: run the same plan again to go on.")


def place_of_rows(
    out: Path | str | None, format: FormatName, filesystem: Any, sink: S | None
) -> S | FileSink:
    """The sink that the arguments of `run` stand for."""
    if (out is None) == (sink is None):
        raise ConfigurationError(
            "a harvest needs one place for its rows", advice="Pass out=... or sink=..., not both."
        )
    return file_sink(out or "", format=format, filesystem=filesystem) if sink is None else sink


def checkpoint_beside(sink: object) -> SQLiteCheckpoint:
    """The checkpoint of a harvest that was given none: a file beside its own."""
    if not isinstance(sink, FileSink) or not isinstance(sink.storage, LocalStorage):
        raise ConfigurationError(
            "a harvest into another place than a folder needs a checkpoint",
            advice="Pass checkpoint=SQLiteCheckpoint('a/local/file'), or one of your own.",
        )
    return checkpoint_of(sink.storage)


async def _check_target(
    plan: Plan, known: Mapping[str, Series], sink: Sink, checkpoint: Checkpoint
) -> None:
    """Refuse a plan where files of the target hold its rows already.

    A plan that has left no row is no hindrance: its run failed, or found nothing.
    """

    async def holds_rows(series: Series) -> bool:
        return await _holds_rows(series, known, sink, checkpoint)

    for series in known.values():
        other_format = series.id == plan.series_id and series.format != _format(sink)
        if other_format and await holds_rows(series):
            raise TargetError(
                f"the target holds rows of this plan as {series.format or 'something else'}",
                advice="Use the same format again, or choose another folder.",
            )
        if _overlap(plan, series) and await holds_rows(series):
            other = series.plan
            raise TargetError(
                f"{sink if isinstance(sink, FileSink) else 'the target'} holds {other.level} rows "
                f"from {series.blocks[0].start} of another plan, and the days that are in both "
                "would be there twice",
                advice="Choose another folder: in one, a level has one choice of columns.",
            )
    levels = {series.plan.level for series in known.values()}
    if not isinstance(sink, FileSink) or plan.level in levels:
        return
    folder = f"level={plan.level}"
    if await anyio.to_thread.run_sync(sink.storage.files, folder):
        moved = ""
        if isinstance(sink.storage, LocalStorage):
            moved = f" Where it was moved, move what was beside it to {sink.storage.notes}."
        raise TargetError(
            f"{sink}/{folder} holds files that no harvest left there",
            advice=f"Choose another folder, or remove this one.{moved}",
        )


async def _holds_rows(
    series: Series, known: Mapping[str, Series], sink: Sink, checkpoint: Checkpoint
) -> bool:
    """Whether rows of a series are in the target, or may be."""
    commits = await checkpoint.begin(series)  # which stores the series as it is
    if any(commit.rows for commit in commits.values()):
        return True
    if not isinstance(sink, FileSink):
        return False
    # A run that was killed may have left a file that it had no time to commit.
    level = series.plan.level
    paths = set(await anyio.to_thread.run_sync(sink.storage.files, f"level={level}"))
    for other in known.values() if paths else ():
        if other.plan.level == level:
            commits = await checkpoint.begin(other)
            paths.difference_update(commit.path for commit in commits.values() if commit.path)
    return bool(paths)


def _format(sink: Sink) -> str:
    return sink.format if isinstance(sink, FileSink) else ""


def _overlap(plan: Plan, series: Series) -> bool:
    other = series.plan
    if plan.level != other.level or not series.blocks:
        return False
    if plan.series_id == other.series_id:
        # Days of the same series replace one another, unless rows span them.
        return plan.spans_days and plan != other and _common_days(plan, series)
    everything = plan.accounts == "all" or other.accounts == "all"
    everything = everything or bool(plan.businesses or other.businesses)
    accounts = everything or not set(plan.accounts).isdisjoint(other.accounts)
    return accounts and _common_days(plan, series)


def _common_days(plan: Plan, series: Series) -> bool:
    """Whether a plan's days are among those that were harvested."""
    through = max(series.plan.end, series.through or series.plan.end)
    return any(
        block.start <= plan.end and plan.start <= min(block.end, through) for block in series.blocks
    )
