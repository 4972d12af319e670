"""The generator's pure functions, and that the package holds what they make today."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import generate
import msgspec
import pytest
from definitions import Alias, Argument, Expression, Field, Input, Method, RequestBody, Row, Struct
from method_source import method, operation
from names import Names, named
from naming import attribute, constant, pascal, singular
from operations import Planner, raw_operations, referenced, shared_components, success
from overlay import Correction as Mend
from overlay import (
    OperationWords,
    Overlay,
    OverlayError,
    Presence,
    TypeWords,
    corrected,
    load,
    locate,
)
from presence import marked
from rendering import definition, ordered, vocabulary
from schemas import Schemas
from shipped import description
from source_text import docstring
from type_names import Place
from values import limits
from vocabularies import settled

SPEC = Path(generate.__file__).parent
PACKAGE = SPEC.parent / "pinterest_async"


def schemas(components: dict[str, Any], **overlay: Any) -> Schemas:
    document: dict[str, Any] = {"components": {"schemas": components}, "paths": {}}
    return Schemas(document, Overlay({}, **overlay), frozenset())


def out(components: dict[str, Any], schema: dict[str, Any]) -> tuple[str, Schemas]:
    made = schemas(components)
    return made.expression(schema, Place("/here", "out", "Here")).source, made


def into(components: dict[str, Any], schema: dict[str, Any]) -> tuple[str, Schemas]:
    made = schemas(components)
    return made.expression(schema, Place("/here", "in", "Here")).source, made


def ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("ad_groups/list", "AdGroupsList"),
        ("Pinterest.Lib.Error", "PinterestLibError"),
        ("TARGETING_STRATEGY", "TargetingStrategy"),
        ("GEO", "GEO"),
        ("CatalogsItemsBatch", "CatalogsItemsBatch"),
    ],
)
def test_class_names(text: str, name: str) -> None:
    assert pascal(text) == name


@pytest.mark.parametrize(
    ("wire", "name"),
    [
        ("Content-Type", "content_type"),
        ("x-amz-date", "x_amz_date"),
        ("AGE_BUCKET", "AGE_BUCKET"),
        ("class", "class_"),
    ],
)
def test_attribute_names(wire: str, name: str) -> None:
    assert attribute(wire) == name


def test_an_attribute_never_starts_with_a_digit() -> None:
    assert attribute("600x").isidentifier()


@pytest.mark.parametrize(
    ("plural", "one"),
    [
        ("campaigns", "campaign"),
        ("entity_statuses", "entity_status"),
        ("EntityStatuses", "EntityStatus"),
        ("categories", "category"),
        ("boxes", "box"),
        ("status", "status"),
        ("access", "access"),
    ],
)
def test_singulars(plural: str, one: str) -> None:
    assert singular(plural) == one


def test_constant_names() -> None:
    assert constant("ad_groups.list") == "AD_GROUPS_LIST"


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"minimum": 1, "maximum": 250, "default": 25}, ["1 to 250", "default 25"]),
        ({"minimum": 0}, ["at least 0"]),
        ({"maxLength": 500}, ["at most 500 characters"]),
        ({"maxLength": 18, "pattern": r"^\d+$"}, []),
        ({"type": "array", "minItems": 1, "maxItems": 30}, ["1 to 30 items"]),
        ({"enum": [0, 1, 7]}, ["one of 0, 1, 7"]),
        ({"type": "array", "default": ["ACTIVE", "PAUSED"]}, ["default ACTIVE, PAUSED"]),
        ({"deprecated": True}, ["deprecated"]),
        ({"type": "string"}, []),
    ],
)
def test_limits_in_words(schema: dict[str, Any], said: list[str]) -> None:
    assert limits(schema) == said


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


# Overlay


def test_a_pointer_finds_its_place() -> None:
    assert locate({"paths": {"/a~b": [{"x": 1}]}}, "/paths/~1a~0b/0/x") == 1
    with pytest.raises(OverlayError, match="'gone' is not there"):
        locate({"a": {}}, "/a/gone")


def test_corrections_leave_the_original_alone() -> None:
    document = {"a": {"type": "bidfloor", "x": 1}}
    mend = Mend(at="/a", reason="no such type", set={"type": "object"}, remove=("x",))
    assert corrected(document, (mend,)) == ({"a": {"type": "object"}}, [])
    assert document == {"a": {"type": "bidfloor", "x": 1}}


def test_corrections_that_upstream_has_made_or_moved_are_told() -> None:
    made = Mend(at="/a", reason="", set={"type": "object"})
    gone = Mend(at="/b", reason="", set={"type": "object"})
    mended, notes = corrected({"a": {"type": "object"}}, (made, gone))
    assert mended == {"a": {"type": "object"}}
    assert notes == [
        "correction at /a: changes nothing, so it can go",
        "correction at /b: 'b' is not there",
    ]


# Operations

PINS: dict[str, Any] = {
    "paths": {
        "/ad_accounts/{ad_account_id}/pins/{pin_id}": {
            "parameters": [
                {"name": "pin_id", "in": "path", "schema": {"type": "string"}},
                {"name": "ad_account_id", "in": "path", "schema": {"type": "string"}},
            ],
            "get": {
                "operationId": "pins/list",
                "x-ratelimit-category": "org_read",
                "x-sandbox": "disabled",
                "security": [{"pinterest_oauth2": ["pins:read", "boards:read"]}],
                "parameters": [
                    {"$ref": "#/components/parameters/ids"},
                    {
                        "name": "columns",
                        "in": "query",
                        "explode": False,
                        "required": True,
                        "schema": {"type": "array", "items": {"type": "string"}},
                    },
                ],
                "responses": {
                    "200": {
                        "content": {
                            "application/json": {
                                "schema": {
                                    "properties": {
                                        "items": {"type": "array", "items": ref("Pin")},
                                        "bookmark": {"type": "string"},
                                    }
                                }
                            }
                        }
                    }
                },
            },
        }
    },
    "components": {
        "parameters": {
            "ids": {
                "name": "ids",
                "in": "query",
                "schema": {"type": "array", "items": {"type": "string"}},
            }
        },
        "schemas": {"Pin": {"properties": {"id": {"type": "string"}, "next": ref("Pin")}}},
    },
}


def planned() -> Method:
    overlay = Overlay({"pins/list": load(SPEC / "overlay.toml").operations["pins/list"]})
    made = Schemas(PINS, overlay, shared_components(PINS))
    (found,) = Planner(PINS, overlay, made).methods()
    return found


def test_a_method_is_planned_from_an_operation() -> None:
    found = planned()
    assert [one.name for one in found.path_arguments] == ["ad_account_id", "pin_id"]
    assert [(one.name, one.encoding, one.required) for one in found.query] == [
        ("ids", "repeated", False),
        ("columns", "comma", True),
    ]
    assert found.answer.source == "Page[Pin]"
    assert found.item == Expression("Pin", frozenset({"Pin"}))
    assert (found.sandbox, found.idempotent) == (False, True)
    assert found.scopes == (("boards:read", "pins:read"),)


def test_references_are_followed_through_components() -> None:
    (_, _, _, raw) = next(raw_operations(PINS))
    assert referenced(PINS, raw) == {"Pin"}
    assert success({"responses": {"204": {}, "400": {}}}) == ("204", None)


def test_an_operation_without_words_gets_a_name_from_path_and_verb() -> None:
    names = Names()
    overlay, notes = named(PINS, Overlay({}), names)
    assert overlay.operations["pins/list"].name == "pins.get"
    assert names.names == {"pins/list": "pins.get"}
    assert names.ids == {"GET /ad_accounts/{}/pins/{}": "pins/list"}
    assert notes == ['[operations."pins/list"] is missing: its automatic name is pins.get']


# Rendering


def test_definitions_come_after_what_they_use() -> None:
    a = Alias("A", Expression("B | C", frozenset({"B", "C"})))
    b = Alias("B", Expression("C", frozenset({"C"})))
    c = Alias("C", Expression("int"))
    assert [one.name for one in ordered([a, b, c])] == ["C", "B", "A"]


def test_recursive_types_are_quoted() -> None:
    kids = Expression("list[Node] | None", frozenset({"Node"}))
    (one,) = ordered([Struct("Node", (Field("kids", "kids", kids, required=False),), "A node.")])
    assert 'kids: "list[Node] | None" = None' in definition(one)


def test_docstrings_wrap_after_the_first_sentence_line() -> None:
    assert docstring("Short.", 4) == '    """Short."""'
    text = docstring("Head.\n\nArgs:\n    page_size: " + "word " * 30, 8)
    assert max(len(line) for line in text.splitlines()) <= 100
    assert "\n            page_size: word" in text


def test_a_struct_as_source() -> None:
    struct = Struct(
        "Image",
        (
            Field("url", "url", Expression("str"), required=True, doc="At most 9 characters."),
            Field("x_date", "x-date", Expression("datetime | None"), required=False),
        ),
        "Part of `Pin`.",
        ("kind", "image"),
        ("x_date",),
    )
    assert definition(struct) == (
        'class Image(Model, frozen=True, kw_only=True, tag_field="kind", tag="image"):\n'
        '    """Part of `Pin`."""\n'
        "\n"
        '    kind: ClassVar[Literal["image"]] = "image"\n'
        "    url: str\n"
        '    """At most 9 characters."""\n'
        '    x_date: dt.datetime | None = field(default=None, name="x-date")\n'
        "\n"
        "    def __post_init__(self) -> None:\n"
        '        assume_utc(self, "x_date")'
    )


def test_a_row_as_source() -> None:
    row = Row(
        "AdsRow",
        "AnalyticsRow",
        (Field("DATE", "DATE", Expression("str | None"), required=False),),
        (),
        "Rows.",
    )
    assert definition(row) == (
        "class AdsRow(AnalyticsRow, frozen=True, gc=False):\n"
        '    """Rows."""\n'
        "\n"
        '    __always__: ClassVar[tuple[str, ...]] = ("DATE",)\n'
        "\n"
        "    if TYPE_CHECKING:\n"
        "        DATE: str | None"
    )


def test_an_input_with_odd_keys_uses_the_functional_form() -> None:
    one = Input("Upload", (Field("x-key", "x-key", Expression("str"), required=True),), "")
    assert definition(one) == (
        'Upload = TypedDict("Upload", {"x-key": Required[str]}, total=False)'
    )


def test_a_method_as_source() -> None:
    assert method(planned()).startswith(
        "    @calls(PINS_LIST)\n"
        "    def list(self, pin_id: str, *, ad_account_id: str | None = None, "
        "columns: Sequence[str], ids: Sequence[str] | None = None) -> Pager[Pin]:\n"
    )
    assert (
        'self._pages(PINS_LIST, pin_id, ad_account_id=ad_account_id, query={"ids": ids'
        in method(planned())
    )


def test_an_operation_as_source() -> None:
    source = operation(planned())
    assert source.startswith("PINS_LIST: Final = Operation[Page[Pin]](")
    assert 'Parameter("columns", Sequence[str], required=True, encoding="comma")' in source
    assert "sandbox=False" in source


@pytest.mark.parametrize(
    ("kind", "brief", "plain"),
    [
        ("Id", "Id", "str"),
        ("Sequence[Id]", "Sequence[Id]", "Sequence[str]"),
        ("Annotated[int, Meta(ge=1, le=250)]", "between(int, 1, 250)", "int"),
        ("Annotated[float, Meta(le=9)]", "between(float, None, 9)", "float"),
        (
            "Annotated[Sequence[Id], Meta(min_length=1, max_length=9)]",
            "several(Id, 1, 9)",
            "Sequence[str]",
        ),
        (
            "Annotated[Sequence[Kind], Meta(max_length=9)]",
            "several(Kind, None, 9)",
            "Sequence[Kind]",
        ),
        (
            'Annotated[str, Meta(max_length=9, pattern=r"^(a|b)$")]',
            'Annotated[str, Meta(max_length=9, pattern=r"^(a|b)$")]',
            "str",
        ),
    ],
)
def test_limits_stand_in_the_operation_and_not_in_the_signature(
    kind: str, brief: str, plain: str
) -> None:
    argument = Argument("pin_ids", Expression(kind), required=True)
    made = replace(planned(), query=(argument,), path_arguments=())
    assert f'Parameter("pin_ids", {brief}, required=True)' in operation(made)
    assert f"list(self, *, pin_ids: {plain})" in method(made)


def test_the_fields_of_a_body_stand_in_the_docstring() -> None:
    body = RequestBody("object", Expression("PinUpdate", frozenset({"PinUpdate"})), "body")
    fields = [
        Field("alt_text", "alt_text", Expression("str"), required=False),
        Field("title", "title", Expression("str"), required=True),
    ]
    made = method(replace(planned(), body=body, query=()), fields)
    assert "Fields of the body: `title` (required), `alt_text`." in made


def test_a_long_vocabulary_stands_several_to_a_line() -> None:
    values = tuple(f"VALUE_{number}" for number in range(20))
    kind = Expression(f"Open[Literal[{', '.join(map(repr, values))}]]")
    source = vocabulary(Alias("Kind", kind, values=values))
    assert source.startswith('Kind: TypeAlias = Open[Literal[\n    "VALUE_0", "VALUE_1", ')
    assert len(source.splitlines()) == 5


# Vocabularies


def words(name: str, *values: str) -> Alias:
    return Alias(name, Expression("Open[...]"), values=values)


def of(name: str) -> Expression:
    return Expression(name, frozenset({name}))


def test_what_only_answers_use_is_text_with_its_values_in_the_docs() -> None:
    struct = Struct("Pin", (Field("kind", "kind", of("Kind").optional(), required=False),), "")
    made = replace(planned(), answer=of("Pin"), item=None)
    _, kept = settled([made], {"Kind": words("Kind", "A", "B"), "Pin": struct})
    assert kept == {
        "Pin": replace(
            struct,
            fields=(Field("kind", "kind", Expression("str | None"), False, "One of A, B."),),
        )
    }


def test_equal_vocabularies_are_one() -> None:
    known = {
        "AdGroupStatusFilter": words("AdGroupStatusFilter", "A", "B"),
        "CampaignStatusFilter": words("CampaignStatusFilter", "B", "A"),
        "Other": words("Other", "A"),
    }
    query = tuple(Argument(name, of(name), required=False) for name in known)
    (made,), kept = settled([replace(planned(), query=query, answer=Expression("None"))], known)
    assert kept.keys() == {"StatusFilter", "Other"}
    assert [one.type.source for one in made.query] == ["StatusFilter", "StatusFilter", "Other"]


# What answers always hold


def test_rules_mark_what_is_always_there_in_answers() -> None:
    thing: dict[str, Any] = {
        "type": "object",
        "properties": {"id": {}, "name": {}, "note": {"nullable": True}, "kind": {}},
    }
    listed = {"type": "object", "properties": {"items": {"type": "array", "items": ref("Thing")}}}
    other: dict[str, Any] = {"properties": {"id": {}, "name": {}}, "type": "object"}
    document: dict[str, Any] = {
        "components": {"schemas": {"Thing": thing, "List": listed, "Sent": other}},
        "paths": {
            "/things": {
                "post": {
                    "operationId": "things/list",
                    "requestBody": {"content": {"application/json": {"schema": ref("Sent")}}},
                    "responses": {"200": {"content": {"a": {"schema": ref("List")}}}},
                }
            }
        },
    }
    rules = [
        Presence(fields=("id", "name", "note"), reason="", without=("Thing.name",)),
        Presence(fields=("Th*.kind", "gone"), reason=""),
    ]
    made, notes = marked(document, rules)
    assert made["components"]["schemas"]["Thing"]["x-present"] == ["id", "kind"]
    assert "x-present" not in made["components"]["schemas"]["Sent"]
    assert notes == [
        "[[present]] gone: no answer has it",
        "[[present]] note: no answer has it",
    ]


def test_lists_of_answers_are_never_none() -> None:
    made = schemas({})
    items: dict[str, Any] = {"type": "array", "items": {"type": "string"}, "nullable": True}
    bulk: dict[str, Any] = {"type": "object", "properties": {"items": items}}
    thing: dict[str, Any] = {"type": "object", "properties": {"id": {}, "items": items}}
    place = Place("/bulk", "out", "Bulk")
    made.expression(bulk, place)
    made.expression(thing, Place("/thing", "out", "Thing"))
    assert "items: list[str] = field(default_factory=list[str])" in definition(
        made.definitions["Bulk"]
    )
    assert "items: list[str] | None = None" in definition(made.definitions["Thing"])


def test_object_bodies_are_keywords_and_others_positional() -> None:
    base = replace(
        planned(),
        query=(),
        item=None,
        answer=Expression("None"),
        path_arguments=(Argument("pin_id", Expression("str"), required=True),),
    )
    as_object = replace(base, body=RequestBody("object", Expression("PinUpdate"), "body"))
    assert "list(self, pin_id: str, **body: Unpack[PinUpdate]) -> None" in method(as_object)
    as_array = replace(base, body=RequestBody("array", Expression("Sequence[PinUpdate]"), "pins"))
    assert "list(self, pin_id: str, pins: Sequence[PinUpdate]) -> None" in method(as_array)
    assert "self._call(PINS_LIST, pin_id, body=pins)" in method(as_array)


# The package


def test_the_package_holds_what_the_generator_makes(tmp_path: Path) -> None:
    subprocess.run([sys.executable, str(SPEC / "generate.py"), str(tmp_path)], check=True)
    made, held = generated(tmp_path), generated(PACKAGE)
    assert made.keys() == held.keys()
    assert Path("emulator/contract/description.json") in made
    assert [name for name in made if made[name] != held[name]] == []


def generated(package: Path) -> dict[Path, str]:
    patterns = ("resources/*.py", "namespaces.py", "types.py", "emulator/contract/description.json")
    files = [path for pattern in patterns for path in package.glob(pattern)]
    return {path.relative_to(package): path.read_text("utf-8") for path in files}


def test_the_overlay_fits_the_facts() -> None:
    document = msgspec.json.decode((SPEC / "openapi.json").read_bytes())
    retired = msgspec.json.decode((SPEC / "retired.json").read_bytes())
    files, notes = generate.sources(document, retired, load(SPEC / "overlay.toml"))
    assert len(files) > 3
    # A note is no failure: after an update, the overlay may be behind the facts.
    about = ("[operations.", "[[rule]]", "[[present]]", "[[inline]]", "correction at", "two types")
    assert [note for note in notes if not note.startswith(about)] == []


def test_every_namespace_and_operation_has_words() -> None:
    overlay = load(SPEC / "overlay.toml")
    used = {words.name.split(".")[0] for words in overlay.operations.values()}
    assert used == overlay.namespaces.keys()
    names = [words.name for words in overlay.operations.values()]
    assert len(names) == len(set(names))
    assert all(words.summary.endswith(".") for words in overlay.operations.values())


# The facts that ship with the emulator


def test_the_shipped_facts_of_an_operation() -> None:
    facts: dict[str, Any] = {
        "info": {"version": "9"},
        "components": {
            "parameters": {"size": {"in": "query", "name": "size", "schema": ref("Size")}},
            "schemas": {"Size": {"type": "integer"}, "Unused": {}, "Thing": {"type": "object"}},
        },
        "paths": {
            "/things/{id}": {
                "get": {
                    "operationId": "things/get",
                    "parameters": [
                        {"in": "path", "name": "id", "required": True, "schema": {}},
                        {"$ref": "#/components/parameters/size"},
                    ],
                    "responses": {
                        "200": {"content": {"application/json": {"schema": ref("Thing")}}},
                        "204": {"description": ""},
                    },
                    "security": [{"one": ["b", "a"]}, {"two": []}],
                    "x-ratelimit-category": "org_read",
                    "x-sandbox": "disabled",
                }
            }
        },
    }
    words = {"things/get": OperationWords(name="things.get", summary="")}
    shipped = msgspec.json.decode(description(facts, Overlay(words)))
    assert shipped["version"] == "9"
    assert shipped["schemas"] == {"Size": {"type": "integer"}, "Thing": {"type": "object"}}
    (operation,) = shipped["operations"]
    assert operation["parameters"][1] == {
        "name": "size",
        "place": "query",
        "required": False,
        "encoding": "plain",
        "schema": ref("Size"),
    }
    del operation["parameters"]
    assert operation == {
        "id": "things/get",
        "namespace": "things",
        "name": "get",
        "method": "GET",
        "path": "/things/{id}",
        "category": "org_read",
        "sandbox": False,
        "schemes": ["one", "two"],
        "scopes": [["a", "b"]],
        "answers": {"200": ref("Thing"), "204": None},
    }
