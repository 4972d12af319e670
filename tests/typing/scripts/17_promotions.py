"""Announce a discount, list what runs, take the old ones away."""

import time

from pinterest_async import Pinterest, succeeded


async def main(pinterest: Pinterest) -> None:
    [account] = await pinterest.ad_accounts.list().limit(1).collect()
    ads = pinterest.with_options(ad_account_id=account.id)
    now = int(time.time())
    [promotion] = succeeded(
        await ads.promotions.create(
            [
                {
                    "promotion_title": "Summer sale",
                    "promotion_type": "SITEWIDE",
                    "promotion_code": "SUN10",
                    "template_values": [{"percent": 10}],
                    "start_time": now,
                    "end_time": now + 7 * 86_400,
                }
            ]
        )
    )
    print(promotion.id, promotion.promotion_title)
    async for one in ads.promotions.list():
        left = (one.end_time - now) / 86_400 if one.end_time else 0
        print(f"{one.id} {one.promotion_title:<20} {one.status} {left:.1f} days left")
        if left < 0:
            await ads.promotions.delete(one.id)
