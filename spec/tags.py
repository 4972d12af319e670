"""What tells the alternatives of a union apart: a field with one value for each."""

from collections import defaultdict
from typing import NamedTuple

from shapes import Shapes
from values import Schema, enum_values, objects


class Variant(NamedTuple):
    """An alternative of a tagged union."""

    tag: str
    schema: Schema
    pointer: str


class Tags:
    """Finds the tags of unions, and knows which schemas are variants of one somewhere."""

    def __init__(self, shapes: Shapes) -> None:
        self.shapes = shapes
        self._known: dict[str, set[tuple[str, str]]] = defaultdict(set)

    def learn(self, schema: Schema) -> None:
        """Note the variants of each union inside of a schema, references not followed."""
        for one in objects(schema):
            if "oneOf" not in one and "anyOf" not in one:
                continue
            options = self.shapes.options(one, "")
            found = self.tagged(one, options) if options else None
            for variant in found[1] if found else ():
                _, pointer = self.shapes.resolve(variant.schema, variant.pointer)
                self._known[pointer].add((found[0] if found else "", variant.tag))

    def alone(self, schema: Schema, pointer: str) -> tuple[str, str] | None:
        """The tag of a schema that is a variant somewhere, where it stands alone.

        It is the one value that the schema itself has for the field; without one, none.
        """
        known = self._known.get(pointer, set())
        if len(known) != 1:
            return None
        ((field, tag),) = known
        return (field, tag) if self.constant(schema, pointer, field) == tag else None

    def tagged(
        self, schema: Schema, options: list[tuple[Schema, str]]
    ) -> tuple[str, list[Variant]] | None:
        """The tag field and the variants; None where options share a tag or have none."""
        schema, _ = self.shapes.resolve(schema, "")
        discriminator = schema.get("discriminator", {})
        if discriminator.get("mapping"):
            field = discriminator["propertyName"]
            mapped = {(ref, tag) for tag, ref in discriminator["mapping"].items()}
            variants = [
                Variant(tag, option, at)
                for option, at in options
                for ref, tag in sorted(mapped)
                if option.get("$ref") == ref
            ]
            if len(variants) == len(options):
                return field, variants
        for field in self.shapes.properties(*options[0]):
            tags = [self.constant(option, at, field) for option, at in options]
            if all(tags) and len(set(tags)) == len(tags):
                return field, [
                    Variant(tag, option, at)
                    for tag, (option, at) in zip(tags, options, strict=True)
                    if tag
                ]
        return None

    def constant(self, schema: Schema, pointer: str, field: str) -> str | None:
        """The only value that a required field of an object can have."""
        prop = self.shapes.properties(schema, pointer).get(field)
        if prop is None or field not in self.shapes.required(schema):
            return None
        values = enum_values(self.shapes.resolve(prop.schema, "")[0])
        return values[0] if values and len(values) == 1 else None
