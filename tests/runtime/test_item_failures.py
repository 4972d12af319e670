"""Items that failed inside an answer that succeeded."""

import pickle
import typing
from collections.abc import Iterator
from typing import Any, Final, TypeAlias, get_args, get_origin

import msgspec
import pytest

from pinterest_async import (
    ItemsFailedError,
    Page,
    RateState,
    Response,
    Unknown,
    item_failures,
    operations,
    raise_for_items,
)
from pinterest_async._core.drift import decode_leniently
from pinterest_async._core.failure_fields import may_report_failures
from pinterest_async._core.operation import Operation

OPERATIONS: Final = {f"{one.namespace}.{one.name}": one for one in operations()}


def answer(name: str, content: Any) -> Any:
    # What the tests leave out of things that failed or succeeded does not matter here.
    return decode_leniently(OPERATIONS[name], msgspec.json.encode(content)).data


FAULT: Final = {"code": 12, "message": "Bad bid"}
GOOD: Final[dict[str, Any]] = {"data": None, "exceptions": []}

Found: TypeAlias = list[tuple[int | None, int | None, str]]

# Operations, an answer of theirs, and what is to be found in it: index, code, message.
SHAPES: Final[list[tuple[str, Any, Found]]] = [
    (
        (
            "ad_groups.create ad_groups.update campaigns.create campaigns.update lead_forms.create "
            "lead_forms.update product_group_promotions.create product_group_promotions.update"
        ),
        {"items": [GOOD, {"exceptions": [FAULT, {"message": "Also"}]}, {}]},
        [(1, 12, "Bad bid"), (1, None, "Also")],
    ),
    (
        "ads.create ads.update",
        {"items": [{"exceptions": None}, {"exceptions": FAULT}]},
        [(1, 12, "Bad bid")],
    ),
    (
        "promotions.create promotions.update",
        {"promotions": [{}, {"exception": FAULT}]},
        [(1, 12, "Bad bid")],
    ),
    (
        "business_invites.create business_invites.respond business_invites.assign_assets",
        {"items": [{"exception": FAULT}]},
        [(0, 12, "Bad bid")],
    ),
    (
        "business_invites.cancel",
        {"items": [{}, {"exception": {"invite_id": "1", "message": "Gone"}}]},
        [(1, None, "Gone")],
    ),
    (
        "asset_groups.delete asset_groups.update",
        {"exceptions": [{"asset_group_id": "1", **FAULT}]},
        [(None, 12, "Bad bid")],
    ),
    (
        "business_partners.request_asset_access",
        {"exceptions": [{"code": 403, "messages": ["a", "b"]}], "invites": {}},
        [(None, 403, "a; b")],
    ),
    (
        "keywords.create keywords.update labels.create labels.update labels.apply labels.remove",
        {"errors": [{"data": None, "error_messages": ["a", "b"]}]},
        [(None, None, "a; b")],
    ),
    ("labels.list", {"items": [{"errors": [{"error_messages": ["a"]}]}]}, [(0, None, "a")]),
    (
        "conversions.send",
        {
            "events": [
                {"status": "processed", "error_message": "", "warning_message": "odd"},
                {"status": "failed", "error_message": "no user data"},
            ],
            "num_events_processed": 1,
            "num_events_received": 2,
        },
        [(1, None, "no user data")],
    ),
    *(
        (
            "catalog_item_batches.create catalog_item_batches.get",
            {
                "catalog_type": catalog,
                "items": [
                    {"status": "SUCCESS", "errors": [], "warnings": [FAULT]},
                    {"status": "FAILURE", "errors": [{"attribute": "price", **FAULT}]},
                    {"status": "FAILURE"},
                    {"status": "PROCESSING"},
                ],
            },
            list[Any]([(1, 12, "Bad bid"), (2, None, "")]),
        )
        for catalog in ("RETAIL", "HOTEL", "CREATIVE_ASSETS")
    ),
    (
        "catalog_items.get catalog_items.get_by_query",
        {"items": [{"catalog_type": "RETAIL", "item_id": "1", "errors": [FAULT]}]},
        [(0, 12, "Bad bid")],
    ),
    (
        "advanced_auction.submit_items",
        {
            "items": [
                {
                    "operation": "DELETE",
                    "country": "US",
                    "item_id": "1",
                    "language": "EN",
                    "errors": [FAULT],
                }
            ]
        },
        [(0, 12, "Bad bid")],
    ),
    (
        "customer_lists.create customer_lists.get customer_lists.update",
        {"id": "1", "exceptions": FAULT},
        [(None, 12, "Bad bid")],
    ),
    ("customer_lists.get", {"exceptions": {"rows": [3]}}, [(None, None, '{"rows":[3]}')]),
    (
        "customer_lists.list",
        {"items": [{"exceptions": {}}, {"exceptions": FAULT}]},
        [(1, 12, "Bad bid")],
    ),
    (
        "customer_list_uploads.get customer_list_uploads.run",
        {
            "ad_account_id": "1",
            "creation_time": 1,
            "customer_list_id": "1",
            "id": "1",
            "operation": "ADD",
            "state": "SUCCEEDED",
            "updated_time": 1,
            "error_counts": [{"count": 7, "error_code": 3, "message": "not hashed"}],
        },
        [(None, 3, "7 records: not hashed")],
    ),
    (
        "ads_credits.redeem",
        {"success": False, "errorCode": 2324, "errorMessage": "Spent"},
        [(None, 2324, "Spent")],
    ),
    (
        (
            "ad_previews.create_for_ad_groups local_stores.create local_stores.update "
            "schedules.create schedules.update"
        ),
        [{"data": {"name": "x"}}, {"data": {"id": "1", "exceptions": FAULT}}, {"name": "y"}],
        [(1, 12, "Bad bid")],
    ),
    (
        "ad_previews.delete_for_ad_groups local_stores.delete",
        [{"status": {"statusCode": 204}}, {"id": "1", "status": FAULT}],
        [(1, 12, "Bad bid")],
    ),
    (
        (
            "conversions.create_advertiser_defined_events "
            "conversions.update_advertiser_defined_events "
            "conversions.delete_advertiser_defined_events"
        ),
        {
            "items": [
                {"name": "a", "status": "SUCCESS", "exceptions": []},
                {"name": "b", "status": "FAILED", "exceptions": ["no such event"]},
                {"name": "c", "status": "FAILED"},
            ]
        },
        [(1, None, "no such event"), (2, None, "")],
    ),
    (
        "local_inventory.create_batch local_inventory.get_batch",
        {
            "operation_results": [
                {"item_id": "1", "status": "SUCCESS"},
                {"item_id": "2", "status": "FAILURE", "errors": [FAULT]},
            ]
        },
        [(1, 12, "Bad bid")],
    ),
    (
        "dynamic_titles.process",
        {"status": "DONE", "errors": [{"row_number": 3, "error_type": "TOO_LONG"}]},
        [(None, None, "TOO_LONG")],
    ),
    ("notifications.send", {"success": False, "error_msg": "no"}, [(None, None, "no")]),
    ("insertion_orders.accounts", {"eligible": False, "error": "none"}, [(None, None, "none")]),
]
TRIED: Final = [
    (name, content, found) for names, content, found in SHAPES for name in names.split()
]


@pytest.mark.parametrize(("name", "content", "found"), TRIED)
def test_every_shape(name: str, content: Any, found: Found) -> None:
    failures = item_failures(answer(name, content))
    assert [(one.index, one.code, one.message) for one in failures] == found


def test_operations_know_whether_items_may_fail() -> None:
    for operation in operations():
        may_fail = may_report_failures(operation.answer)
        assert may_fail is (operation.items_may_fail is not False), operation.full_name
    assert {one.items_may_fail for one in operations()} == {None, False}


def test_no_answer_reports_no_failures() -> None:
    assert not may_report_failures(None)
    assert may_report_failures(list[str])  # whatever it may turn out to be


NOTHING_YET: Final = {"customer_list_uploads.create"}
"""An upload that has just been created: nothing of it has been read."""


def fields(kind: Any, seen: frozenset[Any] = frozenset()) -> Iterator[tuple[str, Any]]:
    """Every field of an answer, however deep, with its type."""
    origin = get_origin(kind)
    if isinstance(origin or kind, type) and issubclass(origin or kind, msgspec.Struct):
        if kind in seen:
            return
        if origin is None:
            for name, inner in typing.get_type_hints(kind).items():
                yield name, inner
                yield from fields(inner, seen | {kind})
    for inner in get_args(kind):
        yield from fields(inner, seen)


def tells_of_failures(operation: Operation[Any]) -> bool:
    """Whether the answer has a field by the name of those that tell of failed items."""
    for name, kind in fields(operation.answer):
        if name in {"exceptions", "exception", "error_message", "error_counts", "error_msg"}:
            return True
        if name == "errors" and "list[" in str(kind):
            return True
    return False


def test_no_operation_that_reports_failures_is_forgotten() -> None:
    tried = {name for name, _, _ in TRIED}
    telling = {name for name, one in OPERATIONS.items() if tells_of_failures(one)}
    assert len(telling) > 30
    assert telling - tried == NOTHING_YET


FINE: Final[list[Any]] = [
    None,
    "text",
    7,
    [],
    {},
    Page(items=[]),
    {"items": [{"exceptions": [{"code": 0, "message": ""}, None, {}]}]},
    {"items": [{"exceptions": {"code": None, "message": None}}]},
    {"success": True, "errorMessage": ""},
]


@pytest.mark.parametrize("data", FINE)
def test_nothing_failed(data: Any) -> None:
    assert item_failures(data) == ()
    assert raise_for_items(data) is data


# As live answers have them, whatever is described: the last item tells of what failed.
LIVE: Final[list[tuple[str, Any, Found]]] = [
    (
        "lead_forms.create",
        {"items": [{"exceptions": {"message": "Too long", "error_code": 3078}}]},
        [(0, 3078, "Too long")],
    ),
    (
        "lead_forms.create",
        {"items": [{"exceptions": [{"message": "Too long", "error_code": 3078}]}]},
        [(0, 3078, "Too long")],
    ),
    ("ads.create", {"items": [{"exceptions": [FAULT, FAULT]}]}, [(0, 12, "Bad bid")] * 2),
    ("ads.create", {"items": [{"exceptions": {"message": None, "error_code": None}}]}, []),
    (
        "ads.create",
        {"items": [{"exceptions": {"count": 0, "reason": "odd"}}]},
        [(0, None, '{"count":0,"reason":"odd"}')],
    ),
    ("labels.create", {"errors": [{"error_messages": ["a", "b"]}]}, [(None, None, "a; b")]),
    ("labels.create", {"errors": ["a", "b"]}, [(None, None, "a"), (None, None, "b")]),
    ("boards.get", {"exceptions": [FAULT]}, [(None, 12, "Bad bid")]),
    ("boards.get", {"errors": None, "success": False, "code": 7}, [(None, 7, "")]),
]


@pytest.mark.parametrize(("name", "content", "found"), LIVE)
@pytest.mark.parametrize("time", ["first", "later"])
def test_shapes_that_are_not_described(name: str, content: Any, found: Found, time: str) -> None:
    del time
    failures = item_failures(answer(name, content))
    assert [(one.index, one.code, one.message) for one in failures] == found


def test_raw_parts_are_read_as_well() -> None:
    odd = Unknown("NEW", {"items": [{"errors": [FAULT]}]})
    assert [one.message for one in item_failures(odd)] == ["Bad bid"]
    assert [one.index for one in item_failures([{}, {"exception": FAULT}])] == [1]


def response(data: Any) -> Response[Any]:
    return Response(
        data=data,
        operation=OPERATIONS["campaigns.create"],
        status=200,
        headers={},
        request_id="rid",
        rate=RateState(),
        attempts=2,
        raw=b"raw",
    )


def test_the_error_says_all() -> None:
    items = [{}, *({"exceptions": [{"code": n, "message": f"No {n}."}]} for n in range(1, 8))]
    whole = response({"items": items})
    for check in (whole.raise_for_items, lambda: raise_for_items(whole)):
        with pytest.raises(ItemsFailedError) as caught:
            check()
        error = caught.value
        assert str(error) == (
            "campaigns.create: 7 of the items failed: item 1: No 1 (code 1); "
            "item 2: No 2 (code 2); item 3: No 3 (code 3); item 4: No 4 (code 4); "
            "item 5: No 5 (code 5); and 2 more (status 200, request id rid, after 2 attempts). The "
            "other items took effect: correct those in error.failures, and send these alone again."
        )
        assert (error.body, error.attempts, error.data) == (b"raw", 2, whole.data)
        assert error.failures[0].item == items[1]
    again = pickle.loads(pickle.dumps(error))  # noqa: S301  (our own bytes)
    assert (again.data, [one.code for one in again.failures]) == (None, list(range(1, 8)))


def test_a_good_response_is_handed_back() -> None:
    whole = response({"items": [GOOD]})
    assert whole.raise_for_items() is whole
    assert raise_for_items(whole) is whole
