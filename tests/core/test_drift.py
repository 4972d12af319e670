"""Answers that do not fit are decoded all the same: what fits is typed, the rest is reported."""

import datetime as dt
from typing import Any, ClassVar, Generic, Literal, TypeVar

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinterest_async._core.codec import assume_utc, decode
from pinterest_async._core.drift import Drift, decode_leniently
from pinterest_async._core.operation import Operation
from pinterest_async._core.rows import Row
from pinterest_async._core.types import Model, Open, OpenUnion
from pinterest_async._core.unknown_variant import Unknown

T = TypeVar("T")

CreativeType = Open[Literal["REGULAR", "VIDEO"]]


class Page(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    items: list[T]
    bookmark: str | None = None


class Size(Model, frozen=True, kw_only=True):
    width: int
    height: int | None = None


class Image(Model, frozen=True, kw_only=True, tag_field="media_type", tag="image"):
    media_type: ClassVar[Literal["image"]] = "image"
    images: dict[str, Size] | None = None


class Video(Model, frozen=True, kw_only=True, tag_field="media_type", tag="video"):
    media_type: ClassVar[Literal["video"]] = "video"
    duration: float


class Pin(Model, frozen=True, kw_only=True):
    id: str
    creative_type: CreativeType | None = None
    created_at: dt.datetime | None = None
    media: OpenUnion[Image | Video] | None = None
    cover: Image | None = None
    is_owner: bool | None = None
    day: dt.date | None = None
    replies: "list[Pin] | None" = None
    weird: int | list[str] | None = None
    tags: list[str] = msgspec.field(default_factory=list[str])
    links: list[str] = msgspec.field(default_factory=list[str])
    rank: int = 7
    note: str = msgspec.field(default="", name="pin note")

    def __post_init__(self) -> None:
        assume_utc(self, "created_at")


class Strict(Model, frozen=True, kw_only=True):
    value: int

    def __post_init__(self) -> None:
        value: Any = self.value
        if not isinstance(value, int):
            raise TypeError("no")


class AdRow(Row, frozen=True, gc=False):
    __always__: ClassVar[tuple[str, ...]] = ("DATE", "AD_ID")


def operation(answer: Any, **changes: Any) -> Operation[Any]:
    return Operation(
        id="pins/list",
        namespace="pins",
        name="list",
        method="GET",
        path="/pins",
        answer=answer,
        category="org_read",
        **changes,
    )


def read(answer: Any, value: Any, **changes: Any) -> tuple[Any, list[Drift]]:
    lenient = decode_leniently(operation(answer, **changes), msgspec.json.encode(value))
    return lenient.data, [*lenient.drifts]


def test_what_fits_is_typed_and_what_does_not_stays_raw() -> None:
    page, drifts = read(
        Page[Pin],
        {
            "items": [
                {"id": "1", "created_at": "2024-06-30T04:54:04", "media": {"media_type": "image"}},
                {"id": 2, "creative_type": 5, "created_at": "yesterday", "day": "2026-01-31"},
                {"id": "3", "is_owner": "yes", "media": {"media_type": "video", "duration": 1}},
            ],
            "bookmark": None,
        },
    )
    items: list[Any] = page.items
    first, second, third = items
    assert type(page) is Page
    assert first.created_at == dt.datetime(2024, 6, 30, 4, 54, 4, tzinfo=dt.UTC)
    assert first.media == Image()
    assert [type(one) for one in items] == [Pin, Pin, Pin]
    assert (second.id, second.creative_type, second.created_at) == (2, 5, "yesterday")
    assert second.day == dt.date(2026, 1, 31)
    assert (third.is_owner, third.media) == ("yes", Video(duration=1.0))
    assert drifts == [
        Drift("items[].id", "str", "int"),
        Drift("items[].creative_type", "str or null", "int"),
        Drift("items[].created_at", "date-time or null", "str"),
        Drift("items[].is_owner", "bool or null", "str"),
    ]


def test_each_place_is_reported_once() -> None:
    pins, drifts = read(list[Pin], [{"id": 1}, {"id": 2}, {"id": None}])
    assert [pin.id for pin in pins] == [1, 2, None]
    assert drifts == [Drift("[].id", "str", "int")]


def test_a_missing_required_field_is_none() -> None:
    pin, drifts = read(Pin, {})
    assert pin.id is None
    assert drifts == [Drift("id", "str", "nothing")]


def test_a_null_that_should_not_be() -> None:
    assert read(Pin, {"id": None}) == (Pin(id=None), [Drift("id", "str", "null")])  # type: ignore[arg-type]


def test_nulls_of_optional_fields_are_their_defaults() -> None:
    sent = {"id": "1", "tags": None, "links": None, "rank": None, "pin note": None}
    for _ in range(2):
        pin, drifts = read(Pin, sent)
        assert (pin.tags, pin.links, pin.rank, pin.note) == ([], [], 7, "")
        assert pin == Pin(id="1")
        assert drifts == []
    # From then on it is native, and times still get their zone.
    times = {**sent, "created_at": "2024-06-30T04:54:04"}
    again = decode(operation(Pin), msgspec.json.encode(times))
    assert again == Pin(id="1", created_at=dt.datetime(2024, 6, 30, 4, 54, 4, tzinfo=dt.UTC))
    assert again.tags is not again.links


class Album(Model, frozen=True, kw_only=True):
    name: str
    pins: list[Pin]


@pytest.mark.parametrize(("sent", "found"), [({}, "nothing"), ({"pins": None}, "null")])
def test_a_list_that_must_be_there_is_empty_without_it(sent: Any, found: str) -> None:
    album, drifts = read(Album, {"name": "x", **sent})
    assert album == Album(name="x", pins=[])
    assert drifts == [Drift("pins", "list of object", found)]


class Made(Model, frozen=True, kw_only=True):
    data: Album | None = None
    exceptions: list[dict[str, Any]] = msgspec.field(default_factory=list[dict[str, Any]])


FAULTS: list[tuple[Any, list[str]]] = [
    ({"exceptions": [{"code": 1}]}, []),
    ({"exceptions": []}, ["[].data.name", "[].data.pins"]),
    ({"exceptions": [{}]}, ["[].data.name", "[].data.pins"]),
    ({}, ["[].data.name", "[].data.pins"]),
]


@pytest.mark.parametrize(("faults", "reported"), FAULTS)
def test_gaps_in_an_item_that_failed_are_no_drift(faults: Any, reported: list[str]) -> None:
    (item,), drifts = read(list[Made], [{"data": {}, **faults}])
    assert (item.data.name, item.data.pins) == (None, [])
    assert [one.field for one in drifts] == reported


def test_what_does_not_fit_in_a_failed_item_is_reported() -> None:
    _, drifts = read(list[Made], [{"data": {"name": 5}, "exceptions": [{"code": 1}]}, {"data": {}}])
    assert [one.field for one in drifts] == ["[].data.name", "[].data.pins"]
    assert drifts[0].found == "int"


def test_wire_names_are_reported() -> None:
    pin, drifts = read(Pin, {"id": "1", "pin note": 5})
    assert pin.note == 5
    assert drifts == [Drift("pin note", "str", "int")]


def test_mappings_and_deep_places() -> None:
    media = {"media_type": "image", "images": {"600x": {"width": "x"}, "150x": {"width": 5}}}
    pin, drifts = read(Pin, {"id": "1", "replies": [{"id": "2", "media": media}]})
    images = pin.replies[0].media.images
    assert images == {"600x": Size(width="x"), "150x": Size(width=5)}  # type: ignore[arg-type]
    assert drifts == [Drift("replies[].media.images.*.width", "int", "str")]


# Unions


def test_an_unknown_variant_is_kept_and_is_no_drift() -> None:
    raw = {"media_type": "hologram", "depth": 5}
    pin, drifts = read(Pin, {"id": "1", "media": raw})
    assert pin.media == Unknown("hologram", raw)
    assert drifts == []


@pytest.mark.parametrize(
    ("raw", "found"),
    [({"url": "x"}, "nothing"), ({"media_type": None}, "null"), ({"media_type": 5}, "int")],
)
def test_a_variant_without_a_usable_tag_is_unknown_and_told(
    raw: dict[str, Any], found: str
) -> None:
    pin, drifts = read(Pin, {"id": "1", "media": raw})
    assert pin.media == Unknown(None, raw)
    assert drifts == [Drift("media.media_type", "str", found)]


def test_a_misfit_inside_a_known_variant() -> None:
    pin, drifts = read(Pin, {"id": "1", "media": {"media_type": "video", "duration": "long"}})
    assert pin.media == Video(duration="long")  # type: ignore[arg-type]
    assert drifts == [Drift("media.duration", "number", "str")]


def test_a_tagged_struct_that_stands_alone() -> None:
    assert read(Pin, {"id": "1", "cover": {}}) == (Pin(id="1", cover=Image()), [])
    pin, drifts = read(Pin, {"id": "1", "cover": {"media_type": None, "images": 5}})
    assert pin.cover == Image(images=5)  # type: ignore[arg-type]
    assert [one.field for one in drifts] == ["cover.media_type", "cover.images"]
    pin, drifts = read(Pin, {"id": "1", "cover": {"media_type": "video"}})
    assert pin.cover == Unknown("video", {"media_type": "video"})
    assert drifts == [Drift("cover.media_type", "'image'", "another str")]


def test_unions_of_plain_values() -> None:
    pin, drifts = read(Pin, {"id": "1", "weird": ["a", 5]})
    assert pin.weird == ["a", 5]
    assert drifts == [Drift("weird[]", "str", "int")]
    pin, drifts = read(Pin, {"id": "1", "weird": {"a": 1}})
    assert pin.weird == {"a": 1}
    assert drifts == [Drift("weird", "int or list of str or null", "object")]


def test_a_closed_literal() -> None:
    assert read(list[Literal["a"]], ["a", "b"]) == (
        ["a", "b"],
        [Drift("[]", "'a'", "another str")],
    )


def test_values_never_show_in_a_drift() -> None:
    _, drifts = read(
        Pin, {"id": ["S3CR3T"], "created_at": "S3CR3T", "media": {"media_type": "video"}}
    )
    assert len(drifts) == 3
    assert "S3CR3T" not in repr(drifts)


def test_a_struct_that_refuses_its_misfits_stays_raw() -> None:
    assert read(list[Strict], [{"value": "x"}, {"value": 1}]) == (
        [{"value": "x"}, Strict(value=1)],
        [Drift("[].value", "int", "str"), Drift("[]", "object", "object")],
    )


# The whole answer


@pytest.mark.parametrize("value", [5, "x", None, True])
def test_an_answer_of_another_kind_altogether_is_returned_raw(value: Any) -> None:
    for answer in (Page[Pin], list[Pin], Pin)[2 if value is None else 0 :]:
        got, drifts = read(answer, value)
        assert got == value
        assert [one.field for one in drifts] == [""]


def test_a_list_for_a_page_and_the_reverse() -> None:
    page, drifts = read(Page[Pin], [{"id": "1"}], paged=True)
    assert page == Page(items=[Pin(id="1")])
    assert drifts == [Drift("", "object", "list")]
    pins, drifts = read(list[Pin], {"items": [{"id": "1"}]})
    assert pins == [Pin(id="1")]
    assert drifts == [Drift("", "list", "object")]


@pytest.mark.parametrize(("value", "found"), [({}, "nothing"), ({"items": None}, "null")])
def test_a_page_without_items_is_empty(value: Any, found: str) -> None:
    page, drifts = read(Page[Pin], value, paged=True)
    assert page == Page(items=[])
    assert drifts == [Drift("items", "list", found)]


@pytest.mark.parametrize("granularity", ["DAY", "TOTAL"])
def test_rows_drift_too(granularity: str) -> None:
    lenient = decode_leniently(
        operation(list[AdRow], row_columns="columns"),
        b'[{"DATE": "2026-01-31", "AD_ID": 5, "CTR": [1]}, {"AD_ID": "6", "CTR": 2},'
        b'{"AD_ID": 5.5}]',
        {"columns": ["CTR"], "granularity": granularity},
    )
    rows: list[Any] = lenient.data
    assert [row.CTR for row in rows] == [[1], 2, None]
    assert [row.AD_ID for row in rows] == ["5", "6", 5.5]
    day: Any = None if granularity == "DAY" else ""
    assert [row.DATE for row in rows] == ["2026-01-31", day, day]
    assert all(isinstance(row, AdRow) for row in rows)
    dates = [Drift("[].DATE", "str", "nothing")] if granularity == "DAY" else []
    assert [*lenient.drifts] == [
        Drift("[].CTR", "bool or number or str or null", "list"),
        *dates,
        Drift("[].AD_ID", "str", "number"),
    ]


def test_a_row_without_its_id_is_reported() -> None:
    one = operation(list[AdRow], row_columns="columns")
    lenient = decode_leniently(one, b'[{"DATE": null}]', {"granularity": "TOTAL"})
    assert [(row.AD_ID, row.DATE) for row in lenient.data] == [(None, "")]
    assert [*lenient.drifts] == [Drift("[].AD_ID", "str", "nothing")]


def test_no_answer_is_none() -> None:
    lenient = decode_leniently(operation(None), b"<html>")
    assert (lenient.data, lenient.drifts) == (None, ())


@pytest.mark.parametrize("raw", [b"<html>", b"[{", b'"\xff"', b"[" * 10_000 + b"]" * 10_000])
def test_what_is_no_json_is_an_error(raw: bytes) -> None:
    for answer in (Any, Page[Pin]):
        with pytest.raises(msgspec.DecodeError):
            decode_leniently(operation(answer), raw)


@pytest.mark.parametrize("raw", [b"", b" \n", b"null"])
def test_an_answer_that_did_not_come(raw: bytes) -> None:
    found = "null" if raw == b"null" else "nothing"
    cases: list[tuple[Any, bool, Any, str]] = [
        (Pin, False, None, "object"),
        (list[Pin], False, [], "list of object"),
        (Page[Pin], True, Page[Pin](items=[]), "object"),
    ]
    for answer, paged, data, expected in cases:
        lenient = decode_leniently(operation(answer, paged=paged), raw)
        assert lenient.data == data
        assert lenient.drifts == (Drift("", expected, found),)


@pytest.mark.parametrize(
    ("raw", "title"),
    [
        (b'\xef\xbb\xbf{"id": "x"}', "x"),
        (b'{"id": "cut \\ud83c"}', "cut ?"),
        (b'{"id": "x", "n": NaN, "m": 1e999}', "x"),
    ],
    ids=["byte-order mark", "lone surrogate", "numbers"],
)
def test_json_that_only_pythons_parser_forgives(raw: bytes, title: str) -> None:
    lenient = decode_leniently(operation(Pin), raw)
    assert lenient.data.id == title
    assert [one.field for one in lenient.drifts] == [""]


def test_deep_nesting_ends() -> None:
    value: Any = {"id": 5}
    for _ in range(300):
        value = {"id": "1", "replies": [value]}
    pin, drifts = read(Pin, value)
    assert pin.replies[0].replies[0].id == "1"
    assert len(drifts) == 1


# Properties

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False)
    | st.text(),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(
            st.sampled_from(
                [*Pin.__struct_encode_fields__, "items", "bookmark", "media_type", "images"]
            )
            | st.text(),
            inner,
        )
    ),
    max_leaves=10,
)
DATES = st.datetimes(timezones=st.just(dt.UTC)).map(lambda one: one.isoformat())
SIZES = st.fixed_dictionaries({"width": st.integers(0, 9)}, optional={"height": st.none()})
IMAGES = st.fixed_dictionaries(
    {"media_type": st.just("image")},
    optional={"images": st.dictionaries(st.text(), SIZES)},
)
VIDEOS = st.fixed_dictionaries({"media_type": st.just("video"), "duration": st.integers(0, 9)})


FITTING: dict[str, st.SearchStrategy[Any]] = {
    "creative_type": st.text() | st.none(),
    "created_at": DATES,
    "media": IMAGES | VIDEOS | st.none(),
    "cover": IMAGES,
    "is_owner": st.booleans(),
    "day": st.dates().map(lambda one: one.isoformat()),
    "weird": st.integers() | st.lists(st.text()),
    "newer": JSON,
}


def pins(inner: st.SearchStrategy[Any] | None = None) -> st.SearchStrategy[Any]:
    replies = {} if inner is None else {"replies": st.lists(inner, max_size=2)}
    return st.fixed_dictionaries({"id": st.text()}, optional=FITTING | replies)


PINS = st.recursive(pins(), pins, max_leaves=4)
ANSWERS: list[Any] = [Page[Pin], list[Pin], Pin, dict[str, Image | Video], list[int | str], Any]


@given(st.sampled_from(ANSWERS), JSON, st.booleans())
def test_any_json_decodes(answer: Any, value: Any, paged: bool) -> None:
    _, drifts = read(answer, value, paged=paged)
    assert len({one.field for one in drifts}) == len(drifts)


@given(st.lists(PINS, max_size=4))
def test_a_fitting_answer_decodes_as_on_the_fast_path(value: list[Any]) -> None:
    for one, whole in (
        (operation(list[Pin]), value),
        (operation(Page[Pin], paged=True), {"items": value, "bookmark": "x"}),
    ):
        raw = msgspec.json.encode(whole)
        lenient = decode_leniently(one, raw)
        assert lenient.drifts == ()
        assert lenient.data == decode(one, raw)


@given(st.lists(PINS, min_size=1, max_size=4), JSON, st.data())
def test_one_misfit_leaves_all_else_typed(
    value: list[Any], misfit: Any, data: st.DataObject
) -> None:
    spoilt = data.draw(st.integers(0, len(value) - 1))
    fine = decode_leniently(operation(list[Pin]), msgspec.json.encode(value)).data
    value[spoilt] = {**value[spoilt], "is_owner": misfit}
    got, drifts = read(list[Pin], value)
    assert {one.field for one in drifts} <= {"[].is_owner"}
    assert [pin for i, pin in enumerate(got) if i != spoilt] == [
        pin for i, pin in enumerate(fine) if i != spoilt
    ]
    again = msgspec.structs.replace(fine[spoilt], is_owner=got[spoilt].is_owner)
    assert got[spoilt] == again
    assert got[spoilt].is_owner == msgspec.json.decode(msgspec.json.encode(misfit))
