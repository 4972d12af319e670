"""Operations become methods, and the facts that ship with the emulator."""

from typing import Any

import msgspec
from automatic_names import Names, named
from definitions import Expression
from operations import raw_operations, referenced, success
from overlay import (
    OperationWords,
    Overlay,
)
from shipped import description
from spec_bench import PINS, planned, ref


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
        "status": 200,
        "schemes": ["one", "two"],
        "scopes": [["a", "b"]],
        "answers": {"200": ref("Thing"), "204": None},
    }
