"""Which accounts there are, and what is in them: lists, walked to their ends."""

from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Sequence
from contextlib import aclosing
from typing import Any, Final

from pinterest_async.client import Pinterest
from pinterest_async.harvest.plan.estimate import PAGE_SIZE, Counts
from pinterest_async.harvest.plan.levels import ME
from pinterest_async.harvest.plan.partition import PARENT
from pinterest_async.harvest.plan.plan import Plan
from pinterest_async.pages import Pager

STATUSES: Final = ("ACTIVE", "PAUSED", "ARCHIVED")
"""An archived ad has spent money as well; the lists leave it out unless asked."""


async def account_pages(client: Pinterest, plan: Plan) -> AsyncGenerator[tuple[list[str], int]]:
    """The accounts of a plan in pages, each with the number of calls that it took."""
    if plan.accounts != "all":
        yield list(plan.accounts), 0
    elif plan.facts.kind == "organic":
        yield [ME], 0
    else:
        async for page in _pages(client.ad_accounts.list(page_size=PAGE_SIZE)):
            yield [id for id in map(_id, page) if id], 1
    businesses: list[str] = []
    if plan.businesses == "all":
        async for page in _pages(client.businesses.list_employers(page_size=PAGE_SIZE)):
            businesses += [id for id in map(_id, page) if id]
            yield [], 1
    else:
        businesses += plan.businesses
    for business in businesses:
        pager = client.business_assets.list(
            business_id=business, asset_type="AD_ACCOUNT", page_size=PAGE_SIZE
        )
        async for page in _pages(pager):
            yield [id for id in (_field(asset, "asset_id") for asset in page) if id], 1


async def entity_pages(client: Pinterest, plan: Plan, account: str) -> AsyncGenerator[list[str]]:
    """The ids that an account has on the level of a plan, as pages: one for each call.

    Nothing for levels that ask about an account as a whole.
    """
    listed = plan.facts.listed
    if listed is None:
        return
    pager: Pager[Any]
    if listed == "pins":
        pager = client.pins.list(
            ad_account_id=None if account == ME else account, page_size=PAGE_SIZE
        )
    else:
        namespace: Any = getattr(client, listed)
        pager = namespace.list(ad_account_id=account, entity_statuses=STATUSES, page_size=PAGE_SIZE)
    async for page in _pages(pager):
        yield list(_pins_of(page) if plan.level == "ad_pin" else filter(None, map(_id, page)))


async def count(client: Pinterest, plan: Plan, *, sample: int | None = 20) -> Counts:
    """How many things the accounts of a plan have, for `Plan.estimate`.

    All accounts are listed, but only `sample` of them are looked into (None: all), spread evenly.
    """
    accounts: dict[str, None] = {}
    async with aclosing(account_pages(client, plan)) as pages:
        async for page, _ in pages:
            accounts |= dict.fromkeys(page)
    names = list(accounts)
    if plan.facts.listed is None:
        return Counts(entities=dict.fromkeys(names, 1))
    step = 1 if sample is None else max(1, -(-len(names) // sample))
    entities: dict[str, int] = {}
    families: dict[str, tuple[int, ...]] = {}
    for account in names[::step]:
        async with aclosing(entity_pages(client, plan, account)) as pages:
            ids = {id async for page in pages for id in page}
        entities[account] = len(ids)
        if plan.level == "ad_pin":
            campaigns = Counter(id.partition(PARENT)[0] for id in ids)
            families[account] = tuple(sorted(campaigns.values()))
    return Counts(entities=entities, unseen=len(names) - len(entities), families=families)


def _pins_of(ads: Iterable[Any]) -> Iterable[str]:
    """The promoted Pins of ads, each behind its campaign, which the API wants to know."""
    for ad in ads:
        campaign, pin = _field(ad, "campaign_id"), _field(ad, "pin_id")
        if campaign and pin:
            yield f"{campaign}{PARENT}{pin}"


async def _pages(pager: Pager[Any]) -> AsyncIterator[Sequence[Any]]:
    async with aclosing(pager.pages()) as pages:
        async for page in pages:
            yield page.items


def _id(item: Any) -> str | None:
    return _field(item, "id")


def _field(item: Any, name: str) -> str | None:
    """A field of a listed thing, also of one that did not fit its struct and was kept as sent."""
    value: Any = item.get(name) if isinstance(item, dict) else getattr(item, name, None)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    return None if value is None else str(value)  # pyright: ignore[reportUnknownArgumentType]
