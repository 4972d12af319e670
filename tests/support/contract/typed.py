"""Typed answers held against the JSON that they were decoded from."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any, cast

import msgspec
from contract.document import list_in, object_in, schema_in
from contract.samples import Node

from pinterest_async._core.unknown_variant import Unknown
from pinterest_async.pages import Page

EMPTY: tuple[Any, ...] = (None, [], {}, "")
"""What stands for a value that is absent or null: lists and maps are never None."""


def differences(node: Node, value: Any, at: str = "$") -> Iterator[str]:
    """Everything in which a decoded value is not what the JSON and its shape promise."""
    raw = node.json()
    if raw is None:
        if value not in EMPTY:
            yield f"{at}: {value!r} rather than nothing"
    elif node.mark == "misfit":
        if value != raw:
            yield f"{at}: {value!r} rather than the raw {raw!r}"
    elif isinstance(value, Unknown):
        yield from _unknown(node, value, at)
    elif node.members is not None:
        yield from _members(node, node.members, value, at)
    elif node.items is not None:
        yield from _items(node.items, value, at)
    elif not _same_scalar(node, raw, value):
        yield f"{at}: {value!r} rather than {raw!r}"


def _unknown(node: Node, value: Unknown, at: str) -> Iterator[str]:
    """An object of an unknown kind, or one whose only known value was replaced."""
    members = (node.members or {}).values()
    constants = [one for one in members if len(one.shape.facts.get("enum", ())) == 1]
    if node.mark != "new kind" and not any(one.mark == "new value" for one in constants):
        yield f"{at}: {value!r} rather than the known kind in {node.json()!r}"
    elif value.raw != node.json():
        yield f"{at}: the raw content is {value.raw!r} rather than {node.json()!r}"
    elif node.mark == "new kind" and value.tag not in [one.value for one in members]:
        yield f"{at}: the tag is {value.tag!r}"


def _items(items: tuple[Node, ...], value: Any, at: str) -> Iterator[str]:
    values = list_in(value)
    if values is None or len(items) != len(values):
        yield f"{at}: {value!r} rather than a list of {len(items)}"
        return
    for index, (item, one) in enumerate(zip(items, values, strict=True)):
        yield from differences(item, one, f"{at}[{index}]")


def _members(node: Node, members: Mapping[str, Node], value: Any, at: str) -> Iterator[str]:
    plain, is_map = object_in(value), schema_in(node.shape.extra) is not None
    if isinstance(value, msgspec.Struct):
        attributes = attributes_of(value)
        if isinstance(value, Page) and attributes["items"] == []:
            attributes["items"] = None  # a page without items is an empty one
    elif plain is not None and (is_map or not node.shape.properties):
        # A map whose possible keys are listed too stays a map.
        attributes = dict.fromkeys(node.shape.properties) | plain
    else:
        yield f"{at}: {value!r} rather than a struct"
        return
    open_ended = is_map or node.shape.extra is True
    kind = type(cast("object", value)).__name__
    for name in node.shape.properties:
        if name not in attributes:
            yield f"{at}: {kind} lacks {name}"
        elif name not in members and attributes[name] not in EMPTY:
            yield f"{at}.{name}: {attributes[name]!r} though it was absent"
    for name, member in members.items():
        if name in attributes:
            yield from differences(member, attributes[name], f"{at}.{name}")
        elif member.mark == "new field":
            yield f"{at}: {kind} loses the new field {name}"
        elif open_ended and name not in node.shape.properties:
            yield f"{at}: {kind} loses the key {name}, which its map may hold"


def attributes_of(value: msgspec.Struct) -> dict[str, Any]:
    """Attributes of a struct by their names on the wire, its tag among them."""
    found = {one.encode_name: getattr(value, one.name) for one in msgspec.structs.fields(value)}
    config = value.__struct_config__
    if config.tag_field is not None:
        found[config.tag_field] = getattr(value, config.tag_field)
    return found


def _same_scalar(node: Node, raw: Any, value: Any) -> bool:
    match node.shape.facts.get("format"):
        case "date" if node.shape.type == "string":
            return type(value) is date and value == date.fromisoformat(raw)
        case "date-time" | "date-time-local" if node.shape.type == "string":
            moment = datetime.fromisoformat(raw)
            expected = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
            return type(value) is datetime and value == expected and value.tzinfo is not None
        case _:
            numbers = type(raw) is int and type(value) is float
            return value == raw and (type(value) is type(raw) or numbers)
