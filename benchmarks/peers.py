"""The same calls by other clients: what does each cost, as CPU of the client's process?

    python benchmarks/peers.py [--only get64,page,post] [--quick]

- by hand on aiohttp, decoded by msgspec into structs that are written by hand,
- by hand on httpx, decoded by pydantic into models that are written by hand,
- by Pinterest's own SDK, which blocks, so that its calls go one after another.

Each is a process in an environment of its own (`make peers`), and all take turns with this library
against one server. Printed are medians, and how much dearer than this library each is, with
quartiles.
"""

from typing import NamedTuple

from _case import CASES
from _clients import ROOT, Client, take_turns
from _machine import describe
from _report import options, save
from _spread import Spread

PEERS = {
    "aiohttp": ("aiohttp", "aiohttp, msgspec"),
    "httpx": ("httpx", "httpx, pydantic"),
    "official": ("official-sdk", "pinterest-api-sdk"),
}


class Row(NamedTuple):
    """Microseconds of CPU of a call by one client, and how much dearer than ours it is."""

    case: str
    client: str
    cost: Spread
    ratio: Spread


def measure(name: str, peers: list[str], processes: int, rounds: int) -> list[Row]:
    clients = [Client("ours")]
    for peer in peers:
        python = ROOT / "build" / PEERS[peer][0] / "bin" / "python"
        clients.append(Client(peer, python=str(python)))
    case = CASES[name]
    case = case._replace(calls=max(16, case.calls // 4))
    turns = take_turns(clients, case, processes=processes, rounds=rounds)
    names = ["pinterest_async", *(PEERS[peer][1] for peer in peers)]
    return [
        Row(name, one, turns.cost(place), turns.ratio(place, 0)) for place, one in enumerate(names)
    ]


def main() -> None:
    parser = options(__doc__)
    parser.add_argument("--only", default="get64,page,post", help="rows of calls.py")
    parser.add_argument("--rounds", type=int, default=6, help="of blocks by each process")
    parser.add_argument("--processes", type=int, default=2, help="of each client, in turn")
    chosen = parser.parse_args()
    if chosen.quick:
        chosen.rounds, chosen.processes = 2, 1
    installed = [
        peer
        for peer, (folder, _) in PEERS.items()
        if (ROOT / "build" / folder / "installed").exists()
    ]
    if len(installed) < len(PEERS):
        print(f"only {', '.join(installed) or 'none'} of the peers: make peers installs all")
    print(describe())
    print(f"{'us of CPU for a call':62} {'dearer than ours':>12}")
    rows: list[Row] = []
    for name in chosen.only.split(","):
        for row in measure(name, installed, chosen.processes, chosen.rounds):
            rows.append(row)
            print(f"{CASES[name].name:34} {row.client:20} {row.cost.median:>9,.1f} {row.ratio:.2f}")
    save(chosen.json, rows)


if __name__ == "__main__":
    main()
