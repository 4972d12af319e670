"""Harvest: the analytics of many ad accounts into files.

`plan -> run -> files`: a `Plan` says what, `run` fetches it through the client's limiter and
commits it piece by piece, so that nothing is lost and nothing doubled, whatever happens. Inside,
`plan` knows of nothing else, `output` of `plan`, and `execute` of both.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from pinterest_async.harvest.plan.catalogue import Column, LevelSummary, columns, levels
from pinterest_async.harvest.plan.cutting import RESTATE_DAYS
from pinterest_async.harvest.plan.discover import count
from pinterest_async.harvest.plan.endpoints import UnusableAnswerError
from pinterest_async.harvest.plan.estimate import Counts, Estimate
from pinterest_async.harvest.plan.partition import Partition
from pinterest_async.harvest.plan.plan import Plan, PlanError

if TYPE_CHECKING:
    from pinterest_async.harvest.execute.cluster import ClusterError, WorkerLostError
    from pinterest_async.harvest.execute.progress import (
        Failure,
        HarvestResult,
        Progress,
        ProgressListener,
    )
    from pinterest_async.harvest.execute.run import run
    from pinterest_async.harvest.execute.stream import IncompleteError, stream
    from pinterest_async.harvest.execute.worker import Done, Worker
    from pinterest_async.harvest.output.checkpoint import (
        Checkpoint,
        CheckpointError,
        Commit,
        MemoryCheckpoint,
        TargetError,
    )
    from pinterest_async.harvest.output.compaction import Compacted, compact
    from pinterest_async.harvest.output.redis_checkpoint import RedisCheckpoint
    from pinterest_async.harvest.output.sinks import FileSink, Sink, SinkError, file_sink
    from pinterest_async.harvest.output.sqlite_checkpoint import SQLiteCheckpoint
    from pinterest_async.harvest.output.storage import LocalStorage, RemoteStorage, Storage

__all__ = [
    "RESTATE_DAYS",
    "Checkpoint",
    "CheckpointError",
    "ClusterError",
    "Column",
    "Commit",
    "Compacted",
    "Counts",
    "Done",
    "Estimate",
    "Failure",
    "FileSink",
    "HarvestResult",
    "IncompleteError",
    "LevelSummary",
    "LocalStorage",
    "MemoryCheckpoint",
    "Partition",
    "Plan",
    "PlanError",
    "Progress",
    "ProgressListener",
    "RedisCheckpoint",
    "RemoteStorage",
    "SQLiteCheckpoint",
    "Sink",
    "SinkError",
    "Storage",
    "TargetError",
    "UnusableAnswerError",
    "Worker",
    "WorkerLostError",
    "columns",
    "compact",
    "count",
    "file_sink",
    "levels",
    "run",
    "stream",
]

_HOMES: Final = {
    "execute.cluster": "ClusterError WorkerLostError",
    "execute.progress": "Failure HarvestResult Progress ProgressListener",
    "execute.run": "run",
    "execute.stream": "IncompleteError stream",
    "execute.worker": "Done Worker",
    "output.checkpoint": "Checkpoint CheckpointError Commit MemoryCheckpoint TargetError",
    "output.compaction": "Compacted compact",
    "output.redis_checkpoint": "RedisCheckpoint",
    "output.sinks": "FileSink Sink SinkError file_sink",
    "output.sqlite_checkpoint": "SQLiteCheckpoint",
    "output.storage": "LocalStorage RemoteStorage Storage",
}
"""Modules of what needs pyarrow, imported when it is first used: plans need none."""


def __getattr__(name: str) -> Any:
    for module, names in _HOMES.items():
        if name in names.split():
            value = globals()[name] = getattr(import_module(f"{__name__}.{module}"), name)
            return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
