"""Fields that answers have and our types lack: kept, reachable, and read natively from then on."""

import copy
import itertools
import keyword
import pickle
import threading
from collections.abc import Iterator
from typing import Any, ClassVar, Generic, Literal, TypeVar

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinterest_async import Page, unknown_fields
from pinterest_async._core.codec import decode
from pinterest_async._core.drift import Drift, Lenient, decode_leniently
from pinterest_async._core.operation import Operation
from pinterest_async._core.rows import Row
from pinterest_async._core.types import Model, OpenUnion
from pinterest_async._core.unknown_fields import MOST_FIELDS, MOST_LETTERS
from pinterest_async._core.unknown_variant import Unknown

T = TypeVar("T")


class Size(Model, frozen=True, kw_only=True):
    width: int


class Image(Model, frozen=True, kw_only=True, tag_field="media_type", tag="image"):
    media_type: ClassVar[Literal["image"]] = "image"
    images: dict[str, Size] | None = None


class Video(Model, frozen=True, kw_only=True, tag_field="media_type", tag="video"):
    media_type: ClassVar[Literal["video"]] = "video"
    duration: float = 0.0


class Pin(Model, frozen=True, kw_only=True):
    """A Pin."""

    id: str
    media: OpenUnion[Image | Video] | None = None
    replies: "list[Pin] | None" = None
    class_: str = msgspec.field(default="", name="class")
    tags: list[str] = msgspec.field(default_factory=list[str])
    seen: int = 0

    def __post_init__(self) -> None:
        msgspec.structs.force_setattr(self, "seen", 1)


class Pair(Model, Generic[T], frozen=True, kw_only=True):
    first: T
    size: Size | None = None


class AdRow(Row, frozen=True, gc=False):
    __always__: ClassVar[tuple[str, ...]] = ("DATE", "AD_ID")


_NUMBERS = itertools.count()


def operation(answer: Any, **changes: Any) -> Operation[Any]:
    """One that nothing has been learnt of."""
    return Operation(
        id=f"unknown/{next(_NUMBERS)}",
        namespace="pins",
        name="list",
        method="GET",
        path="/pins",
        answer=answer,
        category="org_read",
        **changes,
    )


def encode(value: Any) -> bytes:
    return msgspec.json.encode(value)


def learn(one: Operation[Any], value: Any, query: Any = None) -> Lenient[Any]:
    with pytest.raises(msgspec.ValidationError):
        decode(one, encode(value), query)
    lenient = decode_leniently(one, encode(value), query)
    assert lenient.drifts == ()
    assert lenient.data == decode(one, encode(value), query)
    return lenient


def test_unknown_fields_are_kept_and_read_natively_from_then_on() -> None:
    one = operation(Page[Pin], paged=True)
    sent = {
        "items": [
            {
                "id": "1",
                "note": "x",
                "media": {
                    "media_type": "image",
                    "images": {"600x": {"width": 5, "unit": "px"}},
                    "alt": [1, {"a": None}],
                },
                "replies": [{"id": "2", "note": None, "mood": "fine"}],
            },
            {"id": "3"},
        ],
        "bookmark": "b",
        "total": 7,
    }
    lenient = learn(one, sent)
    assert lenient.learnt == (
        "items[].media.alt",
        "items[].replies[].mood",
        "items[].note",
        "items[].replies[].note",
        "total",
        "items[].media.images.*.unit",
    )
    assert not lenient.overflow
    page = decode(one, encode(sent))
    first, second = page
    assert unknown_fields(page) == {"total": 7}
    assert unknown_fields(first) == {"note": "x"}
    assert unknown_fields(first.media) == {"alt": [1, {"a": None}]}
    assert unknown_fields(first.media.images["600x"]) == {"unit": "px"}
    assert unknown_fields(first.replies[0]) == {"note": None, "mood": "fine"}
    assert unknown_fields(second) == {}
    assert (page.total, first.note, first.media.alt[0]) == (7, "x", 1)
    assert isinstance(page, Page)
    assert isinstance(first, Pin)
    assert first.replies is not None
    assert isinstance(first.replies[0], Pin)
    assert isinstance(first.media, Image)
    assert (first.media.media_type, type(first).__name__, type(first).__doc__) == (
        "image",
        "Pin",
        "A Pin.",
    )
    assert repr(second) == "Pin(id='3', seen=1)"
    assert (page.bookmark, first.id, first.seen, first.tags) == ("b", "1", 1, [])
    # And what comes later is learnt besides.
    more = learn(one, {"items": [{"id": "1", "newer": 1, "note": 2}]})
    assert more.learnt == ("items[].newer",)
    assert unknown_fields(more.data[0]) == {"newer": 1, "note": 2}
    assert unknown_fields(decode(one, encode(sent))[0]) == {"note": "x"}


def test_things_of_different_classes_are_equal_where_their_content_is() -> None:
    one = operation(list[Pin])
    with_note, without = learn(one, [{"id": "1", "note": "x"}, {"id": "1"}]).data
    plain = decode(operation(Pin), b'{"id": "1"}')
    assert type(without) is not type(plain)
    assert (without == plain, plain == without) == (True, True)
    assert (without != plain, plain != without) == (False, False)
    assert (with_note == plain, plain == with_note) == (False, False)
    assert (with_note != plain, plain != with_note) == (True, True)
    other = learn(operation(Pin), {"id": "1", "note": "x", "more": 1}).data
    assert other != with_note
    assert without != "1"
    assert without.__eq__(5) is NotImplemented


def test_equal_things_have_equal_hashes() -> None:
    size = decode(operation(Size), b'{"width": 5}')
    wide = learn(operation(list[Size]), [{"width": 5}, {"width": 5, "unit": []}]).data
    assert {size, wide[0]} == {size}
    assert hash(wide[1]) == hash(size)


def twins(value: Any) -> Iterator[Any]:
    yield pickle.loads(pickle.dumps(value))  # noqa: S301 - what this test wrote
    yield copy.copy(value)
    yield copy.deepcopy(value)


def test_they_can_be_pickled_copied_and_replaced() -> None:
    sent = {"items": [{"id": "1", "note": "x", "class": "c", "replies": [{"id": "2", "a b": 1}]}]}
    page = learn(operation(Page[Pin], paged=True), {**sent, "total": 1}).data
    for twin in twins(page):
        assert twin == page
        assert type(twin) is type(page)
        assert type(twin[0]) is type(page[0])
        assert unknown_fields(twin) == {"total": 1}
        assert unknown_fields(twin[0].replies[0]) == {"a b": 1}
        assert twin[0].class_ == "c"
    changed = msgspec.structs.replace(page[0], id="9")
    assert (changed.id, unknown_fields(changed)) == ("9", {"note": "x"})


def test_the_same_fields_give_the_same_class() -> None:
    first = learn(operation(Pin), {"id": "1", "note": 1}).data
    second = learn(operation(list[Pin]), [{"id": "1", "note": 1}]).data
    assert type(first) is type(second[0])


@pytest.mark.parametrize(
    ("name", "attribute"),
    [
        ("note", "note"),
        ("lambda", "lambda"),
        ("ünder", "ünder"),
        ("a b", None),
        ("", None),
        ("3d", None),
        ("_hidden", None),
        ("__class__", None),
        ("__post_init__", None),
        ("__eq__", None),
        ("to_dict", None),
        ("class_", None),
        ("mro", None),
        ("unknown_0", "unknown_0"),
        ("😀", None),
        ("x" * MOST_LETTERS, "x" * MOST_LETTERS),
    ],
)
def test_names_of_all_kinds(name: str, attribute: str | None) -> None:
    pin = learn(operation(Pin), {"id": "1", "class": "c", name: 5, "other one": 6}).data
    assert unknown_fields(pin) == {name: 5, "other one": 6}
    assert (pin.id, pin.class_, pin.seen, pin.to_dict()[name]) == ("1", "c", 1, 5)
    if attribute is not None:
        assert getattr(pin, attribute) == 5
    for twin in twins(pin):
        assert twin == pin
        assert unknown_fields(twin) == {name: 5, "other one": 6}


@pytest.mark.parametrize("name", ["x" * (MOST_LETTERS + 1), 'a"b', "a\\b", "a\nb", "\x00"])
def test_names_that_cannot_be_kept_are_dropped_and_told_once(name: str) -> None:
    one = operation(list[Pin])
    lenient = learn(one, [{"id": "1", name: 5, "note": 6}])
    assert (lenient.learnt, lenient.overflow) == (("[].note",), True)
    assert unknown_fields(lenient.data[0]) == {"note": 6}
    # From then on others are dropped, natively.
    (pin,) = decode(one, encode([{"id": "1", name: 5, "newer": 6, "note": 7}]))
    assert unknown_fields(pin) == {"note": 7}
    assert (pickle.loads(pickle.dumps(pin))) == pin  # noqa: S301 - what this test wrote
    # Drifts are reported as ever, and nothing is learnt any more.
    drifted = decode_leniently(one, encode([{"id": 5, "newest": 6, "tags": None}]))
    assert drifted.drifts == (Drift("[].id", "str", "int"),)
    assert (drifted.learnt, drifted.overflow) == ((), False)


def test_a_hostile_server_does_not_make_classes_without_end() -> None:
    one = operation(list[Pin])
    many = {f"f{number}": number for number in range(1000)}
    lenient = learn(one, [{"id": "1", **many, "media": {"media_type": "image", **many}}])
    assert len(lenient.learnt) == MOST_FIELDS
    assert lenient.overflow
    for start in range(1000, 1100):
        answer = [{"id": "1", "media": {"media_type": "video", f"f{start}": 1}, f"f{start}": 1}]
        assert unknown_fields(decode(one, encode(answer))[0]) == {}
    slowly = operation(Pin)
    overflows = 0
    for number in range(100):
        raw = encode({"id": "1", f"f{number}": 1})
        overflows += decode_leniently(slowly, raw).overflow if number <= MOST_FIELDS else 0
        decode(slowly, raw)
    assert overflows == 1


def test_a_drifted_answer_keeps_its_unknown_fields_too() -> None:
    one = operation(Page[Pin], paged=True)
    for learnt in (("items[].note",), ()):
        lenient = decode_leniently(one, encode({"items": [{"id": 5, "note": "x"}], "bookmark": 7}))
        assert [drift.field for drift in lenient.drifts] == ["items[].id", "bookmark"]
        assert lenient.learnt == learnt
        assert unknown_fields(lenient.data[0]) == {"note": "x"}
        assert lenient.data[0].id == 5


def test_generics_with_structs_of_their_own() -> None:
    one = operation(Pair[Size])
    pair = learn(one, {"first": {"width": 1, "a": 1}, "size": {"width": 2, "a": 2}}).data
    assert (unknown_fields(pair.first), unknown_fields(pair.size)) == ({"a": 1}, {"a": 2})
    for twin in twins(pair):
        assert twin == pair
    pair = learn(operation(Pair[str] | None), {"first": "x", "more": 1}).data
    assert (pair.first, unknown_fields(pair)) == ("x", {"more": 1})


def rows(one: Operation[Any], *sent: Any, columns: Any = ("CTR",)) -> Any:
    full = [{"DATE": "2026-01-31", "AD_ID": "5", **row} for row in sent]
    query = {"columns": columns, "granularity": "DAY"}
    try:
        return decode(one, encode(full), query)
    except msgspec.ValidationError:
        lenient = decode_leniently(one, encode(full), query)
        assert lenient.drifts == ()
        return lenient.data


def test_rows_may_have_columns_that_nobody_asked_for() -> None:
    one = operation(list[AdRow], row_columns="columns")
    (row,) = rows(one, {"CTR": 1, "NOTE": "x"})
    assert (unknown_fields(row), row.NOTE, row.CTR) == ({"NOTE": "x"}, "x", 1)
    assert row.to_dict() == {"DATE": "2026-01-31", "AD_ID": "5", "CTR": 1, "NOTE": "x"}
    (row,) = rows(one, {"CTR": 1, "NOTE": "x"}, columns=("NOTE", "CTR"))
    assert (unknown_fields(row), row.NOTE) == ({}, "x")
    for columns in (("CTR",), ("A", "B")):
        number, text = rows(one, {"AD_ID": 5, "NOTE": "x"}, {"NOTE": "x"}, columns=columns)
        assert number == text
        assert (number.AD_ID, unknown_fields(number)) == ("5", {"NOTE": "x"})
        for twin in (*twins(number), *twins(text)):
            assert twin == text
            assert isinstance(twin, AdRow)
            assert unknown_fields(twin) == {"NOTE": "x"}


def test_what_has_no_unknown_fields() -> None:
    assert unknown_fields(None) == unknown_fields(5) == unknown_fields({"a": 1}) == {}
    assert unknown_fields(Pin(id="1")) == unknown_fields(Page(items=[1])) == {}
    raw = {"media_type": "hologram", "depth": 5}
    assert unknown_fields(Unknown("hologram", raw)) == raw


def test_threads_may_learn_at_the_same_time() -> None:
    one = operation(Page[Pin], paged=True)
    wrong: list[Any] = []

    def work(offset: int) -> None:
        for number in range(40):
            name = f"f{(number + offset) % 40}"
            sent = {"items": [{"id": "1", name: number, "replies": [{"id": "2", name: 1}]}]}
            try:
                page = decode(one, encode(sent))
            except msgspec.ValidationError:
                page = decode_leniently(one, encode(sent)).data
            (pin,) = page
            if (unknown_fields(pin), unknown_fields(pin.replies[0])) != ({name: number}, {name: 1}):
                wrong.append(pin)

    threads = [threading.Thread(target=work, args=(7 * n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


# Properties

NAMES = st.text(max_size=8) | st.sampled_from(["note", "id_", "__eq__", *keyword.kwlist])
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


def with_more(fields: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[Any]:
    extra = st.dictionaries(
        NAMES.filter(lambda name: name not in {*Pin.__struct_encode_fields__, "media_type"}),
        PLAIN,
        max_size=3,
    )
    return st.tuples(extra, st.fixed_dictionaries(fields)).map(lambda two: {**two[0], **two[1]})


IMAGES = with_more({"media_type": st.just("image")})
VIDEOS = with_more({"media_type": st.just("video"), "duration": st.floats(0, 9)})
LEAVES = with_more({"id": st.text(), "media": IMAGES | VIDEOS | st.none()})
PINS = st.recursive(
    LEAVES,
    lambda inner: with_more({"id": st.text(), "replies": st.lists(inner, max_size=2)}),
    max_leaves=4,
)


def keepable(name: str) -> bool:
    return not any(c in '"\\' or c < " " for c in name)


def same(sent: Any, got: Any) -> None:
    """All that was sent is there."""
    assert isinstance(got, Pin | Image | Video)
    unknown = unknown_fields(got)
    plain = got.to_dict()
    for name, value in sent.items():
        if name == "replies":
            for one, reply in zip(value, got.replies, strict=True):  # type: ignore[union-attr,arg-type]
                same(one, reply)
        elif name == "media":
            if value is not None:
                same(value, got.media)  # type: ignore[union-attr]
        else:
            assert plain[name] == value
            if name not in {"id", "media_type", "duration"}:
                assert unknown[name] == value


@given(st.lists(PINS, max_size=3))
def test_every_unknown_field_is_reachable(sent: list[Any]) -> None:
    raw = encode(sent)
    if not keepable(str(sent).replace("'", "")) or b"\\" in raw:
        return
    one = operation(list[Pin])
    try:
        got = decode(one, raw)
    except msgspec.ValidationError:
        lenient = decode_leniently(one, raw)
        assert lenient.drifts == ()
        if lenient.overflow:
            return
        got = lenient.data
        assert got == decode(one, raw)
    for pin, content in zip(got, sent, strict=True):
        same(content, pin)
    assert pickle.loads(pickle.dumps(got)) == got  # noqa: S301 - what this test wrote


def known_only(value: Any) -> Any:
    names = {*Pin.__struct_encode_fields__}
    found = {name: one for name, one in value.items() if name in names}
    if found.get("media"):
        media = found["media"]
        found["media"] = {k: media[k] for k in ("media_type", "duration") if k in media}
    if found.get("replies"):
        found["replies"] = [known_only(one) for one in found["replies"]]
    return found


def narrowed(value: Any) -> Any:
    return msgspec.json.encode(
        [known_only(one) for one in msgspec.json.decode(msgspec.json.encode(value))]
    )


@given(st.lists(PINS, max_size=3))
def test_known_fields_come_out_as_they_do_without_unknown_ones(sent: list[Any]) -> None:
    plain = decode(operation(list[Pin]), encode([known_only(one) for one in sent]))
    one = operation(list[Pin])
    decode_leniently(one, encode(sent))
    wide = decode(one, encode(sent))
    assert narrowed([pin.to_dict() for pin in wide]) == narrowed([pin.to_dict() for pin in plain])


@given(st.lists(PINS | PLAIN, max_size=3) | PLAIN)
def test_no_json_makes_decoding_fail(sent: Any) -> None:
    for one in (ANYTHING, operation(list[Pin]), operation(Page[Pin], paged=True)):
        for _ in range(2):
            lenient = decode_leniently(one, encode(sent))
            repr(lenient.data)


ANYTHING = operation(Pin)
