"""Calls made from the description: what to hand to a method, and what must reach the wire."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from contract.document import Described
from contract.samples import Maker, Node
from contract.shapes import Shape

SCOPES = frozenset({"ad_account_id", "business_id"})
"""Path parameters that are keywords, whatever their place in the path; the others stand first."""


@dataclass(frozen=True)
class Call:
    """Arguments of one call, beside the values that the wire must show."""

    arguments: tuple[Any, ...]
    keywords: Mapping[str, Any]
    in_path: Mapping[str, Any]
    in_query: Mapping[str, Node]
    body: Node | None
    filled: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Fields of the body (of each item of an array) that repeat a path parameter."""


def required_call(operation: Described, maker: Maker) -> Call:
    """The call with what is required and nothing else."""
    return _call(operation, maker, 0, full=False)


def full_calls(operation: Described, maker: Maker) -> Iterator[Call]:
    """Calls with everything, as many as it takes to send every alternative of every union."""
    schemas = [parameter.schema for parameter in operation.in_query]
    schemas += [operation.body] if operation.body else []
    for pick in range(max((maker.variants(schema) for schema in schemas), default=1)):
        yield _call(operation, maker, pick, full=True)


def _segment(text: str) -> str:
    """Text for a path: what looks like a piece of an address is refused there, not encoded."""
    return text.replace("?", "").replace("#", "")


def null_call(operation: Described, maker: Maker) -> Call:
    """The call with null for every field of the body that may be null."""
    return _call(operation, maker, 0, full=True, nulls=True)


def _call(
    operation: Described, maker: Maker, pick: int, *, full: bool, nulls: bool = False
) -> Call:
    in_path = {
        parameter.name: _segment(maker.make(parameter.schema, f"path {parameter.name}").value)
        for parameter in operation.in_path
    }
    in_query = {
        parameter.name: maker.make(parameter.schema, f"query {parameter.name}", pick, full=full)
        for parameter in operation.in_query
        if full or parameter.required
    }
    arguments: list[Any] = [value for name, value in in_path.items() if name not in SCOPES]
    keywords: dict[str, Any] = {name: one for name, one in in_path.items() if name in SCOPES}
    keywords |= {name: python(node) if full else node.json() for name, node in in_query.items()}
    if operation.body is None:
        return Call(tuple(arguments), keywords, in_path, in_query, None)
    body = maker.make(operation.body, "body", pick, full=full)
    body = _nulled(body) if nulls else body
    value = python(body) if full else body.json()
    filled: dict[str, Any] = {}
    if is_positional(operation):
        if body.items is not None:
            filled = _repeated(in_path, body.items[0], maker)
            value = [{n: v for n, v in item.items() if n not in filled} for item in value]
        arguments.append(value)
    else:
        filled = _repeated(in_path, body, maker)
        keywords |= {name: one for name, one in value.items() if name not in filled}
    return Call(tuple(arguments), keywords, in_path, in_query, body, filled)


def is_positional(operation: Described) -> bool:
    """Whether the body is one argument, a list or a union, rather than a keyword a field."""
    schema = operation.body or {}
    while "$ref" in schema:
        schema = operation.document.target(schema)
    return schema.get("type") == "array" or "oneOf" in schema or "anyOf" in schema


def _repeated(in_path: Mapping[str, Any], body: Node, maker: Maker) -> dict[str, Any]:
    """The path parameters that an object of the body has fields for."""
    return {
        name: value
        for name, value in in_path.items()
        if name in body.shape.properties
        and not maker.shapes.of(body.shape.properties[name]).read_only
    }


def _nulled(node: Node) -> Node:
    if node.items is not None:
        return replace(node, items=tuple(_nulled(item) for item in node.items))
    if node.members is None:
        return node
    members = {
        name: Node(Shape(nullable=True), one.where) if one.shape.nullable else _nulled(one)
        for name, one in node.members.items()
    }
    return replace(node, members=members)


def python(node: Node) -> Any:
    """The value as Python code would give it: dates are dates."""
    if node.members is not None:
        return {name: python(member) for name, member in node.members.items()}
    if node.items is not None:
        return [python(item) for item in node.items]
    match node.shape.facts.get("format"):
        case "date":
            return date.fromisoformat(node.value)
        case "date-time":
            return datetime.fromisoformat(node.value)
        case _:
            return node.value
