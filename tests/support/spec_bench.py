"""What tests of the generator share: schemas by themselves, and one small operation."""

from pathlib import Path
from typing import Any

from definitions import Method
from operations import Planner, shared_components
from overlay import (
    Overlay,
    load,
)
from schemas import Schemas
from type_names import Place

SPEC = Path(__file__).parents[2] / "spec"


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
    overlay = Overlay({"pins/list": load(SPEC).operations["pins/list"]})
    made = Schemas(PINS, overlay, shared_components(PINS))
    (found,) = Planner(PINS, overlay, made).methods()
    return found
