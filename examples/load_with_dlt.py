"""Load campaigns, ads and their figures into a warehouse with dlt, here a file of DuckDB.

    pip install 'pinterest-async[dlt]' duckdb
    python examples/load_with_dlt.py

Needs a token in PINTEREST_ACCESS_TOKEN. PINTEREST_BASE_URL points it at an emulator instead of
Pinterest. Run it every day: it loads what is new or changed, and the days again whose conversions
are still being attributed.
"""

import datetime as dt
from importlib import import_module
from typing import Any

from pinterest_async.harvest import Plan
from pinterest_async.harvest.dlt import pinterest_source


def main() -> None:
    dlt: Any = import_module("dlt")
    yesterday = dt.datetime.now(dt.UTC).date() - dt.timedelta(days=1)
    days: Any = {"start": yesterday - dt.timedelta(days=59), "end": yesterday}
    source = pinterest_source(
        [
            Plan(level="campaign", columns=["spend", "engagement", "conversions"], **days),
            Plan(level="ad", columns=["CAMPAIGN_ID", "SPEND_IN_MICRO_DOLLAR"], **days),
        ],
        entities=["campaigns", "ads"],
    )
    pipeline = dlt.pipeline("pinterest", destination="duckdb", dataset_name="ads")
    print(pipeline.run(source))


if __name__ == "__main__":
    main()
