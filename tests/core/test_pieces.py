"""Cutting large answers: the pieces are the answer, whatever it is, and no step is long."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinterest_async._core import pieces
from pinterest_async._core.drift import decode_leniently
from pinterest_async._core.operation import Operation
from pinterest_async._core.pieces import Pieces, TooHeavyError, cut, guess
from pinterest_async._core.weight import HEAVIEST_BYTE, weight
from pinterest_async._request.decoding import at_once, decoded
from pinterest_async._request.whole_bodies import NEVER_HEAVY, ROOM

SIZE = 40

scalars = st.one_of(
    st.sampled_from(['a\\"]}[{,', "é😀", "", "]", '"', 1, 1.5, None, True]), st.text(max_size=20)
)


def nested(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    names = st.sampled_from(["a", 'b"', "c]", "items", ""])
    return st.lists(inner, max_size=9) | st.dictionaries(names, inner, max_size=4)


values = st.recursive(scalars, nested, max_leaves=60)


def joined(cut_up: Pieces) -> Any:
    """What the pieces hold together."""
    whole: Any = None
    for piece in cut_up:
        part = json.loads(piece)
        if whole is None:
            whole = part
        elif cut_up.name is None:
            whole.extend(part)
        else:
            whole[cut_up.name].extend(part[cut_up.name])
    return whole


@pytest.fixture(autouse=True, scope="module")
def small_windows() -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pieces, "_WINDOW", 128)
        patch.setattr(pieces, "_STEP", 256)
        yield


@given(value=values, indent=st.sampled_from([None, 1]), plain=st.booleans())
def test_pieces_are_the_answer(value: Any, indent: int | None, plain: bool) -> None:
    body = json.dumps(value, indent=indent, ensure_ascii=plain).encode()
    assert joined(at_once(cut(body, SIZE))) == value


@given(value=values, at=st.integers(0, 10_000), byte=st.sampled_from(list(b'[]{},:"\\1 x')))
def test_what_is_no_json_is_in_no_piece(value: Any, at: int, byte: int) -> None:
    """A text with one wrong byte is refused, by the cut or in one of its pieces."""
    body = bytearray(json.dumps(value).encode())
    body[at % len(body)] = byte
    try:
        expected: Any = json.loads(bytes(body))
    except ValueError:
        with pytest.raises((ValueError, msgspec.DecodeError)):
            joined(at_once(cut(bytes(body), SIZE)))
    else:
        if not _repeats_a_name(bytes(body)):
            assert joined(at_once(cut(bytes(body), SIZE))) == expected


def _repeats_a_name(body: bytes) -> bool:
    found: list[bool] = []

    def look(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found.append(len(dict(pairs)) < len(pairs))
        return dict(pairs)

    json.loads(body, object_pairs_hook=look)
    return any(found)


rows = st.lists(
    st.dictionaries(st.sampled_from(["a", "b", "items"]), scalars | values, max_size=3)
    | st.just({"a": "},{"})
    | st.just({"a": [{"b": 1}, {"b": 2}]}),
    max_size=12,
)


@given(
    one=rows,
    other=rows,
    shape=st.sampled_from(["list", "items", "two", "two after", "nested"]),
    spaces=st.sampled_from([(",", ":"), (", ", ": "), (",\n ", ":\t")]),
)
def test_a_wrong_guess_is_no_answer(
    one: list[Any], other: list[Any], shape: str, spaces: tuple[str, str]
) -> None:
    value: Any = {
        "list": one,
        "items": {"n": 1, "items": one, "bookmark": "b"},
        "two": {"items": one, "errors": other},
        "two after": {"errors": [], "items": other},
        "nested": {"a": {"items": one}, "items": other},
    }[shape]
    guessed = guess(json.dumps(value, separators=spaces).encode(), SIZE)
    if guessed is not None:
        try:
            found = joined(guessed)
        except (ValueError, KeyError, AttributeError):
            return  # it is cut with care then
        assert found == value


def test_rows_are_cut_without_a_walk() -> None:
    value = {"items": [{"id": str(n), "x": None} for n in range(50)], "bookmark": "b"}
    for body in (json.dumps(value).encode(), json.dumps(value["items"]).encode()):
        guessed = guess(body, SIZE)
        assert guessed is not None
        assert len(list(guessed)) > 10
        assert joined(guessed) == json.loads(body)


def test_a_step_is_short() -> None:
    body = json.dumps([{"a": [1, {"b": "c" * 50}]} for _ in range(2000)]).encode()
    steps = cut(body, 1000)
    number = sum(1 for _ in steps)
    assert number > len(body) / 1000


@pytest.mark.parametrize("unit", [b'"' + b"x" * 1000 + b'"', b"[]", b"{}", b"[1,2]"])
def test_a_value_that_cannot_be_cut_has_a_bound(
    unit: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pieces, "_HEAVIEST", 100_000)
    item = b"[" + b",".join([unit] * (100_000 // weight(unit))) + b"]"
    with pytest.raises(TooHeavyError, match="more than 100,000 bytes"):
        at_once(cut(b'{"items":[[' + item + b"]]}", SIZE))


def test_what_weighs() -> None:
    assert weight(b'"abc"') == 10
    assert weight('"é"'.encode()) == 20
    assert weight(b'"\\u00e9"') == 40
    assert weight(b'[1,{"a":2}]') == 22 + 64 + 128 + 256


def test_small_answers_are_never_too_heavy() -> None:
    assert NEVER_HEAVY * HEAVIEST_BYTE <= ROOM


@given(value=st.recursive(st.none() | st.integers() | st.text("ab\u00e9"), nested, max_leaves=60))
def test_no_json_weighs_more_than_empty_objects(value: Any) -> None:
    for text in (json.dumps(value, separators=(",", ":")).encode(), b"[" + b"{}," * 99 + b"{}]"):
        assert weight(text) <= HEAVIEST_BYTE * len(text) + weight(b"[{}")


class Thing(msgspec.Struct, forbid_unknown_fields=True):
    id: str
    number: int = 0


THINGS: Operation[Any] = Operation(
    name="things.list", method="GET", path="/things", answer=list[Thing], category="org_read"
)


def test_a_large_answer_that_drifts_somewhere() -> None:
    rows: list[dict[str, Any]] = [{"id": str(number), "number": number} for number in range(30_000)]
    rows[20_000] = {"id": "x", "number": "many"}
    rows[25_000] = {"id": "y", "number": 7, "new_field": 1}
    body = json.dumps(rows).encode()
    found = at_once(decoded(THINGS, body, None))
    assert [drift.field for drift in found.drifts] == ["[].number"]
    assert len(found.data) == len(rows)
    assert found.data[20_000].number == "many"
    assert found.data[25_000].new_field == 1
    assert found.data[-1] == Thing(id="29999", number=29_999)


def test_few_values_are_looked_at_one_by_one() -> None:
    """What is beyond is left as it came, since a look at each takes long."""
    wrong: list[list[Any]] = [[]] * 20_000
    body = json.dumps([{"id": "1", "number": wrong}]).encode()
    found = decode_leniently(THINGS, body)
    assert found.data[0].number == wrong
    deep: Operation[Any] = Operation(
        name="things.get", method="GET", path="/", answer=list[list[int]], category="org_read"
    )
    found = decode_leniently(deep, json.dumps([wrong, ["x"]]).encode())
    assert found.data == [wrong, ["x"]]
    assert [drift.field for drift in found.drifts] == ["[]", "[][]"]
