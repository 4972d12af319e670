"""Answers as types of pydantic: in fields of models, in what routes return, in descriptions."""

import datetime as dt
import subprocess
import sys
from typing import Any, ClassVar

import jsonschema_rs
import msgspec
import pytest
from contract.bench import OPERATIONS, answer, first_call, tools
from pydantic import BaseModel, TypeAdapter, ValidationError

import pinterest_async
from pinterest_async import Operation, Page, Unknown
from pinterest_async._core.codec import decode
from pinterest_async._core.drift import decode_leniently
from pinterest_async._core.pydantic_schema import as_json
from pinterest_async._core.rows import Row, row_type
from pinterest_async._core.types import Model, OpenUnion

BY_PLACE = {(one.method, one.path): one for one in pinterest_async.operations()}


class Image(Model, frozen=True, kw_only=True, tag_field="media_type", tag="image"):
    media_type: ClassVar[str] = "image"
    width: int = 0


class Video(Model, frozen=True, kw_only=True, tag_field="media_type", tag="video"):
    media_type: ClassVar[str] = "video"
    seconds: float | None = None


class Thing(Model, frozen=True, kw_only=True):
    """A thing."""

    id: str
    name: str = msgspec.field(default="", name="the name")
    made_at: dt.datetime | None = None
    media: OpenUnion[Image | Video] | None = None
    parts: "list[Thing] | None" = None


class Spend(Row, frozen=True, kw_only=True, gc=False):
    """A row."""

    __always__ = ("DATE",)


THING = Operation[Thing](
    name="things.get", method="GET", path="/things", answer=Thing, category="ads_read"
)


def written(kind: Any, value: Any, **options: Any) -> Any:
    return msgspec.json.decode(TypeAdapter(kind).dump_json(value, **options))


@pytest.mark.parametrize("described", OPERATIONS, ids=lambda one: one.id)
def test_what_is_written_is_what_is_described(described: Any) -> None:
    """Of every operation: an answer passes, is written, and fits its description."""
    operation = BY_PLACE[described.method, described.path]
    if operation.answer is None or operation.row_columns is not None:
        return
    adapter: TypeAdapter[Any] = TypeAdapter(operation.answer)
    validator = jsonschema_rs.validator_for(adapter.json_schema(mode="serialization"))
    for one in described.answers:
        if one.schema is None:
            continue
        for pick in range(tools(described).answers.variants(one.schema)):
            sent = answer(described, one.schema, pick, call=first_call(described)).json()
            value = decode(operation, msgspec.json.encode(sent))
            assert adapter.validate_python(value) == value
            text = msgspec.json.decode(adapter.dump_json(value))
            assert [str(error) for error in validator.iter_errors(text)] == []


def test_a_struct_passes_as_it_is() -> None:
    thing = Thing(id="1", parts=[Thing(id="2")])

    class Answer(BaseModel):
        thing: Thing
        page: Page[Thing]

    held = Answer(thing=thing, page=Page(items=[thing]))
    assert held.thing is thing
    assert held.page.items[0] is thing
    again = Answer.model_validate_json(held.model_dump_json())
    assert again == held
    with pytest.raises(ValidationError, match=r"Expected `str`, got `int` - at `\$.parts\[0\].id`"):
        TypeAdapter(Thing).validate_python({"id": "1", "parts": [{"id": 2}]})
    with pytest.raises(ValidationError):
        TypeAdapter(Thing).validate_python(Image())


def test_names_are_those_on_the_wire_and_nothing_is_lost() -> None:
    raw = b'{"id":"1","the name":"n","zz_new":[1],"media":{"media_type":"hologram","depth":3}}'
    thing = decode_leniently(THING, raw).data
    assert isinstance(thing.media, Unknown)
    assert written(Thing, thing) == {
        "id": "1",
        "the name": "n",
        "made_at": None,
        "parts": None,
        "zz_new": [1],
        "media": {"media_type": "hologram", "depth": 3},
    }
    for holder, value in ((Page[Thing], Page(items=[thing])), (list[Thing], [thing])):
        text = TypeAdapter[Any](holder).dump_json(value)
        assert b'"media":{"media_type":"hologram","depth":3}' in text
    assert as_json(Page(items=[thing]))["items"][0]["media"] == {
        "media_type": "hologram",
        "depth": 3,
    }
    assert written(Image | Video, thing.media) == {"media_type": "hologram", "depth": 3}
    assert written(Image, Image(width=3)) == {"media_type": "image", "width": 3}


def test_what_fits_no_type_is_written_as_it_came() -> None:
    raw = b'{"id":7,"parts":"none","made_at":"soon"}'
    kept = decode_leniently(THING, raw)
    assert len(kept.drifts) == 3
    assert written(Thing, kept.data, exclude_none=True) == {
        "id": 7,
        "the name": "",
        "parts": "none",
        "made_at": "soon",
    }


@pytest.mark.parametrize("option", ["exclude_none", "exclude_unset", "exclude_defaults"])
def test_nulls_can_be_left_out(option: str) -> None:
    thing = Thing(id="1", parts=[Thing(id="2")])
    inner = {"id": "2", "the name": ""}
    assert written(Thing, thing, **{option: True}) == {**inner, "id": "1", "parts": [inner]}


def test_fields_can_be_chosen() -> None:
    thing = Thing(id="1", parts=[Thing(id="2")])
    assert written(Thing, thing, include={"id"}) == {"id": "1"}
    assert set(written(Thing, thing, exclude={"media", "parts"})) == {"id", "the name", "made_at"}
    assert written(Page[Thing], Page(items=[thing]), include={"items": {0: {"id"}}}) == {
        "items": [{"id": "1"}]
    }


def test_rows_have_the_columns_that_were_asked_for() -> None:
    row = msgspec.convert({"DATE": "2024-01-01", "SPEND": 3}, row_type(Spend, ("SPEND",)))
    assert written(list[Spend], [row]) == [{"DATE": "2024-01-01", "SPEND": 3}]
    cell = TypeAdapter(Spend).json_schema(mode="serialization")["additionalProperties"]
    assert {one["type"] for one in cell["anyOf"]} == {
        *("boolean", "integer", "number", "string", "null")
    }


def test_the_description_names_structs() -> None:
    schema = TypeAdapter(Page[Thing]).json_schema()
    assert schema["$defs"]["Thing"]["required"] == ["id"]
    assert schema["$defs"]["Thing"]["description"] == "A thing."
    assert schema["properties"]["items"]["items"] == {"$ref": "#/$defs/Thing"}
    both = TypeAdapter(tuple[Page[Thing], Page[Image | Video]]).json_schema()
    assert {"Page_Thing_", "Page_Image_Video_"} <= set(both["$defs"])


def test_calls_do_not_need_pydantic() -> None:
    script = "import sys, pinterest_async; pinterest_async.preload(); print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert not {b"pydantic", b"pydantic_core"} & set(ran.stdout.split())
