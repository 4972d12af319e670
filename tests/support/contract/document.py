"""The API's description as the contract tests read it: documents, corrections, operations.

The facts, with those of a newer version and corrected, are those of the generator; nothing else of
it is shared, so that what it makes of them is judged by what stands in `spec/`.
"""

import copy
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeGuard, cast

import additions
import automatic_names
import overlay
import presence
import rules

Schema = Mapping[str, Any]
"""A schema, or any other JSON object of the description."""

SPEC = Path(__file__).parents[3] / "spec"
HTTP_METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True)
class Parameter:
    """A path or query parameter."""

    name: str
    required: bool
    style: str
    explode: bool
    schema: Schema


@dataclass(frozen=True)
class Answer:
    """A successful answer; no schema when its body is empty.

    `either`: statuses have bodies of their own, and what one of these lacks is no mistake.
    """

    status: int
    schema: Schema | None
    either: bool = False


@dataclass(frozen=True)
class Described:
    """An operation, all references to parameters followed."""

    id: str
    method: str
    path: str
    in_path: tuple[Parameter, ...]
    in_query: tuple[Parameter, ...]
    content_type: str | None
    body: Schema | None
    answers: tuple[Answer, ...]
    schemes: frozenset[str]
    deprecated: bool
    document: "Document"

    def __repr__(self) -> str:
        return f"<{self.id}>"


class Document:
    """One description, with its component schemas."""

    def __init__(self, raw: Schema) -> None:
        self.raw = raw
        self.components: Schema = raw.get("components", {}).get("schemas", {})

    def target(self, schema: Schema) -> Schema:
        """The component that a `$ref` names."""
        found: Schema = self.components[schema["$ref"].removeprefix("#/components/schemas/")]
        return found

    def operations(self) -> Iterator[Described]:
        """Every operation of the document."""
        for path, item in self.raw["paths"].items():
            for method in HTTP_METHODS:
                if method in item:
                    yield self._described(path, method, item)

    def _described(self, path: str, method: str, item: Schema) -> Described:
        operation: Schema = item[method]
        parameters = [
            at_pointer(self.raw, p["$ref"].removeprefix("#")) if "$ref" in p else p
            for p in (*item.get("parameters", ()), *operation.get("parameters", ()))
        ]
        in_path = {p["name"]: _parameter(p) for p in parameters if p["in"] == "path"}
        order = [part[1:-1] for part in path.split("/") if part.startswith("{")]
        content: Schema = operation.get("requestBody", {}).get("content", {})
        content_type = next(iter(content), None)
        return Described(
            id=operation["operationId"],
            method=method.upper(),
            path=path,
            in_path=tuple(in_path[name] for name in order),
            in_query=tuple(_parameter(p) for p in parameters if p["in"] == "query"),
            content_type=content_type,
            body=content[content_type]["schema"] if content_type else None,
            answers=tuple(self._answers(operation["responses"])),
            schemes=frozenset(name for one in operation.get("security", ()) for name in one),
            deprecated=bool(operation.get("deprecated")),
            document=self,
        )

    def _answers(self, responses: Schema) -> Iterator[Answer]:
        """The successful answers: with a body, whichever status it is of, and without."""
        bodies: dict[int, Schema] = {}
        for status in sorted(one for one in responses if one.startswith("2")):
            content = responses[status].get("content", {})
            schema = next(iter(content.values())).get("schema", {}) if content else None
            if schema is not None and schema not in bodies.values():
                bodies[int(status)] = schema
        if bodies:
            either = len(bodies) > 1
            yield Answer(min(bodies), self._either(list(bodies.values())), either)
        empty = [one for one in responses if one[0] == "2" and not responses[one].get("content")]
        if empty:
            yield Answer(int(min(empty)), None)

    def _either(self, bodies: list[Schema]) -> Schema:
        """A body that is one of several; of lists, each item is."""
        if len(bodies) == 1:
            return bodies[0]
        plain = [self.target(one) if "$ref" in one else one for one in bodies]
        if all(one.get("type") == "array" for one in plain):
            return {"type": "array", "items": {"anyOf": [one.get("items", {}) for one in plain]}}
        return {"anyOf": bodies}


def _parameter(raw: Schema) -> Parameter:
    style = raw.get("style", "simple" if raw["in"] == "path" else "form")
    return Parameter(
        raw["name"],
        bool(raw.get("required")),
        style,
        bool(raw.get("explode", style == "form")),
        _flat(raw["schema"]) if style == "deepObject" else raw["schema"],
    )


def _flat(schema: Schema) -> Schema:
    """A free object as far as `name[key]=value` can say it: with texts as its values."""
    free = schema.get("additionalProperties") in ({}, True) and not schema.get("properties")
    return {**schema, "additionalProperties": {"type": "string"}} if free else schema


def _is_object(value: object) -> TypeGuard[dict[str, Any]]:
    return isinstance(value, dict)


def _is_list(value: object) -> TypeGuard[list[Any]]:
    return isinstance(value, list)


def object_in(value: object) -> dict[str, Any] | None:
    """The value, if it is a JSON object."""
    return value if _is_object(value) else None


def list_in(value: object) -> list[Any] | None:
    """The value, if it is a JSON array."""
    return value if _is_list(value) else None


def schema_in(value: object) -> Schema | None:
    """The value, if it is a schema rather than true, false or nothing."""
    return cast("Schema", value) if isinstance(value, Mapping) else None


def at_pointer(document: Any, pointer: str) -> Any:
    """What stands at a JSON pointer."""
    here = document
    for part in pointer.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        here = here[int(key) if isinstance(here, list) else key]
    return here


def described_version() -> tuple[int, ...]:
    """The first two numbers of the version of the description in place."""
    return additions.version(json.loads((SPEC / "openapi.json").read_bytes()))[:2]


def united(present: Schema, retired: Schema) -> dict[str, Any]:
    """The present description with the retired operations, and the components only they use."""
    whole: dict[str, Any] = copy.deepcopy(dict(present))
    for kind, components in retired["components"].items():
        own = whole["components"].setdefault(kind, {})
        if clash := own.keys() & components.keys():
            raise ValueError(f"retired.json repeats {sorted(clash)}")
        own.update(components)
    for path, item in retired["paths"].items():
        own = whole["paths"].setdefault(path, {})
        if clash := own.keys() & item.keys():
            raise ValueError(f"retired.json repeats {path}: {sorted(clash)}")
        own.update(item)
    return whole


def load() -> tuple[tuple[Described, ...], dict[str, str]]:
    """Every operation of both documents, and the `namespace.method` of each operation id."""
    present = json.loads((SPEC / "openapi.json").read_bytes())
    present, _ = additions.laid(present, additions.load(SPEC))
    retired = json.loads((SPEC / "retired.json").read_bytes())
    words = overlay.load(SPEC)
    mended, _ = rules.mended(united(present, retired), words)
    mended, _ = presence.marked(mended, words.present)
    return tuple(Document(mended).operations()), automatic_names.known_names(mended, SPEC)
