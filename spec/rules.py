"""Rules of the overlay -> facts: what is mended wherever it occurs, by name or by what it says.

A rule outlives schemas that move. One that applies nowhere is noted, and does no harm.
"""

import copy
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any, Literal, NamedTuple

from operations import parameter_facts, raw_operations, referenced, success
from overlay import Overlay, Rule, corrected, mend, unknown_schemas
from shapes import Shapes
from tags import Tags
from values import Schema, objects

Kind = Literal["component", "parameter", "field", "part"]


class _Spot(NamedTuple):
    """A schema, what it is, by which name, inside of which component, and who holds it."""

    schema: Schema
    kind: Kind
    name: str
    owner: str
    sent: bool
    answered: bool


def mended(document: Schema, overlay: Overlay) -> tuple[Schema, list[str]]:
    """Copy of the document with all corrections and rules applied, and notes on those in vain."""
    made, notes = corrected(document, overlay.correction)
    for one in overlay.rule:
        notes += _applied(made, one)
    _tell_apart(made)
    _complete_tags(made)
    _open_rows(made)
    return made, notes


def _open_rows(document: Schema) -> None:
    """Let rows hold the columns that a caller asks for, whether or not their schema says so."""
    for _, _, _, operation in raw_operations(document):
        names = {parameter_facts(document, one)["name"] for one in operation["parameters"]}
        answer = _followed(document, success(operation)[1] or {})
        if "columns" in names and answer.get("type") == "array":
            row = _followed(document, answer.get("items", {}))
            if row.get("properties") and "additionalProperties" not in row:
                row["additionalProperties"] = True


def _tell_apart(document: Schema) -> None:
    """Let unions name the field that tells their alternatives apart, where these have constants."""
    tags = Tags(Shapes(document))
    for schema in list(objects(document["components"]["schemas"])):
        options = [*schema.get("oneOf", ()), *schema.get("anyOf", ())]
        if not options or "discriminator" in schema or not all("$ref" in one for one in options):
            continue
        found = tags.tagged(schema, [(one, one["$ref"].removeprefix("#")) for one in options])
        if found:
            field, variants = found
            mapping = {one.tag: one.schema["$ref"] for one in variants}
            schema["discriminator"] = {"propertyName": field, "mapping": mapping}


def _complete_tags(document: Schema) -> None:
    """Let the field that tells alternatives apart have the value of each of them."""
    shapes = Shapes(document)
    for schema in list(objects(document["components"]["schemas"])):
        tags: Schema = schema.get("discriminator", {}).get("mapping", {})
        variants = [({"$ref": ref}, [tag]) for tag, ref in tags.items()]
        for owner, wanted in [(schema, [*tags]), *variants] if tags else []:
            name = schema["discriminator"]["propertyName"]
            field = shapes.properties(owner, "").get(name)
            if field and "enum" in field.schema:
                known = field.schema["enum"]
                field.schema["enum"] = [*known, *(one for one in wanted if one not in known)]


def _applied(document: Schema, rule: Rule) -> Iterator[str]:
    names = rule.names()
    if missing := unknown_schemas(document, rule.set):
        yield f"[[rule]] there is no {missing} ({rule.reason})"
        return
    used: set[str] = set()
    changed = False
    for spot in list(_spots(document)):
        said = [name for name in names if _selects(rule, name, spot)]
        if names and not said:
            continue
        target = spot.schema
        if names and set(target) == {"$ref"}:  # what is referred to may have other users
            target = copy.deepcopy(_followed(document, target))
        if not _fits(rule, target):
            continue
        if rule.wrap and "$ref" in target:
            target["allOf"] = [{"$ref": target.pop("$ref")}]
            changed = True
        if mend(target, rule) or rule.wrap:
            changed = True
            used.update(said)
            if target is not spot.schema:
                spot.schema.clear()
                spot.schema.update(target)
    for name in sorted({*names} - used):
        yield f"[[rule]] {name}: applies nowhere ({rule.reason})"
    if not names and not changed:
        yield f"[[rule]] without names: applies nowhere ({rule.reason})"


def _selects(rule: Rule, name: str, spot: _Spot) -> bool:
    if spot.kind == "component":
        return name in rule.schemas and fnmatchcase(spot.name, name)
    if spot.kind == "parameter":
        return name in rule.parameters and fnmatchcase(spot.name, name)
    held = (
        name in rule.fields
        or (spot.sent and name in rule.sent)
        or (spot.answered and name in rule.answered)
    )
    texts = (spot.name, f"{spot.owner}.{spot.name}")
    return held and spot.kind == "field" and any(fnmatchcase(text, name) for text in texts)


def _fits(rule: Rule, schema: Schema) -> bool:
    return (
        schema.keys() >= {*rule.keys}
        and not schema.keys() & {*rule.lacking}
        and all(schema.get(key) == value for key, value in rule.having.items())
    )


def _followed(document: Schema, schema: Schema) -> Schema:
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[-1]]
    return schema


def _spots(document: Schema) -> Iterator[_Spot]:
    """Every schema of the document."""
    sent: set[str] = set()
    answered: set[str] = set()
    for _, _, _, operation in raw_operations(document):
        for parameter in operation["parameters"]:
            facts = parameter_facts(document, parameter)
            sent |= referenced(document, facts["schema"])
            if "$ref" not in parameter:
                at = _Spot(facts["schema"], "parameter", facts["name"], "", True, False)
                yield from _inside(at)
        for media in operation.get("requestBody", {}).get("content", {}).values():
            sent |= referenced(document, media)
            yield from _inside(_Spot(media.get("schema", {}), "part", "", "", True, False))
        for status, response in operation["responses"].items():
            if status.startswith("2"):
                for media in response.get("content", {}).values():
                    yield from _inside(_Spot(media.get("schema", {}), "part", "", "", False, True))
        answered |= referenced(document, success(operation)[1] or {})
    for facts in document["components"].get("parameters", {}).values():
        if "schema" not in facts:  # another name of a parameter
            continue
        yield from _inside(_Spot(facts["schema"], "parameter", facts["name"], "", True, False))
    for name, schema in document["components"]["schemas"].items():
        kind: Kind = "component"
        yield from _inside(_Spot(schema, kind, name, name, name in sent, name in answered))


def _inside(spot: _Spot) -> Iterator[_Spot]:
    yield spot
    schema = spot.schema
    for name, prop in schema.get("properties", {}).items():
        yield from _inside(spot._replace(schema=prop, kind="field", name=name))
    parts: list[Any] = [schema.get("items"), schema.get("additionalProperties")]
    for word in ("allOf", "oneOf", "anyOf"):
        parts += schema.get(word, ())
    for part in parts:
        if isinstance(part, dict):
            yield from _inside(spot._replace(schema=part, kind="part", name=""))
