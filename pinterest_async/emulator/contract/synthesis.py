"""Answers made from their schemas, for operations that keep no state.

The same request gets the same answer: every value follows from the seed, the operation, the path,
the query, the body, and the place in the answer. What a request names (ids in the path, parameters,
fields of the body) comes back under the same name where it fits.
"""

import datetime as dt
import hashlib
import random
import re
import zlib
from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec
import rstr

from pinterest_async.emulator.contract.calls import ApiCall
from pinterest_async.emulator.contract.description import (
    PREFIX,
    ApiOperation,
    Description,
    Schema,
)
from pinterest_async.emulator.contract.validation import Validators
from pinterest_async.emulator.contract.wire import is_list, is_object, property_schemas

_DEEPEST: Final = 8
"""Below this depth only what is required is made, so that recursive schemas end."""
_NEAR: Final = 3
"""Down to this depth the answer repeats what the request says: an item's data lies there."""
_TRIES: Final = 100
_DIGITS: Final = 10**12
_SHARES: Final = frozenset(("ratio", "coverage", "overlap"))
"""Numbers that are a part of the whole."""
_WORDS: Final = ("spring", "garden", "kitchen", "lamp", "linen", "oak", "harvest", "studio")


class Synthesis:
    """Makes the answers of one description."""

    def __init__(self, description: Description, validators: Validators) -> None:
        self._description = description
        self._validators = validators

    def answer(self, operation: ApiOperation, call: ApiCall, seed: int) -> Any:
        """The body of a successful answer; None for an empty one."""
        schema = operation.answer(operation.status)
        if schema is None:
            return None
        said = msgspec.json.encode([seed, operation.id, call.path, call.query, call.body])
        named = dict(_named(call))
        own = {"id": [*call.path.values()][-1]} if operation.path.endswith("}") else {}
        maker = _Maker(self._description, self._validators, named, own, zlib.crc32(said), call.now)
        return maker.value(schema, "", 0)


class _Shape(msgspec.Struct):
    """One schema, its references, parts and a chosen alternative put together."""

    facts: dict[str, Any] = {}
    properties: dict[str, list[Schema]] = {}
    required: set[str] = set()
    tags: dict[str, str] = {}


class _Maker:
    """Makes the values of one answer."""

    def __init__(
        self,
        description: Description,
        validators: Validators,
        named: dict[str, Any],
        own: dict[str, Any],
        seed: int,
        now: dt.datetime,
    ) -> None:
        self._description = description
        self._validators = validators
        self._named = named
        self._own = own
        self._seed = seed
        self._now = now

    def value(self, schema: Schema, where: str, depth: int) -> Any:
        """A value that fits a schema; `where` is its place in the answer."""
        shape = _Shape()
        self._gather(schema, shape, where, depth)
        facts = shape.facts
        if "enum" in facts or "x-known" in facts:
            values = facts.get("enum") or facts["x-known"]
            known = [one for one in values if one is not None]
            return known[self._number(where, len(known))] if known else None
        match facts.get("type"):
            case "array":
                return self._array(facts, where, depth)
            case "string":
                return self._text(facts, where)
            case "integer":
                return self._whole(facts, where)
            case "number" if where.rpartition("/")[2] in _SHARES and "maximum" not in facts:
                return self._number(where, 1000) / 1000
            case "number":
                return self._whole(facts, where)
            case "boolean":
                return self._number(where, 2) == 1
            case _:
                return self._object(shape, where, depth)

    def _gather(self, schema: Schema, shape: _Shape, where: str, depth: int) -> None:
        """Put a schema and what it refers to into one shape."""
        for word, value in schema.items():
            match word:
                case "$ref":
                    target = self._description.schemas[value.removeprefix(PREFIX)]
                    self._gather(target, shape, where, depth)
                case "allOf":
                    for part in value:
                        self._gather(part, shape, where, depth)
                case "properties":
                    for name, one in value.items():
                        shape.properties.setdefault(name, []).append(one)
                case "required":
                    shape.required |= set(value)
                case "enum" if "enum" in shape.facts:
                    both = [one for one in shape.facts["enum"] if one in value]
                    shape.facts["enum"] = both or value
                case "oneOf" | "anyOf" | "discriminator":
                    pass
                case _:
                    shape.facts[word] = value
        self._choose(schema, shape, where, depth)

    def _choose(self, schema: Schema, shape: _Shape, where: str, depth: int) -> None:
        """Add one alternative of a union, and the tag that says which."""
        discriminator = schema.get("discriminator", {})
        mapping: dict[str, str] = discriminator.get("mapping", {})
        if mapping:
            tag = discriminator["propertyName"]
            known = [kind for kind, ref in mapping.items() if self._may_be(ref, tag, kind)]
            wanted = self._named.get(tag)
            chosen = wanted if wanted in known else known[self._number(where, len(known))]
            shape.tags[tag] = chosen
            shape.required.add(tag)
            self._gather({"$ref": mapping[chosen]}, shape, where, depth)
            return
        options = [*schema.get("oneOf", ()), *schema.get("anyOf", ())]
        if options:
            chosen = 0 if depth > _DEEPEST else self._number(where, len(options))
            self._gather(options[chosen], shape, where, depth)

    def _may_be(self, ref: str, tag: str, kind: str) -> bool:
        """Whether an alternative agrees that its tag may have this value."""
        said = property_schemas(self._description, {"$ref": ref}, tag)
        facts = map(self._description.resolve, said)
        return all(kind in one["enum"] for one in facts if "enum" in one)

    def _object(self, shape: _Shape, where: str, depth: int) -> Any:
        made: dict[str, Any] = {}
        for name, schemas in shape.properties.items():
            if depth > _DEEPEST and name not in shape.required:
                continue
            schema: Schema = schemas[0] if len(schemas) == 1 else {"allOf": schemas}
            if name in shape.tags:
                made[name] = shape.tags[name]
            elif name == "bookmark" and "items" in shape.properties:
                made[name] = None
            else:
                said = self._said(name, schema, depth)
                if said is msgspec.UNSET:
                    said = self.value(schema, f"{where}/{name}", depth + 1)
                made[name] = said
        extra = shape.facts.get("additionalProperties")
        if is_object(extra):
            for n in range(max(shape.facts.get("minProperties", 0), int(not made))):
                name = self._key(where, n)
                made[name] = self.value(extra, f"{where}/{name}", depth + 1)
        return made

    def _key(self, where: str, number: int) -> str:
        """The name of a field that the schema leaves open: a week of a series, or else a word."""
        if where.endswith("time_series"):
            return str(self._now.date() - dt.timedelta(days=7 * number + 7))
        return _WORDS[number % len(_WORDS)] + (str(number) if number >= len(_WORDS) else "")

    def _said(self, name: str, schema: Schema, depth: int) -> Any:
        """What the request says of a property near the top of the answer."""
        value = self._own.get(name, msgspec.UNSET) if depth == 0 else msgspec.UNSET
        if value is msgspec.UNSET and depth <= _NEAR:
            value = self._named.get(name, msgspec.UNSET)
        if value is msgspec.UNSET or not self._validators.of(schema).is_valid(value):
            return msgspec.UNSET
        return value

    def _array(self, facts: Mapping[str, Any], where: str, depth: int) -> Any:
        items = facts.get("items", {})
        length = min(max(facts.get("minItems", 0), 2), facts.get("maxItems", 1000))
        if depth > _DEEPEST:
            length = facts.get("minItems", 0)
        return [self.value(items, f"{where}/{n}", depth + 1) for n in range(length)]

    # Scalars

    def _number(self, where: str, below: int) -> int:
        """A number that is the same for the same place."""
        return zlib.crc32(f"{self._seed}{where}".encode()) % below

    def _whole(self, facts: Mapping[str, Any], where: str) -> int:
        name = where.rpartition("/")[2]
        low, high = facts.get("minimum"), facts.get("maximum")
        if low is None and high is None and _is_moment(name):
            age = self._number(where, 300 * 86_400)
            return int(self._now.timestamp()) - age
        if low is None:
            low = 1 if high is None else min(1, int(high))
        if facts.get("exclusiveMinimum"):
            low += 1
        high = low + 10_000 if high is None else high - bool(facts.get("exclusiveMaximum"))
        return int(low) + self._number(where, max(int(high) - int(low) + 1, 1))

    def _text(self, facts: Mapping[str, Any], where: str) -> str:
        name = where.rpartition("/")[2]
        day = self._now.date() - dt.timedelta(days=self._number(where, 300) + 1)
        clock = dt.time(self._number(where + "h", 24), self._number(where + "m", 60))
        match facts.get("format"):
            case "date":
                return day.isoformat()
            case "date-time":
                return dt.datetime.combine(day, clock).isoformat() + "Z"
            case "date-time-local":
                return dt.datetime.combine(day, clock).isoformat()
            case "sha256":
                return hashlib.sha256(where.encode()).hexdigest()
            case _:
                pass
        pattern = facts.get("pattern")
        if pattern:
            text = self._matching(pattern, day, where)
        elif name.endswith("date"):
            text = day.isoformat()
        else:
            text = self._word(name, where)
        text = text[: facts.get("maxLength")]
        return text.ljust(facts.get("minLength", 0), "0")

    def _word(self, name: str, where: str) -> str:
        if name == "id" or name.endswith("_id"):
            return self._id(where)
        if name.endswith(("url", "link", "uri")):
            return f"https://example.com/{self._number(where, 10**9)}"
        return f"{_WORDS[self._number(where, len(_WORDS))]} {self._number(where, 1000)}"

    def _id(self, where: str) -> str:
        return str(10**17 + self._number(where, _DIGITS) * 7919)

    def _matching(self, pattern: str, day: dt.date, where: str) -> str:
        """Text that a pattern accepts: a plausible one, or else any."""
        plausible = (
            self._id(where),
            self._word(where.rpartition("/")[2], where),
            day.isoformat(),
            f"{day.isoformat()}T00:00:00.000Z",
            f"https://example.com/{self._number(where, 10**9)}",
        )
        for text in plausible:
            if re.search(pattern, text):
                return text
        chance = random.Random(self._number(where, 2**32))  # noqa: S311  (repeatable, not secret)
        maker = rstr.Rstr(chance)
        tries = (maker.xeger(pattern) for _ in range(_TRIES))
        return next((text for text in tries if re.search(pattern, text)), "")


def _is_moment(name: str) -> bool:
    return name.endswith(("_time", "_at", "time_created", "timestamp")) or name == "time"


def _named(call: ApiCall) -> Iterator[tuple[str, Any]]:
    """What the request says by name; of a list in the body, its first item."""
    yield from call.query.items()
    yield from call.path.items()
    body = call.body
    if is_list(body):
        body = body[0] if body else None
    if is_object(body):
        yield from ((name, value) for name, value in body.items() if name not in call.path)
