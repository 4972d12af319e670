"""Save a targeting as a template, and list the ones there are."""

from pinterest_async import Pinterest


async def main(pinterest: Pinterest) -> None:
    [account] = await pinterest.ad_accounts.list().limit(1).collect()
    ads = pinterest.with_options(ad_account_id=account.id)
    template = await ads.targeting_templates.create(
        name="Homeowners",
        auto_targeting_enabled=True,
        placement_group="ALL",
        targeting_attributes={
            "GENDER": ["female", "male"],
            "AGE_BUCKET": ["25-34", "35-44"],
            "LOCATION": ["US", "CA"],
        },
        keywords=[{"match_type": "BROAD", "value": "new home"}],
    )
    print("made", template.id)
    async for one in ads.targeting_templates.list(include_sizing=True):
        where = ", ".join(one.targeting_attributes.LOCATION)
        print(f"{one.name:<20} {one.status} in {where}, auto: {one.auto_targeting_enabled}")
        for keyword in one.keywords:
            print("   ", keyword.match_type, keyword.value)
        if one.sizing:
            print("    reaches", one.sizing.reach_estimate.lower_bound)
    await ads.targeting_templates.update(id=template.id, operation_type="REMOVE")
