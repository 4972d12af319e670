"""Lists of accounts, and of the things in them, read from the API to their ends."""

import re
from collections import Counter, defaultdict
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Sequence
from contextlib import aclosing
from itertools import filterfalse
from typing import Any, Final

import anyio

from pinterest_async.client import Pinterest
from pinterest_async.harvest.plan.endpoints import (
    ME,
    UnusableAnswerError,
    field,
    method,
    texts,
)
from pinterest_async.harvest.plan.estimate import PAGE_SIZE, Counts
from pinterest_async.harvest.plan.partition import PARENT
from pinterest_async.harvest.plan.plan import Plan
from pinterest_async.pages import Pager

_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}(/[A-Za-z0-9_-]{1,64})?")
"""An id, or a parent's and an id. Ids become names of files, so nothing else may be in them."""


class AccountNames:
    """The names of a plan's ad accounts: those that a list had anyway, others when asked for."""

    def __init__(self, client: Pinterest, plan: Plan) -> None:
        self._client = client
        self._plan = plan
        self._names: dict[str, str] = {}
        self._locks: defaultdict[str, anyio.Lock] = defaultdict(anyio.Lock)
        self.calls = 0
        """Calls that were made for names only."""

    def note(self, page: Iterable[Any]) -> None:
        """Remember the names in a page of ad accounts."""
        for item in page:
            self._names[str(field(item, "id"))] = str(field(item, "name") or "")

    async def of(self, account: str) -> str | None:
        """The name of an account; None where it has none."""
        all_accounts = self._plan.accounts == "all"
        async with self._locks["all" if all_accounts else account]:
            if all_accounts and not self._names:
                # The accounts were listed by a run before this one.
                async for page in _pages(self._client.ad_accounts.list(page_size=PAGE_SIZE)):
                    self.note(page)
                    self.calls += 1
            if account not in self._names:
                self.calls += 1
                self.note([await self._client.ad_accounts.get(ad_account_id=account)])
        return self._names.get(account) or None


async def account_pages(
    client: Pinterest, plan: Plan, names: AccountNames | None = None
) -> AsyncGenerator[tuple[list[str], int]]:
    """The accounts of a plan in pages, each with the number of calls that it took.

    Where a list has their names, `names` gets these.
    """
    if plan.accounts == "all" and plan.facts.organic:
        yield [ME], 0
    else:
        async for page in named_accounts(client, plan.accounts, names):
            yield page
    businesses: list[str] = []
    async for ids, calls in named_businesses(client, plan.businesses):
        businesses += ids
        yield [], calls
    for business in businesses:
        async for page in accounts_of_business(client, business):
            yield page


async def named_accounts(
    client: Pinterest, accounts: Sequence[str], names: AccountNames | None = None
) -> AsyncGenerator[tuple[list[str], int]]:
    """These accounts, or with "all" those that the token sees, with their names for `names`."""
    if accounts != "all":
        yield list(accounts), 0
        return
    async for page in _pages(client.ad_accounts.list(page_size=PAGE_SIZE)):
        if names is not None:
            names.note(page)
        yield _checked(texts(page, "id")), 1


async def named_businesses(
    client: Pinterest, businesses: Sequence[str]
) -> AsyncGenerator[tuple[list[str], int]]:
    """These businesses, or with "all" those that the token's user works for."""
    if businesses != "all":
        yield list(businesses), 0
        return
    async for page in _pages(client.businesses.list_employers(page_size=PAGE_SIZE)):
        yield _checked(texts(page, "id")), 1


async def accounts_of_business(
    client: Pinterest, business: str
) -> AsyncGenerator[tuple[list[str], int]]:
    """The ad accounts that a business owns or was given access to."""
    pager = client.business_assets.list(
        business_id=business, asset_type="AD_ACCOUNT", page_size=PAGE_SIZE
    )
    async for page in _pages(pager):
        yield _checked(texts(page, "asset_id")), 1


async def entity_pages(
    client: Pinterest, plan: Plan, account: str
) -> AsyncGenerator[tuple[list[str], int]]:
    """The ids that an account has on the level of a plan, in pages that took a call each.

    Nothing for levels that ask about an account as a whole.
    """
    facts = plan.facts
    if facts.listed is None:
        return
    pager = method(client, facts.listed)(
        ad_account_id=None if account == ME else account, page_size=PAGE_SIZE, **facts.list_options
    )
    async for page in _pages(pager):
        yield _checked(facts.listed_ids(page)), 1


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
            ids = {id async for page, _ in pages for id in page}
        entities[account] = len(ids)
        if plan.facts.parent_column:
            campaigns = Counter(id.partition(PARENT)[0] for id in ids)
            families[account] = tuple(sorted(campaigns.values()))
    return Counts(entities=entities, unseen=len(names) - len(entities), families=families)


async def _pages(pager: Pager[Any]) -> AsyncIterator[Sequence[Any]]:
    async with aclosing(pager.pages()) as pages:
        async for page in pages:
            yield page.items


def _checked(ids: list[str]) -> list[str]:
    """Ids, each as it may stand in a file's name."""
    for wrong in filterfalse(_ID.fullmatch, ids):
        raise UnusableAnswerError(f"a list of Pinterest holds {wrong!r:.80} for an id")
    return ids
