"""Keywords of an ad group: propose by volume, create, list, pause the dear ones."""

from pinterest_async import Pinterest

IDEAS = ["desk lamp", "floor lamp", "reading light"]


async def main(pinterest: Pinterest) -> None:
    [account] = await pinterest.ad_accounts.list().limit(1).collect()
    ads = pinterest.with_options(ad_account_id=account.id)
    metrics = await ads.keywords.metrics(country_code="US", keywords=IDEAS)
    volume = {one.keyword: one.metrics.KEYWORD_QUERY_VOLUME for one in metrics.data}
    for word, searches in volume.items():
        print(f"{word:<20} {searches:>8} searches")

    [ad_group] = await ads.ad_groups.list().limit(1).collect()
    answer = await ads.keywords.create(
        parent_id=ad_group.id,
        keywords=[{"match_type": "BROAD", "value": idea, "bid": 200_000} for idea in IDEAS],
    )
    for error in answer.errors:
        print("refused:", error.data.value if error.data else "?", error.error_messages)
    print("created:", ", ".join(keyword.value for keyword in answer.keywords))

    mine = await ads.keywords.list(ad_group_id=ad_group.id).collect()
    dear = [one for one in mine if one.bid and one.bid > 150_000]
    if dear:
        await ads.keywords.update(keywords=[{"id": one.id, "bid": 150_000} for one in dear])
    for keyword in sorted(mine, key=lambda one: one.value):
        print(keyword.id, keyword.match_type, keyword.value, keyword.archived)
