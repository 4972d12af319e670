"""The best Pins and the best video Pins of the last month."""

import datetime as dt

from pinterest_async import Pinterest


async def main(pinterest: Pinterest) -> None:
    end = dt.datetime.now(dt.UTC).date() - dt.timedelta(days=2)
    start = end - dt.timedelta(days=28)
    top = await pinterest.user_account.top_pins(
        start_date=start,
        end_date=end,
        sort_by="SAVE",
        metric_types=["IMPRESSION", "SAVE", "PIN_CLICK"],
        num_of_pins=10,
    )
    print("sorted by", top.sort_by, "until", top.date_availability.latest_available_timestamp)
    for place, one in enumerate(top.pins, 1):
        pin = await pinterest.pins.get(one.pin_id)
        rate = one.metrics["SAVE"] / max(one.metrics["IMPRESSION"], 1)
        print(f"{place:>2}. {pin.title or '(no title)':<40} {one.metrics['SAVE']:>8} {rate:.2%}")

    videos = await pinterest.user_account.top_video_pins(
        start_date=str(start),
        end_date=str(end),
        sort_by="VIDEO_AVG_WATCH_TIME",
        metric_types=["VIDEO_AVG_WATCH_TIME", "VIDEO_MRC_VIEW"],
    )
    seconds = [one.metrics["VIDEO_AVG_WATCH_TIME"] / 1000 for one in videos.pins]
    if seconds:
        print(f"{len(seconds)} videos, watched {sum(seconds) / len(seconds):.1f} s on average")
