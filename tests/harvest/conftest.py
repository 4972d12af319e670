"""A client that answers from memory, for harvests without a network."""

from __future__ import annotations

import copy
import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any, TypeVar, cast

import msgspec
import pytest

from pinterest_async.client import Pinterest
from pinterest_async.harvest import Plan
from pinterest_async.pages import Page, Pager

T = TypeVar("T")
Hook = Callable[[str, Sequence[str]], Any]


class Thing(msgspec.Struct):
    id: str


class Asset(msgspec.Struct):
    asset_id: str


class FakeLimits:
    def snapshot(self) -> tuple[()]:
        return ()


def whole(data: Any, *, decoded: bool = True) -> Any:
    """What `send` returns of an answer, as far as a harvest reads it."""
    raw = msgspec.json.encode(data)
    return SimpleNamespace(data=data if decoded else lambda: data, raw=raw)


class FakeNamespace:
    """Lists `things` of each account, two a page, and measures them."""

    def __init__(self, fake: FakePinterest, id_column: str) -> None:
        self._fake = fake
        self._id_column = id_column

    def list(self, *, ad_account_id: str | None = None, **query: Any) -> Pager[Thing]:
        account = ad_account_id
        ids = list(self._fake.things) if account is None else self._fake.things[account]

        async def fetch(bookmark: str | None) -> Page[Thing]:
            self._fake.lists.append((account, query))
            if self._fake.on_list is not None:
                await self._fake.on_list(account or "", ids)
            first = int(bookmark or 0)
            more = str(first + 2) if first + 2 < len(ids) else None
            return Page(items=[Thing(id=id) for id in ids[first : first + 2]], bookmark=more)

        return Pager(fetch)

    async def analytics(
        self,
        *,
        ad_account_id: str,
        start_date: dt.date,
        end_date: dt.date,
        columns: Sequence[str],
        granularity: str,
        **query: Any,
    ) -> Sequence[Any]:
        ids = query.get(f"{self._id_column.lower()}s", (ad_account_id,))
        self._fake.asked.append((ad_account_id, tuple(ids), start_date, end_date))
        if self._fake.on_analytics is not None:
            await self._fake.on_analytics(ad_account_id, ids)
        row = msgspec.defstruct("Row", [self._id_column, "DATE", *columns])
        days = (end_date - start_date).days + 1
        dates = [str(start_date + dt.timedelta(days=day)) for day in range(days)]
        if granularity == "TOTAL":
            return [row(id, None, *(int(id) * days for _ in columns)) for id in ids]
        return [row(id, date, *(int(id) for _ in columns)) for id in ids for date in dates]


class FakeBusinesses:
    """Knows what businesses own."""

    def __init__(self, fake: FakePinterest) -> None:
        self._fake = fake

    def list_employers(self, **query: Any) -> Pager[Thing]:
        return self._listed([Thing(id=id) for id in self._fake.owned], query)

    def list(self, *, business_id: str, **query: Any) -> Pager[Asset]:
        assert query["asset_type"] == "AD_ACCOUNT"
        return self._listed([Asset(asset_id=id) for id in self._fake.owned[business_id]], query)

    def _listed(self, items: Sequence[T], query: dict[str, Any]) -> Pager[T]:
        async def fetch(_bookmark: str | None) -> Page[T]:
            self._fake.lists.append((None, query))
            return Page(items=[*items])

        return Pager(fetch)


class FakePinterest:
    """Answers from `things` (ids of each account) and keeps what it was asked."""

    def __init__(self, things: Mapping[str, Sequence[str]]) -> None:
        self.things = things
        self.lists: list[tuple[str | None, dict[str, Any]]] = []
        self.asked: list[tuple[str, tuple[str, ...], dt.date, dt.date]] = []
        self.on_list: Hook | None = None
        self.on_analytics: Hook | None = None
        self.limits = FakeLimits()
        self.priority = "interactive"
        self.asked_to_decode = True
        self.ad_accounts = FakeNamespace(self, "AD_ACCOUNT_ID")
        self.campaigns = FakeNamespace(self, "CAMPAIGN_ID")
        self.ad_groups = FakeNamespace(self, "AD_GROUP_ID")
        self.ads = FakeNamespace(self, "AD_ID")
        self.owned: dict[str, list[str]] = {}
        self.businesses = FakeBusinesses(self)
        self.business_assets = self.businesses

    def with_options(self, *, priority: str) -> FakePinterest:
        self.priority = priority
        return self

    def undecoded(self) -> FakePinterest:
        view = copy.copy(self)
        view.asked_to_decode = False
        return view

    async def send(self, method: Callable[..., Any], *path: Any, **query: Any) -> Any:
        return whole(await method(*path, **query), decoded=self.asked_to_decode)

    @property
    def client(self) -> Pinterest:
        return cast("Pinterest", self)


@pytest.fixture
def fake() -> FakePinterest:
    """Three accounts: five ads, one ad, none."""
    return FakePinterest({"1": ["11", "12", "13", "14", "15"], "2": ["21"], "3": []})


@pytest.fixture
def yesterday() -> dt.date:
    return dt.datetime.now(dt.UTC).date() - dt.timedelta(days=1)


@pytest.fixture
def make_plan(yesterday: dt.date) -> Callable[..., Plan]:
    """A plan of the last ten days of all ads' spend, changed as asked."""

    def make(**changes: Any) -> Plan:
        fields: dict[str, Any] = {
            "level": "ad",
            "columns": ["SPEND_IN_MICRO_DOLLAR"],
            "start": yesterday - dt.timedelta(days=9),
            "end": yesterday,
        }
        return Plan(**fields | changes)

    return make
