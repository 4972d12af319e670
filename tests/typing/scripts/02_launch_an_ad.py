"""From nothing to a paused ad: a campaign, an ad group in it, an ad in that."""

import datetime as dt

from pinterest_async import Pinterest, succeeded


async def main(pinterest: Pinterest) -> None:
    [account] = await pinterest.ad_accounts.list().limit(1).collect()
    ads = pinterest.with_options(ad_account_id=account.id)
    [campaign] = succeeded(
        await ads.campaigns.create(
            [
                {
                    "ad_account_id": account.id,
                    "name": f"Spring {dt.datetime.now(dt.UTC):%Y-%m-%d}",
                    "objective_type": "AWARENESS",
                    "status": "PAUSED",
                    "lifetime_spend_cap": 500_000_000,
                }
            ]
        )
    )
    print("campaign", campaign.id, campaign.name, campaign.status)
    [ad_group] = succeeded(
        await ads.ad_groups.create(
            [
                {
                    "name": "Women in the US",
                    "campaign_id": campaign.id,
                    "billable_event": "IMPRESSION",
                    "budget_type": "DAILY",
                    "budget_in_micro_currency": 5_000_000,
                    "bid_in_micro_currency": 2_000_000,
                    "bid_strategy_type": "MAX_BID",
                    "status": "PAUSED",
                    "targeting_spec": {"GENDER": ["female"], "LOCATION": ["US"]},
                }
            ]
        )
    )
    pin = (await pinterest.pins.list(page_size=1))[0]
    [ad] = succeeded(
        await ads.ads.create(
            [
                {
                    "ad_group_id": ad_group.id,
                    "creative_type": "REGULAR",
                    "pin_id": pin.id,
                    "name": pin.title or "Ad",
                    "destination_url": pin.link or "https://shop.example/",
                    "status": "PAUSED",
                }
            ]
        )
    )
    assert ad.ad_group_id == ad_group.id
    assert ad.campaign_id == campaign.id
    print(f"ad {ad.id} of Pin {ad.pin_id}, review: {ad.review_status}")
