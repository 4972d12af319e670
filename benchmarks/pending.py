"""What a call that waits for its answer takes of memory, beside the same by hand on aiohttp.

    python benchmarks/pending.py [--pending 10000] [--runs 5] [--quick]

A server answers one call, reads all others and never answers. Each run is a process of its own,
which starts so many calls and looks at its memory before and while they wait: with 256 connections,
where nearly all wait for one, and with as many connections as calls, where all requests are sent.
Both sides take turns; the ratio is that within a pair. Memory is what is in RAM (Linux).
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from _clients import ALIKE, ROOT, TUNED
from _machine import describe
from _neutral_server import server
from _report import options, save
from _spread import Spread, ratios, spread

PROGRAM = Path(__file__).with_name("_pending_process.py")


class Row(NamedTuple):
    """KB for each pending call: by hand, by this library, and the ratio of the two."""

    connections: int
    pending: int
    bare: Spread
    ours: Spread
    ratio: Spread


def taken(by: str, connections: int, pending: int, package: str = str(ROOT)) -> float:
    """KB for each pending call."""
    with server(answers=1) as served:
        facts = {"by": by, "package": package, "url": served.url, "kind": "pin", "clients": 1}
        facts |= {"connections": connections, "pending": pending, "certificate": None}
        done = subprocess.run(  # noqa: S603  (our own program)
            [sys.executable, str(PROGRAM), json.dumps(facts)],
            env={**os.environ, **ALIKE, **TUNED},
            check=True,
            stdout=subprocess.PIPE,
        )
    return float(done.stdout) / 1000


def measure(connections: int, pending: int, runs: int) -> Row:
    found: dict[str, list[float]] = {"bare": [], "ours": []}
    for number in range(runs):
        for by in sorted(found, reverse=bool(number % 2)):
            found[by].append(taken(by, connections, pending))
    bare, ours = found["bare"], found["ours"]
    return Row(connections, pending, spread(bare), spread(ours), ratios(ours, bare))


def main() -> None:
    parser = options(__doc__)
    parser.add_argument("--pending", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=5, help="of each side")
    chosen = parser.parse_args()
    runs = 1 if chosen.quick else chosen.runs
    print(describe())
    print(f"{'kB for each pending call':34} {'bare':>6} {'ours':>6}   ours / bare")
    rows: list[Row] = []
    for connections in (256, chosen.pending):
        row = measure(connections, chosen.pending, runs)
        rows.append(row)
        name = f"{row.pending:,} calls, {connections:,} connections"
        print(f"{name:34} {row.bare.median:6.2f} {row.ours.median:6.2f}   {row.ratio:.2f}")
    save(chosen.json, rows)


if __name__ == "__main__":
    main()
