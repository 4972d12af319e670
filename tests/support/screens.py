"""The screens of the command, from fixed values: `python tests/support/screens.py [--write FILE]`.

Each is drawn at several widths; `tests/cli/screens.txt` holds what all of them looked like when
somebody looked at them last.
"""

import datetime as dt
import io
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from pinterest_async._core.problems import Problem
from pinterest_async.cli import status, summary
from pinterest_async.cli.days import NewDays
from pinterest_async.cli.harvest import estimate_table, heading
from pinterest_async.cli.harvest_options import MistakesError
from pinterest_async.cli.live_progress import Display, LiveLines
from pinterest_async.cli.terminal import Terminal
from pinterest_async.errors import PermissionDeniedError
from pinterest_async.harvest import Failure, HarvestResult, Plan, Progress
from pinterest_async.harvest.output.status import PlanStatus
from pinterest_async.harvest.plan.estimate import Estimate
from pinterest_async.harvest.plan.series import Series
from pinterest_async.limits import BucketState

WIDTHS: Final = (60, 80, 120)
Draw = Callable[[Terminal], None]

START: Final = dt.date(2026, 8, 1)
END: Final = dt.date(2026, 8, 30)
PLAN: Final = Plan(level="ad", columns=["spend", "engagement"], start=START, end=END)
SERIES: Final = Series(plan=PLAN, today=END, through=END, format="parquet")
MEASURES: Final = (
    "SPEND_IN_MICRO_DOLLAR",
    "IMPRESSION_1",
    "CLICKTHROUGH_1",
    "TOTAL_IMPRESSION",
)


def bucket(name: str, limit: int, **changes: Any) -> BucketState:
    """A quota of a minute, full unless said otherwise."""
    facts: dict[str, Any] = {
        "key": "subject",
        "window": 60.0,
        "available": limit,
        "in_flight": 0,
        "waiting": 0,
        "next_free_in": 0.0,
        "frozen_for": 0.0,
    }
    return BucketState(name=name, limit=limit, **facts | changes)


USED: Final = (bucket("ads_analytics", 300, available=75), bucket("ads_read", 1000))
EMPTY: Final = (bucket("ads_analytics", 300, available=0, waiting=16, next_free_in=41.7), USED[1])
LISTED: Final = Progress(accounts=50, accounts_listed=50, partitions=1234, category="ads_analytics")
STAGES: Final[Mapping[str, Progress]] = {
    "before the accounts are listed": Progress(),
    "before they are looked into": Progress(accounts=50, calls=1, seconds=0.4),
    "while they are looked into": msgspec.structs.replace(
        LISTED,
        accounts_listed=10,
        partitions=20,
        done=3,
        rows=4821,
        calls=15,
        calls_left=17,
        seconds=2.0,
    ),
    "under way": msgspec.structs.replace(
        LISTED,
        done=345,
        skipped=20,
        rows=1_234_567,
        calls=456,
        calls_left=869,
        seconds=133.0,
        quota=USED,
    ),
    "waiting for a quota": msgspec.structs.replace(
        LISTED,
        done=345,
        skipped=20,
        rows=1_234_567,
        calls=456,
        calls_left=869,
        seconds=133.0,
        quota=EMPTY,
    ),
    "waiting for reports, with failures": msgspec.structs.replace(
        LISTED,
        done=1199,
        failed=3,
        rows=12_345_678,
        calls=9876,
        calls_left=128,
        seconds=4053.0,
        quota=USED,
        reports=32,
        reports_for=95.0,
    ),
    "at the end": msgspec.structs.replace(
        LISTED, done=1231, failed=3, rows=12_345_678, calls=10_004, seconds=4230.0, quota=USED
    ),
}

NAMES: Final = {
    "549755885175": "Hearth & Home Living Europe",
    "549755885176": "Nordlicht Leuchten GmbH",
    "549755885177": "Maison de la Lumière et des Petits Objets",
}
TOTALS: Final = summary.Totals(
    MEASURES,
    rows=216_341,
    things="AD_ACCOUNT_ID",
    by_thing=[
        {"AD_ACCOUNT_ID": id, **dict(zip(MEASURES, values, strict=True))}
        for id, values in zip(
            NAMES,
            (
                (125_519_970_000, 22_016_840, 286_100, 23_609_040),
                (11_352_340_000, 2_051_516, 31_235, 2_216_732),
                (6_837_720_000, 1_182_550, 16_264, 1_275_045),
            ),
            strict=True,
        )
    ],
    by_day={
        START + dt.timedelta(days=day): 2_000_000_000 + (day * 37 % 11) * 150_000_000
        for day in range(30)
    },
)
ERROR: Final = PermissionDeniedError(
    "You are not permitted to access that resource",
    status=403,
    code=29,
    request_id="123-456",
    body=b"",
)
RESULT: Final = HarvestResult(
    rows=216_341,
    calls=1234,
    done=47,
    skipped=3,
    failures=(Failure(account="549755885178", partition=None, error=ERROR),),
    misfits=2,
    set_aside=11,
    accounts=50,
    accounts_without_rows=2,
    seconds=133.4,
    paths=tuple(map(str, range(47))),
)


def result(console: Terminal) -> None:
    """What a harvest ends with."""
    for line in summary.missing(RESULT):
        console.say(line)
    summary.print_totals(console, TOTALS, NAMES)
    console.print()
    for line in summary.lines(RESULT, "data/level=ad", 3_456_789):
        console.say(line)


def nothing_new(console: Terminal) -> None:
    """A harvest that goes on, and finds nothing."""
    console.say(f"ads: {NewDays.of(PLAN, SERIES).text()}")


def new_days(console: Terminal) -> None:
    """A harvest that goes on."""
    later = msgspec.structs.replace(PLAN, end=END + dt.timedelta(days=5))
    console.say(f"ads: {NewDays.of(later, SERIES).text()}")


def dry_run(console: Terminal) -> None:
    """What a harvest would take."""
    calls = {"ads_read": 51, "ads_analytics": 12_340}
    found = Estimate(
        accounts=50,
        partitions=1234,
        reports=120,
        calls=calls,
        minutes=41.1,
        rows=12_345_678,
        exact=False,
    )
    console.say(heading(PLAN))
    console.print(estimate_table(PLAN, found))


def folder(console: Terminal) -> None:
    """What a folder holds."""
    found = PlanStatus(
        series=SERIES,
        rows=216_341,
        files=47,
        misfits=2,
        set_aside=0,
        accounts=50,
        accounts_listed=50,
        accounts_without_rows=3,
        partitions=1234,
        done=1231,
        reports=2,
    )
    for line in status.lines(found):
        console.say(line)


def mistakes(console: Terminal) -> None:
    """A command that cannot run."""
    problems = [
        Problem("LEVEL", "there is no adz", "did you mean ads?"),
        Problem("--columns", "there is no column SPENT", "did you mean SPEND_IN_DOLLAR?"),
        Problem("--out", "/srv/data cannot be made, since /srv is a file", "name another folder"),
    ]
    console.say(str(MistakesError(problems)))


def live(progress: Progress) -> Draw:
    """The two lines of a terminal."""

    def draw(console: Terminal) -> None:
        console.print(LiveLines(progress))

    return draw


SCREENS: Final[Mapping[str, Draw]] = {
    **{f"progress, {stage}": live(progress) for stage, progress in STAGES.items()},
    "since last": new_days,
    "since last, nothing new": nothing_new,
    "result": result,
    "dry run": dry_run,
    "harvest status": folder,
    "mistakes": mistakes,
}


def drawn(draw: Draw, width: int | None, *, colour: bool = False) -> str:
    """A screen of a terminal of some width, or what is written to a pipe."""
    stream = io.StringIO()
    console = Terminal(
        file=stream,
        width=width or 80,
        force_terminal=width is not None,
        color_system="truecolor" if colour else None,
        highlight=False,
        soft_wrap=True,
        legacy_windows=False,
    )
    draw(console)
    return stream.getvalue()


def piped() -> str:
    """Progress as it is written to a file or a pipe, from first to last."""
    stream = io.StringIO()
    with Display(Terminal(file=stream, width=80, soft_wrap=True, highlight=False)) as display:
        for progress in STAGES.values():
            display.update(progress)
    return stream.getvalue()


def page() -> Iterator[str]:
    """All screens, line by line."""
    for width in WIDTHS:
        yield from ("", f"{width} columns ".ljust(width, "="))
        for name, draw in SCREENS.items():
            yield from ("", f"-- {name} ".ljust(width, "-"), *_lines(drawn(draw, width)))
    yield from ("", "a pipe ".ljust(80, "="), "", "-- progress", *_lines(piped()))
    for name, draw in SCREENS.items():
        if not name.startswith("progress"):
            yield from ("", f"-- {name}", *_lines(drawn(draw, None)))


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.splitlines()]


if __name__ == "__main__":
    text = "\n".join(page()).strip() + "\n"
    if sys.argv[1:2] == ["--write"]:
        Path(sys.argv[2]).write_text(text, "utf-8")
    else:
        sys.stdout.write(text)
