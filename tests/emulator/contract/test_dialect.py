"""OpenAPI 3.0 as JSON Schema: what requests and answers of one schema may hold."""

from typing import Any

import pytest

from pinterest_async.emulator.contract.description import Description
from pinterest_async.emulator.contract.dialect import Dialect
from pinterest_async.emulator.contract.validation import Validators


def ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


SCHEMAS: dict[str, Any] = {
    "Named": {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]},
    "Thing": {
        "type": "object",
        "allOf": [ref("Named")],
        "properties": {
            "id": {"type": "string", "readOnly": True},
            "size": {"type": "integer", "format": "int32", "nullable": True},
            "kind": {"type": "string", "enum": ["A"], "nullable": True},
            "owner": {"$ref": "#/components/schemas/Named", "nullable": True},
            "labels": {"type": "object", "additionalProperties": {"type": "string"}},
            "free": {"type": "object"},
        },
        "required": ["id"],
    },
    "Cat": {"type": "object", "properties": {"kind": {"type": "string"}, "lives": {}}},
    "Dog": {
        "type": "object",
        "properties": {"kind": {"type": "string"}, "tail": {"type": "number"}},
        "required": ["tail"],
    },
    "Pet": {
        "oneOf": [ref("Cat"), ref("Dog")],
        "discriminator": {
            "propertyName": "kind",
            "mapping": {"cat": ref("Cat")["$ref"], "dog": ref("Dog")["$ref"]},
        },
    },
    "Either": {"oneOf": [ref("Named"), ref("Dog")]},
}
DESCRIPTION = Description(version="1", operations=(), schemas=SCHEMAS)
REQUESTS = Validators(Dialect(DESCRIPTION, request=True))
ANSWERS = Validators(Dialect(DESCRIPTION, request=False))


@pytest.mark.parametrize(
    ("name", "value", "as_request", "as_answer"),
    [
        ("Thing", {"name": "x"}, True, False),
        ("Thing", {"name": "x", "id": "1"}, False, True),
        ("Thing", {"id": "1"}, False, False),
        ("Thing", {"name": "x", "nme": 1}, False, False),
        ("Named", {"name": "x", "more": 1}, False, True),
        ("Named", {"name": None}, False, False),
        ("Pet", {"kind": "cat", "lives": 9}, True, True),
        ("Pet", {"kind": "cat", "tail": 1}, False, True),
        ("Pet", {"kind": "dog"}, False, False),
        ("Pet", {"kind": "dog", "tail": "x"}, False, False),
        ("Pet", {"kind": "cow"}, False, False),
        ("Pet", {"lives": 9}, False, False),
        ("Either", {"name": "x"}, True, True),
        ("Either", {"tail": 1}, True, True),
        ("Either", {"name": 1}, False, False),
        ("Either", {"name": "x", "zz": 1}, False, True),
    ],
)
def test_objects(name: str, value: Any, *, as_request: bool, as_answer: bool) -> None:
    assert REQUESTS.of(ref(name)).is_valid(value) == as_request
    assert ANSWERS.of(ref(name)).is_valid(value) == as_answer


@pytest.mark.parametrize(
    ("field", "value", "fits"),
    [
        ("size", None, True),
        ("size", 2**31 - 1, True),
        ("size", 2**31, False),
        ("size", "1", False),
        ("kind", None, True),
        ("kind", "B", False),
        ("owner", None, True),
        ("owner", {"name": "x"}, True),
        ("owner", {}, False),
        ("owner", {"name": "x", "more": 1}, False),
        ("labels", {"any": "text"}, True),
        ("labels", {"any": 1}, False),
        ("free", {"any": [1]}, True),
    ],
)
def test_fields(field: str, value: Any, *, fits: bool) -> None:
    assert REQUESTS.of(ref("Thing")).is_valid({"name": "x", field: value}) == fits


@pytest.mark.parametrize(
    ("schema", "value", "fits"),
    [
        ({"type": "string", "format": "date"}, "2026-02-28", True),
        ({"type": "string", "format": "date"}, "2026-02-30", False),
        ({"type": "string", "format": "date"}, "20260228", False),
        ({"type": "string", "format": "date-time"}, "2026-02-28T01:02:03Z", True),
        ({"type": "string", "format": "date-time"}, "2026-02-28T01:02:03", True),
        ({"type": "string", "format": "date-time"}, "2026-02-28", False),
        ({"type": "number", "minimum": 0, "exclusiveMinimum": True}, 0, False),
        ({"type": "number", "minimum": 0, "exclusiveMinimum": True}, 0.1, True),
        ({"type": "integer", "format": "int64"}, 2**63, False),
        ({"type": "string", "pattern": r"(?!^\d+$)^.+$"}, "12", False),
        ({"type": "string", "pattern": r"(?!^\d+$)^.+$"}, "x12", True),
    ],
)
def test_values(schema: dict[str, Any], value: Any, *, fits: bool) -> None:
    assert REQUESTS.of(schema).is_valid(value) == fits
