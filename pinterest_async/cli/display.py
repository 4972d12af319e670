"""Progress for people: a live bar on a terminal, plain lines elsewhere."""

from typing import Final, Self

from rich.console import Console
from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from pinterest_async.harvest import Progress
from pinterest_async.harvest.plan.estimate import counted
from pinterest_async.limits import BucketState

STEP: Final = 10
"""Percent of the partitions between two plain lines."""
QUIET: Final = 30.0
"""Most seconds between two plain lines."""


class Display:
    """Shows how far a harvest is, until the end of its block."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._next = 0
        self._written_at = 0.0
        self._bar: Bar | None = None
        if console.is_terminal:
            self._bar = Bar(
                BarColumn(bar_width=30),
                TextColumn("{task.percentage:>3.0f} %  {task.description}"),
                TimeElapsedColumn(),
                console=console,
            )
            self._task = self._bar.add_task("listing ad accounts", total=None)

    def __enter__(self) -> Self:
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(self, *exc: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def update(self, progress: Progress) -> None:
        """Show how far it is now."""
        ended = progress.done + progress.skipped + progress.failed
        if self._bar is not None:
            # While accounts are still listed, the partitions that they will have are guessed.
            share = max(progress.accounts_listed, 1) / max(progress.accounts, 1)
            total = progress.partitions / share
            self._bar.update(
                self._task, total=total or None, completed=ended, description=describe(progress)
            )
            return
        percent = 100 * ended // progress.partitions if progress.partitions else 0
        listed = progress.accounts_listed == progress.accounts
        far = listed and percent >= self._next
        if far or progress.seconds - self._written_at >= QUIET:
            if far:
                self._next = percent - percent % STEP + STEP
            self._written_at = progress.seconds
            self._console.print(f"{percent:3} %  {describe(progress)}", highlight=False)


def describe(progress: Progress) -> str:
    """How far a harvest is, in one line."""
    parts = [
        f"{progress.done + progress.skipped:,} of {counted(progress.partitions, 'partition')}",
        counted(progress.rows, "row"),
        counted(progress.calls, "call"),
    ]
    if progress.failed:
        parts.insert(1, f"{progress.failed} failed")
    parts += quota(progress)
    left = progress.seconds_left
    if left and left >= 1:
        parts.append(f"{span(left)} left")
    return "  ".join(parts)


def quota(progress: Progress) -> list[str]:
    """How much of the fullest quota is used, and which ones calls wait for."""
    # A quota of a second is full and empty again before anyone has read of it.
    buckets = [bucket for bucket in progress.quota if bucket.window > 1]
    parts: list[str] = []
    if buckets:
        fullest = max(buckets, key=_used)
        parts.append(f"{_used(fullest):.0%} of {fullest.name} used")
    names = waiting_on(progress)
    if names:
        parts.append(f"waiting on {', '.join(names)}")
    return parts


def waiting_on(progress: Progress) -> list[str]:
    """The quotas that calls wait for."""
    return sorted({one.name for one in progress.quota if one.waiting and not one.available})


def span(seconds: float) -> str:
    """A time as text: 40 s, 12 min, 3 h 20 min."""
    minutes = round(seconds / 60)
    if seconds < 90:
        return f"{seconds:.0f} s"
    if minutes < 90:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min"


def _used(bucket: BucketState) -> float:
    return 1 - min(bucket.available, bucket.limit) / max(bucket.limit, 1)
