"""Progress for people: two live lines on a terminal, plain lines elsewhere.

What one wants to know first comes first and, where room is short, stays longest: how far it is, the
time left, what is waited for and how long, what has failed; then the counts.
"""

from collections.abc import Sequence
from operator import attrgetter
from typing import Final, NamedTuple, Self

from rich.console import Console, ConsoleOptions, RenderResult
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.segment import Segment
from rich.text import Text

from pinterest_async.harvest import Progress
from pinterest_async.harvest.plan.estimate import counted
from pinterest_async.limits import BucketState

STEP: Final = 10
"""Percent of the partitions between two plain lines."""
QUIET: Final = 30.0
"""Most seconds between two plain lines."""
WIDEST_BAR: Final = 30
NARROWEST_BAR: Final = 10
GAP: Final = "  "


class Display:
    """Shows how far a harvest is, until the end of its block."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._next = 0
        self._written_at = 0.0
        self._last: Progress | None = None
        self._written: Progress | None = None
        self._live: Live | None = None
        if console.is_terminal:
            first = LiveLines(Progress())
            self._live = Live(first, console=console, refresh_per_second=4)

    def __enter__(self) -> Self:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(self, *exc: object) -> None:
        if self._live is not None:
            self._live.stop()
        elif self._last is not None and _counts(self._last) != _counts(self._written):
            self._write(self._last)

    def update(self, progress: Progress) -> None:
        """Show how far it is now."""
        if self._live is not None:
            self._live.update(LiveLines(progress))
            return
        self._last = progress
        percent = Portion.of(progress).percent
        listed = progress.accounts_listed == progress.accounts
        far = listed and percent >= self._next
        if far or progress.seconds - self._written_at >= QUIET:
            if far:
                self._next = percent - percent % STEP + STEP
            self._written_at = progress.seconds
            self._write(progress)

    def _write(self, progress: Progress) -> None:
        self._written = progress
        share = Portion.of(progress)
        self._console.print(f"{share.percent:3} %{GAP}{describe(progress)}", highlight=False)


class LiveLines:
    """The two lines of a terminal, of whatever width it has when they are drawn."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        progress, width = self._progress, options.max_width
        share = Portion.of(progress)
        head = Text(f"{share.percent:3} %", style="progress.percentage")
        left = time_left(progress)
        if left:
            head.append(f"{GAP}{left}", style="bold")
        passed = f"{GAP}{clock(progress.seconds)}"
        if head.cell_len + len(passed) <= width:
            head.append(passed, style="progress.elapsed")
        room = width - head.cell_len - len(GAP)
        if room >= NARROWEST_BAR:
            head.append(GAP)
            head.end = ""
        yield head
        if room >= NARROWEST_BAR:
            bar = ProgressBar(
                total=share.total or None,
                completed=share.done,
                width=min(room, WIDEST_BAR),
                animation_time=progress.seconds,
            )
            yield from bar.__rich_console__(console, options)
            yield Segment.line()
        line = Text()
        for part in fitting(phrases(progress)[1:], width):
            line.append(GAP if line else "").append(part.text, style=part.style)
        yield line


class Phrase(NamedTuple):
    """A piece of a line; those of the least `rank` stay longest where room is short."""

    rank: int
    text: str
    style: str = ""


class Portion(NamedTuple):
    """How many partitions are done, of how many; the total is guessed until all are known."""

    done: int
    total: int
    guessed: bool

    @classmethod
    def of(cls, progress: Progress) -> "Portion":
        """While accounts are still listed, the others are taken for average ones."""
        listed = max(progress.accounts_listed, 1) / max(progress.accounts, 1)
        total = round(progress.partitions / listed)
        return cls(progress.done + progress.skipped, total, total != progress.partitions)

    @property
    def percent(self) -> int:
        """Whole percents; 100 only where all is done."""
        return 100 * self.done // self.total if self.total else 0


def describe(progress: Progress, width: int | None = None) -> str:
    """How far a harvest is, in one line: what fits into a width, and all without one."""
    found = [part for part in phrases(progress) if part.text]
    return GAP.join(part.text for part in fitting(found, width))


def fitting(found: Sequence[Phrase], width: int | None) -> list[Phrase]:
    """The parts that fit into a width, in their order; the first by rank is always among them."""
    kept: list[Phrase] = []
    for part in sorted(found, key=attrgetter("rank")):
        length = sum(len(one.text) + len(GAP) for one in (*kept, part)) - len(GAP)
        if width is None or length <= width or not kept:
            kept.append(part)
    return [part for part in found if part in kept]


def phrases(progress: Progress) -> list[Phrase]:
    """What there is to say, in the order in which it stands; the time left is the first."""
    if not progress.accounts:
        return [Phrase(0, ""), Phrase(1, "listing ad accounts")]
    share = Portion.of(progress)
    of = counted(share.total, "partition")
    about = "about " if share.guessed else ""
    found = [Phrase(0, time_left(progress), "bold")]
    found += [Phrase(1, text, "yellow") for text in quota_waits(progress)]
    if progress.reports:
        reports = counted(progress.reports, "report")
        text = f"waiting for {reports}, {span(progress.reports_for)} so far"
        found.append(Phrase(3, text, "yellow"))
    if progress.failed:
        found.append(Phrase(2, f"{progress.failed:,} failed", "red"))
    if share.total:
        found.append(Phrase(4, f"{share.done:,} of {about}{of}"))
    elif progress.accounts_listed < progress.accounts:
        found.append(Phrase(4, f"looking into {counted(progress.accounts, 'account')}"))
    found.append(Phrase(5, counted(progress.rows, "row")))
    found.append(Phrase(7, counted(progress.calls, "call")))
    found += [Phrase(6, text) for text in quota(progress)]
    return found


def time_left(progress: Progress) -> str:
    """The time left, where it is known and worth a word."""
    left = progress.seconds_left
    return f"{span(left)} left" if left and left >= 1 else ""


def quota_waits(progress: Progress) -> list[str]:
    """Which quotas calls wait for, and how long they still will."""
    return [
        f"waiting for quota {one.name}, {span(max(1.0, one.next_free_in, one.frozen_for))} more"
        for one in _waited_for(progress)
    ]


def quota(progress: Progress) -> list[str]:
    """How much of the fullest quota is used."""
    # A quota of a second is full and empty again before anyone has read of it.
    buckets = [bucket for bucket in progress.quota if bucket.window > 1]
    if not buckets:
        return []
    fullest = max(buckets, key=_used)
    return [f"{int(100 * _used(fullest))} % of {fullest.name} used"]


def waiting_on(progress: Progress) -> list[str]:
    """The quotas that calls wait for."""
    return sorted({one.name for one in _waited_for(progress)})


def span(seconds: float) -> str:
    """A time as text: 40 s, 12 min, 3 h 20 min."""
    minutes = round(seconds / 60)
    if seconds < 90:
        return f"{seconds:.0f} s"
    if minutes < 90:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min"


def clock(seconds: float) -> str:
    """A time that has passed: 0:02:13."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"


def _waited_for(progress: Progress) -> list[BucketState]:
    """The bucket that is waited for longest of each name."""
    found: dict[str, BucketState] = {}
    for one in sorted(progress.quota, key=lambda one: max(one.next_free_in, one.frozen_for)):
        if one.waiting and not one.available:
            found[one.name] = one
    return list(found.values())


def _counts(progress: Progress | None) -> tuple[int, ...] | None:
    if progress is None:
        return None
    return progress.done, progress.skipped, progress.failed, progress.rows


def _used(bucket: BucketState) -> float:
    return 1 - min(bucket.available, bucket.limit) / max(bucket.limit, 1)
