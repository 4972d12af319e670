"""A Pinterest that costs next to nothing to serve: bodies rendered once, ids put in by replacing.

    python benchmarks/_rendered_rows.py JOB

JOB is JSON: {"accounts": 100, "ads": 50, "columns": [...], "start": "2026-01-01", "end": ...}.

Prints its address; ends with its standard input.
"""

import asyncio
import datetime as dt
import json
import re
import sys
from collections.abc import Sequence
from typing import Any

from aiohttp import web

COLUMNS = ("CAMPAIGN_ID", "SPEND_IN_MICRO_DOLLAR", "IMPRESSION_1", "CLICKTHROUGH_1", "CTR")
WIDE = (
    *COLUMNS,
    *("AD_GROUP_ID", "PIN_ID", "IMPRESSION_2", "CLICKTHROUGH_2", "REPIN_1", "REPIN_2"),
    *("OUTBOUND_CLICK_1", "OUTBOUND_CLICK_2", "TOTAL_ENGAGEMENT", "ENGAGEMENT_1", "ENGAGEMENT_2"),
    *("TOTAL_CONVERSIONS", "TOTAL_CHECKOUT", "TOTAL_PAGE_VISIT", "CTR_2", "ECTR"),
    *("ENGAGEMENT_RATE", "EENGAGEMENT_RATE"),
)
"""23 columns; the last four are shares."""
MARK = "900000"
"""Where the number of the account goes, six digits long."""


ACCOUNT = {
    "name": "Ann's lamps",
    "owner": {"username": "ann", "id": "549755885175"},
    "country": "US",
    "currency": "USD",
    "permissions": ["OWNER"],
    "created_time": 1_603_972_841,
    "updated_time": 1_603_972_841,
}
AD = {
    "ad_group_id": f"{MARK}000007",
    "ad_account_id": MARK,
    "campaign_id": f"{MARK}000003",
    "creative_type": "REGULAR",
    "created_time": 1_603_972_841,
    "name": "A chair",
    "pin_id": "813744226420795884",
    "status": "ACTIVE",
    "summary_status": "APPROVED",
    "type": "pinpromotion",
    "updated_time": 1_603_972_841,
}


def value(number: int, place: int) -> float:
    """A value of a column: a share in the last four of the wide rows, else a whole number."""
    return number % 1000 / 9973 if place >= len(WIDE) - 4 else number % 1000


def rows(ads: int, start: dt.date, end: dt.date, columns: Sequence[str]) -> bytes:
    """The analytics of the account MARK."""
    more = {name: place for place, name in enumerate(columns) if name not in COLUMNS}
    days = [start + dt.timedelta(days=day) for day in range((end - start).days + 1)]
    return json.dumps(
        [
            {
                "AD_ID": f"{MARK}{ad:06}",
                "DATE": day.isoformat(),
                "CAMPAIGN_ID": int(f"{MARK}{ad % 7:06}"),
                "SPEND_IN_MICRO_DOLLAR": (ad * 7919 + day.toordinal() * 104_729) % 90_000_000,
                "IMPRESSION_1": (ad * 31 + day.toordinal()) % 10_000,
                "CLICKTHROUGH_1": (ad + day.toordinal()) % 300,
                "CTR": (ad + day.toordinal()) % 300 / 9973,
                **{
                    name: value(ad * place + day.toordinal(), place) for name, place in more.items()
                },
            }
            for ad in range(ads)
            for day in days
        ]
    ).encode()


def server(job: dict[str, Any]) -> web.Server:  # type: ignore[type-arg]  (generic for type checkers only)
    accounts = [f"{number:06}" for number in range(100_000, 100_000 + job["accounts"])]
    start, end = (dt.date.fromisoformat(job[name]) for name in ("start", "end"))
    ads = [{"id": f"{MARK}{ad:06}", **AD} for ad in range(job["ads"])]
    bodies = {
        "ads/analytics": rows(job["ads"], start, end, job["columns"]),
        "ads": json.dumps({"items": ads, "bookmark": None}).encode(),
    }
    path = re.compile(r"/v5/ad_accounts/(\d+)/(ads/analytics|ads)")

    async def answer(request: web.BaseRequest) -> web.Response:
        found = path.fullmatch(request.path)
        if found is not None:
            account, what = found.groups()
            body = bodies[what].replace(MARK.encode(), account.encode())
        else:
            first = int(request.query.get("bookmark", 0))
            more = str(first + 250) if first + 250 < len(accounts) else None
            items = [{"id": id, **ACCOUNT} for id in accounts[first : first + 250]]
            body = json.dumps({"items": items, "bookmark": more}).encode()
        return web.Response(body=body, content_type="application/json")

    return web.Server(answer, access_log=None)


async def main(job: dict[str, Any]) -> None:
    runner = web.ServerRunner(server(job))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(f"http://127.0.0.1:{runner.addresses[0][1]}/v5", flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(main(json.loads(sys.argv[1])))
