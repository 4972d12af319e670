"""Which partitions a cluster is to give to one more worker, since the first is silent or slow."""

from collections import deque
from collections.abc import Mapping
from statistics import median
from typing import Final

from pinterest_async.harvest.plan.partition import FetchMethod

SILENT_SECONDS: Final = 30.0
"""Without a sign of life for so long, a worker is taken for one that hangs. Dask's workers send one
twice a second, and every few seconds where there are hundreds of them."""
SLOW_TIMES: Final = 4.0
"""A worker is slow with a partition that takes it so many times as long as others took."""
SLOW_SECONDS: Final = 300.0
"""It is never slow before so many seconds, whatever others took."""
UNKNOWN_SECONDS: Final = 1800.0
"""It is slow after so many where too few others are done to compare with."""
COMPARED: Final = 5
"""Partitions that have to be done before they are compared with; of the last 100 the median is."""


class _Ongoing:
    """A partition that is not done: how it is fetched, and when each attempt was given, by key."""

    def __init__(self, method: FetchMethod) -> None:
        self.method: FetchMethod = method
        self.given: dict[str, float] = {}


class Stragglers:
    """What is known of a cluster's workers and of the partitions that they were given.

    Times are seconds of one clock that only goes forward. Each further attempt of a partition has
    twice as long as the one before until it counts as slow.
    """

    def __init__(self) -> None:
        self._seen: dict[str, tuple[float, float]] = {}
        self._silent: frozenset[str] = frozenset()
        self._ongoing: dict[str, _Ongoing] = {}
        self._took: Mapping[FetchMethod, deque[float]] = {
            "calls": deque(maxlen=100),
            "report": deque(maxlen=100),
        }

    def given(self, partition: str, method: FetchMethod, key: str, now: float) -> None:
        """Note that a partition was given to the cluster, under a key of its own each time."""
        self._ongoing.setdefault(partition, _Ongoing(method)).given[key] = now

    def ended(self, partition: str, key: str | None, now: float) -> None:
        """Note that a partition is done, by the attempt with this key, or given up (None)."""
        ongoing = self._ongoing.pop(partition)
        if key is not None:
            self._took[ongoing.method].append(now - ongoing.given[key])

    @property
    def keys(self) -> frozenset[str]:
        """The keys of all attempts of partitions that are not done."""
        return frozenset(key for ongoing in self._ongoing.values() for key in ongoing.given)

    @property
    def silent(self) -> frozenset[str]:
        """The workers that were silent at the last look."""
        return self._silent

    def preferred(self) -> tuple[str, ...]:
        """The workers to give partitions to: none stands for all."""
        return self._awake() if self._silent else ()

    def look(
        self, now: float, seen: Mapping[str, float], worker_of: Mapping[str, str]
    ) -> Mapping[str, tuple[str, ...]]:
        """The partitions to give to one more worker, each with the workers that may have it.

        `seen` is when the scheduler heard from each worker last, by a clock that nothing is assumed
        of; `worker_of` says which worker has which key, those left out that wait in the scheduler.
        """
        self._seen = {
            worker: last if (last := self._seen.get(worker)) and last[0] == when else (when, now)
            for worker, when in seen.items()
        }
        self._silent = frozenset(
            worker for worker, (_, since) in self._seen.items() if now - since >= SILENT_SECONDS
        )
        found: dict[str, tuple[str, ...]] = {}
        for partition, ongoing in self._ongoing.items():
            if self._is_late(ongoing, worker_of, now):
                busy = {worker_of[key] for key in ongoing.given}
                others = tuple(worker for worker in self._awake() if worker not in busy)
                if others:
                    found[partition] = others
        return found

    def _is_late(self, ongoing: _Ongoing, worker_of: Mapping[str, str], now: float) -> bool:
        """Whether each worker that has a partition is silent, or slow with it."""
        patience = self._patience(ongoing.method)
        for key, when in ongoing.given.items():
            worker = worker_of.get(key)
            if worker is None:
                return False  # it waits in the scheduler, for whoever is free
            if worker not in self._silent and now - when < patience:
                return False
            patience *= 2
        return True

    def _awake(self) -> tuple[str, ...]:
        return tuple(worker for worker in self._seen if worker not in self._silent)

    def _patience(self, method: FetchMethod) -> float:
        took = self._took[method]
        if len(took) < COMPARED:
            return UNKNOWN_SECONDS
        return max(SLOW_SECONDS, SLOW_TIMES * median(took))
