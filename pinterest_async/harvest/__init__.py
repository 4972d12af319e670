"""Harvest: the analytics of many ad accounts into Parquet files.

`plan -> run -> files`: a `Plan` says what, `run` fetches it through the client's limiter and
commits it piece by piece.
"""

from pinterest_async.harvest.partition import Partition
from pinterest_async.harvest.plan import Plan, PlanError
from pinterest_async.harvest.progress import Failure, HarvestResult, Progress, ProgressListener
from pinterest_async.harvest.run import run
from pinterest_async.harvest.target import TargetError

__all__ = [
    "Failure",
    "HarvestResult",
    "Partition",
    "Plan",
    "PlanError",
    "Progress",
    "ProgressListener",
    "TargetError",
    "run",
]
