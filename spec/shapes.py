"""Reading the schemas of a description: references, properties, alternatives."""

from dataclasses import dataclass

from values import Schema, enum_values


@dataclass(frozen=True)
class Property:
    """A property of an object with the place it was declared at."""

    schema: Schema
    pointer: str


class Shapes:
    """Answers what a schema says once references and `allOf` are followed."""

    def __init__(self, document: Schema) -> None:
        self.components: dict[str, Schema] = document["components"]["schemas"]

    def resolve(self, schema: Schema, pointer: str) -> tuple[Schema, str]:
        """Follow references to the schema itself and its own pointer."""
        while "$ref" in schema:
            pointer = schema["$ref"].removeprefix("#")
            schema = self.components[component_of(schema["$ref"])]
        return schema, pointer

    def properties(self, schema: Schema, pointer: str) -> dict[str, Property]:
        """All properties of an object, those of its `allOf` parts first."""
        schema, pointer = self.resolve(schema, pointer)
        declared: list[tuple[str, Property]] = []
        for index, part in enumerate(schema.get("allOf", ())):
            declared += self.properties(part, f"{pointer}/allOf/{index}").items()
        for name, own in schema.get("properties", {}).items():
            declared.append((name, Property(own, f"{pointer}/properties/{name}")))
        found: dict[str, Property] = {}
        for name, prop in declared:
            if name not in found or not _says_less(prop.schema, found[name].schema):
                found[name] = prop
        return found

    def required(self, schema: Schema) -> frozenset[str]:
        """Names of the properties that an object must have."""
        schema, _ = self.resolve(schema, "")
        names = set(schema.get("required", ()))
        for part in schema.get("allOf", ()):
            names |= self.required(part)
        return frozenset(names)

    def present(self, schema: Schema) -> frozenset[str]:
        """Names of the properties that an answered object always has."""
        schema, _ = self.resolve(schema, "")
        names = set(schema.get("required", ())) | set(schema.get("x-present", ()))
        for part in schema.get("allOf", ()):
            names |= self.present(part)
        return frozenset(names)

    def options(self, schema: Schema, pointer: str) -> list[tuple[Schema, str]]:
        """The alternatives of a union, nested ones opened, repeated references once."""
        schema, pointer = self.resolve(schema, pointer)
        found: list[tuple[Schema, str]] = []
        for word in ("oneOf", "anyOf"):
            for index, option in enumerate(schema.get(word, ())):
                resolved, _ = self.resolve(option, "")
                at = f"{pointer}/{word}/{index}"
                if "oneOf" in resolved or "anyOf" in resolved:
                    found += self.options(option, at)
                elif not any(
                    "$ref" in option and option["$ref"] == o.get("$ref") for o, _ in found
                ):
                    found.append((option, at))
        return found

    def is_union(self, schema: Schema) -> bool:
        """Whether a schema lists alternatives, references followed."""
        schema, _ = self.resolve(schema, "")
        return "oneOf" in schema or "anyOf" in schema

    def opened(self, schema: Schema) -> Schema:
        """A union in place of an `allOf` that has one among its parts; the rest stands beside."""
        union = next(part for part in schema["allOf"] if self.is_union(part))
        listed, _ = self.resolve(union, "")
        words = ("oneOf", "anyOf", "discriminator")
        lists = {word: listed[word] for word in words if word in listed}
        own = {key: value for key, value in listed.items() if key not in words}
        beside = [part for part in schema["allOf"] if part is not union]
        return {**schema, **lists, "allOf": [*beside, own]}

    def other_name(self, schema: Schema) -> Schema | None:
        """The reference that a schema consists of, where it is another name for what that has."""
        parts = [part for part in schema.get("allOf", ()) if says_something(part)]
        named = len(parts) == 1 and not schema.get("properties") and "$ref" in parts[0]
        return parts[0] if named else None

    def is_object(self, schema: Schema) -> bool:
        """Whether a schema describes an object with named properties."""
        return bool(self.properties(schema, ""))

    def json_type(self, schema: Schema) -> str:
        """The JSON type of what a schema describes; empty where it may be anything."""
        schema, _ = self.resolve(schema, "")
        kind = str(schema.get("type", ""))
        if not kind and self.is_object(schema):
            kind = "object"
        if not kind and "items" in schema:
            kind = "array"
        if not kind and enum_values(schema):
            kind = "string"
        if not kind and isinstance(schema.get("additionalProperties"), dict):
            kind = "object"
        parts = [part for part in schema.get("allOf", ()) if part]
        kinds = {found for part in parts if (found := self.json_type(part))}
        if not kind and len(kinds) == 1:
            (kind,) = kinds
        return "number" if kind == "integer" else kind

    def nullable(self, schema: Schema) -> bool:
        """Whether null is a value, by the schema itself or by what it refers to."""
        if schema.get("nullable") is not None:
            return bool(schema["nullable"])
        if "$ref" in schema:
            return self.nullable(self.components[component_of(schema["$ref"])])
        parts = [part for part in schema.get("allOf", ()) if part]
        return len(parts) == 1 and self.nullable(parts[0])


def component_of(ref: str) -> str:
    """Name of the component that a reference points at."""
    return ref.rsplit("/", 1)[-1]


def says_something(schema: Schema) -> bool:
    """Whether a part of an `allOf` says more than what stands beside a type."""
    return bool(schema.keys() - {"default", "nullable", "title", "deprecated"})


def _says_less(own: Schema, inherited: Schema) -> bool:
    """A child that repeats a property with a bare type only must not hide what the parent said."""
    return not (own.keys() - {"type", "nullable"}) and "type" in own and own != inherited
