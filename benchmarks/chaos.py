"""Kill a harvest 50 times over one plan, with 5 % of the answers spoilt, and count the rows."""

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
    parser.add_argument("--accounts", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        found = asyncio.run(
            chaos(
                Path(folder),
                kills=options.kills,
                accounts=options.accounts,
                ads=3,
                seed=options.seed,
            )
        )
    sound = found.rows == found.expected and not found.again and not found.unfinished
    print(
        f"{found.kills} kills, {found.calls} calls, {len(found.rows):,} rows of "
        f"{len(found.expected):,}, {len(found.again)} partitions fetched again after their commit, "
        f"{time.monotonic() - began:.0f} s: {'sound' if sound else 'NOT SOUND'}"
    )
    return 0 if sound and found.kills == options.kills else 1


if __name__ == "__main__":
    sys.exit(main())
