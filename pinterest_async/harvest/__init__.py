"""Harvest: the analytics of many ad accounts into files.

`plan -> run -> files`: a `Plan` says what, `run` fetches it through the client's limiter and
commits it piece by piece, so that nothing is lost and nothing doubled, whatever happens.
"""

from pinterest_async.harvest.checkpoint import (
    Checkpoint,
    CheckpointError,
    Commit,
    MemoryCheckpoint,
    SQLiteCheckpoint,
    TargetError,
)
from pinterest_async.harvest.cluster import ClusterError, WorkerLostError
from pinterest_async.harvest.compaction import Compacted, compact
from pinterest_async.harvest.discover import count
from pinterest_async.harvest.estimate import Counts, Estimate
from pinterest_async.harvest.partition import Partition
from pinterest_async.harvest.plan import Plan, PlanError
from pinterest_async.harvest.progress import Failure, HarvestResult, Progress, ProgressListener
from pinterest_async.harvest.run import run
from pinterest_async.harvest.series import RESTATE_DAYS
from pinterest_async.harvest.shared_checkpoint import RedisCheckpoint
from pinterest_async.harvest.sinks import FileSink, Sink, SinkError, file_sink
from pinterest_async.harvest.storage import LocalStorage, RemoteStorage, Storage
from pinterest_async.harvest.stream import IncompleteError, stream
from pinterest_async.harvest.work import Done, Worker

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
    "Worker",
    "WorkerLostError",
    "compact",
    "count",
    "file_sink",
    "run",
    "stream",
]
