"""How the profile did in the last month: by day, and in sum."""

import datetime as dt

from pinterest_async import Pinterest


async def main(pinterest: Pinterest) -> None:
    user = await pinterest.user_account.get()
    print(f"{user.username}: {user.follower_count:,} followers, {user.monthly_views:,} views")
    print(user.account_type, user.business_name, user.website_url, user.profile_image)
    yesterday = dt.datetime.now(dt.UTC).date() - dt.timedelta(days=1)
    analytics = await pinterest.user_account.analytics(
        start_date=yesterday - dt.timedelta(days=29),
        end_date=yesterday,
        metric_types=["IMPRESSION", "SAVE", "ENGAGEMENT_RATE"],
    )
    everything = analytics["all"]
    best = max(everything.daily_metrics, key=lambda day: day.metrics.get("IMPRESSION", 0))
    for day in everything.daily_metrics:
        if day.data_status == "READY":
            saves = day.metrics["SAVE"]
            mark = "*" if day.date == best.date else " "
            print(f"{day.date} {day.metrics['IMPRESSION']:>10,} {saves:>8,} {mark}")
    total = everything.summary_metrics
    print(f"total {total['IMPRESSION']:,}, saved {total['SAVE'] / total['IMPRESSION']:.2%}")
    by_app = await pinterest.user_account.analytics(
        start_date=yesterday, end_date=yesterday, split_field="APP_TYPE"
    )
    for app, part in by_app.items():
        print(app, part.summary_metrics)
