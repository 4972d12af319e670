"""Group campaigns by label, and label those that have none."""

from collections import defaultdict

from pinterest_async import Pinterest, succeeded


async def main(pinterest: Pinterest) -> None:
    [account] = await pinterest.ad_accounts.list().limit(1).collect()
    ads = pinterest.with_options(ad_account_id=account.id)
    campaigns = {campaign.id: campaign async for campaign in ads.campaigns.list()}
    first = next(iter(campaigns))
    [made] = succeeded(
        await ads.labels.create(parent_id=first, labels=[{"label_type": "CUSTOM", "value": "Q3"}])
    )
    print(made.id, made.value, made.status)
    by_label: defaultdict[str, list[str]] = defaultdict(list)
    async for answer in ads.labels.list():
        for label in answer.labels:
            if label.parent_id in campaigns:
                by_label[label.value].append(campaigns[label.parent_id].name)
    for name, members in by_label.items():
        print(f"{name}: {', '.join(sorted(members))}")
