"""Load the spend of all ads into a warehouse with dlt, here a file of DuckDB.

    pip install 'dlt[duckdb]'
    python examples/load_with_dlt.py

Needs a token in PINTEREST_ACCESS_TOKEN. PINTEREST_BASE_URL points it at an emulator instead of
Pinterest. dlt takes async generators of Arrow batches as they are; no row becomes a Python object.
"""

import datetime as dt
from collections.abc import AsyncIterator
from contextlib import aclosing
from importlib import import_module
from typing import Any

from pinterest_async import Pinterest
from pinterest_async.harvest import Plan, stream


async def ad_days(days: int = 30) -> AsyncIterator[Any]:
    """Yield all ads of the last days, as `pyarrow.RecordBatch`es."""
    yesterday = dt.datetime.now(dt.UTC).date() - dt.timedelta(days=1)
    plan = Plan(
        level="ad",
        columns=["CAMPAIGN_ID", "SPEND_IN_MICRO_DOLLAR", "IMPRESSION_1"],
        start=yesterday - dt.timedelta(days=days - 1),
        end=yesterday,
    )
    async with (
        Pinterest.from_env() as pinterest,
        aclosing(stream(plan, pinterest)) as batches,
    ):
        async for batch in batches:
            yield batch


def main() -> None:
    dlt: Any = import_module("dlt")
    # Loaded again, a day of an ad takes the place of what was loaded before.
    resource = dlt.resource(
        ad_days,
        name="ad_days",
        primary_key=("AD_ID", "DATE"),
        write_disposition={"disposition": "merge", "strategy": "upsert"},
    )
    pipeline = dlt.pipeline("pinterest", destination="duckdb", dataset_name="ads")
    print(pipeline.run(resource))


if __name__ == "__main__":
    main()
