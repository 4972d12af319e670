"""What a schema comes down to for its users, and what changed between two of these.

Names of components, `allOf` and references do not count: only the fields that are sent or answered,
each by its path, and what is said of it. Alternatives of a union share their paths.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from facts import Json

Effect = Literal["breaking", "new", "changed"]

_LIMITS = {
    "minimum": "least value",
    "maximum": "greatest value",
    "minLength": "least length",
    "maxLength": "greatest length",
    "minItems": "fewest items",
    "maxItems": "most items",
    "pattern": "pattern",
    "default": "default",
}
_SHOWN = 8
"""Values of a vocabulary that a line names."""


@dataclass(frozen=True, order=True)
class Change:
    """One change: what it means for code that runs today, what it is, and in which operations."""

    effect: Effect
    what: str
    operations: tuple[str, ...] = ()


@dataclass(frozen=True)
class Fact:
    """What is said of one field; `values` is None where any will do."""

    kinds: frozenset[str]
    values: tuple[str, ...] | None = None
    required: bool = False
    nullable: bool = False
    deprecated: bool = False
    limits: tuple[tuple[str, str], ...] = ()

    def beside(self, other: "Fact") -> "Fact":
        """What both alternatives say together."""
        values = None
        if self.values is not None and other.values is not None:
            values = tuple(dict.fromkeys((*self.values, *other.values)))
        return Fact(
            self.kinds | other.kinds,
            values,
            self.required or other.required,
            self.nullable or other.nullable,
            self.deprecated and other.deprecated,
            self.limits if self.limits == other.limits else (),
        )


class Flat:
    """Flattens the schemas of one document."""

    def __init__(self, document: Json) -> None:
        self._components: Json = document.get("components", {}).get("schemas", {})

    def fields(self, schema: Json, *, sent: bool) -> dict[str, Fact]:
        """Each field by its path; the whole is at the empty one."""
        found: dict[str, Fact] = {}
        for path, fact in self._walk(schema, "", (), required=False, sent=sent):
            found[path] = found[path].beside(fact) if path in found else fact
        return found

    def _walk(
        self, schema: Json, path: str, trail: tuple[str, ...], *, required: bool, sent: bool
    ) -> Iterator[tuple[str, Fact]]:
        whole, trail = self._whole(schema, trail)
        if sent and whole.get("readOnly"):
            return
        options = [*whole.get("oneOf", ()), *whole.get("anyOf", ())]
        if not options:
            mapping: Json = whole.get("discriminator", {}).get("mapping", {})
            options = [{"$ref": ref} for ref in mapping.values() if _name(ref) not in trail]
        own: Json = whole.get("properties", {})
        if own or not options:
            yield path, _fact(whole, required)
        must = set(whole.get("required", ()))
        for name, prop in own.items():
            inner = f"{path}.{name}" if path else name
            yield from self._walk(prop, inner, trail, required=name in must, sent=sent)
        for key, mark in (("items", "[]"), ("additionalProperties", "{}")):
            if isinstance(whole.get(key), dict) and whole[key]:
                at = f"{path}{mark}"
                yield from self._walk(whole[key], at, trail, required=False, sent=sent)
        for option in options:
            beside = {"nullable": True} if whole.get("nullable") else {}
            yield from self._walk({**option, **beside}, path, trail, required=required, sent=sent)

    def _whole(self, schema: Json, trail: tuple[str, ...]) -> tuple[Json, tuple[str, ...]]:
        """A schema with what it refers to and is composed of; what recurs is cut off."""
        found: Json = {}
        parts: list[Json] = list(schema.get("allOf", ()))
        if "$ref" in schema:
            name = _name(str(schema["$ref"]))
            if name in trail:
                return {"type": "object"}, trail
            trail = (*trail, name)
            parts.insert(0, self._components.get(name, {}))
        for part in parts:
            inner, trail = self._whole(part, trail)
            found = _joined(found, inner)
        own = {key: value for key, value in schema.items() if key not in {"$ref", "allOf"}}
        return _joined(found, own), trail


def _joined(first: Json, second: Json) -> Json:
    found = {**first, **second}
    for key in ("properties", "required"):
        if key in first and key in second:
            both = {**dict.fromkeys(first[key]), **dict.fromkeys(second[key])}
            mixed = {**first[key], **second[key]} if key == "properties" else list(both)
            found[key] = mixed
    return found


def _name(ref: str) -> str:
    return ref.rsplit("/", 1)[-1]


def _fact(schema: Json, required: bool) -> Fact:
    values = schema.get("enum")
    limits = ((key, str(schema[key])) for key in _LIMITS if schema.get(key) is not None)
    return Fact(
        frozenset({_kind(schema)}),
        None if values is None else tuple(str(one) for one in values if one is not None),
        required,
        bool(schema.get("nullable")),
        bool(schema.get("deprecated")),
        tuple(limits),
    )


def _kind(schema: Json) -> str:
    kind = str(schema.get("type", ""))
    if not kind:
        kind = "object" if "properties" in schema else "array" if "items" in schema else "anything"
    form = schema.get("format")
    return f"{kind} ({form})" if form in {"date", "date-time", "date-time-local"} else kind


# Changes


def changed(
    old: dict[str, Fact], new: dict[str, Fact], *, sent: bool
) -> Iterator[tuple[Effect, str, str]]:
    """`(effect, path, what)` of each difference; what is inside of something new is left out."""
    for path in sorted(old.keys() - new.keys()):
        if not _has_parent(path, old.keys() - new.keys()):
            yield "breaking", path, "gone"
    for path in sorted(new.keys() - old.keys()):
        if not _has_parent(path, new.keys() - old.keys()):
            demands = sent and new[path].required
            yield "breaking" if demands else "new", path, f"new{required_too(demands)}"
    for path in sorted(old.keys() & new.keys()):
        for effect, what in _differences(old[path], new[path], sent=sent):
            yield effect, path, what


def _has_parent(path: str, among: set[str]) -> bool:
    return any(
        path.startswith(f"{other}{mark}")
        for other in among
        if other and other != path
        for mark in (".", "[]", "{}")
    )


def _differences(old: Fact, new: Fact, *, sent: bool) -> Iterator[tuple[Effect, str]]:
    if old.kinds != new.kinds:
        yield "breaking", f"{_or(new.kinds)} now, was {_or(old.kinds)}"
    yield from _values(old, new, sent=sent)
    if new.required and not old.required:
        yield "breaking" if sent else "changed", "required now" if sent else "always there now"
    elif old.required and not new.required:
        yield "changed" if sent else "breaking", "optional now" if sent else "may be absent now"
    if new.nullable != old.nullable:
        yield "changed", "may be null now" if new.nullable else "never null now"
    if new.deprecated and not old.deprecated:
        yield "changed", "deprecated now"
    was, now = dict(old.limits), dict(new.limits)
    for key, words in _LIMITS.items():
        if sent and was.get(key) != now.get(key):
            yield "changed", f"{words} {was.get(key, 'none')} became {now.get(key, 'none')}"


def _values(old: Fact, new: Fact, *, sent: bool) -> Iterator[tuple[Effect, str]]:
    if old.values == new.values:
        return
    if old.values is None:
        effect: Effect = "breaking" if sent else "changed"
        yield effect, f"only {_some(new.values or ())} now, was any text"
    elif new.values is None:
        yield "changed", "any text now, was one of a list"
    else:
        added = [one for one in new.values if one not in old.values]
        gone = [one for one in old.values if one not in new.values]
        if added:
            yield "new", f"new value{'s'[: len(added) > 1]} {_some(added)}"
        if gone:
            yield "breaking" if sent else "changed", f"no longer {_some(gone)}"


def _or(kinds: frozenset[str]) -> str:
    return " or ".join(sorted(kinds))


def _some(values: list[str] | tuple[str, ...]) -> str:
    more = f" and {len(values) - _SHOWN} more" if len(values) > _SHOWN else ""
    return ", ".join(values[:_SHOWN]) + more


def required_too(required: bool) -> str:
    """Words for something new that is required as well."""
    return " and required" if required else ""


def demanded(fields: dict[str, Fact], required: bool) -> dict[str, Fact]:
    """Fields of a value that itself has to be there, or not."""
    return {**fields, "": replace(fields[""], required=required)} if "" in fields else fields
