"""A customer list, the audience of it, and a lookalike; then all audiences by size."""

import asyncio
import hashlib

from pinterest_async import Pinterest

EMAILS = [f"customer{number}@shop.example" for number in range(200)]


async def main(pinterest: Pinterest) -> None:
    [account] = await pinterest.ad_accounts.list().limit(1).collect()
    mine = pinterest.with_options(ad_account_id=account.id)
    hashes = [hashlib.sha256(email.encode()).hexdigest() for email in EMAILS]
    customers = await mine.customer_lists.create(
        name="Customers", list_type="EMAIL", records=",".join(hashes)
    )
    print(customers.id, customers.name, customers.status, customers.num_uploaded_user_records)
    for _ in range(5):
        customers = await mine.customer_lists.get(customers.id)
        if customers.status == "READY":
            break
        await asyncio.sleep(0)
    audience = await mine.audiences.create(
        name="All customers",
        audience_type="CUSTOMER_LIST",
        rule={"customer_list_id": customers.id},
    )
    print(audience.id, audience.audience_type, audience.rule.customer_list_id)
    similar = await mine.audiences.create(
        name="Like customers",
        audience_type="ACTALIKE",
        rule={"seed_id": [audience.id], "country": "US", "percentage": 5},
    )
    await mine.audiences.update(similar.id, description="5 % of the US")
    audiences = await mine.audiences.list(page_size=100).collect()
    for one in sorted(audiences, key=lambda one: one.size or 0, reverse=True):
        print(f"{one.name:<30} {one.size or 0:>12,} {one.status} {one.created_timestamp}")
