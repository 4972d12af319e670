"""Drift: answers that today's description does not foresee."""

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final, Literal, NamedTuple

import msgspec

from pinterest_async.emulator.contract.description import Description, Schema
from pinterest_async.emulator.contract.messages import HttpResponse
from pinterest_async.emulator.contract.wire import is_list, is_object
from pinterest_async.emulator.faults.base import Fault, FaultContext

UNKNOWN_FIELD: Final = "emulated_unknown"
UNKNOWN_VALUE: Final = "EMULATED_UNKNOWN"
_ZONE: Final = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?)(?:Z|[+-]\d\d:\d\d)")
_ENVELOPE: Final = {"items", "bookmark"}


class Drift(Fault, frozen=True, tag="drift"):
    """An answer that is not what the description says.

    `unknown_field`: every object has one more, called `field`. `unknown_enum`: a value that no enum
    has. `null` and `missing`: a field that is null, or is not there. `naive_time`: times without a
    zone, in every field. Those of `field` are changed wherever they are; where that is None, one
    place chosen at random, from the required fields if there are any.
    """

    what: Literal["unknown_field", "unknown_enum", "null", "missing", "naive_time"] = (
        "unknown_field"
    )
    field: str | None = None

    def after(self, context: FaultContext, answer: HttpResponse) -> None:
        """Change the body."""
        if not 200 <= answer.status <= 299 or answer.body[:1] not in (b"{", b"["):
            return
        body: Any = msgspec.json.decode(answer.body)
        schema = context.operation.answer(answer.status) or {}
        known = _Schemas(context.description)
        places = list(_places(body, known.flat([schema]), known, outermost=True))
        if self._change(body, places, context):
            answer.body = msgspec.json.encode(body)
            context.hit()

    def _change(self, body: Any, places: list["_Location"], context: FaultContext) -> bool:
        if self.what == "unknown_field":
            objects = [body, *(place.value for place in places)]
            found = [one for one in objects if is_object(one)]
            for one in found:
                one.setdefault(self.field or UNKNOWN_FIELD, {"since": "tomorrow"})
            return bool(found)
        chosen = self._chosen(places, context)
        for place in chosen:
            match self.what:
                case "unknown_enum":
                    place.put(UNKNOWN_VALUE)
                case "null":
                    place.put(None)
                case "missing":
                    place.remove()
                case "naive_time":
                    place.put(_ZONE.sub(r"\1", place.value))
        return bool(chosen)

    def _chosen(self, places: list["_Location"], context: FaultContext) -> list["_Location"]:
        match self.what:
            case "unknown_enum":
                places = [place for place in places if place.enumerated]
            case "naive_time":
                places = [
                    place
                    for place in places
                    if isinstance(place.value, str) and _ZONE.fullmatch(place.value)
                ]
            case _:
                places = [place for place in places if isinstance(place.key, str)]
        if self.field is not None:
            return [place for place in places if place.name == self.field]
        if self.what == "naive_time":
            return places
        places = [place for place in places if not place.envelope]
        wanted = [place for place in places if place.required] or places
        return [context.random.choice(wanted)] if wanted else []


class _Location(NamedTuple):
    """Where a value is in a body. `name` is that of its field, also for items of a list."""

    within: Any
    key: str | int
    name: str
    enumerated: bool
    required: bool
    envelope: bool

    @property
    def value(self) -> Any:
        """The value."""
        return self.within[self.key]

    def put(self, value: Any) -> None:
        """Replace the value."""
        self.within[self.key] = value

    def remove(self) -> None:
        """Remove the value."""
        self.within.pop(self.key, None)


class _Schemas:
    """The schemas of a value, all alternatives together."""

    def __init__(self, description: Description) -> None:
        self._description = description

    def flat(self, schemas: Sequence[Schema]) -> list[Schema]:
        """The schemas with their parts and alternatives, each once."""
        found: dict[int, Schema] = {}
        waiting = list(schemas)
        while waiting:
            schema = self._description.resolve(waiting.pop())
            if id(schema) not in found:
                found[id(schema)] = schema
                for word in ("allOf", "anyOf", "oneOf"):
                    waiting += schema.get(word, ())
        return list(found.values())

    def field(self, schemas: Sequence[Schema], name: str) -> list[Schema]:
        """The schemas of a field."""
        below: list[Schema] = []
        for schema in schemas:
            named = schema.get("properties", {}).get(name)
            other = schema.get("additionalProperties")
            below += [one for one in (named, other) if is_object(one)]
        return self.flat(below)

    def item(self, schemas: Sequence[Schema]) -> list[Schema]:
        """The schemas of the items of a list."""
        return self.flat([schema["items"] for schema in schemas if "items" in schema])


def _places(
    value: Any,
    schemas: Sequence[Schema],
    known: _Schemas,
    name: str = "",
    *,
    outermost: bool = False,
) -> Iterator[_Location]:
    if is_object(value):
        required = {field for schema in schemas for field in schema.get("required", ())}
        for field in value:
            below = known.field(schemas, field)
            envelope = outermost and field in _ENVELOPE
            yield _Location(
                *(value, field, field, _enumerated(value[field], below)),
                required=field in required,
                envelope=envelope,
            )
            yield from _places(value[field], below, known, field)
    elif is_list(value):
        below = known.item(schemas)
        for index, item in enumerate(value):
            enumerated = _enumerated(item, below)
            yield _Location(value, index, name, enumerated, required=False, envelope=False)
            yield from _places(item, below, known, name)


def _enumerated(value: Any, schemas: Sequence[Schema]) -> bool:
    return isinstance(value, str) and any(value in schema.get("enum", ()) for schema in schemas)
