"""Order a report, wait until it is there, and say where."""

import asyncio
import datetime as dt

from pinterest_async import Pinterest


async def main(pinterest: Pinterest) -> None:
    [account] = await pinterest.ad_accounts.list().limit(1).collect()
    ads = pinterest.with_options(ad_account_id=account.id)
    today = dt.datetime.now(dt.UTC).date()
    order = await ads.reports.create(
        start_date=today - dt.timedelta(days=30),
        end_date=today - dt.timedelta(days=1),
        granularity="DAY",
        columns=["CAMPAIGN_ID", "SPEND_IN_DOLLAR", "TOTAL_IMPRESSION"],
        level="CAMPAIGN",
    )
    print(order.report_status, order.message)
    while True:
        report = await ads.reports.get(token=order.token)
        if report.report_status == "FINISHED":
            break
        if report.report_status in ("FAILED", "EXPIRED", "CANCELLED"):
            raise RuntimeError(f"report is {report.report_status}")
        await asyncio.sleep(0.05)
    if report.url is None:
        print("nothing to report")
    else:
        print(f"{(report.size or 0) / 1024:.1f} KiB from", report.url.split("/")[2])
