"""What writes of many items made: typed, in order, or an error that says what is missing."""

import typing
from collections.abc import Iterator
from typing import Any, Final, assert_type, get_args

import msgspec
import pytest

from pinterest_async import (
    ItemsFailedError,
    Page,
    Pinterest,
    RateState,
    Response,
    operations,
    raise_for_items,
    succeeded,
)
from pinterest_async._core.drift import decode_leniently
from pinterest_async.resources.ad_groups import AD_GROUPS_CREATE, AdGroupResponse
from pinterest_async.resources.ads import AdResponse
from pinterest_async.resources.business_invites import CreatedInvite
from pinterest_async.resources.campaigns import CampaignCreateResponseData
from pinterest_async.resources.conversions import ConversionEventResult
from pinterest_async.resources.keywords import Keyword
from pinterest_async.resources.labels import Label
from pinterest_async.resources.local_stores import LocalStoreResult
from pinterest_async.resources.promotions import PromotionResponse

OPERATIONS: Final = {f"{one.namespace}.{one.name}": one for one in operations()}
FAULT: Final = {"code": 12, "message": "Bad bid"}


def answer(name: str, content: Any) -> Any:
    return decode_leniently(OPERATIONS[name], msgspec.json.encode(content)).data


def response(data: Any) -> Response[Any]:
    return Response(
        data=data,
        operation=OPERATIONS["campaigns.create"],
        status=201,
        headers={},
        request_id="rid",
        rate=RateState(),
        attempts=2,
        raw=b"raw",
    )


# Where things stand in an answer: operations, the list, and the field of each item.
WRAPPED: Final = [
    (name, "items", "data")
    for thing in ("campaigns", "ad_groups", "ads", "lead_forms", "product_group_promotions")
    for name in (f"{thing}.create", f"{thing}.update")
] + [
    ("promotions.create", "promotions", "data"),
    ("promotions.update", "promotions", "data"),
    ("business_invites.create", "items", "invite"),
    ("business_invites.cancel", "items", "invite"),
    ("business_invites.respond", "items", "invite"),
    ("business_invites.assign_assets", "items", "invite"),
    ("business_members.update_asset_access", "items", "response"),
]
BARE: Final = [
    ("keywords.create", "keywords"),
    ("keywords.update", "keywords"),
    ("labels.create", "labels"),
    ("labels.update", "labels"),
    ("asset_groups.update", "updated_asset_groups"),
    ("conversions.send", "events"),
    ("labels.apply", "entities_labels"),
    ("labels.remove", "entities_labels"),
]
LISTS: Final = [
    *("ad_previews.create_for_ad_groups", "local_stores.create", "local_stores.update"),
    *("schedules.create", "schedules.update"),
]
"""Answers that are a list themselves."""
STATES: Final = {
    "conversions.create_advertiser_defined_events",
    "conversions.delete_advertiser_defined_events",
    "conversions.update_advertiser_defined_events",
    "dynamic_titles.process",
    "local_inventory.create_batch",
    "advanced_auction.submit_items",
    "catalog_item_batches.create",
    "catalog_items.get",
}
"""Bulk writes whose items tell of their state, or reads of many: nothing was made."""


@pytest.mark.parametrize(("name", "items", "field"), WRAPPED)
def test_the_things_of_items(name: str, items: str, field: str) -> None:
    data = answer(name, {items: [{field: {"id": "1"}}, {field: {"id": "2"}}]})
    made = [getattr(item, field) for item in getattr(data, items)]
    assert all(isinstance(one, msgspec.Struct) for one in made)
    assert succeeded(data) == succeeded(response(data)) == made
    assert succeeded(answer(name, {items: []})) == []


@pytest.mark.parametrize(("name", "things"), BARE)
def test_things_in_a_list_of_their_own(name: str, things: str) -> None:
    data = answer(name, {things: [{"id": "1"}, {"id": "2"}]})
    assert succeeded(data) == succeeded(response(data)) == getattr(data, things)
    assert len(succeeded(data)) == 2


@pytest.mark.parametrize("name", LISTS)
def test_things_of_a_list(name: str) -> None:
    data = answer(name, [{"data": {"name": "a", "id": "1"}}, {"data": {"id": "2"}}])
    made = [item.data for item in data]
    assert all(isinstance(one, msgspec.Struct) for one in made)
    assert succeeded(data) == succeeded(response(data)) == made
    assert succeeded(answer(name, [])) == []
    with pytest.raises(ItemsFailedError, match="Bad bid"):
        succeeded(answer(name, [{"data": {"id": "1", "exceptions": FAULT}}]))


@pytest.mark.parametrize("name", ["local_stores.create", "schedules.create"])
def test_things_that_stand_in_a_list_by_themselves(name: str) -> None:
    wrapped = succeeded(answer(name, [{"data": {"name": "a", "id": "1"}}]))
    bare = succeeded(answer(name, [{"name": "a", "id": "1"}]))
    assert [type(one) for one in bare] == [type(one) for one in wrapped]
    assert [one.name for one in bare] == ["a"]
    with pytest.raises(ItemsFailedError, match="item 0: the answer has nothing"):
        succeeded(answer(name, [{}]))
    raw: Any = [{"name": "a"}]  # as the lenient decoder may leave it
    assert succeeded(raw) == raw


def test_ids_of_deleted_things() -> None:
    data = answer("asset_groups.delete", {"deleted_asset_groups": ["1", "2"]})
    assert succeeded(data) == ["1", "2"]


def test_every_bulk_write_with_a_typed_thing_is_covered() -> None:
    covered = {name for name, *_ in (*WRAPPED, *BARE)} | {"asset_groups.delete"} | STATES | {*LISTS}
    for name, one in OPERATIONS.items():
        if one.method != "GET" and not one.paged and tells_of_failures(one.answer):
            assert name in covered | {
                "business_partners.request_asset_access",  # a mapping of ids
                "customer_list_uploads.create",
                "customer_list_uploads.run",
                "customer_lists.create",
                "customer_lists.update",
            }, name


def tells_of_failures(kind: Any) -> bool:
    return any(
        name in {"exceptions", "exception", "errors", "error_message", "error_counts"}
        for name in fields(kind, set())
    )


def fields(kind: Any, seen: set[Any]) -> Iterator[str]:
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct) and kind not in seen:
        seen.add(kind)
        for name, inner in typing.get_type_hints(kind).items():
            yield name
            yield from fields(inner, seen)
    for inner in get_args(kind):
        yield from fields(inner, seen)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("campaigns.create", {"items": [{"data": {"id": "1"}}, {"exceptions": [FAULT]}]}),
        ("ads.create", {"items": [{"data": {"id": "1"}, "exceptions": FAULT}]}),
        ("keywords.create", {"keywords": [], "errors": [{"error_messages": ["no"]}]}),
        ("conversions.send", {"events": [{"status": "failed", "error_message": "no"}]}),
    ],
)
def test_failures_are_raised_as_ever(name: str, content: Any) -> None:
    for whole in (answer(name, content), response(answer(name, content))):
        with pytest.raises(ItemsFailedError) as expected:
            raise_for_items(whole)
        with pytest.raises(ItemsFailedError) as caught:
            succeeded(whole)
        assert str(caught.value) == str(expected.value)
        assert caught.value.failures == expected.value.failures
        assert caught.value.data is expected.value.data


def test_an_item_with_neither_thing_nor_failure() -> None:
    data = answer("campaigns.create", {"items": [{"data": {"id": "1"}}, {}, {"data": None}]})
    with pytest.raises(ItemsFailedError, match="item 1: the answer has nothing for this") as caught:
        succeeded(response(data))
    assert [one.index for one in caught.value.failures] == [1, 2]
    assert (caught.value.status, caught.value.body, caught.value.attempts) == (201, b"raw", 2)
    assert caught.value.data is data


def test_items_that_were_kept_raw() -> None:
    odd = {"items": [{"data": {"id": "1"}}, {"data": 5}, "odd"]}
    assert succeeded(response({"items": odd["items"][:2]})) == [{"id": "1"}, 5]
    with pytest.raises(ItemsFailedError, match="item 2"):
        succeeded(response(odd))


def test_an_answer_without_items() -> None:
    nothing: list[Any] = [None, response(None)]
    for whole in nothing:
        with pytest.raises(ItemsFailedError, match="the answer has no items"):
            succeeded(whole)


def test_what_is_no_bulk_write_is_refused() -> None:
    board = answer("boards.get", {"id": "1", "name": "x"})
    batch = answer("catalog_item_batches.create", {"catalog_type": "RETAIL", "items": [{}]})
    row = {"CAMPAIGN_ID": "1", "DATE": "2026-08-01", "data": None}
    newer = answer("campaigns.analytics", [row])  # which has a field of that name by now
    wrong: list[Any] = [board, batch, Page[Any](items=[board]), [board], newer]
    for odd in wrong:
        with pytest.raises(TypeError, match="takes the answer to a write of many items"):
            succeeded(odd)


async def types(account: Pinterest) -> None:
    """Never run: what type checkers make of it."""
    [campaign] = succeeded(await account.campaigns.create([]))
    assert_type(campaign, CampaignCreateResponseData)
    assert_type(succeeded(await account.ads.update([])), list[AdResponse])
    whole = await account.send(AD_GROUPS_CREATE, body=[])
    assert_type(succeeded(whole), list[AdGroupResponse])
    assert_type(succeeded(await account.promotions.create([])), list[PromotionResponse])
    keywords = await account.keywords.create(keywords=[], parent_id="1")
    assert_type(succeeded(keywords), list[Keyword])
    labels = await account.labels.update(labels=[])
    assert_type(succeeded(labels), list[Label])
    invites = await account.business_invites.create(
        business_role="EMPLOYEE", invite_type="MEMBER_INVITE"
    )
    assert_type(succeeded(invites), list[CreatedInvite])
    stores = await account.local_stores.create("1", [])
    assert_type(succeeded(stores), list[LocalStoreResult])
    events = await account.conversions.send(data=[])
    assert_type(succeeded(events), list[ConversionEventResult])
    deleted = await account.asset_groups.delete(asset_groups_to_delete=[])
    assert_type(succeeded(deleted), list[str])
