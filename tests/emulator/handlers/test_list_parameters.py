"""Every parameter of every list does what it says, asked through our own client.

A filter has to let through those rows of the whole list that it is for, and not the whole list.
What has no effect stands here with the reason.
"""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from functools import reduce
from typing import Any, Final

import msgspec
import pytest
from emulator.lists import MEMBER, NOW, Listed, Row, Shop

from pinterest_async import APIError, Pinterest, SessionPool
from pinterest_async.emulator import Emulator
from pinterest_async.emulator.contract.description import (
    ApiOperation,
    Description,
    Schema,
    load,
)
from pinterest_async.emulator.handlers import HANDLERS

SCOPES: Final = frozenset({"ad_account_id", "business_id"})
"""Path parameters that a method takes by keyword."""

GENERAL: Final = frozenset({"page_size", "bookmark", "order", "start_index", "ad_account_id"})
"""What every list that has it is tried for."""

BY_NAME: Final = {
    "audiences/list": "exclude_nca",
    "business_member_assets/get": (
        "ad_account_statuses asset_permission_type search_by search_value sort_ascending sort_by"
    ),
    "business_partner_asset_access/get": "search_by search_value sort_ascending sort_by",
    "customer_lists/list": "exclude_nca",
    "get/business_employers": "assets_summary",
    "get/business_partners": "sort_ascending",
    "pins/list": "domain domains include_product_tag_obj",
}
"""Parameters of 5.28, of which no more than names and types are known: what they do is not."""

NO_EFFECT: Final = {
    **{(id, name): "known by name" for id, names in BY_NAME.items() for name in names.split()},
    ("ad_groups/list", "translate_interests_to_names"): "the emulator names no interests",
    ("search_partner_pins", "country_code"): "made-up Pins are for every country",
    ("search_partner_pins", "locale"): "made-up Pins are for every language",
    ("user_following/get", "feed_type"): "nobody tells what makes a creator",
}
ELSEWHERE: Final = {
    "conversion_tags/list": "no tag can be deleted, so none is left out",
    "items/get": "no list of what there is: answers what was asked for, as the test of items tries",
    "reports/stats": "tried with the reports of catalogs",
}
OTHERS_TURN: Final = {"search_partner_pins": "limit"}
"""How the size of a page is called, other than `page_size`."""


def has_items(described: Description, schema: Schema | None) -> bool:
    schema = described.resolve(schema or {})
    parts: list[Schema] = schema.get("allOf", [])
    return "items" in schema.get("properties", {}) or any(has_items(described, p) for p in parts)


DESCRIBED: Final = load()
LISTS: Final = [
    one
    for one in DESCRIBED.operations
    if one.method == "GET" and one.id in HANDLERS and has_items(DESCRIBED, one.answer(200))
]
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
"""Pinterest's, of operations."""

every_list = pytest.mark.parametrize(
    "operation", [one for one in LISTS if one.id not in ELSEWHERE], ids=lambda one: one.id
)


class Bench:
    """A shop, and clients of its owner and of a member in a loop of their own."""

    def __init__(self, runner: asyncio.Runner, shop: Shop, pool: SessionPool) -> None:
        self.run = runner.run
        self.lists = shop.lists()
        self.account = shop.account
        url = shop.emulator.url
        self.boss = Pinterest(shop.emulator.token, base_url=url, pool=pool)
        member = shop.emulator.issue_token(MEMBER)
        self.member = Pinterest(member, base_url=url, pool=pool)

    def rows(
        self, operation: ApiOperation, *, client: Pinterest | None = None, **query: Any
    ) -> list[Row]:
        """All rows of a list, walked in whatever pages are asked for."""
        known = self.lists[operation.id]
        method = getattr(getattr(client or self.boss, operation.namespace), operation.name)
        names = [one.name for one in operation.parameters if one.place == "path"]
        path = dict(zip(names, known.path, strict=True))
        positional = [value for name, value in path.items() if name not in SCOPES]
        scope = {name: value for name, value in path.items() if name in SCOPES}

        async def walked() -> list[Any]:
            said = method(*positional, **{**scope, **known.query, **query})
            if hasattr(said, "collect"):
                return list(await said.collect(max=100_000))
            return list((await said).items)

        found: list[Row] = msgspec.to_builtins(self.run(walked()))
        return found


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    with asyncio.Runner() as runner:
        emulator = Emulator(
            quotas=None, accounts=12, ads=30, now=lambda: NOW, check_answers=True, strict=True
        )
        pool = SessionPool()
        runner.run(emulator.start())
        try:
            yield Bench(runner, Shop(emulator), pool)
        finally:
            runner.run(pool.aclose())
            runner.run(emulator.stop())


def held(row: Row, field: str) -> Any:
    return reduce(lambda value, name: value[name], field.split("."), row)


def parameters(operation: ApiOperation) -> set[str]:
    return {one.name for one in operation.parameters if one.place == "query"}


@every_list
def test_every_parameter_has_an_effect_or_a_reason(operation: ApiOperation, bench: Bench) -> None:
    known = bench.lists[operation.id]
    named = {name.partition("=")[0] for name in known.filters} | {*known.adds}
    excused = {name for id, name in NO_EFFECT if id == operation.id}
    size = {OTHERS_TURN.get(operation.id, "page_size")}
    required = {"country_code"} & parameters(operation)
    assert parameters(operation) - GENERAL - named - excused - size - required == set()


@every_list
def test_filters_let_through_what_they_are_for(operation: ApiOperation, bench: Bench) -> None:
    known: Listed = bench.lists[operation.id]
    everything = bench.rows(operation)
    assert everything
    for name, (value, keeps) in known.filters.items():
        found = bench.rows(operation, **{name.partition("=")[0]: value})
        expected = [row for row in everything if keeps(row)]
        assert found != everything, name
        if expected not in ([], everything):
            assert found == expected, name
    for name, field in known.adds.items():
        found = bench.rows(operation, **dict[str, Any]({name: True}))
        assert len(found) == len(everything)
        assert None not in [held(row, field) for row in found]
        assert {held(row, field) for row in everything} == {None}


@every_list
def test_pages_of_any_size_and_order_hold_the_same(operation: ApiOperation, bench: Bench) -> None:
    everything, names = bench.rows(operation), parameters(operation)
    assert len(everything) > 1 or operation.id in {"templates/list", "get/business_employers"}
    size = OTHERS_TURN.get(operation.id, "page_size")
    if size in names:
        for number in (1, min(len(everything) // 2 + 1, 50)):
            assert bench.rows(operation, **dict[str, Any]({size: number})) == everything
    if "order" in names:
        assert bench.rows(operation, order="ASCENDING") == everything
        turned = bench.rows(operation, order="DESCENDING", page_size=2)
        assert turned == everything[::-1]
    if "start_index" in names:
        assert bench.rows(operation, start_index=1) == everything[1:]


@pytest.mark.parametrize(
    "operation",
    [one for one in LISTS if one.id not in ELSEWHERE and "ad_account_id" in parameters(one)],
    ids=lambda one: one.id,
)
def test_an_ad_account_stands_for_its_owner(operation: ApiOperation, bench: Bench) -> None:
    owners = bench.rows(operation)
    acting = bench.rows(operation, client=bench.member, ad_account_id=bench.account)
    assert acting == owners
    if bench.lists[operation.id].path:
        return  # whoever names the board sees what is in it
    with suppress(APIError):  # what the member may not see is refused
        assert bench.rows(operation, client=bench.member) != owners
