"""Rules of the overlay about answers -> facts: which properties of an answered object always come.

Pinterest's description hardly says what is always there. The overlay's `[[present]]` rules do, by
the names of properties, for every object that an operation answers: the answer itself, its items,
what stands under `data`, and the values of maps. The names are written into the schema of the
object as `x-present`, which counts for answers only.
"""

import copy
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase

from additions import ADDED
from operations import raw_operations
from overlay import Presence
from shapes import Shapes, component_of
from values import Schema

PRESENT = "x-present"


def marked(document: Schema, rules: Iterable[Presence]) -> tuple[Schema, list[str]]:
    """Copy of the document with `x-present` in it, and notes on the rules that apply nowhere."""
    made = copy.deepcopy(document)
    walk = _Walk(made, tuple(rules))
    for _, _, _, operation in raw_operations(made):
        for status, response in operation["responses"].items():
            content: Schema = response.get("content", {})
            if status.startswith("2") and content:
                walk.visit(next(iter(content.values())).get("schema", {}))
    walk.visit_parts()
    return made, walk.unused()


class _Walk:
    """Marks the objects of answers, each once."""

    def __init__(self, document: Schema, rules: tuple[Presence, ...]) -> None:
        self.shapes = Shapes(document)
        self.rules = rules
        self.done: set[int] = set()
        self.used: set[str] = set()
        self.parts: list[Schema] = []
        self.names = {id(one): name for name, one in self.shapes.components.items()}

    def visit_parts(self) -> None:
        """Mark the objects inside of those that were visited, by rules that name their schema."""
        while self.parts:
            self.visit(self.parts.pop(), part=True)

    def visit(self, schema: Schema, *, part: bool = False) -> None:
        """Mark the objects that an answer of this schema is made of."""
        for one in self._variants(schema):
            if id(one) in self.done:
                continue
            self.done.add(id(one))
            properties = self.shapes.properties(one, "")
            if properties:
                self._mark(one, part)
            if "items" in one:
                self.visit(one["items"], part=part)
            if _is_map(one):
                self.visit(one["additionalProperties"], part=part)
            for name, prop in properties.items():
                resolved, _ = self.shapes.resolve(prop.schema, "")
                if name == "data" or "items" in resolved or _is_map(resolved):
                    self.visit(prop.schema, part=part)
                else:
                    self.parts.append(prop.schema)

    def _variants(self, schema: Schema) -> Iterator[Schema]:
        resolved, _ = self.shapes.resolve(schema, "")
        mapping = resolved.get("discriminator", {}).get("mapping", {})
        if "oneOf" in resolved or "anyOf" in resolved:
            for option, _ in self.shapes.options(resolved, ""):
                yield from self._variants(option)
        elif mapping and not resolved.get("properties"):
            for ref in mapping.values():
                yield from self._variants(self.shapes.components[component_of(ref)])
        elif same := self.shapes.other_name(resolved):
            yield from self._variants(same)
        else:
            yield resolved

    def _mark(self, schema: Schema, part: bool) -> None:
        owner = self.names.get(id(schema), "")
        required = self.shapes.required(schema) | self._added(schema)
        found: set[str] = set()
        for name, prop in self.shapes.properties(schema, "").items():
            if name in required or self.shapes.nullable(prop.schema):
                continue
            said = (f"{owner}.{name}",) if part else (name, f"{owner}.{name}")
            if any(self._says(rule, owner, name, said) for rule in self.rules):
                found.add(name)
        if found:
            schema[PRESENT] = sorted(found)

    def _added(self, schema: Schema) -> frozenset[str]:
        """Properties that only a newer version has: an answer of the older one lacks them."""
        parts = [self.shapes.resolve(part, "")[0] for part in schema.get("allOf", ())]
        return frozenset(schema.get(ADDED, ())).union(*map(self._added, parts))

    def _says(self, rule: Presence, owner: str, name: str, names: tuple[str, ...]) -> bool:
        for said in names:
            found = _first(rule.fields, said)
            if found:
                self.used.add(found)
                absent = _first(rule.without, f"{owner}.{name}")
                self.used.add(absent)
                return not absent
        return False

    def unused(self) -> list[str]:
        """The names that stand in a rule and in no answer."""
        said = {name for rule in self.rules for name in (*rule.fields, *rule.without)}
        return [f"[[present]] {name}: no answer has it" for name in sorted(said - self.used)]


def _first(patterns: Iterable[str], name: str) -> str:
    """The first of these that is a name or fits it, `*` standing for anything; else empty."""
    return next((one for one in patterns if one == name or _fits(one, name)), "")


def _fits(pattern: str, name: str) -> bool:
    return "*" in pattern and fnmatchcase(name, pattern)


def _is_map(schema: Schema) -> bool:
    return isinstance(schema.get("additionalProperties"), dict)
