"""Where 5.28 breaks with 5.23, answers of both decode, and requests of both pass the check.

The live API serves some users the one and some the other; Pinterest's own description of 5.28 is
not known, so both are written down here by hand.
"""

from typing import Any, Final, get_args

import msgspec
import pytest
from contract.document import described_version

import pinterest_async.types as made
from pinterest_async import Page, operations
from pinterest_async._core.checks import check_call
from pinterest_async._core.codec import decode
from pinterest_async._core.operation import Operation

pytestmark = pytest.mark.skipif(
    described_version() != (5, 23), reason="the description in place is another one"
)

OPERATIONS: Final[dict[str, Operation[Any]]] = {one.full_name: one for one in operations()}
BOARD: Final = {"id": "1", "name": "Spring", "owner": {"username": "x"}, "privacy": "PUBLIC"}
LABEL: Final = {"id": "1", "label_type": "CUSTOM", "value": "spring", "status": "ACTIVE"}
TOKEN: Final = {"access_token": "pina_x", "expires_in": 1, "token_type": "bearer"}
FEED: Final = {
    "id": "1",
    "name": "x",
    "status": "ACTIVE",
    "catalog_type": "RETAIL",
    "created_at": "2026-01-01T00:00:00Z",
    "updated_at": "2026-01-01T00:00:00Z",
    "default_country": "US",
    "default_locale": "en-US",
    "format": "CSV",
    "location": "https://example.com/feed.csv",
}
FULL_FEED: Final = {
    **FEED,
    "credentials": None,
    "default_availability": None,
    "default_currency": None,
    "preferred_processing_schedule": None,
}
AUDIENCE: Final = {"id": "1", "ad_account_id": "2", "name": "x", "audience_type": "VISITOR"}
AUDIENCE_STATE: Final = {"status": "READY", "type": "audience"}
MEMBER_ASSETS: Final[dict[str, Any]] = {
    "items": [{"asset_id": "1", "asset_type": "PROFILE", "permissions": []}]
}

# Operations, an answer of 5.23, an answer of 5.28.
ANSWERS: Final[list[tuple[str, Any, Any]]] = [
    (
        "mmm_reports.create",
        {"code": 0, "data": {"report_status": "IN_PROGRESS", "status": "success", "token": "t"}},
        {"report_status": "IN_PROGRESS", "status": "success", "token": "t"},
    ),
    (
        "mmm_reports.get",
        {"code": 0, "data": {"report_status": "FINISHED", "url": None}, "status": "success"},
        {"report_status": "FINISHED", "url": "https://x", "size": 7, "status": "success"},
    ),
    (
        "labels.create",
        {"labels": [{**LABEL, "parent_id": "2", "parent_type": "CAMPAIGN"}], "errors": []},
        {"labels": [LABEL], "errors": []},
    ),
    ("labels.list", {"items": [{"labels": [LABEL], "errors": []}]}, {"items": [LABEL]}),
    ("catalog_feeds.get", FULL_FEED, FEED),
    ("oauth.token", {**TOKEN, "scope": "ads:read"}, TOKEN),
    (
        "audiences.get",
        {**AUDIENCE, **AUDIENCE_STATE, "rule": {"percentage": 5, "visitor_source_id": "1"}},
        {
            **AUDIENCE,
            **AUDIENCE_STATE,
            "rule": {"percentage": "5", "visitor_source_id": ["1"], "seed_id": "3"},
        },
    ),
    (
        "business_members.list_assets",
        MEMBER_ASSETS,
        {**MEMBER_ASSETS, "total_data_count": 1, "total_data_count_by_status": {"ACTIVE": 1}},
    ),
]


@pytest.mark.parametrize(("name", "old", "new"), ANSWERS)
def test_answers_of_both_versions_decode(name: str, old: Any, new: Any) -> None:
    for content in (old, new):
        # It raises where anything is unknown or missing.
        assert decode(OPERATIONS[name], msgspec.json.encode(content)) is not None


@pytest.mark.parametrize(
    ("name", "content"), [("boards.delete", BOARD), ("catalog_feeds.delete", FEED)]
)
def test_a_deletion_may_answer_what_was_deleted(name: str, content: Any) -> None:
    operation = OPERATIONS[name]
    assert decode(operation, msgspec.json.encode(content)).id == "1"
    assert type(None) in get_args(operation.answer)


def test_a_page_with_more_than_items_is_a_page() -> None:
    operation = OPERATIONS["business_members.list_assets"]
    content = {**MEMBER_ASSETS, "bookmark": "b", "total_data_count": 1}
    page = decode(operation, msgspec.json.encode(content))
    assert operation.paged
    assert isinstance(page, Page)
    assert isinstance(page, made.BusinessMembersListAssetsPage)
    assert (page.items[0].asset_id, page.bookmark, page.total_data_count) == ("1", "b", 1)


NEW_LABEL: Final = {"label_type": "CUSTOM", "value": "spring"}

# Operations, path, a body of 5.23, and a body of 5.28.
REQUESTS: Final[list[tuple[str, list[str], Any, Any]]] = [
    (
        "labels.create",
        ["1"],
        {"labels": [NEW_LABEL], "parent_id": "2"},
        {"labels": [NEW_LABEL]},
    ),
    (
        "bulk.create_upsert",
        ["1"],
        {"update": {"labels": [{"id": "1", "value": "autumn"}]}},
        {"update": {"labels": [{"id": "1", "parent_id": "2", "status": "ARCHIVED"}]}},
    ),
    (
        "oauth.token",
        [],
        {"grant_type": "authorization_code", "code": "c", "redirect_uri": "https://x"},
        {"grant_type": "refresh_token", "refresh_token": "r", "continuous_refresh": True},
    ),
    (
        "audiences.create",
        ["1"],
        {"name": "x", "audience_type": "VISITOR", "rule": {"visitor_source_id": "1"}},
        {"name": "x", "audience_type": "VISITOR", "rule": {"visitor_source_id": ["1"]}},
    ),
    (
        "customer_lists.create",
        ["1"],
        {"name": "x", "records": "a@example.com"},
        {"name": "x", "records_v2": [{"email": "a@example.com"}], "is_nca": True},
    ),
    (
        "promotions.update",
        ["1"],
        [{"id": "1", "status": "ACTIVE"}],
        [{"id": "1"}],
    ),
    (
        "product_group_promotions.update",
        ["1"],
        {"ad_group_id": "1", "product_group_promotion": [{"id": "1", "tracking_url": None}]},
        {"ad_group_id": "1", "product_group_promotion": [{"id": "1", "tracking_url": "https://x"}]},
    ),
]


@pytest.mark.parametrize(("name", "path", "old", "new"), REQUESTS)
def test_requests_of_both_versions_pass(name: str, path: list[str], old: Any, new: Any) -> None:
    for body in (old, new):
        assert list(check_call(OPERATIONS[name], path, {}, body, strict=True)) == []
