"""Schemas become type expressions, and the definitions that these name."""

from typing import Any

import pytest
from definitions import Expression, Field, Input, Struct
from overlay import (
    TypeWords,
)
from rendering import definition
from spec_bench import into, out, ref, schemas
from type_names import Place


@pytest.mark.parametrize(
    ("schema", "source"),
    [
        ({"type": "string"}, "str"),
        ({"type": "integer", "nullable": True}, "int | None"),
        ({"type": "number"}, "Number"),
        ({"type": "string", "format": "date-time"}, "datetime"),
        ({"type": "array", "items": {"type": "boolean"}}, "list[bool]"),
        ({"type": "object"}, "dict[str, Any]"),
        (
            {"type": "object", "additionalProperties": {"type": "number"}},
            "dict[str, Number]",
        ),
        ({}, "Any"),
        ({"type": "string", "enum": ["A"]}, "str"),
        ({"oneOf": [{"type": "string"}, {"type": "integer"}]}, "str | int"),
    ],
)
def test_expressions_of_answers(schema: dict[str, Any], source: str) -> None:
    assert out({}, schema)[0] == source


@pytest.mark.parametrize(
    ("schema", "source"),
    [
        ({"type": "integer", "minimum": 1}, "Annotated[int, Meta(ge=1)]"),
        ({"type": "string", "pattern": r"^\d+$", "maxLength": 18}, "Id"),
        ({"type": "string", "pattern": "[a-zA-Z0-9+\\/=]+"}, "Base64"),
        ({"type": "string", "pattern": "^a+$"}, 'Annotated[str, Meta(pattern=r"^a+$")]'),
        ({"type": "string", "minItems": 1}, "str"),
        ({"type": "string", "format": "date"}, "date | str"),
        (
            {"type": "array", "items": {"type": "string"}, "maxItems": 3},
            "Annotated[Sequence[str], Meta(max_length=3)]",
        ),
    ],
)
def test_expressions_of_requests(schema: dict[str, Any], source: str) -> None:
    assert into({}, schema)[0] == source


def test_all_of_becomes_one_struct() -> None:
    components = {
        "Base": {
            "type": "object",
            "required": ["id"],
            "properties": {"id": {"type": "string"}, "state": ref("State")},
        },
        "State": {"type": "string", "enum": ["ON", "OFF"]},
        "Board": {
            "allOf": [ref("Base"), {"properties": {"state": {"type": "string"}}}],
            "properties": {"made_at": {"type": "string", "format": "date-time"}},
            "required": ["made_at"],
        },
    }
    source, made = out(components, ref("Board"))
    assert source == "Board"
    assert made.definitions["Board"] == Struct(
        "Board",
        (
            Field("id", "id", Expression("str"), required=True),
            Field("state", "state", Expression("State | None", frozenset({"State"})), False),
            Field("made_at", "made_at", Expression("datetime"), required=True),
        ),
        "",
        None,
        ("made_at",),
    )


def test_what_may_be_null_is_never_required_of_an_answer() -> None:
    _, made = out(
        {"A": {"properties": {"x": {"type": "string", "nullable": True}}, "required": ["x"]}},
        ref("A"),
    )
    struct = made.definitions["A"]
    assert isinstance(struct, Struct)
    assert not struct.fields[0].required


def test_read_only_fields_are_not_sent() -> None:
    components = {
        "A": {
            "properties": {
                "id": {"type": "string", "readOnly": True},
                "name": {"type": "string"},
            }
        }
    }
    _, made = into(components, ref("A"))
    assert made.definitions["A"] == Input(
        "A", (Field("name", "name", Expression("str"), required=False),), ""
    )


MEDIA = {
    "Image": {
        "properties": {"kind": {"type": "string", "enum": ["image"]}, "url": {"type": "string"}},
        "required": ["kind"],
    },
    "Video": {
        "properties": {"kind": {"type": "string", "enum": ["video"]}},
        "required": ["kind"],
    },
    "Media": {"oneOf": [ref("Image"), ref("Video")]},
}


def test_variants_that_a_constant_tells_apart_are_tagged() -> None:
    source, made = out(MEDIA, ref("Media"))
    assert source == "Media"
    assert definition(made.definitions["Media"]) == "Media: TypeAlias = OpenUnion[Image | Video]"
    image = made.definitions["Image"]
    assert isinstance(image, Struct)
    assert image.tag == ("kind", "image")
    assert [one.name for one in image.fields] == ["url"]


def test_a_discriminator_names_the_tags() -> None:
    components = {
        "A": {"properties": {"type": {"type": "string"}, "a": {"type": "string"}}},
        "B": {"properties": {"b": {"type": "string"}}},
        "Either": {
            "oneOf": [ref("A"), ref("B")],
            "discriminator": {
                "propertyName": "type",
                "mapping": {"AY": "#/components/schemas/A", "BE": "#/components/schemas/B"},
            },
        },
    }
    _, made = into(components, ref("Either"))
    assert definition(made.definitions["Either"]) == "Either: TypeAlias = A | B"
    assert 'type: Required[Literal["AY"]]' in definition(made.definitions["A"])
    assert 'type: Required[Literal["BE"]]' in definition(made.definitions["B"])


def test_variants_that_nothing_tells_apart_are_one_struct() -> None:
    components = {
        "A": {"properties": {"any_of": {"type": "string"}}, "required": ["any_of"]},
        "B": {"properties": {"all_of": {"type": "string"}}, "required": ["all_of"]},
    }
    source, made = out(components, {"anyOf": [ref("A"), ref("B")]})
    struct = made.definitions[source]
    assert isinstance(struct, Struct)
    assert [(one.name, one.required) for one in struct.fields] == [
        ("any_of", False),
        ("all_of", False),
    ]


def test_equal_enums_share_a_name() -> None:
    components = {"SortOrder": {"type": "string", "enum": ["UP", "DOWN"]}}
    made = schemas(components)
    inline = {"type": "string", "enum": ["UP", "DOWN"]}
    assert made.expression(inline, Place("/x", "in", "AdsOrder")).source == "SortOrder"


def test_values_that_only_callers_are_held_to_are_an_enum_as_well() -> None:
    made = schemas({})
    inline = {"type": "string", "x-known": ["UP", "DOWN"]}
    source = made.expression(inline, Place("/x", "in", "AdsOrder")).source
    assert definition(made.definitions[source]).endswith('= Open[Literal["UP", "DOWN"]]')


def test_two_types_of_one_name_get_a_number_and_a_note() -> None:
    components = {
        "One": {"properties": {"a": {"type": "string"}}},
        "one": {"properties": {"b": {"type": "string"}}},
    }
    made = schemas(components)
    assert made.expression(ref("One"), Place("/", "out", "")).source == "One"
    assert made.expression(ref("one"), Place("/", "out", "")).source == "One2"
    assert made.names.notes == [
        "two types are named One; [[inline]] can name /components/schemas/one"
    ]


def test_the_overlay_renames_types() -> None:
    made = schemas(
        {"Exception": {"properties": {"a": {"type": "string"}}}},
        types={"Exception": TypeWords("ItemError")},
    )
    assert made.expression(ref("Exception"), Place("/", "out", "")).source == "ItemError"


def test_units_and_limits_make_the_doc_of_a_field() -> None:
    made = schemas({}, units={"budget": "Micro-currency."})
    assert made.doc("Ad", "budget", {"minimum": 0}) == "Micro-currency. At least 0."
    assert made.doc("Ad", "name", {}) == ""


def test_lists_of_answers_are_never_none() -> None:
    made = schemas({})
    items: dict[str, Any] = {"type": "array", "items": {"type": "string"}, "nullable": True}
    bulk: dict[str, Any] = {"type": "object", "properties": {"items": items}}
    thing: dict[str, Any] = {"type": "object", "properties": {"id": {}, "items": items}}
    place = Place("/bulk", "out", "Bulk")
    made.expression(bulk, place)
    made.expression(thing, Place("/thing", "out", "Thing"))
    assert "items: list[str] = field(default=[])" in definition(made.definitions["Bulk"])
    assert "items: list[str] | None = None" in definition(made.definitions["Thing"])
