"""The overlay: its two files, corrections by pointer, and what answers always hold."""

from pathlib import Path
from typing import Any

import pytest
from overlay import Correction as Mend
from overlay import (
    Overlay,
    OverlayError,
    Presence,
    corrected,
    load,
    locate,
)
from presence import marked
from rules import mended
from spec_bench import ref


def test_a_section_in_the_wrong_file_is_refused(tmp_path: Path) -> None:
    words = '[operations."pins/get"]\nname = "pins.get"\nsummary = "Get one."\n'
    (tmp_path / "operations.toml").write_text(words, "utf-8")
    (tmp_path / "corrections.toml").write_text('secrets = ["token"]\n', "utf-8")
    overlay = load(tmp_path)
    assert (overlay.operations["pins/get"].name, overlay.secrets) == ("pins.get", ("token",))
    (tmp_path / "corrections.toml").write_text(words, "utf-8")
    with pytest.raises(OverlayError, match=r"corrections\.toml has a section operations; it can"):
        load(tmp_path)


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


def test_another_name_for_a_schema_is_marked_as_what_it_names() -> None:
    thing: dict[str, Any] = {"type": "object", "properties": {"id": {"type": "string"}}}
    other: dict[str, Any] = {"type": "object", "allOf": [ref("Thing")]}
    answer = {"200": {"content": {"a": {"schema": ref("Other")}}}}
    document: dict[str, Any] = {
        "components": {"schemas": {"Thing": thing, "Other": other}},
        "paths": {"/things": {"get": {"operationId": "things/get", "responses": answer}}},
    }
    made, _ = marked(document, [Presence(fields=("id",), reason="")])
    assert made["components"]["schemas"]["Thing"]["x-present"] == ["id"]
    assert "x-present" not in made["components"]["schemas"]["Other"]


def test_a_tag_may_have_the_value_of_each_alternative() -> None:
    def kind() -> dict[str, Any]:
        return {"kind": {"type": "string", "enum": ["A"]}}

    mapping = {"A": "#/components/schemas/First", "B": "#/components/schemas/Second"}
    parent = {
        "properties": kind(),
        "discriminator": {"propertyName": "kind", "mapping": mapping},
    }
    schemas: dict[str, Any] = {
        "Parent": parent,
        "First": {"properties": kind()},
        "Second": {"properties": kind()},
    }
    made, _ = mended({"components": {"schemas": schemas}, "paths": {}}, Overlay({}))
    found = {name: one["properties"]["kind"]["enum"] for name, one in schemas.items()}
    assert list(found.values()) == [["A"]] * 3
    found = {
        name: one["properties"]["kind"]["enum"]
        for name, one in made["components"]["schemas"].items()
    }
    assert found == {"Parent": ["A", "B"], "First": ["A"], "Second": ["A", "B"]}


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
