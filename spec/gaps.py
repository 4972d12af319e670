"""What a description leaves open, filled before anything is made of it.

An operation without an id, or with one that another has, gets one; one that is known by its place
keeps its id, whatever it is called now. One without a category gets the likely one, and one that
names no success gets its only answer as such. A schema that others refer to deep inside of
another becomes a component of its own.
"""

from collections.abc import Iterator
from typing import Any, cast, get_args

from automatic_names import Names, automatic, each, place
from facts import Json, NotOpenAPIError
from naming import pascal
from values import objects

from pinterest_async._core.category import likely
from pinterest_async._core.operation import HttpMethod

_SCHEMAS = "#/components/schemas/"


def filled(facts: Json, names: Names) -> list[str]:
    """Fill the gaps of a document's facts in place; returns notes on what was filled."""
    notes = [*_answers(facts), *_categories(facts), *_identify(facts, names)]
    _type_objects(facts)
    _lift_deep_references(facts)
    _hoist_discriminators(facts)
    _break_circles(facts)
    return notes


def _answers(facts: Json) -> Iterator[str]:
    for method, path, operation in each(facts):
        responses: Json = operation["responses"]
        for status in [one for one in responses if one.upper() == "2XX"]:
            responses.setdefault("200", responses.pop(status))
        if not any(status.startswith("2") for status in responses):
            default = responses.pop("default", {"description": ""})
            responses["200"] = default
            yield f"{place(method, path)} names no success: its default answer is taken for one"


def _categories(facts: Json) -> Iterator[str]:
    for method, path, operation in each(facts):
        if not operation.get("x-ratelimit-category"):
            verb = next(one for one in get_args(HttpMethod) if one == method.upper())
            category = likely(verb, path)
            operation["x-ratelimit-category"] = category
            yield f"{place(method, path)} names no category: {category} is likely"


def _identify(facts: Json, names: Names) -> Iterator[str]:
    """Give each operation one id of its own: the one it is known by, else Pinterest's."""
    found = [(place(method, path), path, method, one) for method, path, one in each(facts)]
    # An id goes to the operation that bears it; then to the one whose place is on record.
    borne = {one.get("operationId") for _, _, _, one in found}
    on_record = {
        names.ids[at]: at
        for at, _, _, one in found
        if at in names.ids
        and (names.ids[at] not in borne or names.ids[at] == one.get("operationId"))
    }
    taken: set[str] = set()
    for at, path, method, operation in found:
        upstream = operation.get("operationId", "")
        identifier = str(upstream)
        known = names.ids.get(at)
        if known is not None and on_record.get(known) == at:
            identifier = known
        elif not identifier or identifier in taken or on_record.get(identifier, at) != at:
            others = {*taken, *borne, *on_record, *names.ids.values()}
            dotted = {str(one).replace("/", ".") for one in others}
            identifier = automatic(method, path, dotted).replace(".", "/", 1)
            why = "is the id of another operation too" if upstream else "is missing"
            yield f"{at}: operationId {upstream or ''} {why}; it is {identifier}".replace("  ", " ")
        taken.add(identifier)
        operation["operationId"] = identifier
        if upstream and upstream != identifier:
            operation["x-upstream-id"] = upstream


def _type_objects(facts: Json) -> None:
    """What has properties is an object, whatever it is called beside them."""
    for schema in objects(facts["components"]["schemas"]):
        known = schema.get("type")
        if (
            isinstance(known, str)
            and known != "object"
            and isinstance(schema.get("properties"), dict)
        ):
            schema["type"] = "object"


# References into the inside of other schemas


def _lift_deep_references(facts: Json) -> None:
    schemas: Json = facts["components"]["schemas"]
    lifted: dict[str, str] = {}
    for holder in list(objects(facts)):
        ref = holder.get("$ref")
        if not isinstance(ref, str):  # none, or a property of this name
            continue
        if ref.count("/") == 3 and ref.startswith("#/components/"):
            name = ref.rsplit("/", 1)[-1]
            if name not in facts["components"].get(ref.split("/")[2], {}):
                raise NotOpenAPIError(f"{ref} leads nowhere: the document has no {name}")
            continue
        if ref not in lifted:
            lifted[ref] = _lift(facts, schemas, ref)
        holder["$ref"] = _SCHEMAS + lifted[ref]


def _lift(facts: Json, schemas: Json, ref: str) -> str:
    """Make what a deep reference names a component, and let its place refer to that."""
    parts = [one.replace("~1", "/").replace("~0", "~") for one in ref.removeprefix("#/").split("/")]
    here: Any = facts
    for index, part in enumerate(parts):
        while isinstance(here, dict) and "$ref" in here and part not in here:
            here = schemas[cast("Json", here)["$ref"].rsplit("/", 1)[-1]]
        try:
            here = cast("Any", here)[int(part) if isinstance(here, list) else part]
        except (KeyError, IndexError, ValueError, TypeError):
            where = "/".join(parts[: index + 1])
            raise NotOpenAPIError(f"{ref} leads nowhere: there is no {where}") from None
    if not isinstance(here, dict):
        raise NotOpenAPIError(f"{ref} does not lead to a schema")
    target = cast("Json", here)
    if set(target) == {"$ref"} and target["$ref"].startswith(_SCHEMAS):
        return str(target["$ref"].rsplit("/", 1)[-1])
    said = [part for part in parts if part not in {"components", "schemas", "properties", "schema"}]
    name = "".join(map(pascal, said))
    while name in schemas:
        name += "Part"
    schemas[name] = dict(target)
    target.clear()
    target["$ref"] = _SCHEMAS + name
    return name


# Discriminators


def _hoist_discriminators(facts: Json) -> None:
    """A part of an `allOf` that only tells alternatives apart says so of the whole."""
    for schema in facts["components"]["schemas"].values():
        for part in list(schema.get("allOf", ())):
            if "discriminator" in part and part.keys() <= {"discriminator", "type"}:
                schema["discriminator"] = part["discriminator"]
                schema["allOf"].remove(part)


def _break_circles(facts: Json) -> None:
    """Alternatives that inherit from what lists them inherit from its properties alone."""
    schemas: Json = facts["components"]["schemas"]
    for name, parent in list(schemas.items()):
        mapping: Json = parent.get("discriminator", {}).get("mapping", {})
        own = {"$ref": _SCHEMAS + name}
        heirs = [
            schemas[one]
            for one in dict.fromkeys(ref.rsplit("/", 1)[-1] for ref in mapping.values())
            if one in schemas and own in schemas[one].get("allOf", ())
        ]
        if not heirs:
            continue
        base = f"{name}Base"
        while base in schemas:
            base += "Part"
        lists = {"discriminator", "oneOf", "anyOf"}
        schemas[base] = {key: value for key, value in parent.items() if key not in lists}
        for heir in heirs:
            parts = heir["allOf"]
            parts[parts.index(own)] = {"$ref": _SCHEMAS + base}
