"""What a newer version of the API has, laid over a description that does not tell of it yet.

`additions.json` says which version (`since`), and three kinds of things: whole operations (`paths`)
and the schemas that they need (`components`), as an OpenAPI document has them, and `changes`, each
at JSON pointers into the description. A change only ever adds: what was described stays, so that
answers of both versions decode, and requests of both are possible.

An operation or schema that the description has itself is left out, and so is what refers to
something that it lacks. Once the description is of that version or a newer one, all of it is.
"""

import copy
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, TypeAlias, cast

import msgspec
from automatic_names import each, place
from facts import Json
from overlay import OverlayError, locate

NAME = "additions.json"
ADDED = "x-added"
"""Names of the properties that were added to a schema, and of the statuses of an operation.

An older answer does not have them.
"""
_REFERENCE = re.compile(r'"#/components/(\w+)/([^"]+)"')

_TOLD = 5
"""Changes without a place that are told one by one: an older description lacks many."""

Source: TypeAlias = Literal["both", "changelog", "models"]


class Change(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is added at some places of a description, and who tells of it.

    `source`: Pinterest's changelog, typed models that others made, or both. `guess`: neither says
    quite this.
    """

    at: tuple[str, ...]
    source: Source = msgspec.field(default="both", name="from")
    guess: bool = False
    properties: dict[str, Json] = {}
    values: tuple[str, ...] = ()
    """Further values of an enum."""
    optional: tuple[str, ...] = ()
    """Properties that no longer have to be there."""
    either: Json = {}
    """A schema that will do as well as the one described."""
    parameters: tuple[Json, ...] = ()
    answers: dict[str, str | Json] = {}
    """Further statuses of success: the status whose answer they have, or the schema of theirs."""
    set: Json = {}
    remove: tuple[str, ...] = ()


class Additions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole of additions.json."""

    since: str
    paths: dict[str, Json] = {}
    components: dict[str, Json] = {}
    changes: tuple[Change, ...] = ()


def load(folder: Path) -> Additions | None:
    """Read the additions in a folder of facts, if there are any."""
    path = folder / NAME
    return msgspec.json.decode(path.read_bytes(), type=Additions) if path.exists() else None


def version(document: Json) -> tuple[int, ...]:
    """The document's version, in an order that compares."""
    return _numbers(str(document.get("info", {}).get("version", "0")))


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", text))


def laid(document: Json, additions: Additions | None) -> tuple[Json, list[str]]:
    """Copy of a description with the additions in it, and notes on those that found no place."""
    if additions is None or not document["paths"]:
        return document, []
    if version(document) >= _numbers(additions.since):
        note = f"{NAME}: the description tells of {additions.since} itself, so the file can go"
        return document, [note]
    made = copy.deepcopy(document)
    components = made["components"]
    for kind, wanted in additions.components.items():
        known: Json = components.setdefault(kind, {})
        known.update({name: copy.deepcopy(wanted[name]) for name in wanted.keys() - known.keys()})
    lost = _drop_dangling(made, document)
    notes = [f"{NAME}: schema {name} refers to what is not there" for name in sorted(lost)]
    notes += _operations(made, additions)
    pairs = ((at, one) for one in additions.changes for at in one.at)
    found = ((at, _changed(made, at, one)) for at, one in pairs)
    unplaced = [f"{NAME}: {at}: {problem}" for at, problem in found if problem]
    if len(unplaced) > _TOLD:
        rest = f"{NAME}: {len(unplaced) - _TOLD} more changes find no place in this description"
        unplaced = [*unplaced[:_TOLD], rest]
    return made, [*notes, *unplaced]


def _drop_dangling(made: Json, document: Json) -> set[str]:
    """Drop added schemas that refer to what is not there, directly or through others."""
    schemas: Json = made["components"].get("schemas", {})
    lost: set[str] = set()
    while True:
        added = schemas.keys() - document["components"].get("schemas", {}).keys()
        found = {name for name in added if _missing(made, schemas[name])}
        if not found:
            return lost
        lost |= found
        for name in found:
            del schemas[name]


def _missing(document: Json, part: Any) -> str:
    """The first component that something refers to and the document lacks; else empty."""
    for kind, name in _REFERENCE.findall(msgspec.json.encode(part).decode()):
        if name not in document["components"].get(kind, {}):
            return str(name)
    return ""


def _operations(made: Json, additions: Additions) -> Iterator[str]:
    """Add the operations that the description lacks; yields those that cannot be added."""
    known = {place(method, path) for method, path, _ in each(made)}
    for method, path, operation in each({"paths": additions.paths}):
        at = place(method, path)
        if at in known:
            continue
        if missing := _missing(made, operation):
            yield f"{NAME}: {at} refers to {missing}, which is not there"
            continue
        said = {**copy.deepcopy(operation), "x-since": additions.since}
        made["paths"].setdefault(path, {})[method] = said


def _changed(document: Json, at: str, one: Change) -> str:
    """Make a change at one place; returns why it could not be made, if it could not."""
    try:
        target = locate(document, at)
    except OverlayError as error:
        return str(error)
    if not isinstance(target, dict):
        return "that is no schema"
    if missing := _missing(document, [one.properties, one.either, one.parameters, one.answers]):
        return f"there is no {missing}"
    schema = cast("Json", target)
    before = copy.deepcopy(schema)
    _apply(document, schema, one)
    return "" if schema != before else "nothing is new"


def _apply(document: Json, target: Json, one: Change) -> None:
    one = copy.deepcopy(one)
    if one.properties and "$ref" not in target:
        both = {**one.properties, **target.get("properties", {})}
        new = one.properties.keys() - target.get("properties", {}).keys()
        target[ADDED] = sorted({*target.get(ADDED, ()), *new})
        target["properties"] = {name: both[name] for name in sorted(both)}
    if one.values and "enum" in target:
        target["enum"] += [value for value in one.values if value not in target["enum"]]
    for part in (target, *target.get("allOf", ())) if one.optional else ():
        if "required" in part:
            part["required"] = [name for name in part["required"] if name not in one.optional]
    if one.either:
        _widen(target, one.either)
    if one.parameters:
        names = {_parameter(document, known)["name"] for known in target.get("parameters", ())}
        new = [more for more in one.parameters if _parameter(document, more)["name"] not in names]
        target["parameters"] = [*target.get("parameters", ()), *new]
    if one.answers:
        target[ADDED] = sorted(
            {*target.get(ADDED, ()), *(one.answers.keys() - target["responses"])}
        )
    for status, answer in one.answers.items():
        if isinstance(answer, str) and answer in target["responses"]:
            target["responses"].setdefault(status, copy.deepcopy(target["responses"][answer]))
        elif isinstance(answer, dict):
            content = {"application/json": {"schema": answer}}
            target["responses"].setdefault(status, {"description": "", "content": content})
    target.update(one.set)
    for key in one.remove:
        target.pop(key, None)


def _widen(target: Json, schema: Json) -> None:
    """Let a place hold what another schema describes, too."""
    word = next((one for one in ("anyOf", "oneOf") if one in target), "")
    if not word:
        old = dict(target)
        target.clear()
        target["anyOf"] = [old]
        word = "anyOf"
    if schema not in target[word]:
        target[word] = [*target[word], schema]


def _parameter(document: Json, parameter: Json) -> Json:
    while "$ref" in parameter:
        parameter = document["components"]["parameters"][parameter["$ref"].rsplit("/", 1)[-1]]
    return parameter
