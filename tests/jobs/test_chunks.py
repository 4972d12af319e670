"""Writes of any number of items: cut into requests, with the outcome of each item."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinterest_async import (
    InvalidCallError,
    ItemsFailedError,
    JobProgress,
    NotFoundError,
    PermissionDeniedError,
    Pinterest,
    ServerError,
    operations,
    write_all,
)
from pinterest_async.emulator import Emulator
from pinterest_async.emulator.faults import read
from pinterest_async.jobs.chunks import outcomes_of


def campaigns(count: int, *wrong: int) -> list[Any]:
    found: list[Any] = [
        {"name": f"Campaign {n}", "objective_type": "AWARENESS", "daily_spend_cap": 10_000_000}
        for n in range(count)
    ]
    for n in wrong:
        del found[n]["daily_spend_cap"]
    return found


async def test_items_are_cut_and_outcomes_are_in_their_order(
    emulator: Emulator, account: Pinterest
) -> None:
    steps: list[JobProgress] = []
    items = campaigns(65, 4, 29, 30)
    outcomes = await write_all(account.campaigns.create, items, progress=steps.append)
    assert [len(call.body) for call in emulator.calls("campaigns.create")] == [30, 30, 5]
    assert [one.item for one in outcomes] == items
    assert [one.index for one in outcomes] == list(range(65))
    assert [one.index for one in outcomes.failed] == [4, 29, 30]
    made = [one for one in outcomes if one.result is not None]
    assert [one.name for one in outcomes.results] == [one.item["name"] for one in made]
    assert [one.sent for one in steps] == [30, 60, 65]
    changes: list[Any] = [
        {"id": one.id, "ad_account_id": account.ad_account_id, "status": "PAUSED"}
        for one in outcomes.results
    ]
    again = await write_all(account.campaigns.update, changes)
    assert not again.failed
    assert {one.status for one in again.results} == {"PAUSED"}
    with pytest.raises(ItemsFailedError) as caught:
        outcomes.raise_for_failures()
    assert [one.index for one in caught.value.failures] == [4, 29, 30]


async def test_lists_within_a_body(emulator: Emulator, account: Pinterest) -> None:
    group = next(iter(emulator.world.table("ad_groups")))
    words: list[Any] = [
        {"match_type": "BROAD", "value": f"lamp {n}", "bid": 1_000_000} for n in range(230)
    ]
    outcomes = await write_all(account.keywords.create, words, parent_id=group["id"])
    assert [len(call.body["keywords"]) for call in emulator.calls("keywords.create")] == [
        *(100, 100, 30)
    ]
    assert [one.value for one in outcomes.results] == [one["value"] for one in words]
    with pytest.raises(NotFoundError):
        await write_all(account.keywords.create, words[:5], size=2, parent_id="123")
    changes: list[Any] = [{"id": one.id, "bid": 2_000_000} for one in outcomes.results[:3]]
    changes.insert(1, {"id": "999", "bid": 2_000_000})
    changed = await write_all(account.keywords.update, changes)
    assert [one.index for one in changed.failed] == [1]
    assert [one.item["id"] for one in changed if one.result] == [one.id for one in changed.results]


async def test_labels_and_promoted_product_groups(emulator: Emulator, account: Pinterest) -> None:
    assert account.ad_account_id
    labels: list[Any] = [{"value": f"label {n}", "label_type": "CUSTOM"} for n in range(3)]
    parent = next(iter(emulator.world.table("campaigns")))["id"]
    made = await write_all(account.labels.create, labels, size=2, parent_id=parent)
    assert len(made) == 3
    assert len(emulator.calls("labels.create")) == 2


async def test_a_request_that_fails_fails_its_own_items_only(
    emulator: Emulator, account: Pinterest
) -> None:
    emulator.faults.add(read("reset:operation=campaigns.create,at=0,skip=1,times=1"))
    outcomes = await write_all(account.campaigns.create, campaigns(65))
    assert [one.index for one in outcomes.failed] == list(range(30, 60))
    assert "may have taken effect" in str(outcomes[30].failed)
    assert len(outcomes.results) == 35


async def test_where_the_next_ones_would_fail_too_they_are_not_sent(
    emulator: Emulator, account: Pinterest
) -> None:
    emulator.faults.add(read("error:operation=campaigns.create,status=403,skip=1"))
    outcomes = await write_all(account.campaigns.create, campaigns(95))
    assert [one.index for one in outcomes.failed] == list(range(30, 95))
    assert "was not sent" in str(outcomes[60].failed)
    assert len(emulator.calls("campaigns.create")) == 2


async def test_where_nothing_succeeds_the_error_is_raised(
    emulator: Emulator, account: Pinterest
) -> None:
    emulator.faults.add(read("error:operation=campaigns.create,status=500"))
    with pytest.raises(ServerError):
        await write_all(account.campaigns.create, campaigns(35))
    emulator.faults.clear()
    emulator.faults.add(read("error:operation=campaigns.create,status=403"))
    with pytest.raises(PermissionDeniedError):
        await write_all(account.campaigns.create, campaigns(35))


async def test_wrong_items_are_named_by_their_place_and_nothing_is_sent(
    emulator: Emulator, account: Pinterest
) -> None:
    items = campaigns(65)
    items[43]["nmae"] = 1
    with pytest.raises(InvalidCallError) as caught:
        await write_all(account.campaigns.create, items)
    assert "[43].nmae" in caught.value.problems[0].field
    words: Any = [{"match_type": "BROAD", "value": "x"}] * 150
    words[120] = {"match_type": 1}
    with pytest.raises(InvalidCallError) as caught:
        await write_all(account.keywords.create, words, parent_id="1")
    assert caught.value.problems[0].field.startswith("keywords[120]")
    offers: Any = [{"promotion_title": "Sale", "promotion_type": "CUSTOM"}] * 50
    offers[40] = {**offers[40], "platform_type": "SHOPFY"}
    with pytest.raises(InvalidCallError) as caught:
        await write_all(account.promotions.create, offers)
    assert caught.value.problems[0].field.endswith("[40].platform_type")
    assert caught.value.problems[0].fix.startswith("did you mean 'SHOPIFY'?")
    other: Any = "text"
    with pytest.raises(InvalidCallError, match="expected a list"):
        await write_all(account.campaigns.create, other)
    with pytest.raises(InvalidCallError, match="unknown argument"):
        await write_all(account.campaigns.create, items[:1], parent_id="1")
    with pytest.raises(InvalidCallError, match="parent_id"):
        await write_all(account.keywords.create, words[:1])
    for method in (account.boards.create, account.campaigns.list, print):
        with pytest.raises(TypeError):
            await write_all(method, [{}])
    assert emulator.calls() == []
    assert len(await write_all(account.campaigns.create, [])) == 0


async def test_the_writes_of_lists_are_known(account: Pinterest) -> None:
    """Every write that takes a list of objects alone can be cut, or says that it cannot."""
    from pinterest_async.jobs.chunks import _list_body  # pyright: ignore[reportPrivateUsage]

    assert account.ad_account_id
    known: set[str] = set()
    for operation in operations():
        if operation.method == "GET" or operation.body is None:
            continue
        try:
            _list_body(operation)
        except TypeError:
            continue
        known.add(operation.full_name)
    wanted = {
        f"{name}.{verb}"
        for name in (
            *("campaigns", "ad_groups", "ads", "keywords", "labels", "lead_forms", "promotions"),
            *("product_group_promotions", "schedules", "local_stores"),
        )
        for verb in ("create", "update")
    }
    assert wanted <= known
    assert {"conversions.send", "integrations.send_logs", "business_members.delete"} <= known


@given(st.lists(st.booleans(), max_size=40), st.integers(0, 1000))
def test_entries_for_each_item_are_matched_by_place(failing: list[bool], first: int) -> None:
    items = [{"name": str(n)} for n in range(len(failing))]
    fault: list[Any] = [{"code": 7, "message": "no"}]
    entries: list[Any] = [
        {"data": None, "exceptions": fault} if one else {"data": item, "exceptions": []}
        for one, item in zip(failing, items, strict=True)
    ]
    outcomes = outcomes_of(first, items, {"items": entries})
    assert [one.failed is not None for one in outcomes] == failing
    assert [one.index - first for one in outcomes] == list(range(len(items)))
    assert all(one.result is None or one.result == one.item for one in outcomes)


@given(st.lists(st.booleans(), max_size=40), st.booleans())
def test_successes_beside_failures_are_matched_by_what_they_say(
    failing: list[bool], tells: bool
) -> None:
    items = [{"value": f"word {n}"} for n in range(len(failing))]
    pairs = list(zip(failing, items, strict=True))
    answer: dict[str, Any] = {
        "keywords": [{"id": "1", **item} for one, item in pairs if not one],
        "errors": [
            {"error_messages": [item["value"]], **({"data": item} if tells else {})}
            for one, item in pairs
            if one
        ],
    }
    outcomes = outcomes_of(0, items, answer)
    assert [one.failed is not None for one in outcomes] == failing
    for one in outcomes:
        result: Any = one.result
        said = one.failed.message if one.failed else result["value"]
        assert said == one.item["value"]


@pytest.mark.parametrize("answer", [None, 7, "x", [], {}, {"items": None}, {"items": [1, None]}])
def test_an_answer_of_another_kind_says_nothing(answer: Any) -> None:
    outcomes = outcomes_of(0, [{"a": 1}], answer)
    assert [(one.result, one.failed) for one in outcomes] == [(None, None)]
