"""What a person sees of answers: short reprs, and plain dicts."""

import copy
import datetime as dt
import pickle
from typing import Any, ClassVar, Literal, TypeVar

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinterest_async import Page
from pinterest_async._core.codec import decode
from pinterest_async._core.drift import decode_leniently
from pinterest_async._core.operation import Operation
from pinterest_async._core.rows import Row, row_type
from pinterest_async._core.types import Model, OpenUnion
from pinterest_async._core.unknown_variant import Unknown

T = TypeVar("T")


class Size(Model, frozen=True, kw_only=True):
    width: int
    height: int | None = None


class Image(Model, frozen=True, kw_only=True, tag_field="media_type", tag="image"):
    media_type: ClassVar[Literal["image"]] = "image"
    cover: Size | None = None
    images: dict[str, Size] | None = None


class Video(Model, frozen=True, kw_only=True, tag_field="media_type", tag="video"):
    media_type: ClassVar[Literal["video"]] = "video"
    id: str


class Secret(Model, frozen=True, kw_only=True):
    __secrets__ = ("token",)

    token: str
    scope: str | None = None


class Pin(Model, frozen=True, kw_only=True):
    id: str
    title: str | None = None
    at: dt.datetime | None = None
    media: OpenUnion[Image | Video] | None = None
    sizes: list[Size] = msgspec.field(default_factory=list[Size])
    rank: int = 0
    login: Secret | None = None
    note: Any = msgspec.field(default=None, name="pin note")


class AdRow(Row, frozen=True, gc=False):
    __always__: ClassVar[tuple[str, ...]] = ("DATE",)


AT = dt.datetime(2024, 6, 30, tzinfo=dt.UTC)
SIZES = [Size(width=n) for n in range(25)]


@pytest.mark.parametrize(
    ("thing", "shown"),
    [
        (Pin(id="1"), "Pin(id='1')"),
        (Pin(id="1", rank=False, title=""), "Pin(id='1', title='', rank=False)"),
        (Pin(id="x" * 100), f"Pin(id='{'x' * 57}...')"),
        (
            Pin(id="1", sizes=SIZES),
            "Pin(id='1', sizes=[Size(width=0), Size(width=1), Size(width=2), ... 22 more])",
        ),
        (Pin(id="1", sizes=SIZES[:1]), "Pin(id='1', sizes=[Size(width=0)])"),
        (
            Pin(id="1", media=Image(cover=SIZES[0], images=dict.fromkeys("abcde", SIZES[1]))),
            (
                "Pin(id='1', media=Image(cover=Size(...), "
                "images={'a': Size(...), 'b': Size(...), 'c': Size(...), ... 2 more}))"
            ),
        ),
        (
            Pin(id="1", media=Unknown("holo", {"a": [1]})),
            "Pin(id='1', media=Unknown(tag='holo', raw={'a': [1]}))",
        ),
        (Pin(id="1", at=AT), "Pin(id='1', at=2024-06-30 00:00:00+00:00)"),
        (Pin(id="1", note=[[[[[1]]]]]), "Pin(id='1', note=[[[[[...]]]]])"),
        (
            Pin(id="1", note={"a": {"a": {"a": {"a": {"a": 1}}}}}),
            "Pin(id='1', note={'a': {'a': {'a': {'a': {...}}}}})",
        ),
        (Pin(id="1", note=10**5000), "Pin(id='1', note=...)"),
        (
            Pin(id="1", login=Secret(token="S3CR3T")),
            "Pin(id='1', login=Secret(token=[redacted]))",
        ),
        (
            Page(items=[Pin(id="1")] * 25, bookmark="b" * 99),
            f"<Page of 25 Pin, bookmark '{'b' * 17}...'>",
        ),
        (Page(items=[Pin(id="1"), Image()], bookmark=""), "<Page of 2 Image or Pin>"),
        (Page(items=[1, "x", None]), "<Page of 3 items>"),
        (Page[int](items=[]), "<Page of 0 items>"),
        (Unknown(None, {}), "Unknown(tag=None, raw={})"),
    ],
)
def test_reprs_are_short(thing: Any, shown: str) -> None:
    assert repr(thing) == shown


def test_what_did_not_fit_is_shown_as_well() -> None:
    odd: Any = {"a": 1}
    assert repr(Page(items=odd, bookmark=odd)) == """<Page of a dict, bookmark "{'a': 1}">"""
    assert repr(Pin(id=odd, sizes=odd)) == "Pin(id={'a': 1}, sizes={'a': 1})"


def test_a_long_repr_is_cut_between_fields() -> None:
    wide = row_type(AdRow, tuple(f"COLUMN_{n}" for n in range(300)))
    row = msgspec.convert({f"COLUMN_{n}": "x" * 99 for n in range(300)}, wide)
    assert 900 < len(repr(row)) <= 1010
    assert repr(row).endswith(", ...)")
    many = Pin(id="1", note={"k" * 60 + str(n): ["v" * 60] * 9 for n in range(3)}, rank=5)
    assert len(repr(many)) <= 1010


def sent(answer: Any, value: Any) -> Any:
    one = Operation[Any](
        id=f"display/{answer.__name__}",
        namespace="pins",
        name="get",
        method="GET",
        path="/pins",
        answer=answer,
        category="org_read",
    )
    decode_leniently(one, msgspec.json.encode(value))
    return decode(one, msgspec.json.encode(value))


def test_unknown_fields_show_but_not_beside_secrets() -> None:
    pin = sent(Pin, {"id": "1", "mood": "fine", "login": {"token": "S3CR3T", "newer": "S3CR3T"}})
    assert repr(pin) == (
        "Pin(id='1', login=Secret(token=[redacted], newer=[redacted]), mood='fine')"
    )
    assert pin.to_dict()["login"] == {"token": "S3CR3T", "scope": None, "newer": "S3CR3T"}


def test_rich_shows_the_same() -> None:
    pin = Pin(id="1", media=Image(cover=Size(width=1)))
    shown = [f"{name}={value!r}" for name, value in pin.__rich_repr__()]
    assert f"Pin({', '.join(shown)})" == repr(pin)
    assert Secret(token="S3CR3T").__rich_repr__() == []
    assert Page(items=[1]).__rich_repr__() == [("items", [1]), ("bookmark", None)]


# Plain dicts


def test_plain_dicts() -> None:
    page = Page(
        items=[Pin(id="1", at=AT, media=Image(images={"a": Size(width=1)}), note="n")], bookmark="b"
    )
    image = {
        "media_type": "image",
        "cover": None,
        "images": {"a": {"width": 1, "height": None}},
    }
    assert page.to_dict() == {
        "items": [
            {
                "id": "1",
                "title": None,
                "at": AT,
                "media": image,
                "sizes": [],
                "rank": 0,
                "login": None,
                "pin note": "n",
            }
        ],
        "bookmark": "b",
    }
    assert page[0].to_dict()["media"] == image


def test_an_unknown_variant_is_its_raw_content() -> None:
    raw = {"media_type": "holo", "depth": 5}
    assert Pin(id="1", media=Unknown("holo", raw)).to_dict()["media"] == raw
    assert Unknown("holo", raw).to_dict() == raw


# Unknown


def test_an_unknown_variant_answers_to_any_name() -> None:
    unknown = Unknown("holo", {"id": "1", "_odd": 2, "tag": "own", "__eq__": 3})
    assert (unknown.id, unknown.depth, unknown._odd, unknown.tag) == ("1", None, 2, "holo")
    for name in ("__length_hint__", "_repr_html_", "__deepcopy__"):
        with pytest.raises(AttributeError, match=name):
            getattr(unknown, name)


class Still(Model, frozen=True, kw_only=True, tag_field="media_type", tag="still"):
    media_type: ClassVar[Literal["still"]] = "still"
    id: str


def ids(media: list[OpenUnion[Still | Video]]) -> list[str]:
    """Ordinary code, which type checkers accept though a variant may be unknown."""
    return [one.id for one in media]


def test_code_that_reads_every_variant_needs_no_exception() -> None:
    media: list[Any] = [Still(id="1"), Video(id="2"), Unknown("x", {"id": "3"}), Unknown("x", {})]
    assert ids(media) == ["1", "2", "3", None]


def test_an_unknown_variant_is_a_value() -> None:
    one, same, other = (Unknown("a", {"x": [n]}) for n in (1, 1, 2))
    assert one == same != other
    assert hash(one) == hash(same)
    assert {one, same, other} == {one, other}
    for twin in (copy.copy(one), copy.deepcopy(one), pickle.loads(pickle.dumps(one))):  # noqa: S301 - ours
        assert twin == one
    with pytest.raises(AttributeError):
        one.tag = "b"  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(JSON, JSON)
def test_reprs_are_always_bounded(first: Any, second: Any) -> None:
    pin = Pin(id=first, media=second, note=[first, second], sizes=second)
    assert len(repr(pin)) <= 1010
    assert len(repr(Page(items=[pin], bookmark=first))) <= 1010
    assert len(repr(Unknown("x", {"a": first, "b": second}))) <= 1010
    assert pin.to_dict()["pin note"] == [first, second] or first != first or second != second
