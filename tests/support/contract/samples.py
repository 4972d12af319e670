"""Values made from schemas: the same ones on every run, and no two fields alike."""

import random
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import rstr
from contract.document import Schema
from contract.shapes import Option, Shape, Shapes

PATTERNS = {
    r"^\d+$": "{n}",
    r"^[0-9]+$": "{n}",
    r"\d+": "{n}",
    r"^(AG)?\d+$": "AG{n}",
    r"^[C]?\d+$": "C{n}",
    r"^((AG)|C)?\d+$": "AG{n}",
    r"^\d+\+?$": "{n}+",
    r"(?!^\d+$)^.+$": "word {n}",
    r"^[a-z0-9]*$": "a{n}",
    r"^[a-zA-Z0-9]+$": "aZ{n}",
    r"^[a-zA-Z0-9+/=]+$": "aZ+/{n}=",
    r"[a-zA-Z0-9+\/=]+": "aZ+/{n}=",
    r"^(http|https|ftp|sftp)://": "sftp://example.com/{n}?a=b&c=d",
    r"^\d{4}-\d{2}-\d{2}$": "2024-02-{day:02}",
    r"^(\d{4})-(\d{2})-(\d{2})$": "2024-02-{day:02}",
    r"^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2}).(\d{3})Z$": "2024-02-{day:02}T03:04:05.678Z",
    r"^(0[0-9]|1[0-9]|2[0-3]):[0-5][0-9]$": "{day:02}:30",
}
"""Values for patterns that are known; others get any text that matches."""

FREE_TEXT = "{n} é+&=%41#?;'\" {n}"
"""Text without a pattern: every character that an encoding may get wrong, but no comma."""

FREE_JSON: Mapping[str, Any] = {"anything": ["at all", 1, None], "nested": {"key": True}}
"""What stands where the description says nothing."""


@dataclass(frozen=True)
class Node:
    """A value with the shape it was made from.

    Exactly one of `members` (an object), `items` (an array) and `value` (all else) holds it.
    `mark` says how it departs from its shape: "misfit" (it does not fit), "incomplete" (an object
    without something required), "new field", "new value" (of an enum), "new kind" (an object whose
    tag names no known alternative).
    """

    shape: Shape
    where: str
    value: Any = None
    members: Mapping[str, "Node"] | None = None
    items: tuple["Node", ...] | None = None
    mark: str = ""

    def json(self) -> Any:
        """The plain value."""
        if self.members is not None:
            return {name: node.json() for name, node in self.members.items()}
        if self.items is not None:
            return [node.json() for node in self.items]
        return self.value

    def walk(self) -> Iterator["Node"]:
        """This node and all below it."""
        yield self
        for node in (*(self.members or {}).values(), *(self.items or ())):
            yield from node.walk()


@dataclass
class Maker:
    """Makes values for requests or for answers."""

    shapes: Shapes
    request: bool
    _counts: dict[int, tuple[Shape, int]] = field(default_factory=dict[int, tuple[Shape, int]])

    # How many values it takes until every alternative of every union has occurred

    def variants(self, schema: Schema, trail: tuple[str, ...] = ()) -> int:
        """How many values `make` has to offer, from pick 0 upwards."""
        ref = schema.get("$ref")
        if ref in trail:
            return 1
        return self._variants(self.shapes.of(schema), (*trail, ref) if ref else trail)

    def _variants(self, shape: Shape, trail: tuple[str, ...]) -> int:
        if id(shape) not in self._counts:
            self._counts[id(shape)] = shape, self._count(shape, trail)
        return self._counts[id(shape)][1]

    def _count(self, shape: Shape, trail: tuple[str, ...]) -> int:
        if shape.options:
            options = (self.shapes.chosen(shape, option) for option in shape.options)
            return sum(self._variants(option, trail) for option in options)
        if shape.items is not None:
            each = self.variants(shape.items, trail)
            return -(-each // self._length(shape, each))
        inner = [self.variants(schema, trail) for schema in shape.properties.values()]
        if isinstance(shape.extra, Mapping):
            inner.append(self.variants(shape.extra, trail))
        return max(inner, default=1)

    # Values

    def make(
        self,
        schema: Schema,
        where: str,
        pick: int = 0,
        *,
        full: bool = True,
        trail: tuple[str, ...] = (),
    ) -> Node:
        """A value: all of it (`full`), or only what is required.

        `where` is its place, from which its text and numbers are derived. `pick` chooses among the
        alternatives of unions.
        """
        ref = schema.get("$ref")
        if ref in trail:
            full = False
        inner = (*trail, ref) if ref else trail
        return self._make(self.shapes.of(schema), where, pick, full=full, trail=inner)

    def _make(
        self, shape: Shape, where: str, pick: int, *, full: bool, trail: tuple[str, ...]
    ) -> Node:
        if shape.options:
            option, pick = self._option(shape, pick, trail)
            inner = self.shapes.chosen(shape, option)
            return self._make(inner, where, pick, full=full, trail=trail)
        if shape.items is not None:
            return self._array(shape, where, pick, full=full, trail=trail)
        if shape.properties or isinstance(shape.extra, Mapping):
            return self._object(shape, where, pick, full=full, trail=trail)
        return Node(shape, where, value=self._scalar(shape, where))

    def _scalar(self, shape: Shape, where: str) -> Any:
        value = _scalar(shape, where)
        if shape.facts.get("format") == "date-time" and not self.request:
            # A server may leave the zone out where it should not.
            return value.removesuffix("Z") + (".715000", "", "Z")[number_at(where) % 3]
        return value

    def _option(self, shape: Shape, pick: int, trail: tuple[str, ...]) -> tuple[Option, int]:
        counts = [self._variants(self.shapes.chosen(shape, one), trail) for one in shape.options]
        pick %= sum(counts)
        for option, count in zip(shape.options, counts, strict=True):
            if pick < count:
                return option, pick
            pick -= count
        raise AssertionError("a pick below the sum is below one of the partial sums")

    def _array(
        self, shape: Shape, where: str, pick: int, *, full: bool, trail: tuple[str, ...]
    ) -> Node:
        schema: Schema = shape.items or {}
        length = max(shape.facts.get("minItems", 0), 1)
        if full:
            length = self._length(shape, self.variants(schema, trail))
        items = tuple(
            self.make(schema, f"{where}/{n}", pick * length + n, full=full, trail=trail)
            for n in range(length)
        )
        return Node(shape, where, items=items)

    @staticmethod
    def _length(shape: Shape, variants: int) -> int:
        """Items of a full array: enough to show every alternative, at least two if it may."""
        wanted = max(variants, 2, int(shape.facts.get("minItems", 0)))
        return max(1, min(wanted, int(shape.facts.get("maxItems", wanted))))

    def _object(
        self, shape: Shape, where: str, pick: int, *, full: bool, trail: tuple[str, ...]
    ) -> Node:
        members: dict[str, Node] = {}
        for name, schema in shape.properties.items():
            inner = self.shapes.of(schema)
            if (self.request and inner.read_only) or not (full or name in shape.required):
                continue
            at = f"{where}/{name}"
            if name in shape.tags:
                members[name] = Node(inner, at, value=shape.tags[name])
            else:
                members[name] = self.make(schema, at, pick, full=full, trail=trail)
        if isinstance(shape.extra, Mapping):
            for n in range(2 if full else shape.facts.get("minProperties", 0)):
                at = f"{where}/extra {n}"
                members[f"extra {n}"] = self.make(shape.extra, at, pick, full=full, trail=trail)
        return Node(shape, where, members=members)


def number_at(where: str) -> int:
    """A number that is the same for the same place, and hardly ever for two places."""
    return zlib.crc32(where.encode())


def _scalar(shape: Shape, where: str) -> Any:
    facts, seed = shape.facts, number_at(where)
    if "enum" in facts or "x-known" in facts:
        values = facts.get("enum") or facts["x-known"]
        known = [value for value in values if value is not None]
        return known[seed % len(known)] if known else None
    match shape.type:
        case "string":
            return _text(facts, seed, where)
        case "boolean":
            return seed % 2 == 0
        case "integer" | "number":
            return _number(facts, seed, fraction=shape.type == "number")
        case "object" | None:
            return FREE_JSON
        case other:
            raise ValueError(f"{where}: no value is known for the type {other}")


def _number(facts: Mapping[str, Any], seed: int, *, fraction: bool) -> int | float:
    low = int(facts.get("minimum", 1))
    high = int(facts.get("maximum", low + 100_000))
    whole = low + seed % (high - low + 1)
    return whole + 0.5 if fraction and whole + 0.5 <= high else whole


def _text(facts: Mapping[str, Any], seed: int, where: str) -> str:
    day = seed % 20 + 1
    if facts.get("format") == "date":
        return f"2024-02-{day:02}"
    if facts.get("format") == "date-time":
        return f"2024-02-{day:02}T03:04:{seed % 60:02}Z"
    if facts.get("format") == "sha256":
        return f"{seed:064x}"
    if facts.get("format") == "date-time-local":
        return f"2024-02-{day:02}T03:04:{seed % 60:02}" + (".715000", "")[seed % 2]
    pattern = facts.get("pattern")
    if pattern is not None and pattern not in PATTERNS:
        return _matching(pattern, facts, seed, where)
    template = PATTERNS[pattern] if pattern else FREE_TEXT
    text = template.format(n=seed, day=day)[: facts.get("maxLength")].strip()
    text = text.ljust(facts.get("minLength", 0), "0")
    if pattern and not re.search(pattern, text):
        raise ValueError(f"{where}: {text!r} does not match {pattern!r}")
    return text


def _matching(pattern: str, facts: Mapping[str, Any], seed: int, where: str) -> str:
    """The first random text that matches a pattern and has the length asked for."""
    source = rstr.Rstr(random.Random(seed))
    low, high = facts.get("minLength", 0), facts.get("maxLength", 10_000)
    for _ in range(200):
        text = source.xeger(pattern).strip()
        if low <= len(text) <= high and text.isprintable() and re.search(pattern, text):
            return text
    raise ValueError(f"{where}: no text was found that matches {pattern!r}")
