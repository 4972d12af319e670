"""Harvest: the analytics of many ad accounts into files, and the entities themselves.

`plan -> run -> files`: a `Plan` says what, `run` fetches it through the client's limiter and
commits it piece by piece, so that nothing is lost and nothing doubled, whatever happens. An
`EntityPlan` and `run_entities` do the same for campaigns, ads, boards, Pins and whatever else is
listed. Inside,
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
    from pinterest_async.harvest.execute.engine import LostPartitionsError
    from pinterest_async.harvest.execute.entity_owners import EntityEstimate, estimate_entities
    from pinterest_async.harvest.execute.entity_result import (
        EntityFailure,
        EntityFile,
        EntityResult,
        NotPermitted,
    )
    from pinterest_async.harvest.execute.entity_run import run_entities
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
        EntityCheckpoint,
        MemoryCheckpoint,
        TargetError,
    )
    from pinterest_async.harvest.output.compaction import Compacted, compact
    from pinterest_async.harvest.output.redis_checkpoint import RedisCheckpoint
    from pinterest_async.harvest.output.sinks import FileSink, Sink, SinkError, file_sink
    from pinterest_async.harvest.output.sqlite_checkpoint import SQLiteCheckpoint
    from pinterest_async.harvest.output.storage import LocalStorage, RemoteStorage, Storage
    from pinterest_async.harvest.plan.entities import ENTITIES
    from pinterest_async.harvest.plan.entity_plan import EntityPlan

__all__ = [
    "ENTITIES",
    "RESTATE_DAYS",
    "Checkpoint",
    "CheckpointError",
    "ClusterError",
    "Column",
    "Commit",
    "Compacted",
    "Counts",
    "Done",
    "EntityCheckpoint",
    "EntityEstimate",
    "EntityFailure",
    "EntityFile",
    "EntityPlan",
    "EntityResult",
    "Estimate",
    "Failure",
    "FileSink",
    "HarvestResult",
    "IncompleteError",
    "LevelSummary",
    "LocalStorage",
    "LostPartitionsError",
    "MemoryCheckpoint",
    "NotPermitted",
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
    "estimate_entities",
    "file_sink",
    "levels",
    "run",
    "run_entities",
    "stream",
]

_NAMES: Final = {
    "execute.cluster": "ClusterError WorkerLostError",
    "execute.entity_owners": "EntityEstimate estimate_entities",
    "execute.entity_result": "EntityFailure EntityFile EntityResult NotPermitted",
    "execute.entity_run": "run_entities",
    "execute.progress": "Failure HarvestResult Progress ProgressListener",
    "execute.run": "run",
    "execute.engine": "LostPartitionsError",
    "execute.stream": "IncompleteError stream",
    "execute.worker": "Done Worker",
    "output.checkpoint": "Checkpoint CheckpointError Commit EntityCheckpoint MemoryCheckpoint "
    "TargetError",
    "output.compaction": "Compacted compact",
    "output.redis_checkpoint": "RedisCheckpoint",
    "output.sinks": "FileSink Sink SinkError file_sink",
    "output.sqlite_checkpoint": "SQLiteCheckpoint",
    "output.storage": "LocalStorage RemoteStorage Storage",
    "plan.entities": "ENTITIES",
    "plan.entity_plan": "EntityPlan",
}
"""Modules of what is imported when it is first used: most need pyarrow, and plans need none."""


def __getattr__(name: str) -> Any:
    for module, names in _NAMES.items():
        if name in names.split():
            value = globals()[name] = getattr(import_module(f"{__name__}.{module}"), name)
            return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
