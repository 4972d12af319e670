"""What tells the alternatives of a union apart: a field with one value for each."""

from typing import NamedTuple

from shapes import Shapes
from values import Schema, enum_values, objects


class Variant(NamedTuple):
    """An alternative of a tagged union."""

    tag: str
    schema: Schema
    pointer: str


class Tags:
    """Finds the tags of unions, and knows which components stand `alone` somewhere."""

    def __init__(self, shapes: Shapes) -> None:
        self.shapes = shapes
        self.alone: set[str] = set()

    def learn(self, document: Schema) -> None:
        """Note which components stand alone somewhere, and are no variant of a tagged union there.

        A part of an `allOf` with others beside it does not count: it is only inherited from.
        """
        not_alone: set[int] = set()
        for one in objects(document):
            parts = [part for part in one.get("allOf", ()) if "$ref" in part]
            if len(one.get("allOf", ())) > 1 or "properties" in one:
                not_alone.update(map(id, parts))
            listed = [*one.get("oneOf", ()), *one.get("anyOf", ())]
            if listed:
                # One that is no tagged union is merged into one class, or has none of its own.
                not_alone.update(map(id, listed))
        for one in objects(document):
            ref = one.get("$ref")
            if isinstance(ref, str) and "/schemas/" in ref and id(one) not in not_alone:
                self.alone.add(self.shapes.resolve(one, "")[1])

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
