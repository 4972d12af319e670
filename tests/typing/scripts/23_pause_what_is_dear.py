"""Pause ad groups that bring too little for their cost; split spend by age and device."""

import datetime as dt

from pinterest_async import ItemsFailedError, Pinterest, raise_for_items
from pinterest_async.types import AdGroupUpdateRequest


async def main(pinterest: Pinterest) -> None:
    [account] = await pinterest.ad_accounts.list().limit(1).collect()
    ads = pinterest.with_options(ad_account_id=account.id)
    end = dt.datetime.now(dt.UTC).date() - dt.timedelta(days=1)
    groups = {group.id: group async for group in ads.ad_groups.list(entity_statuses=["ACTIVE"])}
    rows = await ads.ad_groups.analytics(
        ad_group_ids=list(groups)[:100],
        start_date=end - dt.timedelta(days=29),
        end_date=end,
        columns=["SPEND_IN_MICRO_DOLLAR", "TOTAL_CHECKOUT_VALUE_IN_MICRO_DOLLAR"],
        granularity="TOTAL",
    )
    dear: list[str] = []
    for row in rows:
        spend = (row.SPEND_IN_MICRO_DOLLAR or 0) / 1_000_000
        brought = (row.TOTAL_CHECKOUT_VALUE_IN_MICRO_DOLLAR or 0) / 1_000_000
        group = groups[row.AD_GROUP_ID]
        budget = (group.budget_in_micro_currency or 0) / 1_000_000
        print(f"{group.name:<30} {budget:>8.2f} {spend:>10.2f} {brought:>10.2f}")
        if brought < 5 * spend:
            dear.append(group.id)
    changes: list[AdGroupUpdateRequest] = [{"id": one, "status": "PAUSED"} for one in dear[:5]]
    if changes:
        try:
            raise_for_items(await ads.ad_groups.update(changes))
        except ItemsFailedError as error:
            print([failure.message for failure in error.failures])
    split = await ads.ad_groups.targeting_analytics(
        ad_group_ids=list(groups)[:5],
        start_date=end - dt.timedelta(days=6),
        end_date=end,
        targeting_types=["AGE_BUCKET", "APPTYPE"],
        columns=["SPEND_IN_DOLLAR", "TOTAL_IMPRESSION"],
        granularity="TOTAL",
    )
    for part in split.data:
        print(part.targeting_type, part.targeting_value, part.metrics["SPEND_IN_DOLLAR"])
