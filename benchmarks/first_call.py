"""How long a program waits for its first answer: import, client, first and second call.

    python benchmarks/first_call.py [--pairs 60] [--quick]

Each start is a process of its own that calls a server on loopback: by this library, and the same by
hand on aiohttp and msgspec, in turn. Modules are compiled before, as those of installed packages
are. The two sides of a pair are the quickest of five starts each, by turns: what else the machine
does adds up to a third, more than the difference. Printed are medians of pairs with quartiles.
"""

import json
import os
import subprocess
import sys
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

from _machine import describe
from _neutral_server import server
from _report import options, save
from _spread import Spread, spread

HERE = Path(__file__).parent
STARTS = 5


class Row(NamedTuple):
    """Milliseconds of one step: by hand, by this library, and the difference of each pair."""

    step: str
    bare: Spread | None
    ours: Spread
    difference: Spread | None


def started(by: str, url: str, package: Path = HERE.parent) -> dict[str, float]:
    """What the steps of one process take, in milliseconds."""
    # As installed packages are: with their modules compiled.
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(  # noqa: S603  (our own program)
        [sys.executable, str(HERE / "_start.py"), by, url, str(package)],
        env=environment,
        check=True,
        stdout=subprocess.PIPE,
    )
    steps: dict[str, float] = json.loads(done.stdout)
    return steps


def measure(pairs: int) -> list[Row]:
    sides = ("bare", "ours")
    found: dict[str, list[dict[str, float]]] = {by: [] for by in sides}
    with server() as served:
        for by in sides:
            started(by, served.url)  # compiles the modules
        for number in range(pairs):
            starts: dict[str, list[dict[str, float]]] = {by: [] for by in sides}
            for turn in range(number, number + STARTS):
                for by in sides if turn % 2 else reversed(sides):
                    starts[by].append(started(by, served.url))
            for by in sides:
                found[by].append(min(starts[by], key=itemgetter("all of it")))
    rows: list[Row] = []
    for step in found["ours"][0]:
        ours = [one[step] for one in found["ours"]]
        bare = [one[step] for one in found["bare"] if step in one]
        more = [a - b for a, b in zip(ours, bare, strict=True)] if bare else []
        rows.append(
            Row(step, spread(bare) if bare else None, spread(ours), spread(more) if more else None)
        )
    return rows


def main() -> None:
    parser = options(__doc__)
    parser.add_argument("--pairs", type=int, default=60)
    chosen = parser.parse_args()
    rows = measure(3 if chosen.quick else chosen.pairs)
    print(describe())
    print(f"{'ms':>18} {'bare':>9} {'ours':>9}   ours - bare, median [quartiles]")
    for row in rows:
        bare = "" if row.bare is None else f"{row.bare.median:.1f}"
        more = "" if row.difference is None else f"{row.difference:+.1f}"
        print(f"{row.step:>18} {bare:>9} {row.ours.median:9.1f}   {more}")
    save(chosen.json, rows)


if __name__ == "__main__":
    main()
