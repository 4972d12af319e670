"""Kill a harvest of the emulator 50 times over one plan, and compare every row.

    python benchmarks/chaos.py

Quotas are tight (10 calls in 2 seconds for analytics and reports), and 5 % of the calls go wrong:
503, pages of HTML, 429, connections that break, bodies that are cut off. Each run is a process of
its own, and is killed at a moment of chance.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "support"))

from harvest_chaos import chaos


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--accounts", type=int, default=64)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        found = asyncio.run(
            chaos(
                Path(folder),
                kills=options.kills,
                accounts=options.accounts,
                quota=(10, 2.0),
                seed=options.seed,
            )
        )
    sound = found.rows == found.expected and not found.again and not found.unfinished
    print(
        f"{found.kills} kills, {found.calls} calls ({found.spoilt} spoilt, {found.refused} refused "
        f"for the quota or a fault), {len(found.rows):,} rows of "
        f"{len(found.expected):,}, {len(found.again)} partitions fetched again after their commit, "
        f"{time.monotonic() - began:.0f} s: {'sound' if sound else 'NOT SOUND'}"
    )
    return 0 if sound and found.kills == options.kills else 1


if __name__ == "__main__":
    sys.exit(main())
