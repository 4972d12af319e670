"""A harvest by this library and one by hand (aiohttp, msgspec, pyarrow) over one server.

    python benchmarks/harvest_by_hand.py [--accounts 200] [--pairs 5] [--quick]

Both walk the ad accounts and the 50 ads of each, ask for the same columns of 89 days, and write a
zstd Parquet file for each ad account, narrow rows (5 columns) and wide ones (23). By hand, rows go
from answer to file: nothing is checked, a run that is killed begins anew, and nothing is told. Each
harvest is a process of its own; the two take turns. The server is another process without quotas.
"""

import datetime as dt
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

from _machine import describe
from _rendered_rows import COLUMNS, WIDE
from _report import options, save
from _spread import Spread, ratios, spread
from harvest import DAYS, served

PROGRAM = Path(__file__).with_name("_harvest_process.py")
WIDTHS = {"narrow": COLUMNS, "wide": WIDE}
SIDES = ("by hand", "pinterest_async")


class Row(NamedTuple):
    """Rows for each second of CPU and of the clock, and peak memory in MB, of one side."""

    width: str
    side: str
    rows: int
    by_cpu: Spread
    by_clock: Spread
    peak: Spread


class Compared(NamedTuple):
    """How many times the rows for each second this library has that are had by hand."""

    width: str
    by_cpu: Spread
    by_clock: Spread


def harvested(side: str, width: str, accounts: int) -> dict[str, Any]:
    """What one harvest took, in a process of its own."""
    end = dt.datetime.now(dt.UTC).date() - dt.timedelta(days=1)
    start = end - dt.timedelta(days=DAYS - 2)
    with (
        served(accounts, start, end, WIDTHS[width]) as url,
        tempfile.TemporaryDirectory() as folder,
    ):
        where = (url, str(start), str(end), folder)
        ran = subprocess.run(  # noqa: S603  (our own program)
            [sys.executable, str(PROGRAM), side, *where, *WIDTHS[width]],
            check=True,
            stdout=subprocess.PIPE,
        )
    facts: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
    return facts


def measure(width: str, accounts: int, pairs: int) -> tuple[list[Row], Compared]:
    found: dict[str, list[dict[str, Any]]] = {side: [] for side in SIDES}
    for number in range(pairs):
        for side in SIDES if number % 2 else reversed(SIDES):
            found[side].append(harvested(side, width, accounts))
    counts = {facts["rows"] for each in found.values() for facts in each}
    if len(counts) > 1:
        raise RuntimeError(f"the two harvested different rows: {counts}")
    rate = {
        (side, unit): [facts["rows"] / facts[unit] for facts in each]
        for side, each in found.items()
        for unit in ("cpu", "clock")
    }
    rows = [
        Row(
            width,
            side,
            each[0]["rows"],
            spread(rate[side, "cpu"]),
            spread(rate[side, "clock"]),
            spread([facts["peak"] for facts in each]),
        )
        for side, each in found.items()
    ]
    compared = [
        ratios(rate["pinterest_async", unit], rate["by hand", unit]) for unit in ("cpu", "clock")
    ]
    return rows, Compared(width, *compared)


def main() -> None:
    parser = options(__doc__)
    parser.add_argument("--accounts", type=int, default=200)
    parser.add_argument("--pairs", type=int, default=5)
    chosen = parser.parse_args()
    if chosen.quick:
        chosen.accounts, chosen.pairs = 20, 2
    print(describe())
    print(f"{'':34} {'rows/s of CPU':>14} {'by the clock':>14} {'peak, MB':>9}")
    told: list[Row | Compared] = []
    for width in WIDTHS:
        rows, compared = measure(width, chosen.accounts, chosen.pairs)
        told += [*rows, compared]
        for row in rows:
            print(
                f"{row.rows:>9,} {width} rows {row.side:16} {row.by_cpu.median:>14,.0f} "
                f"{row.by_clock.median:>14,.0f} {row.peak.median:>9.0f}"
            )
        print(
            f"{width}: {compared.by_cpu:.2f} x by CPU, {compared.by_clock:.2f} x by the clock",
            flush=True,
        )
    save(chosen.json, told)


if __name__ == "__main__":
    main()
