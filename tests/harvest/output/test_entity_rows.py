"""Things become typed rows, and nothing of them is lost."""

import datetime as dt
from collections.abc import Mapping
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("pyarrow")

from harvest.entity_state import Flat, flat, flat_row
from msgspec.structs import fields

from pinterest_async._core.annotations import is_list, members, strip
from pinterest_async._core.struct_classes import is_struct
from pinterest_async.harvest.output.arrow import pa, pq
from pinterest_async.harvest.output.entity_rows import (
    JSON,
    UNKNOWN_FIELDS,
    EntityRows,
    entity_rows,
    has_unknown,
)
from pinterest_async.harvest.plan.entities import ENTITIES

CAMPAIGN = {
    "id": "626735565838",
    "ad_account_id": "549755885175",
    "name": "Spring",
    "status": "ACTIVE",
    "objective_type": "AWARENESS",
    "created_time": 1432744744,
    "tracking_urls": {"impression": ["https://a.example"], "click": None},
}


def row(entity: str, thing: Any, **added: str) -> dict[str, Any]:
    (found,) = entity_rows(ENTITIES[entity]).table([thing], added).to_pylist()
    return {name: value for name, value in found.items() if value is not None}


def test_values_have_the_types_of_the_description() -> None:
    schema = entity_rows(ENTITIES["boards"]).schema
    assert schema.field("id").type == pa.string()
    assert schema.field("pin_count").type == pa.int64()
    assert schema.field("is_ads_only").type == pa.bool_()
    assert schema.field("created_at").type == pa.timestamp("us", tz="UTC")
    assert pa.types.is_struct(schema.field("media").type)
    thumbnails = schema.field("media").type.field("pin_thumbnail_urls").type
    assert thumbnails == pa.list_(pa.string())
    assert schema.field(UNKNOWN_FIELDS).metadata == JSON


def test_what_has_several_types_or_any_keys_is_json() -> None:
    schema = entity_rows(ENTITIES["pins"]).schema
    assert schema.field("media").metadata == JSON
    media = {"media_type": "image", "images": {"150x150": {"url": "https://a", "width": 150}}}
    assert msgspec.json.decode(row("pins", {"id": "1", "media": media})["media"]) == media


def test_a_thing_of_several_kinds_has_the_columns_of_all() -> None:
    names = entity_rows(ENTITIES["catalog_feeds"]).schema.names
    assert {"catalog_type", "default_availability", "default_currency"} <= {*names}
    assert row("catalog_feeds", {"id": "1", "catalog_type": "HOTEL"})["catalog_type"] == "HOTEL"


def test_a_thing() -> None:
    found = row("campaigns", CAMPAIGN)
    assert found.pop("tracking_urls")["impression"] == ["https://a.example"]
    assert found == {name: value for name, value in CAMPAIGN.items() if name != "tracking_urls"}


def test_added_values_are_columns() -> None:
    found = row("board_sections", {"id": "2", "name": "Soup"}, board_id="1")
    assert found == {"board_id": "1", "id": "2", "name": "Soup"}


def test_times_are_in_utc() -> None:
    for text in ("2026-08-01T05:00:00", "2026-08-01T05:00:00Z", "2026-08-01T07:00:00+02:00"):
        found = row("boards", {"id": "1", "created_at": text})
        assert found["created_at"] == dt.datetime(2026, 8, 1, 5, tzinfo=dt.UTC)


def test_ids_are_text_and_whole_numbers_whole() -> None:
    found = row("boards", {"id": 17, "pin_count": 3.0})
    assert (found["id"], found["pin_count"]) == ("17", 3)


@pytest.mark.parametrize(
    ("thing", "unknown"),
    [
        ({"new": {"a": [1]}}, {"new": {"a": [1]}}),
        ({"new": None}, {"new": None}),
        ({"media": {"new": 1}}, {"media.new": 1}),
        ({"media": {"a.b": 1}}, {'media["a.b"]': 1}),
        ({"media": {"pin_thumbnail_urls": ["a", 3]}}, {"media.pin_thumbnail_urls[1]": 3}),
        ({"media": "text"}, {"media": "text"}),
        ({"pin_count": 1.5}, {"pin_count": 1.5}),
        ({"pin_count": True}, {"pin_count": True}),
        ({"pin_count": 2**63}, {"pin_count": 2**63}),
        ({"name": 7}, {"name": 7}),
        ({"created_at": "yesterday"}, {"created_at": "yesterday"}),
        ({"created_at": "2026-08-01"}, {"created_at": "2026-08-01"}),
        ({"created_at": 17}, {"created_at": 17}),
        (
            {"created_at": "2026-08-01T05:00:00.0000001"},
            {"created_at": "2026-08-01T05:00:00.0000001"},
        ),
    ],
)
def test_what_the_schema_has_no_place_for_is_kept(
    thing: dict[str, Any], unknown: dict[str, Any]
) -> None:
    rows = entity_rows(ENTITIES["boards"])
    table = rows.table([{"id": "1", **thing}], {})
    assert has_unknown(table) == 1
    assert msgspec.json.decode(table.to_pylist()[0][UNKNOWN_FIELDS]) == unknown
    assert has_unknown(rows.table([{"id": "1"}], {})) == 0


def test_what_is_no_object_is_kept_as_well() -> None:
    assert row("boards", "text") == {UNKNOWN_FIELDS: '{"":"text"}'}


def test_items_that_hold_things_are_opened() -> None:
    rows = entity_rows(ENTITIES["labels"])
    items = [{"labels": [{"id": "1"}, {"id": "2"}], "errors": []}, {"id": "3"}]
    assert rows.items(items) == [{"id": "1"}, {"id": "2"}, {"id": "3"}]


class Same(msgspec.Struct):
    own: "list[Same]"
    nothing: "Nothing | None" = None
    word: str | int = ""


class Nothing(msgspec.Struct):
    pass


def test_structs_that_hold_themselves_or_nothing_are_json() -> None:
    class Facts:
        structs = (Same,)
        added = ()
        inside = None

    facts: Any = Facts()
    rows = EntityRows(facts)
    (found,) = rows.table([{"own": [{"word": 1}], "nothing": {"x": 1}, "word": 3}], {}).to_pylist()
    assert found == {
        "own": ['{"word":1}'],
        "nothing": '{"x":1}',
        "word": "3",
        UNKNOWN_FIELDS: None,
    }


# Whatever is sent comes back

_scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=5),
    st.sampled_from(["2026-08-01T05:00:00", "2026-08-01T05:00:00.25", "2026-08-01", "ACTIVE"]),
)
_anything = st.recursive(
    _scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=5,
)


def _like(annotation: Any, depth: int = 0) -> st.SearchStrategy[Any]:
    """Values as a type wants them, mostly."""
    cores = [strip(one).core for one in members(annotation)]
    (core, *_) = [one for one in cores if one is not type(None)]
    if is_struct(core) and depth < 3:
        return st.one_of(_things((core,), depth + 1), _anything)
    if is_list(core) and get_args(core):
        return st.one_of(st.lists(_like(get_args(core)[0], depth), max_size=2), _anything)
    kinds: Mapping[Any, st.SearchStrategy[Any]] = {
        str: st.text(max_size=5),
        int: st.integers(-(2**63), 2**63 - 1),
        float: st.floats(allow_nan=False, allow_infinity=False),
        bool: st.booleans(),
        dt.datetime: st.datetimes().map(lambda one: one.isoformat()),
    }
    return st.one_of(kinds.get(core, _anything), _anything)


def _things(structs: tuple[Any, ...], depth: int = 0) -> st.SearchStrategy[dict[str, Any]]:
    """Some of the fields of some structs, and others."""
    known = {one.encode_name: one.type for struct in structs for one in fields(struct)}
    one = st.sampled_from(sorted(known)).flatmap(
        lambda name: st.tuples(st.just(name), _like(known[name], depth))
    )
    other = st.tuples(st.text(max_size=4), _anything)
    return st.lists(st.one_of(one, one, other), max_size=6).map(dict)


@pytest.mark.parametrize("entity", ["boards", "pins", "campaigns"])
@settings(max_examples=40)
@given(data=st.data())
def test_whatever_is_sent_comes_back(entity: str, data: st.DataObject) -> None:
    facts = ENTITIES[entity]
    things = data.draw(st.lists(_things(facts.structs), min_size=1, max_size=3))
    rows = entity_rows(facts)
    out = pa.BufferOutputStream()
    pq.write_table(rows.table(things, {}), out)
    table = pq.read_table(pa.BufferReader(out.getvalue()))
    assert table.schema == rows.schema
    for thing, found in zip(things, table.to_pylist(), strict=True):
        assert _with_text_ids(flat_row(found, table.schema)) == _with_text_ids(flat(thing))


def _with_text_ids(thing: Flat) -> Flat:
    """A thing with ids that are text, as known ones are in rows."""

    def changed(one: tuple[str, str, Any]) -> tuple[str, str, Any]:
        place, kind, value = one
        name = place.rpartition(".")[2]
        if kind == "number" and type(value) is int and (name == "id" or name.endswith("_id")):
            return place, "text", str(value)
        return one

    return frozenset(map(changed, thing))
