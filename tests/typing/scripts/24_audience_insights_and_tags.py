"""Who the audience is, what the tag has seen, and how large a targeting would be."""

from pinterest_async import Pinterest


async def main(pinterest: Pinterest) -> None:
    [account] = await pinterest.ad_accounts.list().limit(1).collect()
    ads = pinterest.with_options(ad_account_id=account.id)
    insights = await ads.audience_insights.get(audience_insight_type="YOUR_TOTAL_AUDIENCE")
    print(f"{insights.type} of {insights.date}: about {insights.size:,} people")
    for category in insights.categories[:5]:
        print(f"{category.name:<20} {category.ratio:.1%} {category.index:.2f}")
        for interest in category.subcategories[:3]:
            print("   ", interest.name, interest.ratio)
    for age in insights.demographics.ages:
        print(age.key, age.name, f"{age.ratio:.0%}")
    async for tag in ads.conversion_tags.list():
        print(tag.id, tag.name, tag.status, tag.last_fired_time_ms, tag.configs.aem_enabled)
    sizing = await ads.ad_groups.audience_sizing(
        targeting_spec={"AGE_BUCKET": ["25-34"], "LOCATION": ["US"]}, placement_group="ALL"
    )
    lower, upper = sizing.audience_size_lower_bound, sizing.audience_size_upper_bound
    print(f"{lower:,} to {upper:,}, on average {(lower + upper) / 2:,.0f}")
    options = await pinterest.resources.targeting_options("GENDER", ad_account_id=account.id)
    print(options)
