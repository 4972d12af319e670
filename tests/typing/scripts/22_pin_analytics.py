"""Impressions of Pins: one by day, several in sum; and a whole response with its headers."""

import datetime as dt

from pinterest_async import NotFoundError, Pinterest


async def main(pinterest: Pinterest) -> None:
    end = dt.datetime.now(dt.UTC).date() - dt.timedelta(days=1)
    start = end - dt.timedelta(days=13)
    pins = await pinterest.pins.list(page_size=10)
    one = await pinterest.pins.analytics(
        pins[0].id, start_date=start, end_date=end, metric_types=["IMPRESSION", "SAVE"]
    )
    for day in one["all"].daily_metrics:
        print(day.date, day.data_status, day.metrics["IMPRESSION"])
    print("in all", one["all"].summary_metrics["IMPRESSION"])
    many = await pinterest.pins.multi_analytics(
        pin_ids=[pin.id for pin in pins],
        start_date=start,
        end_date=end,
        metric_types=["IMPRESSION"],
    )
    sums = {pin_id: parts["all"].summary_metrics["IMPRESSION"] for pin_id, parts in many.items()}
    for pin_id, impressions in sorted(sums.items(), key=lambda item: item[1], reverse=True):
        print(f"{pin_id:>20} {impressions:>10,.0f}")
    response = await pinterest.send(pinterest.pins.get, pins[0].id)
    print(response.status, response.request_id, response.data.title, response.rate)
    try:
        await pinterest.pins.get("1")
    except NotFoundError as error:
        print(error.code, error.message)
