"""A judge that owes nothing to the sample maker: jsonschema over the description's own schemas.

OpenAPI 3.0 is rewritten as JSON Schema 2020-12, where the two differ:

- `nullable` becomes an alternative; it also counts beside a `$ref` and beside `allOf`.
- `oneOf` is read as `anyOf`, since the description lists alternatives that overlap. Where a
  discriminator tells them apart, the tag decides: `if` the tag is this, `then` the alternative.
- In requests, read-only properties are forbidden; in answers they are properties like others.
"""

import re
from collections.abc import Mapping
from datetime import date, datetime
from functools import cached_property
from typing import Any

import jsonschema  # type: ignore[import-untyped]  # it has no types of its own
from contract.document import Document, Schema, schema_in
from referencing import Registry
from referencing.jsonschema import DRAFT202012

_KEPT = (
    "type",
    "pattern",
    "format",
    "minimum",
    "maximum",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "minProperties",
    "maxProperties",
)


def _is_date(value: object) -> bool:
    return not isinstance(value, str) or date.fromisoformat(value).isoformat() == value


def _is_moment(value: object) -> bool:
    if not isinstance(value, str):
        return True
    datetime.fromisoformat(value)
    return bool(re.match(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}", value))


def _is_local_moment(value: object) -> bool:
    return not isinstance(value, str) or (
        _is_moment(value) and datetime.fromisoformat(value).tzinfo is None
    )


_formats = jsonschema.FormatChecker(formats=())
_formats.checks("date", raises=ValueError)(_is_date)
_formats.checks("date-time", raises=ValueError)(_is_moment)
_formats.checks("date-time-local", raises=ValueError)(_is_local_moment)


class Judge:
    """Validates values against the schemas of one document."""

    def __init__(self, document: Document, *, request: bool) -> None:
        self.document = document
        self.request = request
        self._validators: dict[int, tuple[Schema, Any]] = {}

    def problems(self, value: Any, schema: Schema) -> list[str]:
        """What is wrong with a value, a line for each problem."""
        errors = self._validator(schema).iter_errors(value)
        return [f"{error.json_path}: {error.message[:500]}" for error in errors]

    def accepts(self, value: Any, schema: Schema) -> bool:
        """Whether nothing is wrong with a value."""
        return bool(self._validator(schema).is_valid(value))

    def _validator(self, schema: Schema) -> Any:
        if id(schema) not in self._validators:
            validator = jsonschema.Draft202012Validator(
                self._converted(schema), registry=self._registry, format_checker=_formats
            )
            self._validators[id(schema)] = schema, validator
        return self._validators[id(schema)][1]

    @cached_property
    def _registry(self) -> Any:
        components = {
            name: self._converted(schema) for name, schema in self.document.components.items()
        }
        contents = {"components": {"schemas": components}}
        resource = DRAFT202012.create_resource(contents)
        return Registry[Any]().with_resource("urn:description", resource)

    def _converted(self, schema: Schema) -> dict[str, Any]:
        made = {key: schema[key] for key in _KEPT if key in schema}
        if "$ref" in schema:
            made["$ref"] = f"urn:description{schema['$ref']}"
            made.pop("type", None)  # said once more beside a reference, and wrong now and then
        if "enum" in schema:
            made["enum"] = list(schema["enum"])
        if "items" in schema:
            made["items"] = self._converted(schema["items"])
        parts = [self._converted(part) for part in schema.get("allOf", ())]
        alternatives = self._alternatives(schema)
        if alternatives:
            parts.append(alternatives)
        if parts:
            made["allOf"] = parts
        if "properties" in schema:
            made["properties"] = {
                name: self._property(inner) for name, inner in schema["properties"].items()
            }
        if "additionalProperties" in schema:
            extra = schema["additionalProperties"]
            inner = schema_in(extra)
            made["additionalProperties"] = extra if inner is None else self._converted(inner)
        required = [
            name
            for name in (
                *schema.get("required", ()),
                *(() if self.request else schema.get("x-present", ())),
            )
            if not (self.request and self._read_only(schema.get("properties", {}).get(name, {})))
        ]
        if required:
            made["required"] = required
        if not schema.get("nullable"):
            return made
        if "type" not in made or "allOf" in made:
            return {"anyOf": [{"type": "null"}, made]}
        made["type"] = [made["type"], "null"]
        if "enum" in made:
            made["enum"] = [*made["enum"], None]
        return made

    def _property(self, schema: Schema) -> Any:
        return False if self.request and self._read_only(schema) else self._converted(schema)

    def _alternatives(self, schema: Schema) -> dict[str, Any]:
        discriminator: Schema = schema.get("discriminator", {})
        mapping: Mapping[str, str] = discriminator.get("mapping", {})
        options = [*schema.get("oneOf", ()), *schema.get("anyOf", ())]
        if not mapping:
            return {"anyOf": [self._converted(option) for option in options]} if options else {}
        if any(option.get("$ref") not in mapping.values() for option in options):
            raise ValueError(f"an alternative has no tag in {discriminator}")
        tag = discriminator["propertyName"]
        rules: list[dict[str, Any]] = [
            {"required": [tag], "properties": {tag: {"enum": [*mapping]}}}
        ]
        rules += [
            {"if": {"properties": {tag: {"const": value}}}, "then": self._converted({"$ref": ref})}
            for value, ref in mapping.items()
        ]
        return {"allOf": rules}

    def _read_only(self, schema: Schema) -> bool:
        if "readOnly" in schema:
            return bool(schema["readOnly"])
        if "$ref" in schema:
            return self._read_only(self.document.target(schema))
        return any(self._read_only(part) for part in schema.get("allOf", ()))
