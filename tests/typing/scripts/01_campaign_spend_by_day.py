"""What each campaign spent, day by day, and what a click cost."""

import datetime as dt

from pinterest_async import Pinterest


async def main(pinterest: Pinterest) -> None:
    [account] = await pinterest.ad_accounts.list().limit(1).collect()
    print(f"{account.name} ({account.currency}), {account.country}")
    campaigns = await pinterest.campaigns.list(ad_account_id=account.id).collect()
    names = {campaign.id: campaign.name for campaign in campaigns}

    yesterday = dt.datetime.now(dt.UTC).date() - dt.timedelta(days=1)
    rows = await pinterest.campaigns.analytics(
        ad_account_id=account.id,
        campaign_ids=list(names)[:50],
        start_date=yesterday - dt.timedelta(days=6),
        end_date=yesterday,
        columns=["SPEND_IN_DOLLAR", "TOTAL_IMPRESSION", "TOTAL_CLICKTHROUGH"],
        granularity="DAY",
    )
    spent: dict[str, float] = {}
    for row in sorted(rows, key=lambda row: (row.CAMPAIGN_ID, row.DATE)):
        spend = row.SPEND_IN_DOLLAR or 0
        cpc = spend / row.TOTAL_CLICKTHROUGH if row.TOTAL_CLICKTHROUGH else 0
        print(f"{row.DATE} {names[row.CAMPAIGN_ID]:<30} {spend:>10.2f} {cpc:>8.3f}")
        spent[row.CAMPAIGN_ID] = spent.get(row.CAMPAIGN_ID, 0) + spend
    for campaign_id, dollars in sorted(spent.items(), key=lambda item: -item[1]):
        print(f"{names[campaign_id]:<30} {dollars:>12,.2f}")
