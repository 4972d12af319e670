"""Kill a harvest of the emulator 50 times over one plan, and compare every row.

    python benchmarks/chaos.py
    python benchmarks/chaos.py --cluster
    python benchmarks/chaos.py --entities

Quotas are tight (10 calls in 2 seconds for analytics and reports), and 5 % of the calls go wrong,
files of reports included: 503, pages of HTML, 429, connections that break, bodies that are cut off
or noise. Each run is a process of its own, and is killed at a moment of chance. Harvests of figures
are killed before their work is done: the emulator holds back its answers while a kill is late. With
`--cluster` it runs on a Dask cluster of 4 worker processes, with quotas and checkpoint in a Redis,
and each kill is of the run or of a worker, by chance. Where fewer kills happened than were asked
for, the program says so and ends with 1.

With `--entities`, all that the emulator holds of its user is harvested instead, in pages of 30, and
held against the emulator's own tables, thing by thing and value by value.
"""

import argparse
import asyncio
import random
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

# In place of this folder, whose harvest.py would hide the package of that name.
sys.path.pop(0)
sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "support"))

from harvest import entity_chaos
from harvest.chaos import chaos
from redis_server import RedisServer


def entities(options: argparse.Namespace) -> int:
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        found = asyncio.run(
            entity_chaos.chaos(
                Path(folder) / "data",
                kills=options.kills,
                accounts=min(options.accounts, 12),
                seed=options.seed,
            )
        )
    wrong = [*found.again, *found.differences, *map(str, found.unfinished)]
    sound = found.last["complete"] and not wrong
    print(
        f"{found.kills} of {options.kills} kills, {found.calls} calls ({found.spoilt} spoilt), "
        f"{found.things:,} things of {found.kinds} entities, {len(found.again)} lists read again "
        f"after their commit, {len(found.differences)} differences, "
        f"{time.monotonic() - began:.0f} s: {'sound' if sound else 'NOT SOUND'}"
    )
    for one in wrong[:10]:
        print(one)
    return 0 if sound and found.kills == options.kills else 1


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--accounts", type=int, default=64)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cluster", action="store_true")
    parser.add_argument("--entities", action="store_true")
    options = parser.parse_args()
    if options.entities:
        return entities(options)
    workers = 0
    if options.cluster:
        chance = random.Random(options.seed)
        workers = sum(chance.random() < 0.5 for _ in range(options.kills))
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        redis = None
        if options.cluster:
            server = RedisServer(Path(folder))
            server.start()
            stack.callback(server.kill)
            redis = server.url
        found = asyncio.run(
            chaos(
                Path(folder) / "data",
                redis=redis,
                workers=workers,
                kills=options.kills - workers,
                accounts=options.accounts,
                quota=(10, 2.0),
                seed=options.seed,
            )
        )
    sound = found.rows == found.expected and not found.again and not found.unfinished
    sound = sound and found.last["complete"] and not found.idle["calls"]
    happened = found.kills + found.deaths
    print(
        f"{happened} of {options.kills} kills ({found.kills} of the run, {found.deaths} of "
        f"workers), {found.calls} calls "
        f"({found.spoilt} spoilt, {found.refused} over the quota), {len(found.rows):,} rows of "
        f"{len(found.expected):,}, {len(found.again)} partitions fetched again after their commit, "
        f"{time.monotonic() - began:.0f} s: {'sound' if sound else 'NOT SOUND'}"
    )
    return 0 if sound and happened == options.kills else 1


if __name__ == "__main__":
    sys.exit(main())
