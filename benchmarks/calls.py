"""What a whole call costs, beside what people write by hand on aiohttp: CPU of the client alone.

    python benchmarks/calls.py [--only get64,page] [--rounds 12] [--processes 4] [--quick]

Both decode the same answer into the same type. They are processes of their own that make blocks of
calls by turns; the server is another one, on another core where the system can pin processes, and
takes no part in the figures. The ratio of two is taken within a pair of blocks; printed is the
median of bare / ours with its quartiles: above 1, ours is cheaper. Where the server needs as much
time for a call as a client, it is the limit, and a line says so.
"""

import sys
from typing import NamedTuple

from _case import CASES
from _clients import UVLOOP, Client, take_turns
from _machine import describe
from _report import options, save
from _spread import Spread

ROWS = tuple(name for name, case in CASES.items() if not case.memory)


class Row(NamedTuple):
    """Microseconds of CPU of a call: by hand, by this library, and of the server."""

    case: str
    pairs: int
    bare: Spread
    ours: Spread
    ratio: Spread
    server: float
    server_is_limit: bool


def measure(name: str, processes: int, rounds: int) -> Row:
    clients = (Client("bare"), Client("ours"))
    case = CASES[name]
    turns = take_turns(clients, case, processes=processes * case.times, rounds=rounds)
    return Row(
        name,
        len(turns.blocks[0]),
        turns.cost(0),
        turns.cost(1),
        turns.ratio(0, 1),
        turns.server,
        turns.server_is_limit,
    )


def show(row: Row) -> None:
    print(
        f"{CASES[row.case].name:34} {row.bare.median:>8.1f} {row.ours.median:>8.1f} "
        f"{row.server:>8.1f}  {row.ratio:.2f}"
        f"{'  the server is the limit' if row.server_is_limit else ''}",
        flush=True,
    )


def show_growth(rows: dict[str, Row]) -> None:
    """How much dearer a call is when 10,000 are under way."""
    if {"get64", "get10000"} <= rows.keys():
        few, many = rows["get64"], rows["get10000"]
        bare, ours = (
            getattr(many, side).median / getattr(few, side).median for side in ("bare", "ours")
        )
        print(f"from 64 to 10,000 at a time a call costs {ours:.2f} x, by hand {bare:.2f} x")


def main() -> None:
    parser = options(__doc__)
    parser.add_argument("--only", help=f"with commas between: {','.join(ROWS)}")
    parser.add_argument("--rounds", type=int, default=12, help="pairs of blocks of two processes")
    parser.add_argument("--processes", type=int, default=4, help="of each side, one after another")
    chosen = parser.parse_args()
    if chosen.quick:
        chosen.rounds, chosen.processes = 4, 2
    names = chosen.only.split(",") if chosen.only else list(ROWS)
    if unknown := [name for name in names if name not in CASES]:
        parser.error(f"no such row: {', '.join(unknown)}; there are {', '.join(ROWS)}")
    if "uvloop" in names and not UVLOOP.exists():
        names.remove("uvloop")
        print("without uvloop, which `make uvloop` installs", file=sys.stderr)
    print(describe())
    print(f"{'us of CPU for a call':34} {'bare':>8} {'ours':>8} {'server':>8}  bare / ours")
    rows: dict[str, Row] = {}
    for name in names:
        rows[name] = measure(name, chosen.processes, chosen.rounds)
        show(rows[name])
    show_growth(rows)
    save(chosen.json, list(rows.values()))


if __name__ == "__main__":
    main()
