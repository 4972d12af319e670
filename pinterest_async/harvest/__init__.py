"""Harvest: the analytics of many ad accounts into files.

`plan -> run -> files`: a `Plan` says what, `run` fetches it through the client's limiter and
commits it piece by piece, so that nothing is lost and nothing doubled, whatever happens. Inside,
`plan` knows of nothing else, `output` of `plan`, and `execute` of both.
"""

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
from pinterest_async.harvest.plan.cutting import RESTATE_DAYS
from pinterest_async.harvest.plan.discover import count
from pinterest_async.harvest.plan.endpoints import UnusableAnswerError
from pinterest_async.harvest.plan.estimate import Counts, Estimate
from pinterest_async.harvest.plan.partition import Partition
from pinterest_async.harvest.plan.plan import Plan, PlanError

__all__ = [
    "RESTATE_DAYS",
    "Checkpoint",
    "CheckpointError",
    "ClusterError",
    "Commit",
    "Compacted",
    "Counts",
    "Done",
    "Estimate",
    "Failure",
    "FileSink",
    "HarvestResult",
    "IncompleteError",
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
    "compact",
    "count",
    "file_sink",
    "run",
    "stream",
]
