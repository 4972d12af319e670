"""Harvests by this library, by hand, and by Pinterest's own SDK, side by side over one server.

    python benchmarks/harvest_peers.py [--accounts 200] [--pairs 9] [--quick]

All walk the ad accounts and the 50 ads of each, ask for the same columns of 89 days, and write zstd
Parquet. By hand (aiohttp, msgspec, pyarrow), rows go from answer to file: nothing is checked, a run
that is killed begins anew, and nothing is told. Pinterest's SDK is used with 16 threads and pandas;
`make peers` installs it. Each harvest is a process of its own; two take turns. The server is
another process, without quotas, with bodies that were rendered beforehand. Rows are narrow (5
columns) or wide (23).
"""

import datetime as dt
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

from _clients import ROOT
from _machine import describe
from _rendered_rows import COLUMNS, WIDE
from _report import options, save
from _spread import Spread, ratios, spread
from harvest_speed import DAYS, served

HERE = Path(__file__).parent
OFFICIAL = ROOT / "build" / "official-sdk" / "bin" / "python"
WIDTHS = {"narrow": COLUMNS, "wide": WIDE}
OURS = "pinterest_async"
SIDES = {
    OURS: (sys.executable, "_harvest_process.py", OURS),
    "by hand": (sys.executable, "_harvest_process.py", "by hand"),
    "pinterest-api-sdk": (str(OFFICIAL), "_official_harvest.py"),
}
SLOWER = 10
"""The official SDK has so many times fewer accounts to harvest."""


class Side(NamedTuple):
    """Rows for each second of CPU and of the clock, and peak memory in MB."""

    by_cpu: Spread
    by_clock: Spread
    peak: Spread


class Row(NamedTuple):
    """This library beside another way; `by_cpu` and `by_clock` are how many times its rows."""

    width: str
    rows: int
    other: str
    ours: Side
    others: Side
    by_cpu: Spread
    by_clock: Spread


def harvested(side: str, width: str, accounts: int, place: str) -> dict[str, float]:
    """What one harvest into a new folder of a place took, in a process of its own."""
    end = dt.datetime.now(dt.UTC).date() - dt.timedelta(days=1)
    start = end - dt.timedelta(days=DAYS - 2)
    columns = WIDTHS[width]
    python, program, *more = SIDES[side]
    folder = tempfile.mkdtemp(dir=place)
    with served(accounts, start, end, columns) as url:
        ran = subprocess.run(  # noqa: S603  (our own program)
            [python, str(HERE / program), *more, url, str(start), str(end), folder, *columns],
            check=True,
            stdout=subprocess.PIPE,
        )
    facts: dict[str, float] = json.loads(ran.stdout.splitlines()[-1])
    return facts


def measure(other: str, width: str, accounts: int, pairs: int) -> Row:
    found: dict[str, list[dict[str, float]]] = {OURS: [], other: []}
    # Removed at the end: ext4 takes long to make files where others have just been removed.
    with tempfile.TemporaryDirectory() as place:
        for number in range(pairs):
            for side in found if number % 2 else reversed(found):
                found[side].append(harvested(side, width, accounts, place))
    counts = {facts["rows"] for each in found.values() for facts in each}
    if len(counts) > 1:
        raise RuntimeError(f"the two harvested different rows: {counts}")

    def rates(side: str, unit: str) -> list[float]:
        return [facts["rows"] / facts[unit] for facts in found[side]]

    sides = [
        Side(
            spread(rates(side, "cpu")),
            spread(rates(side, "clock")),
            spread([facts["peak"] for facts in found[side]]),
        )
        for side in found
    ]
    by_cpu, by_clock = (ratios(rates(OURS, unit), rates(other, unit)) for unit in ("cpu", "clock"))
    return Row(width, int(counts.pop()), other, sides[0], sides[1], by_cpu, by_clock)


def show(row: Row) -> None:
    for name, side in ((OURS, row.ours), (row.other, row.others)):
        print(
            f"{row.rows:>9,} {row.width:6} rows, {name:18} {side.by_cpu.median:>11,.0f} "
            f"{side.by_clock.median:>13,.0f} {side.peak.median:>9.0f}"
        )
    print(f"{'':27} this library {row.by_cpu:.2f} x, by the clock {row.by_clock:.2f} x", flush=True)


def main() -> None:
    parser = options(__doc__)
    parser.add_argument("--accounts", type=int, default=200)
    parser.add_argument("--pairs", type=int, default=9)
    chosen: Any = parser.parse_args()
    if chosen.quick:
        chosen.accounts, chosen.pairs = 50, 2
    print(describe())
    print(f"{'':36} {'rows/s of CPU':>20} {'by the clock':>13} {'peak, MB':>9}")
    rows: list[Row] = []
    for width in WIDTHS:
        rows.append(measure("by hand", width, chosen.accounts, chosen.pairs))
        show(rows[-1])
    if OFFICIAL.exists():
        few = max(1, chosen.accounts // SLOWER)
        rows.append(measure("pinterest-api-sdk", "narrow", few, min(3, chosen.pairs)))
        show(rows[-1])
    else:
        print("without Pinterest's SDK, which `make peers` installs")
    save(chosen.json, rows)


if __name__ == "__main__":
    main()
