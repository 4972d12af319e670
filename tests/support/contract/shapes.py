"""Schemas of OpenAPI 3.0 made plain: references followed, `allOf` merged, unions listed."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from contract.document import Document, Schema

_STRUCTURAL = {
    "$ref",
    "allOf",
    "anyOf",
    "discriminator",
    "items",
    "nullable",
    "oneOf",
    "properties",
    "required",
    "additionalProperties",
    "x-present",
}


@dataclass(frozen=True)
class Option:
    """An alternative of a union, and the value of the union's tag that announces it."""

    schema: Schema
    tag: str | None


@dataclass(frozen=True)
class Shape:
    """What a schema says, all in one place.

    `extra` is what `additionalProperties` says (None: nothing). `tag` is the field that tells the
    options apart; `tags` are such fields with the values that an alternative has been chosen by.
    `alternative` marks what was chosen out of a union.
    """

    facts: Mapping[str, Any] = field(default_factory=dict[str, Any])
    properties: Mapping[str, Schema] = field(default_factory=dict[str, Schema])
    required: frozenset[str] = frozenset()
    items: Schema | None = None
    extra: Schema | bool | None = None
    options: tuple[Option, ...] = ()
    tag: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict[str, str])
    nullable: bool = False
    alternative: bool = False

    @property
    def type(self) -> str | None:
        """The JSON type, also where the schema only implies it."""
        if self.properties:
            return "object"
        if self.items is not None:
            return "array"
        if self.facts.get("type"):
            return str(self.facts["type"])
        return "object" if isinstance(self.extra, Mapping) else None

    @property
    def read_only(self) -> bool:
        """Whether requests must not hold it."""
        return bool(self.facts.get("readOnly"))


class Shapes:
    """Shapes of one document's schemas, each made once."""

    def __init__(self, document: Document, *, answers: bool = False) -> None:
        """In `answers`, what the overlay says is always there is required too."""
        self.document = document
        self.answers = answers
        # By identity, the schema beside its shape so that the identity is not given away again.
        self._made: dict[int, tuple[Schema, Shape]] = {}
        self._chosen: dict[tuple[int, int], tuple[Shape, Option, Shape]] = {}

    def of(self, schema: Schema) -> Shape:
        """The plain shape of a schema.

        What stands beside a `$ref` counts: the description means it (`required`, `nullable`).
        """
        if id(schema) not in self._made:
            self._made[id(schema)] = schema, self._make(schema)
        return self._made[id(schema)][1]

    def _make(self, schema: Schema) -> Shape:
        parts = [self.of(self.document.target(schema))] if "$ref" in schema else []
        parts += [self.of(part) for part in schema.get("allOf", ())]
        # A type of its own, beside parts that may be null, says that it may not.
        inherited = bool(parts) and "type" not in schema and all(part.nullable for part in parts)
        nullable = schema.get("nullable", inherited)
        own = Shape(
            facts={key: value for key, value in schema.items() if key not in _STRUCTURAL},
            properties=schema.get("properties", {}),
            required=frozenset(
                (
                    *schema.get("required", ()),
                    *(schema.get("x-present", ()) if self.answers else ()),
                )
            ),
            items=schema.get("items"),
            extra=schema.get("additionalProperties"),
            options=_options(schema),
            tag=schema.get("discriminator", {}).get("propertyName"),
        )
        merged = Shape()
        for part in (*parts, own):
            merged = merge(merged, part)
        return replace(merged, nullable=bool(nullable))

    def chosen(self, union: Shape, option: Option) -> Shape:
        """The shape of one alternative, with what stands beside the union."""
        key = id(union), id(option)
        if key not in self._chosen:
            self._chosen[key] = union, option, self._choose(union, option)
        return self._chosen[key][2]

    def _choose(self, union: Shape, option: Option) -> Shape:
        alternative = self.of(option.schema)
        both = merge(replace(union, options=(), tag=None), alternative)
        both = replace(both, nullable=union.nullable or alternative.nullable, alternative=True)
        if union.tag is None or option.tag is None:
            return both
        tags = {**both.tags, union.tag: option.tag}
        return replace(both, tags=tags, required=both.required | {union.tag})


def merge(first: Shape, second: Shape) -> Shape:
    """A shape that says what both say; of two facts the second one's."""
    properties = dict(first.properties)
    for name, schema in second.properties.items():
        known = properties.get(name)
        properties[name] = schema if known in (None, schema) else {"allOf": [known, schema]}
    facts = {**first.facts, **second.facts}
    if "enum" in first.facts and "enum" in second.facts:
        facts["enum"] = [one for one in second.facts["enum"] if one in first.facts["enum"]]
    for name, tightest in (("maxLength", min), ("maxItems", min), ("minItems", max)):
        if name in first.facts and name in second.facts:
            facts[name] = tightest(first.facts[name], second.facts[name])
    return Shape(
        facts=facts,
        properties=properties,
        required=first.required | second.required,
        items=_both(first.items, second.items),
        extra=first.extra if second.extra is None else second.extra,
        options=first.options or second.options,
        tag=first.tag or second.tag,
        tags={**first.tags, **second.tags},
        nullable=first.nullable and second.nullable,
    )


def _both(first: Schema | None, second: Schema | None) -> Schema | None:
    if first is None or second is None or first == second:
        return first if second is None else second
    return {"allOf": [first, second]}


def _options(schema: Schema) -> tuple[Option, ...]:
    mapping: Mapping[str, str] = schema.get("discriminator", {}).get("mapping", {})
    alternatives = [*schema.get("oneOf", ()), *schema.get("anyOf", ())]
    if not alternatives:
        return tuple(Option({"$ref": ref}, tag) for tag, ref in mapping.items())
    options: list[Option] = []
    for one in alternatives:
        tags = [tag for tag, ref in mapping.items() if one.get("$ref") == ref]
        options += [Option(one, tag) for tag in tags] or [Option(one, None)]
    return tuple(options)
