"""Calls are checked before they are sent: every problem, its exact place, and the fix."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, Required, TypedDict
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec import UNSET, Meta
from msgspec.structs import replace

from pinterest_async._core.build import build_request
from pinterest_async._core.checks import Problem, check_call
from pinterest_async._core.operation import Body, Operation, Parameter
from pinterest_async._core.types import Base64, Id, Open

Column = Open[Literal["SPEND_IN_DOLLAR", "CTR"]]


class Tracking(TypedDict, total=False):
    url: Required[str]
    weight: float


class Item(TypedDict, total=False):
    ad_account_id: Required[str]
    campaign_id: Required[str]
    name: Required[Annotated[str, Meta(max_length=10)]]
    status: Open[Literal["ACTIVE", "PAUSED"]]
    feed_id: Id
    picture: Base64
    budget: Annotated[int, Meta(ge=0)] | None
    tracking: Tracking
    labels: Mapping[str, str]
    extra: Any
    day: dt.date | str
    at: dt.datetime | str
    is_flexible: bool


class Image(TypedDict, total=False):
    source_type: Required[Literal["image_url"]]
    url: Required[str]


class Video(TypedDict, total=False):
    source_type: Required[Literal["video_id"]]
    media_id: Required[str]


class Pin(TypedDict, total=False):
    title: str | None
    media_source: Image | Video
    children: "list[Pin]"


class ByFeed(TypedDict, total=False):
    feed_id: Required[str]
    name: Required[str]


class ByHotel(TypedDict, total=False):
    catalog_type: Required[Literal["HOTEL"]]
    name: Required[str]


class ByFreeType(TypedDict, total=False):
    catalog_type: Required[str]
    size: Required[int]


def operation(**changes: Any) -> Operation[Any]:
    facts: dict[str, Any] = {
        "id": "things/get",
        "namespace": "things",
        "name": "get",
        "method": "GET",
        "path": "/things",
        "answer": None,
        "category": "org_read",
    }
    return Operation(**(facts | changes))


def by_id(kind: Any = str, name: str = "pin_id") -> Operation[Any]:
    parameter = Parameter(name=name, type=kind, required=True)
    return operation(path=f"/pins/{{{name}}}", path_parameters=(parameter,))


def by_query(kind: Any, *, required: bool = False, encoding: Any = "plain") -> Operation[Any]:
    one = Parameter(name="value", type=kind, required=required, encoding=encoding)
    return operation(query=(one, Parameter(name="page_size", type=int)))


def check_value(kind: Any, value: Any) -> list[Problem]:
    return check_call(by_query(kind), (), {"value": value})


def with_body(kind: Any, shape: str = "object", from_path: tuple[str, ...] = ()) -> Operation[Any]:
    argument = {"array": "items", "union": "thing"}.get(shape, "body")
    account = Parameter(name="ad_account_id", type=str, required=True)
    return operation(
        method="POST",
        path="/ad_accounts/{ad_account_id}/things",
        path_parameters=(account,),
        body=Body(kind=shape, type=kind, argument=argument, from_path=from_path),  # type: ignore[arg-type]
    )


def fields(problems: list[Problem]) -> list[str]:
    return [one.field for one in problems]


ITEM: dict[str, Any] = {"ad_account_id": "1", "campaign_id": "2", "name": "Spring"}
BULK = with_body(
    Annotated[Sequence[Item], Meta(min_length=1, max_length=30)],
    "array",
    from_path=("ad_account_id",),
)


# Path values


@pytest.mark.parametrize("value", ["813744226420795884", "GB+IE", "a b", "naïve", "x.y", "100%"])
def test_ids_that_encode_safely_pass(value: str) -> None:
    assert check_call(by_id(), (value,), {}) == []


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("", "is empty"),
        (" \t", "is blank"),
        (".", "dot segment"),
        ("..", "dot segment"),
        ("1/pins", "leads to another path"),
        ("1\\2", "another path"),
        ("1?a=b", "another path"),
        ("1#x", "another path"),
        ("1\n", "control"),
        ("1\x00", "control"),
        ("1\u200b", "invisible"),
        (" 1", "space"),
        ("\ud800", "surrogate"),
        (None, "is required"),
        (UNSET, "is required"),
        (5, "expected str, got int"),
        (True, "expected str, got bool"),
        (b"1", "expected str, got bytes"),
        (["1"], "expected str, got list"),
    ],
)
def test_ids_that_would_go_astray_are_refused(value: Any, message: str) -> None:
    (problem,) = check_call(by_id(), (value,), {})
    assert problem.field == "pin_id"
    assert message.replace("leads", "lead") in problem.message
    assert problem.fix


def test_an_int_for_an_id_gets_the_advice_to_be_a_string() -> None:
    assert check_call(by_id(), (5,), {})[0].fix == "pass it as a string"


def test_a_scope_parameter_may_be_set_once() -> None:
    for value in (UNSET, None):
        (problem,) = check_call(by_id(name="ad_account_id"), (value,), {})
        assert problem.message == "is required"
    assert problem.fix == ("pass ad_account_id, or set it once: with_options(ad_account_id=...)")


def test_missing_and_surplus_path_values() -> None:
    assert check_call(by_id(), (UNSET,), {})[0] == Problem("pin_id", "is required", "pass pin_id")
    (problem,) = check_call(by_id(), ("1", "2"), {})
    assert problem.message == "has 2 path values, but takes only pin_id"
    (problem,) = check_call(operation(), ("1",), {})
    assert problem.message == "has 1 path values, but takes none"


def test_path_values_may_be_numbers_where_the_api_says_so() -> None:
    assert check_call(by_id(int), (5,), {}) == []
    assert check_call(by_id(int), ("5",), {})[0].message == "expected int, got str"


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("https://www.pinterest.com/pin/813/", "must be digits only, but is a URL"),
        (" 813", "must be digits only, but has spaces around"),
        ("813/pins", "must be digits only"),
        ("..", "must be digits only"),
        ("", "is empty, but must be digits only"),
    ],
)
def test_ids_in_paths_are_digits(value: str, message: str) -> None:
    assert [one.message for one in check_call(by_id(Id), (value,), {})] == [message]
    assert check_call(by_id(Id), ("813",), {}) == []


def test_what_is_unsafe_in_a_path_is_refused_in_both_modes() -> None:
    assert check_call(by_id(Id), ("me",), {}, strict=False) == []
    for value in ("1/pins", "..", "", "1\n", " 1", "\ud800", 5, None, UNSET):
        assert check_call(by_id(Id), (value,), {}, strict=False), value
        assert check_call(by_id(), (value,), {}, strict=False), value
    assert check_call(by_id(), ("1", "2"), {}, strict=False)


# Query


def test_none_is_not_sent_and_so_not_checked() -> None:
    assert check_value(int, None) == []


def test_a_required_parameter_is_missed() -> None:
    wanted = [Problem("value", "is required", "pass a value: list of str")]
    needed = by_query(Sequence[Column], required=True)
    assert check_call(needed, (), {}) == wanted
    assert check_call(needed, (), {"value": None}) == wanted


def test_an_unknown_parameter_gets_the_nearest_name() -> None:
    (problem,) = check_call(by_query(int), (), {"pageSize": 5})
    assert problem == Problem("pageSize", "unknown parameter", "did you mean 'page_size'?")
    (far,) = check_call(by_query(int), (), {"zzz": 5})
    assert far.fix == "leave it out, or use one of value, page_size"
    (none,) = check_call(operation(), (), {"zzz": 5})
    assert none.fix == "leave it out: there are none here"


def test_an_empty_list_is_refused_since_on_the_wire_it_would_mean_all() -> None:
    (problem,) = check_value(Sequence[str], [])
    assert problem.message == "is an empty list"


@pytest.mark.parametrize(("value", "place"), [(["a", "b,c"], "value[1]"), (["", "a"], "value[0]")])
def test_items_that_commas_would_blur_are_refused(value: list[str], place: str) -> None:
    comma = by_query(Sequence[str], encoding="comma")
    assert fields(check_call(comma, (), {"value": value})) == [place]
    repeated = by_query(Sequence[str], encoding="repeated")
    assert check_call(repeated, (), {"value": value}) == []
    for kind in (Sequence[str], Sequence[Column], Sequence[Id]):
        comma = by_query(kind, encoding="comma")
        assert fields(check_call(comma, (), {"value": value}, strict=False)) == [place]


def test_enums_whose_values_hold_commas_are_still_parted() -> None:
    odd = by_query(Sequence[Open[Literal["a,b", "c"]]], encoding="comma")
    assert check_call(odd, (), {"value": ["c"]}) == []
    (problem,) = check_call(odd, (), {"value": ["a,b"]})
    assert problem.message == "holds a comma, which parts the items on the wire"


def test_unknown_values_in_the_query() -> None:
    columns = by_query(Sequence[Column], encoding="comma")
    (problem,) = check_call(columns, (), {"value": ["CTR", "ctr"]})
    assert problem.field == "value[1]"
    assert problem.fix.startswith("did you mean 'CTR'?")
    assert check_call(columns, (), {"value": ["CTR", "NEWER"]}, strict=False) == []
    ids = by_query(Sequence[Id], encoding="comma")
    assert fields(check_call(ids, (), {"value": ["12", "x"]})) == ["value[1]"]
    assert check_call(ids, (), {"value": ["12", "x"]}, strict=False) == []


@pytest.mark.parametrize(
    "value",
    [
        "x",
        5,
        True,
        dt.date(2026, 1, 31),
        ["a", 5, False],
        {"a": {"b": ["c"], "d": None}},
        None,
        "ünï, 🎈",
    ],
)
def test_unknown_parameters_pass_when_lenient(value: Any) -> None:
    assert check_call(by_query(int), (), {"newer[]": value}, strict=False) == []


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (float("nan"), "is not finite, which JSON cannot say"),
        ("\ud800", "holds a lone surrogate, which UTF-8 cannot encode"),
        (UNSET, "expected a JSON value, got UnsetType"),
        (b"x", "expected a JSON value, got bytes"),
        (list[str](), "is an empty list"),
        (dict[str, str](), "is an empty object"),
        (["a", "b,c"], "holds a comma, which parts the items on the wire"),
        (["a", ["b"]], "expected a single value, got list"),
        (["a", {"b": 1}], "expected a single value, got dict"),
        (["a", None], "expected a single value, got None"),
    ],
)
def test_unknown_parameters_that_cannot_be_sent_are_refused(value: Any, message: str) -> None:
    problems = check_call(by_query(int), (), {"newer": value}, strict=False)
    assert [one.message for one in problems] == [message]
    assert problems[0].field.startswith("newer")


@pytest.mark.parametrize("name", [5, "\ud800", None])
def test_unknown_parameters_have_names_that_are_text(name: Any) -> None:
    (problem,) = check_call(by_query(int), (), {name: 5}, strict=False)
    assert problem.message == "has a key that is no valid text"


def test_declared_parameters_are_checked_in_both_modes() -> None:
    needed = by_query(Annotated[int, Meta(ge=1)], required=True)
    for query in ({}, {"value": 0}, {"value": "1"}):
        assert fields(check_call(needed, (), query, strict=False)) == ["value"]


# Bodies


def test_a_good_bulk_body_passes() -> None:
    full = ITEM | {
        "status": "PAUSED",
        "feed_id": "5",
        "picture": "iVBORw0KGgo=",
        "budget": None,
        "tracking": {"url": "https://example.com"},
        "labels": {"a": "b"},
        "extra": {"deep": [1]},
        "day": "2026-01-31",
        "at": "2026-01-31T00:00:00Z",
        "is_flexible": True,
    }
    without_account = {key: value for key, value in full.items() if key != "ad_account_id"}
    assert check_call(BULK, ("1",), {}, [full, without_account]) == []


def test_every_problem_is_collected_with_its_exact_place() -> None:
    items: list[Any] = [
        ITEM,
        {"campain_id": "2", "name": "Spring"},
        "nothing",
        ITEM | {"campaign_id": 5, "budget": -1, "tracking": {"weight": "x"}, "is_flexible": None},
    ]
    problems = check_call(BULK, ("",), {"page": 1}, items)
    assert [(one.field, one.message) for one in problems] == [
        ("ad_account_id", "is empty"),
        ("page", "unknown parameter"),
        ("items[1].campain_id", "unknown field"),
        ("items[1].campaign_id", "is required"),
        ("items[2]", "expected dict, got str"),
        ("items[3].campaign_id", "expected str, got int"),
        ("items[3].budget", "must be at least 0, got -1"),
        ("items[3].tracking.weight", "expected number, got str"),
        ("items[3].tracking.url", "is required"),
        ("items[3].is_flexible", "expected bool, got None"),
    ]
    assert problems[2].fix == "did you mean 'campaign_id'?"
    assert problems[-1].fix == "leave it out, or pass a value"


def test_a_list_that_is_too_long_or_empty() -> None:
    assert check_call(BULK, ("1",), {}, [ITEM] * 31) == [
        Problem(
            "items",
            "has 31 items, at most 30 are allowed",
            "split it into calls of at most 30 items each",
        )
    ]
    assert fields(check_call(BULK, ("1",), {}, [])) == ["items"]


@pytest.mark.parametrize("body", [UNSET, None])
def test_a_list_body_must_be_given(body: Any) -> None:
    assert check_call(BULK, ("1",), {}, body) == [
        Problem("items", "is required", "pass a value: list of object")
    ]


@pytest.mark.parametrize("body", [ITEM, "x", 5, iter([ITEM])])
def test_a_list_body_must_be_a_list(body: Any) -> None:
    assert fields(check_call(BULK, ("1",), {}, body)) == ["items"]


def test_a_field_that_contradicts_the_path_is_reported() -> None:
    assert check_call(BULK, ("7",), {}, [ITEM]) == [
        Problem(
            "items[0].ad_account_id",
            "differs from the ad_account_id of the path",
            "leave it out: it is filled in",
        )
    ]


def test_contradictions_are_cut_short_as_well() -> None:
    assert len(check_call(with_body(Any, "array", ("ad_account_id",)), ("7",), {}, [ITEM])) == 1
    anything = with_body(Any, "array", ("ad_account_id",))
    assert len(check_call(anything, ("7",), {}, [ITEM] * 100_000)) <= 100


def test_a_list_body_has_the_name_of_its_argument() -> None:
    array = with_body(Sequence[Item], "array", ("ad_account_id",))
    assert array.body is not None
    create = replace(array, id="things/other", body=replace(array.body, argument="campaigns"))
    odd = [ITEM, ITEM | {"name": 5, "ad_account_id": "8"}]
    assert fields(check_call(create, ("1",), {}, odd)) == [
        "campaigns[1].name",
        "campaigns[1].ad_account_id",
    ]
    for body in (UNSET, None, 5):
        assert fields(check_call(create, ("1",), {}, body)) == ["campaigns"]


def test_values_in_bodies_are_checked_strictly() -> None:
    item = ITEM | {"status": "paused", "feed_id": " 5", "picture": "data:image/png;base64,xx"}
    assert [(one.field, one.fix) for one in check_call(BULK, ("1",), {}, [item])] == [
        ("items[0].status", "did you mean 'PAUSED'? known values: 'ACTIVE', 'PAUSED'"),
        ("items[0].feed_id", "strip it: value.strip()"),
        ("items[0].picture", "drop everything up to the comma"),
    ]
    assert check_call(BULK, ("1",), {}, [item], strict=False) == []


def test_unknown_fields_pass_when_lenient_as_long_as_they_are_json() -> None:
    newer = ITEM | {"newer": {"deep": [1, None, "x"]}, "tracking": {"url": "x", "more": 1}}
    assert fields(check_call(BULK, ("1",), {}, [newer])) == [
        "items[0].newer",
        "items[0].tracking.more",
    ]
    assert check_call(BULK, ("1",), {}, [newer], strict=False) == []
    broken = ITEM | {"newer": {"deep": [{1, 2}]}, "b c": float("nan"), 5: 1, "tracking": {"a": 1}}
    assert fields(check_call(BULK, ("1",), {}, [broken], strict=False)) == [
        "items[0].newer.deep[0]",
        "items[0].?",
        "items[0].?",
        "items[0].tracking.url",
    ]


def test_types_lengths_ranges_and_required_fields_count_when_lenient() -> None:
    item = {"name": "x" * 11, "budget": -1, "status": 5, "is_flexible": "yes"}
    assert fields(check_call(BULK, ("1",), {}, [item], strict=False)) == [
        "items[0].name",
        "items[0].budget",
        "items[0].status",
        "items[0].is_flexible",
        "items[0].campaign_id",
    ]
    assert check_call(BULK, ("1",), {}, [ITEM] * 31, strict=False)
    assert check_call(BULK, ("1",), {}, [], strict=False)
    assert check_call(BULK, ("7",), {}, [ITEM], strict=False)


def test_the_mode_is_that_of_each_call() -> None:
    create = with_body(Tracking)
    for _ in range(2):
        assert check_call(create, ("1",), {}, {"url": "x", "newer": 1})
        assert check_call(create, ("1",), {}, {"url": "x", "newer": 1}, strict=True)
        assert check_call(create, ("1",), {}, {"url": "x", "newer": 1}, strict=False) == []


def test_object_bodies_name_their_fields_plainly() -> None:
    create = with_body(Item)
    assert fields(check_call(create, ("1",), {}, {"name": 5})) == [
        "name",
        "ad_account_id",
        "campaign_id",
    ]
    assert fields(check_call(create, ("1",), {})) == ["ad_account_id", "campaign_id", "name"]
    assert fields(check_call(create, ("1",), {}, [ITEM])) == ["body"]


def test_an_unknown_keyword_may_be_meant_for_the_query() -> None:
    update = operation(
        query=(Parameter(name="page_size", type=int),), body=Body(kind="object", type=Tracking)
    )
    problems = check_call(update, (), {}, {"url": "x", "pagesize": 5, "wieght": 1})
    assert [one.fix for one in problems] == [
        "did you mean 'page_size'?",
        "did you mean 'weight'?",
    ]


def test_an_unknown_field_further_in_is_not_meant_for_the_query() -> None:
    create = with_body(Item)
    (problem,) = check_call(create, ("1",), {}, ITEM | {"tracking": {"url": "x", "trackin": 1}})
    assert problem == Problem(
        "tracking.trackin", "unknown field", "leave it out, or use one of url, weight"
    )


def test_a_body_where_none_is_taken() -> None:
    (problem,) = check_call(by_id(), ("1",), {}, {"a": 1})
    assert problem == Problem("body", "is not taken by this operation", "leave it out")
    assert check_call(by_id(), ("1",), {}, {}) == []


# Unions


def test_a_tag_chooses_the_variant() -> None:
    create = with_body(Pin)
    good = {"media_source": {"source_type": "video_id", "media_id": "5"}, "title": None}
    assert check_call(create, ("1",), {}, good) == []
    wrong = {"media_source": {"source_type": "video_id", "url": "x"}}
    assert fields(check_call(create, ("1",), {}, wrong)) == [
        "media_source.url",
        "media_source.media_id",
    ]


@pytest.mark.parametrize(
    ("tag", "message", "fix"),
    [
        (
            "video",
            "unknown value 'video'",
            "did you mean 'video_id'? known values: 'image_url', 'video_id'",
        ),
        (
            "IMAGE_URL",
            "unknown value 'IMAGE_URL'",
            "did you mean 'image_url'? known values: 'image_url', 'video_id'",
        ),
        ("hologram", "unknown value 'hologram'", "pass one of 'image_url', 'video_id'"),
        ("?", "unknown value", "pass one of 'image_url', 'video_id'"),
    ],
)
def test_an_unknown_tag_is_refused_with_the_nearest(tag: str, message: str, fix: str) -> None:
    body = {"media_source": {"source_type": tag, "data": {1, 2}}}
    found, data = check_call(with_body(Pin), ("1",), {}, body)
    assert found == Problem("media_source.source_type", message, fix)
    assert data.field == "media_source.data"


def test_an_unknown_tag_passes_when_lenient_as_long_as_it_is_json() -> None:
    create = with_body(Pin)
    good = {"media_source": {"source_type": "hologram", "data": [1]}}
    assert check_call(create, ("1",), {}, good, strict=False) == []
    broken = {"media_source": {"source_type": "hologram", "data": {1, 2}}}
    assert fields(check_call(create, ("1",), {}, broken, strict=False)) == ["media_source.data"]


def test_a_missing_or_mistyped_tag_names_the_known_ones() -> None:
    create = with_body(Pin)
    for source in ({"url": "x"}, {"source_type": 5}):
        (problem,) = check_call(create, ("1",), {}, {"media_source": source})
        assert problem.field == "media_source.source_type"
        assert problem.fix == "pass one of 'image_url', 'video_id'"


def test_without_a_tag_the_fitting_variant_counts_or_the_nearest_speaks() -> None:
    create = with_body(ByFeed | ByHotel, "union")
    assert check_call(create, ("1",), {}, {"feed_id": "5", "name": "x"}) == []
    assert check_call(create, ("1",), {}, {"catalog_type": "HOTEL", "name": "x"}) == []
    newer = {"catalog_type": "NEWER", "name": "x"}
    assert check_call(create, ("1",), {}, newer) == [
        Problem("catalog_type", "unknown value 'NEWER'", "pass one of 'HOTEL'")
    ]
    assert check_call(create, ("1",), {}, newer, strict=False) == []
    assert fields(check_call(create, ("1",), {}, {"feed_id": "5", "name": 5})) == ["name"]
    assert fields(check_call(create, ("1",), {}, {"catalog_type": "HOTEL", "n": 1})) == [
        "n",
        "name",
    ]
    for body in (5, None, UNSET, "x"):
        assert fields(check_call(create, ("1",), {}, body)) == ["thing"]


def test_a_variant_with_an_unknown_field_passes_when_lenient() -> None:
    create = with_body(ByFeed | ByHotel, "union")
    for body in (
        {"feed_id": "5", "name": "x", "newer": 1},
        {"catalog_type": "HOTEL", "name": "x", "newer": 1, "newest": 2},
    ):
        assert check_call(create, ("1",), {}, body)
        assert check_call(create, ("1",), {}, body, strict=False) == []
    broken = {"feed_id": "5", "name": "x", "newer": {1}}
    assert fields(check_call(create, ("1",), {}, broken, strict=False)) == ["newer"]


def test_a_field_that_some_variant_takes_as_text_is_no_tag() -> None:
    create = with_body(ByHotel | ByFreeType, "union")
    assert check_call(create, ("1",), {}, {"catalog_type": "MINE", "size": 5}) == []
    wrong = {"catalog_type": "MINE", "size": "5"}
    assert fields(check_call(create, ("1",), {}, wrong)) == ["size"]


def test_recursive_types_are_checked_all_the_way_down() -> None:
    create = with_body(Pin)
    nested: dict[str, Any] = {"children": [{"children": [{"title": 5}]}]}
    assert fields(check_call(create, ("1",), {}, nested)) == ["children[0].children[0].title"]


# Hostile input


def test_values_that_contain_themselves_do_not_crash() -> None:
    loop: dict[str, Any] = {}
    loop["children"] = [loop]
    anything: list[Any] = []
    anything.append(anything)
    for create, body in ((with_body(Pin), loop), (with_body(Item), ITEM | {"extra": anything})):
        (problem,) = check_call(create, ("1",), {}, body)
        assert problem.message == "is nested too deeply or contains itself"


def test_a_flood_of_problems_is_cut_short() -> None:
    assert len(check_call(BULK, ("1",), {}, [5] * 100_000)) < 200
    body = {f"field{i}": 1 for i in range(100_000)}
    assert len(check_call(with_body(Item), ("1",), {}, body)) < 200


SECRET = "pina_" + "S3CR3T" * 12


@pytest.mark.parametrize(
    "kind",
    [
        int,
        float,
        bool,
        Sequence[str],
        dict[str, str],
        Literal["a"],
        dt.date | str,
        dt.datetime | str,
        int | bool,
        Item,
        Image | Video,
        ByFeed | ByHotel,
        Annotated[str, Meta(max_length=3)],
        Annotated[str, Meta(pattern="^a$")],
        Id,
        Base64,
        Column,
        Sequence[Column],
        None,
    ],
)
def test_a_problem_never_repeats_a_value(kind: Any) -> None:
    values: list[Any] = [
        SECRET,
        [SECRET],
        {SECRET: SECRET},
        {"source_type": [SECRET]},
        {"source_type": SECRET, SECRET: {1}},
        {"catalog_type": SECRET, "status": SECRET, "feed_id": SECRET},
    ]
    for value in values:
        for strict in (True, False):
            said = (
                check_value(kind, value),
                check_call(with_body(kind), (f"/{SECRET}",), {SECRET: {1}}, value, strict=strict),
            )
            assert "S3CR3T" not in repr(said)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.binary()
    | st.dates()
    | st.datetimes()
    | st.just(UNSET),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.text() | st.integers(), inner) | st.sets(st.integers())
    ),
    max_leaves=20,
)
KINDS: list[Any] = [
    str,
    Id,
    Base64,
    Column,
    Sequence[Column],
    int,
    float,
    bool,
    Any,
    Item,
    Pin,
    Image | Video,
    ByFeed | ByHotel,
    Sequence[Item],
    dict[str, Item] | None,
    dt.date | str,
    dt.datetime | str,
    Literal["a", 1],
    Annotated[Sequence[str], Meta(min_length=1, max_length=3)],
    int | Sequence[str] | None,
]


SHAPES = st.sampled_from(["object", "array", "union", "form"])


@given(st.sampled_from(KINDS), SHAPES, JSON, JSON, JSON, st.booleans())
@example(int | Sequence[str] | None, "object", "1", 0, None, True)
@example(int | Sequence[str] | None, "object", "1", 7, None, True)
def test_nothing_that_a_caller_passes_makes_a_check_raise(
    kind: Any, shape: str, path: Any, query: Any, body: Any, strict: bool
) -> None:
    one = with_body(kind, shape, from_path=("ad_account_id",))
    parameters = {"value": query, "newer": query}
    problems = check_call(one, (path,), parameters, body, strict=strict)
    assert all(isinstance(problem, Problem) for problem in problems)
    problems = check_call(by_query(kind), (), parameters, body, strict=strict)
    assert all(isinstance(problem, Problem) for problem in problems)


FIELDS = st.sampled_from(
    [*Item.__annotations__, *Pin.__annotations__, *Image.__annotations__, "media_id", "newer"]
)
WORDS = st.sampled_from(["1", "x", "ACTIVE", "image_url", "video_id", "HOTEL", "newer"])
PLAUSIBLE = st.recursive(
    WORDS | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(FIELDS, inner, max_size=5),
    max_leaves=12,
)


@given(st.sampled_from(KINDS), SHAPES, PLAUSIBLE | JSON, PLAUSIBLE | JSON)
@example(ByFeed | ByHotel, "union", None, {"feed_id": "1", "name": "x", "catalog_type": "newer"})
@example(Image | Video, "union", None, {"source_type": "video_id", "media_id": "1"})
def test_what_strict_accepts_lenient_accepts(kind: Any, shape: str, query: Any, body: Any) -> None:
    bodied, queried = with_body(kind, shape), by_query(kind)
    if not check_call(bodied, ("1",), {}, body):
        assert check_call(bodied, ("1",), {}, body, strict=False) == []
    if not check_call(queried, (), {"value": query}):
        assert check_call(queried, (), {"value": query}, strict=False) == []


@given(st.sampled_from(KINDS), st.sampled_from(["union", "array"]), PLAUSIBLE | JSON, st.booleans())
def test_what_passes_can_be_encoded(kind: Any, shape: str, body: Any, strict: bool) -> None:
    one = with_body(kind, shape)
    if not check_call(one, ("1",), {}, body, strict=strict):
        assert build_request(one, ("1",), {}, body).body is not None


@given(st.dictionaries(st.text(), PLAUSIBLE | JSON, max_size=3))
def test_unknown_parameters_that_pass_are_on_the_wire(query: dict[str, Any]) -> None:
    one = by_query(int)
    if not check_call(one, (), query, strict=False):
        target = urlsplit(build_request(one, (), query).target)
        names = [name.partition("[")[0] for name, _ in parse_qsl(target.query, True)]
        given = [
            name
            for name, value in query.items()
            if not isinstance(value, dict) and value is not None
        ]
        assert [name for name in given if name.partition("[")[0] not in names] == []
