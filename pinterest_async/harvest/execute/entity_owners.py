"""Whose entities a plan asks for: the user, ad accounts, businesses; and what their lists cost."""

from collections import Counter
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing

import msgspec

from pinterest_async.client import Pinterest
from pinterest_async.errors import PinterestError
from pinterest_async.harvest.execute.entity_walk import REFUSALS
from pinterest_async.harvest.plan import discover
from pinterest_async.harvest.plan.endpoints import ME
from pinterest_async.harvest.plan.entities import ENTITIES, Owner
from pinterest_async.harvest.plan.entity_plan import EntityPlan
from pinterest_async.harvest.plan.estimate import counted, minutes
from pinterest_async.options import Access


class EntityEstimate(msgspec.Struct, frozen=True, kw_only=True):
    """What a harvest of entities takes at least.

    `calls` by rate-limit category: one for each list that is known beforehand. `lists_below` names
    the entities that take a call more for each thing of others, by these. `minutes` is the least
    time that the quotas allow for the calls.
    """

    accounts: int
    businesses: int
    calls: Mapping[str, int]
    lists_below: Mapping[str, tuple[str, ...]]
    minutes: float

    @property
    def total_calls(self) -> int:
        """Calls of all categories together."""
        return sum(self.calls.values())

    def __str__(self) -> str:
        shares = ", ".join(f"{count:,} {category}" for category, count in self.calls.items())
        return (
            f"{counted(self.accounts, 'account')}, at least {counted(self.total_calls, 'call')} "
            f"({shares}), at least {self.minutes:.1f} minutes of quota"
        )


class Owners:
    """The owners of a plan's entities, the calls that finding them took, and what was refused."""

    def __init__(self) -> None:
        self.ids: Mapping[Owner, tuple[str, ...]] = {"user": (ME,)}
        self.calls = 0
        self.refused: dict[tuple[str, str], PinterestError] = {}

    async def _ask(
        self, entity: str, account: str, pages: AsyncGenerator[tuple[list[str], int]]
    ) -> tuple[str, ...]:
        found: dict[str, None] = {}
        try:
            async with aclosing(pages):
                async for ids, calls in pages:
                    found |= dict.fromkeys(ids)
                    self.calls += calls
        except REFUSALS as error:
            self.calls += error.attempts
            self.refused[entity, account] = error
        return tuple(found)

    async def find(self, client: Pinterest, plan: EntityPlan) -> None:
        """List them, as far as the plan does not name them."""
        wanted = {ENTITIES[name].owner for name in plan.names}
        businesses: tuple[str, ...] = ()
        accounts: tuple[str, ...] = ()
        if wanted & {"account", "business"}:
            pages = discover.named_businesses(client, plan.businesses)
            businesses = await self._ask("businesses", ME, pages)
        if "account" in wanted:
            pages = discover.named_accounts(client, plan.accounts)
            accounts = await self._ask("ad_accounts", ME, pages)
            for business in businesses:
                pages = discover.accounts_of_business(client, business)
                accounts += await self._ask("business_assets", business, pages)
        self.ids = {
            "user": (ME,),
            "account": tuple(dict.fromkeys(accounts)),
            "business": businesses,
        }


async def find_owners(client: Pinterest, plan: EntityPlan) -> Owners:
    """The owners of a plan's entities; those of lists that the token may not see are left out."""
    owners = Owners()
    await owners.find(client, plan)
    return owners


async def estimate_entities(
    plan: EntityPlan, client: Pinterest, *, access: Access = "standard"
) -> EntityEstimate:
    """What a harvest of entities takes at least. Ad accounts and businesses are listed, no more."""
    owners = await find_owners(client, plan)
    calls: Counter[str] = Counter({"ads_read": owners.calls})
    below: dict[str, tuple[str, ...]] = {}
    for name in plan.names:
        facts = ENTITIES[name]
        if facts.parents:
            below[name] = tuple(parent.entity for parent in facts.parents)
        if facts.whole or not facts.parents:
            calls[facts.operation.category] += len(owners.ids[facts.owner]) * len(facts.queries)
    return EntityEstimate(
        accounts=len(owners.ids["account"]),
        businesses=len(owners.ids["business"]),
        calls=dict(+calls),
        lists_below=below,
        minutes=minutes(calls, access),
    )
