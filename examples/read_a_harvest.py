"""Read a harvest of ads with DuckDB, polars or pandas: spend by day.

    pinterest harvest ads --columns spend,engagement --out data
    python examples/read_a_harvest.py data

Any other column, level or format reads likewise; nothing of pinterest_async is needed.
"""

import sys
from typing import Any


def with_duckdb(out: str) -> Any:
    import duckdb

    ads = duckdb.read_parquet(f"{out}/level=ad/**/*.parquet", union_by_name=True)
    return ads.aggregate("DATE, sum(SPEND_IN_MICRO_DOLLAR) / 1e6 AS spend", "DATE").order("DATE")


def with_polars(out: str) -> Any:
    import polars as pl

    files = f"{out}/level=ad/**/*.parquet"
    ads = pl.scan_parquet(files, missing_columns="insert", extra_columns="ignore")
    return ads.group_by("DATE").agg(pl.sum("SPEND_IN_MICRO_DOLLAR") / 1e6).sort("DATE").collect()


def with_pandas(out: str) -> Any:
    import pandas as pd  # type: ignore[import-untyped]  # it ships no types

    columns = ["DATE", "SPEND_IN_MICRO_DOLLAR"]
    ads: Any = pd.read_parquet(f"{out}/level=ad", columns=columns)  # pyright: ignore[reportUnknownMemberType]
    return ads.groupby("DATE")["SPEND_IN_MICRO_DOLLAR"].sum() / 1e6


if __name__ == "__main__":
    for read in (with_duckdb, with_polars, with_pandas):
        print(read(sys.argv[1] if len(sys.argv) > 1 else "data"))
