"""The analytics of all ads as people harvest them with Pinterest's own SDK: threads and pandas.

Runs in an environment of its own, with `pinterest-api-sdk`, pandas and pyarrow, and prints what it
took as JSON; imports do not count.

    python benchmarks/_official_harvest.py URL START END FOLDER COLUMN...
"""

import datetime as dt
import json
import resource
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pandas as pd
from openapi_generated.pinterest_client import ApiClient, Configuration
from openapi_generated.pinterest_client.api.ad_accounts_api import AdAccountsApi
from openapi_generated.pinterest_client.api.ads_api import AdsApi

THREADS = 16
IDS = 100


def walked(page: Callable[..., Any], **arguments: Any) -> Iterator[Any]:
    bookmark: dict[str, str] = {}
    while True:
        answer = page(**arguments, **bookmark)
        yield from answer["items"]  # the attribute is a method of its models
        if not answer.get("bookmark"):
            return
        bookmark = {"bookmark": answer["bookmark"]}


def main(url: str, start: dt.date, end: dt.date, folder: str, columns: list[str]) -> dict[str, Any]:
    configuration = Configuration(host=url, access_token="pina_bench")  # noqa: S106
    client = ApiClient(configuration, pool_threads=THREADS)
    accounts, ads = AdAccountsApi(client), AdsApi(client)

    def harvested(account: str) -> int:
        ids = [str(ad["id"]) for ad in walked(ads.ads_list, ad_account_id=account, page_size=100)]
        rows: list[Any] = []
        for first in range(0, len(ids), IDS):
            answer = ads.ads_analytics(
                ad_account_id=account,
                start_date=start,
                end_date=end,
                columns=columns,
                granularity="DAY",
                ad_ids=ids[first : first + IDS],
            )
            rows += answer.value
        frame = pd.DataFrame(rows)
        frame.to_parquet(Path(folder) / f"{account}.parquet", compression="zstd")
        return len(frame)

    began, cpu = time.monotonic(), time.process_time()
    with ThreadPoolExecutor(THREADS) as threads:
        listed = walked(accounts.ad_accounts_list, page_size=100)
        rows = sum(threads.map(harvested, [account["id"] for account in listed]))
    return {
        "rows": rows,
        "clock": time.monotonic() - began,
        "cpu": time.process_time() - cpu,
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000,
    }


if __name__ == "__main__":
    first, last = (dt.date.fromisoformat(day) for day in sys.argv[2:4])
    print(json.dumps(main(sys.argv[1], first, last, sys.argv[4], sys.argv[5:])))
