"""Calls are checked before they are sent: every problem, its exact place, and the fix."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, Required, TypedDict

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec import UNSET, Meta

from pinterest_async._core.build import build_request
from pinterest_async._core.checks import Problem, check_call
from pinterest_async._core.operation import Body, Operation, Parameter
from pinterest_async._core.types import Open

Column = Open[Literal["SPEND_IN_DOLLAR", "CTR"]]


class Tracking(TypedDict, total=False):
    url: Required[str]
    weight: float


class Item(TypedDict, total=False):
    ad_account_id: Required[str]
    campaign_id: Required[str]
    name: Required[Annotated[str, Meta(max_length=10)]]
    status: Open[Literal["ACTIVE", "PAUSED"]]
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
    account = Parameter(name="ad_account_id", type=str, required=True)
    return operation(
        method="POST",
        path="/ad_accounts/{ad_account_id}/things",
        path_parameters=(account,),
        body=Body(kind=shape, type=kind, from_path=from_path),  # type: ignore[arg-type]
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


def test_an_int_for_an_id_is_told_to_be_a_string() -> None:
    assert check_call(by_id(), (5,), {})[0].fix == "pass it as a string"


def test_a_scope_parameter_may_be_set_once() -> None:
    (problem,) = check_call(by_id(name="ad_account_id"), (UNSET,), {})
    assert problem.fix == ("pass ad_account_id, or set it once: with_options(ad_account_id=...)")


def test_missing_and_surplus_path_values() -> None:
    assert check_call(by_id(), (), {})[0] == Problem("pin_id", "is required", "pass pin_id")
    (problem,) = check_call(by_id(), ("1", "2"), {})
    assert problem.message == "has 2 path values, but takes only pin_id"


def test_path_values_may_be_numbers_where_the_api_says_so() -> None:
    assert check_call(by_id(int), (5,), {}) == []
    assert check_call(by_id(int), ("5",), {})[0].message == "expected int, got str"


# Query


def test_none_is_not_sent_and_so_not_checked() -> None:
    assert check_value(int, None) == []


def test_a_required_parameter_is_missed() -> None:
    wanted = [Problem("value", "is required", "pass a value: list of str")]
    needed = by_query(Sequence[Column], required=True)
    assert check_call(needed, (), {}) == wanted
    assert check_call(needed, (), {"value": None}) == wanted


def test_an_unknown_parameter_is_told_the_nearest_name() -> None:
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


# Bodies


def test_a_good_bulk_body_passes() -> None:
    full = ITEM | {
        "status": "NEWER_STATUS",
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


def test_a_field_that_contradicts_the_path_is_told() -> None:
    assert check_call(BULK, ("7",), {}, [ITEM]) == [
        Problem(
            "items[0].ad_account_id",
            "differs from the ad_account_id of the path",
            "leave it out: it is filled in",
        )
    ]


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


def test_an_unknown_tag_passes_as_long_as_it_is_json() -> None:
    create = with_body(Pin)
    assert check_call(create, ("1",), {}, {"media_source": {"source_type": "hologram"}}) == []
    broken = {"media_source": {"source_type": "hologram", "data": {1, 2}}}
    assert fields(check_call(create, ("1",), {}, broken)) == ["media_source.data"]


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
    assert check_call(create, ("1",), {}, {"catalog_type": "NEWER", "name": "x"}) == []
    assert fields(check_call(create, ("1",), {}, {"feed_id": "5", "name": 5})) == ["name"]
    assert fields(check_call(create, ("1",), {}, {"catalog_type": "HOTEL", "n": 1})) == [
        "n",
        "name",
    ]
    assert fields(check_call(create, ("1",), {}, 5)) == ["body"]


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
        None,
    ],
)
def test_a_problem_never_repeats_a_value(kind: Any) -> None:
    values: list[Any] = [SECRET, [SECRET], {SECRET: SECRET}, {"source_type": [SECRET]}]
    for value in values:
        assert "S3CR3T" not in repr(check_value(kind, value))
        assert "S3CR3T" not in repr(check_call(with_body(kind), (f"/{SECRET}",), {}, value))


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


@given(
    st.sampled_from(KINDS), st.sampled_from(["object", "array", "union", "form"]), JSON, JSON, JSON
)
@example(int | Sequence[str] | None, "object", "1", 0, None)
@example(int | Sequence[str] | None, "object", "1", 7, None)
def test_nothing_that_a_caller_passes_makes_a_check_raise(
    kind: Any, shape: str, path: Any, query: Any, body: Any
) -> None:
    one = with_body(kind, shape, from_path=("ad_account_id",))
    problems = check_call(one, (path,), {"value": query}, body)
    assert all(isinstance(problem, Problem) for problem in problems)
    check_value(kind, query)


@given(st.sampled_from(KINDS), JSON)
def test_what_passes_can_be_encoded(kind: Any, body: Any) -> None:
    one = with_body(kind, "union")
    if not check_call(one, ("1",), {}, body):
        assert build_request(one, ("1",), {}, body).body is not None
