"""What changed between two versions of a schema."""

from collections.abc import Iterator
from dataclasses import dataclass
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


@dataclass(frozen=True, order=True)
class Change:
    """One change: what it means for code that runs today, where, and in which operations."""

    effect: Effect
    what: str
    operations: tuple[str, ...] = ()


class Comparison:
    """Compares schemas of two documents.

    References of one name are taken as equal, since a component is compared once by itself. A
    reference that got another name, or that took the place of an inline schema, is followed: it may
    say the same in other words.
    """

    def __init__(self, old: Json, new: Json) -> None:
        self._old: Json = old["components"].get("schemas", {})
        self._new: Json = new["components"].get("schemas", {})
        self._under_way: set[tuple[str, str]] = set()

    def schema(self, where: str, old: Json, new: Json, *, sent: bool) -> Iterator[Change]:
        """Changes of one schema; `sent` tells whether callers send it."""
        old, new = _unwrapped(old), _unwrapped(new)
        if old == new:
            return
        was, now = _kind(old), _kind(new)
        if was == now:
            yield from self._insides(where, old, new, sent=sent)
        elif ("$ref" in old or "$ref" in new) and (was, now) not in self._under_way:
            self._under_way.add((was, now))
            yield from self.schema(
                where, _followed(old, self._old), _followed(new, self._new), sent=sent
            )
            self._under_way.discard((was, now))
        elif "$ref" not in old and "$ref" not in new:
            yield Change("breaking", f"{where}: is {now} now, was {was}")

    def _insides(self, where: str, old: Json, new: Json, *, sent: bool) -> Iterator[Change]:
        if _parts(old) != _parts(new):
            old, new = _flat(old, self._old), _flat(new, self._new)
        if bool(old.get("nullable")) != bool(new.get("nullable")):
            null = "may be null now" if new.get("nullable") else "is never null now"
            yield Change("changed", f"{where}: {null}")
        if new.get("deprecated") and not old.get("deprecated"):
            yield Change("changed", f"{where}: deprecated now")
        yield from _values(where, old, new)
        for keyword, words in _LIMITS.items():
            if old.get(keyword) != new.get(keyword):
                told = f"{_said(old.get(keyword))} became {_said(new.get(keyword))}"
                yield Change("changed", f"{where}: {words} {told}")
        yield from self._properties(where, old, new, sent=sent)
        for keyword, suffix in (("items", "[]"), ("additionalProperties", "{}")):
            was_part, now_part = old.get(keyword), new.get(keyword)
            if was_part and now_part and True not in (was_part, now_part):
                yield from self.schema(f"{where}{suffix}", was_part, now_part, sent=sent)
        yield from self._alternatives(where, old, new, sent=sent)

    def _properties(self, where: str, old: Json, new: Json, *, sent: bool) -> Iterator[Change]:
        was, now = old.get("properties", {}), new.get("properties", {})
        must, did = set(new.get("required", ())), set(old.get("required", ()))
        for name in sorted(was.keys() - now.keys()):
            yield Change("breaking", f"{where}.{name} is gone")
        for name in sorted(now.keys() - was.keys()):
            demands = sent and name in must
            yield Change(
                "breaking" if demands else "new", f"{where}.{name} is new{required_too(demands)}"
            )
        for name in sorted(now.keys() & was.keys()):
            if name in must - did and sent:
                yield Change("breaking", f"{where}.{name} is required now")
            elif name in did - must:
                effect: Effect = "changed" if sent else "breaking"
                what = "may be left out now" if sent else "may be absent now"
                yield Change(effect, f"{where}.{name} {what}")
            yield from self.schema(f"{where}.{name}", was[name], now[name], sent=sent)

    def _alternatives(self, where: str, old: Json, new: Json, *, sent: bool) -> Iterator[Change]:
        for word in ("oneOf", "anyOf"):
            was = {_kind(one) for one in old.get(word, ())}
            now = {_kind(one) for one in new.get(word, ())}
            for kind in sorted(now - was):
                yield Change("new", f"{where}: may be {kind} too")
            for kind in sorted(was - now):
                yield Change("breaking", f"{where}: is no longer {kind}")
        for was_part, now_part in zip(old.get("allOf", ()), new.get("allOf", ()), strict=True):
            yield from self.schema(where, was_part, now_part, sent=sent)


def _parts(schema: Json) -> list[str]:
    return [str(part.get("$ref", "")) for part in schema.get("allOf", ())]


def _flat(schema: Json, components: Json) -> Json:
    """An object with the properties of its `allOf` parts as its own."""
    properties: Json = {}
    required: set[str] = set()
    for part in schema.get("allOf", ()):
        inner = _flat(_followed(part, components), components)
        properties |= inner.get("properties", {})
        required |= set(inner.get("required", ()))
    flat = {key: value for key, value in schema.items() if key != "allOf"}
    flat["properties"] = properties | schema.get("properties", {})
    flat["required"] = sorted(required | set(schema.get("required", ())))
    return flat


def required_too(required: bool) -> str:
    """Words for something new that is required as well."""
    return " and required" if required else ""


def _unwrapped(schema: Json) -> Json:
    """A lone part of `allOf` and its siblings say what one schema could."""
    parts = schema.get("allOf", [])
    if len(parts) != 1 or "properties" in schema:
        return schema
    beside = {
        key: value
        for key, value in schema.items()
        if key != "allOf" and not (key == "type" and ("$ref" in parts[0] or "type" in parts[0]))
    }
    return {**parts[0], **beside}


def _followed(schema: Json, components: Json) -> Json:
    while "$ref" in schema:
        beside = {key: value for key, value in schema.items() if key != "$ref"}
        schema = _unwrapped({**components[str(schema["$ref"]).rsplit("/", 1)[-1]], **beside})
    return schema


def _kind(schema: Json) -> str:
    if "$ref" in schema:
        return str(schema["$ref"]).rsplit("/", 1)[-1]
    form = schema.get("format")
    otherwise = "anything"
    if "oneOf" in schema or "anyOf" in schema:
        otherwise = "one of several"
    elif "properties" in schema or "allOf" in schema:
        otherwise = "object"
    name = schema.get("type", otherwise)
    return f"{name}{f' ({form})' if form else ''}"


def _said(value: object) -> str:
    return "none" if value is None else str(value)


def _values(where: str, old: Json, new: Json) -> Iterator[Change]:
    was, now = old.get("enum"), new.get("enum")
    if was is None or now is None:
        return
    added = [str(one) for one in now if one not in was and one is not None]
    gone = [str(one) for one in was if one not in now and one is not None]
    if added:
        yield Change("new", f"{where}: new value{'s'[: len(added) > 1]} {', '.join(added)}")
    if gone:
        yield Change("breaking", f"{where}: no longer {', '.join(gone)}")
