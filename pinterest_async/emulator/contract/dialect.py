"""OpenAPI 3.0 -> JSON Schema 2020-12, which validators speak.

- `nullable` becomes an alternative, also beside a reference and beside `allOf`.
- Alternatives may overlap, so `oneOf` is read as `anyOf`. Where a discriminator tells them apart,
  the tag decides: `if` the tag is this, `then` the alternative.
- In a request that is checked strictly, what is read-only may not be sent, and a name that the
  description lacks may not either. The live API ignores both, and so does a request otherwise.
- Where an answer has a list of errors beside what was written, a request that lacks a value is no
  error of the whole: the live API names it among the errors. Only the lists have to be there.
- An answer may hold more than is described.
"""

from collections.abc import Mapping
from typing import Any, Final

from pinterest_async.emulator.contract.description import PREFIX, Description, Schema

_SAME: Final = (
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
    "uniqueItems",
    "multipleOf",
)
_BOUNDS: Final = {
    "int32": {"minimum": -(2**31), "maximum": 2**31 - 1},
    "int64": {"minimum": -(2**63), "maximum": 2**63 - 1},
}
"""Formats that say how large a number may be: validators leave them alone."""
_FIELDS: Final = {"properties", "additionalProperties", "allOf", "oneOf", "anyOf"}
"""What may tell the fields of an object."""
URN: Final = "urn:pinterest"


class Dialect:
    """Translates the schemas of one description, either for requests or for answers."""

    def __init__(
        self,
        description: Description,
        *,
        request: bool,
        strict: bool = True,
        complete: bool = True,
    ) -> None:
        """Not `strict`, a request may hold what the description lacks, or what is read-only.

        Not `complete`, it may lack what is required, except lists.
        """
        self._description = description
        self._request = request
        self.strict = strict
        self._complete = complete

    def components(self) -> dict[str, Any]:
        """The shared schemas, as the document that references lead to."""
        return {
            "components": {
                "schemas": {n: self._open(s) for n, s in self._description.schemas.items()}
            }
        }

    def schema(self, schema: Schema) -> dict[str, Any]:
        """One schema, as it stands at the place where a value is."""
        made = self._open(schema)
        if self._request and self.strict and self._closed(schema):
            made["unevaluatedProperties"] = False
        return made

    def _closed(self, schema: Schema) -> bool:
        """Whether a schema names the properties of an object and leaves no room for others."""
        schema = self._description.resolve(schema)
        if "additionalProperties" in schema:
            return False
        # A part that tells no fields leaves no room for others either; an alternative does, unless
        # all that it tells is which fields are required.
        parts = [*filter(self._tells_fields, schema.get("allOf", ()))]
        parts += [
            one
            for one in (*schema.get("oneOf", ()), *schema.get("anyOf", ()))
            if self._tells_fields(one) or "required" not in self._description.resolve(one)
        ]
        objects = [one for one in parts if self._is_object(one)]
        return all(map(self._closed, objects)) if objects else bool(schema.get("properties"))

    def _tells_fields(self, schema: Schema) -> bool:
        return not _FIELDS.isdisjoint(self._description.resolve(schema))

    def _is_object(self, schema: Schema) -> bool:
        return bool(self._description.resolve(schema).get("type", "object") == "object")

    def _open(self, schema: Schema) -> dict[str, Any]:
        made = {word: schema[word] for word in _SAME if word in schema}
        if "$ref" in schema:
            made["$ref"] = f"{URN}{schema['$ref']}"
            made.pop("type", None)  # said once more beside a reference, and wrong now and then
        for word, bound in _BOUNDS.get(str(schema.get("format")), {}).items():
            made.setdefault(word, bound)
        for word, exclusive in (
            ("minimum", "exclusiveMinimum"),
            ("maximum", "exclusiveMaximum"),
        ):
            if schema.get(exclusive) is True:
                made[exclusive] = made.pop(word)
        if "enum" in schema:
            made["enum"] = list(schema["enum"])
        if "items" in schema:
            made["items"] = self.schema(schema["items"])
        parts = [self._open(part) for part in schema.get("allOf", ())]
        parts += self._alternatives(schema)
        if parts:
            made["allOf"] = parts
        properties: Mapping[str, Schema] = schema.get("properties", {})
        if properties:
            made["properties"] = {name: self._property(one) for name, one in properties.items()}
        extra = schema.get("additionalProperties")
        if extra is not None:
            made["additionalProperties"] = extra if isinstance(extra, bool) else self.schema(extra)
        required = [
            name
            for name in schema.get("required", ())
            if not (self._request and self._read_only(properties.get(name, {})))
            and (self._complete or "items" in self._description.resolve(properties.get(name, {})))
        ]
        if required:
            made["required"] = required
        return self._or_null(made) if schema.get("nullable") else made

    @staticmethod
    def _or_null(made: dict[str, Any]) -> dict[str, Any]:
        if "type" not in made or "allOf" in made:
            return {"anyOf": [{"type": "null"}, made]}
        made["type"] = [made["type"], "null"]
        if "enum" in made and None not in made["enum"]:
            made["enum"].append(None)
        return made

    def _property(self, schema: Schema) -> Any:
        if self._request and self._read_only(schema):
            return not self.strict
        return self.schema(schema)

    def _alternatives(self, schema: Schema) -> list[dict[str, Any]]:
        discriminator: Schema = schema.get("discriminator", {})
        mapping: Mapping[str, str] = discriminator.get("mapping", {})
        if not mapping:
            options = [*schema.get("oneOf", ()), *schema.get("anyOf", ())]
            return [{"anyOf": [self._open(one) for one in options]}] if options else []
        tag: str = discriminator["propertyName"]
        known = {"required": [tag], "properties": {tag: {"enum": [*mapping]}}}
        return [
            known,
            *(
                {"if": {"properties": {tag: {"const": value}}}, "then": self._open({"$ref": ref})}
                for value, ref in mapping.items()
            ),
        ]

    def _read_only(self, schema: Schema) -> bool:
        if "readOnly" in schema:
            return bool(schema["readOnly"])
        if "$ref" in schema:
            return self._read_only(self._description.schemas[schema["$ref"].removeprefix(PREFIX)])
        return any(self._read_only(part) for part in schema.get("allOf", ()))
