"""Two checkouts of this library side by side: how much dearer is B than A?

    python benchmarks/compare.py A B [--case get64,page] [--rounds 12] [--processes 4]

A and B are folders that hold `pinterest_async`; both are imported into this interpreter's
environment, each in processes of its own, and make their blocks of calls by turns. Only CPU of the
client counts. Printed is B / A of the cheapest tenth of the blocks of each, which a busy machine
disturbs least, and the median over all pairs with its quartiles: below 1, B is cheaper. Take `.`
for this checkout; `git worktree add ../before HEAD~5` makes another.

Cases are those of calls.py (get1, get64, get1000, untuned64, untuned1000, get10000, tls, uvloop,
gzip, page, untuned_page, post); `memory64`, the same small GETs without sockets, which shows
smaller differences; `import` (of the package), `first_call` (a process from its first line to its
second call) and `harvest` (of 20 ad accounts into Parquet; its server is not counted).
"""

import datetime as dt
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

from _case import CASES
from _clients import Client, take_turns
from _machine import describe
from _neutral_server import Served, server
from _rendered_rows import COLUMNS
from _report import options, save
from _spread import Spread, least, ratios, spread
from first_call import started

HERE: Final = Path(__file__).parent
DEFAULT: Final = "memory64,get64,get1,page,post,first_call"
Costs = tuple[list[float], list[float]]


class Row(NamedTuple):
    """Microseconds of CPU; `ratio` and `cheapest` are B / A."""

    case: str
    pairs: int
    a: Spread
    b: Spread
    ratio: Spread
    cheapest: float


def compiled(package: str) -> dict[str, str]:
    """The environment of a process that imports a checkout, with compiled modules as installed."""
    kept = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPATH": package}


def ran(package: str, *command: str) -> str:
    """What a program prints that imports a checkout."""
    done = subprocess.run(  # noqa: S603  (our own programs)
        [sys.executable, *command], env=compiled(package), check=True, stdout=subprocess.PIPE
    )
    return done.stdout.decode().splitlines()[-1]


def by_turns(packages: list[str], times: int, cost: Callable[[str], float]) -> Costs:
    """What something costs each checkout, so many times; once before, to compile the modules."""
    found: Costs = ([], [])
    for package in packages:
        cost(package)
    for number in range(times):
        for place in (0, 1) if number % 2 else (1, 0):
            found[place].append(cost(packages[place]))
    return found


IMPORT: Final = (
    "import time; a = time.process_time(); import pinterest_async; "
    "from pinterest_async import Pinterest; print(time.process_time() - a)"
)


def import_cost(package: str) -> float:
    return float(ran(package, "-c", IMPORT)) * 1e6


def first_call_cost(package: str, served: Served) -> float:
    return started("ours", served.url, Path(package))["processor time"] * 1e3


def harvest_cost(package: str) -> float:
    from harvest_speed import DAYS, served

    end = dt.datetime.now(dt.UTC).date() - dt.timedelta(days=1)
    start = end - dt.timedelta(days=DAYS - 2)
    with served(20, start, end) as url, tempfile.TemporaryDirectory() as folder:
        where = (url, str(start), str(end), folder)
        program = str(HERE / "_harvest_process.py")
        told = json.loads(ran(package, program, "pinterest_async", *where, *COLUMNS))
    return float(told["cpu"]) * 1e6


def costs(case: str, packages: list[str], processes: int, rounds: int) -> Costs:
    """Microseconds of CPU by each checkout, pair by pair."""
    if case in CASES:
        clients = [Client("ours", package) for package in packages]
        turns = take_turns(clients, CASES[case], processes=processes, rounds=rounds)
        return turns.blocks[0], turns.blocks[1]
    times = processes * rounds
    if case == "import":
        return by_turns(packages, times, import_cost)
    if case == "first_call":
        with server() as served:
            return by_turns(packages, times, lambda package: first_call_cost(package, served))
    return by_turns(packages, processes, harvest_cost)


def main() -> None:
    parser = options(__doc__)
    parser.add_argument("a", type=Path)
    parser.add_argument("b", type=Path)
    parser.add_argument("--case", default=DEFAULT, help=f"with commas between; {DEFAULT}")
    parser.add_argument("--rounds", type=int, default=12, help="pairs of blocks of two processes")
    parser.add_argument("--processes", type=int, default=4, help="of each checkout, in turn")
    chosen = parser.parse_args()
    if chosen.quick:
        chosen.rounds, chosen.processes = 6, 2
    cases = chosen.case.split(",")
    known = [*CASES, "import", "first_call", "harvest"]
    if unknown := [case for case in cases if case not in known]:
        parser.error(f"no such case: {', '.join(unknown)}; there are {', '.join(known)}")
    packages = [str(folder.resolve()) for folder in (chosen.a, chosen.b)]
    for folder in packages:
        if not (Path(folder) / "pinterest_async").is_dir():
            parser.error(f"{folder} has no folder pinterest_async")
    print(describe())
    print(f"{'us of CPU':12} {'A':>10} {'B':>10}   B / A: cheapest tenth, median [quartiles]")
    rows: list[Row] = []
    for case in cases:
        a, b = costs(case, packages, chosen.processes, chosen.rounds)
        row = Row(case, len(a), spread(a), spread(b), ratios(b, a), least(b) / least(a))
        rows.append(row)
        print(
            f"{case:12} {row.a.median:>10,.1f} {row.b.median:>10,.1f}   "
            f"{row.cheapest:.3f}, {row.ratio:.3f} of {row.pairs} pairs",
            flush=True,
        )
    save(chosen.json, rows, a=packages[0], b=packages[1])


if __name__ == "__main__":
    main()
