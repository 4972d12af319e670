"""The facts that ship with the emulator: what one operation asks for and answers, on one line each.

A reduction of the corrected description. References to parameters are followed, encodings have one
word each, `status` is that of success (201 where it may be, else the lowest), and only schemas that
an operation refers to stay. Schemas keep OpenAPI's words.
"""

from typing import Any

import msgspec
from additions import ADDED
from operations import (
    encoding,
    media,
    parameter_facts,
    raw_operations,
    referenced,
    scopes,
    security,
)
from overlay import Overlay
from shapes import Shapes
from values import Schema


def description(facts: Schema, overlay: Overlay) -> str:
    """The text of the emulator's `contract/description.json`."""
    operations = [
        _operation(facts, overlay, path, http_method, operation)
        for path, http_method, _, operation in raw_operations(facts)
    ]
    operations.sort(key=lambda one: one["id"])
    used = sorted(referenced(facts, operations))
    schemas = {name: facts["components"]["schemas"][name] for name in used}
    parts = (
        f'"version":{_line(facts["info"]["version"])}',
        '"operations":[\n' + ",\n".join(map(_line, operations)) + "\n]",
        '"schemas":{\n' + ",\n".join(f"{_line(k)}:{_line(v)}" for k, v in schemas.items()) + "\n}",
    )
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _line(value: Any) -> str:
    return msgspec.json.encode(value, order="deterministic").decode()


def _operation(
    facts: Schema, overlay: Overlay, path: str, http_method: str, operation: Schema
) -> Schema:
    fine = [status for status in operation["responses"] if status.startswith("2")]
    known = [status for status in fine if status not in operation.get(ADDED, ())]
    words = overlay.operations.get(operation["operationId"])
    namespace, _, name = words.name.partition(".") if words else ("", "", "")
    found: Schema = {
        "id": operation["operationId"],
        "namespace": namespace,
        "name": name,
        "method": http_method.upper(),
        "path": path,
        "category": operation["x-ratelimit-category"],
        "status": 201 if "201" in known else int(min(known)),
        "sandbox": operation.get("x-sandbox", "enabled") == "enabled",
        "schemes": security(operation),
        "scopes": scopes(operation),
        "parameters": [
            _parameter(facts, parameter_facts(facts, one)) for one in operation["parameters"]
        ],
        "answers": {
            status: _schema(response.get("content", {}))
            for status, response in operation["responses"].items()
        },
    }
    if operation.get("requestBody", {}).get("content"):
        body = operation["requestBody"]
        content_type, _ = media(body["content"])
        found["body"] = {
            "content_type": content_type,
            "required": bool(body.get("required")),
            "schema": _schema(body["content"]),
        }
    return found


def _schema(content: Schema) -> Schema | None:
    """The schema of the kind of content that is read; None where there is none."""
    return media(content)[1].get("schema") if content else None


def _parameter(facts: Schema, parameter: Schema) -> Schema:
    schema, _ = Shapes(facts).resolve(parameter["schema"], "")
    return {
        "name": parameter["name"],
        "place": parameter["in"],
        "required": bool(parameter.get("required")),
        "encoding": encoding(parameter, schema),
        "schema": parameter["schema"],
    }
