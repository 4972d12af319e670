"""What one request looked like on the wire, read back by the rules of OpenAPI."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, unquote, unquote_plus

from contract.calls import Call
from contract.document import Described, Parameter, list_in, object_in
from contract.samples import Node
from contract.shapes import Shape, Shapes
from contract.validator import Judge

TARGET = re.compile(r"(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/?\[\]]|%[0-9A-Fa-f]{2})*")
"""What a request target may consist of (RFC 3986, and brackets, which servers accept)."""


@dataclass(frozen=True)
class Captured:
    """One request as it came in."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


def problems(
    operation: Described, call: Call, seen: Captured, shapes: Shapes, judge: Judge
) -> list[str]:
    """Everything that is wrong with a request."""
    path, _, query = seen.target.partition("?")
    found = [] if seen.method == operation.method else [f"the method is {seen.method}"]
    if not TARGET.fullmatch(seen.target):
        found.append(f"the target holds characters that need encoding: {seen.target}")
    found += _path_problems(operation, call, path, judge)
    found += _query_problems(operation, call, query, shapes, judge)
    found += _body_problems(operation, call, seen, judge)
    return found


def _path_problems(operation: Described, call: Call, path: str, judge: Judge) -> list[str]:
    template = f"/v5{operation.path}".split("/")
    segments = path.split("/")
    if len(segments) != len(template):
        return [f"the path is {path}"]
    found: list[str] = []
    parameters = {parameter.name: parameter for parameter in operation.in_path}
    for expected, segment in zip(template, segments, strict=True):
        if not expected.startswith("{"):
            found += [] if segment == expected else [f"{segment} stands for {expected}"]
            continue
        parameter, value = parameters[expected[1:-1]], unquote(segment)
        if value != call.in_path[parameter.name]:
            found.append(f"path parameter {parameter.name} is {value!r}")
        found += judge.problems(value, parameter.schema)
    return found


# Query


def _query_problems(
    operation: Described, call: Call, query: str, shapes: Shapes, judge: Judge
) -> list[str]:
    pairs: list[tuple[str, str]] = []
    for pair in query.split("&") if query else []:
        name, equals, value = pair.partition("=")
        if unquote(value) != unquote_plus(value) or not equals:
            return [f"{pair} reads differently as a form and as a URI"]
        pairs.append((unquote(name), unquote(value)))
    found: list[str] = []
    taken: set[str] = set()
    for parameter in operation.in_query:
        own = [(name, value) for name, value in pairs if name.split("[")[0] == parameter.name]
        taken |= {name for name, _ in own}
        expected = call.in_query.get(parameter.name)
        if expected is None:
            found += [f"{parameter.name} was sent unasked"] if own else []
            continue
        try:
            value = _read(parameter, own, expected, shapes)
        except ValueError as error:
            found.append(f"{parameter.name}: {error}; sent was {own}")
            continue
        if not same(expected, value):
            found.append(f"{parameter.name} is {value!r} rather than {expected.json()!r}")
        found += [f"{parameter.name}{p[1:]}" for p in judge.problems(value, parameter.schema)]
    return found + [f"unknown query parameter {name}" for name, _ in pairs if name not in taken]


def _read(
    parameter: Parameter, pairs: list[tuple[str, str]], expected: Node, shapes: Shapes
) -> Any:
    """The value of a query parameter by its style: ValueError when encoded in another way."""
    if parameter.style == "deepObject":
        return _deep(expected, parameter.name, pairs)
    shape = shapes.of(parameter.schema)
    if any(name != parameter.name for name, _ in pairs):
        raise ValueError("brackets belong to deepObject only")
    if shape.items is not None:
        if not parameter.explode and len(pairs) != 1:
            raise ValueError("one comma-joined value is wanted")
        texts = [text for _, text in pairs] if parameter.explode else pairs[0][1].split(",")
        item = shapes.of(shape.items)
        return [_typed(text, item) for text in texts]
    if len(pairs) != 1:
        raise ValueError("one value is wanted")
    return _typed(pairs[0][1], shape)


def _deep(expected: Node, name: str, pairs: list[tuple[str, str]]) -> Any:
    """An object from its `name[key]=value`; a list is its name repeated."""
    if expected.members is not None:
        below = [pair for pair in pairs if pair[0].startswith(f"{name}[")]
        keys = dict.fromkeys(key[len(name) + 1 :].partition("]")[0] for key, _ in below)
        found: dict[str, Any] = {}
        for key in keys:
            inner, member = f"{name}[{key}]", expected.members.get(key)
            own = [pair for pair in below if pair[0].startswith(inner)]
            found[key] = _deep(member, inner, own) if member else own
        return found
    texts = [text for key, text in pairs if key == name]
    if len(texts) != len(pairs):
        raise ValueError("name[key]=value is wanted")
    if expected.items is not None:
        return texts
    if len(texts) != 1:
        raise ValueError("one value is wanted")
    return _typed(texts[0], expected.shape)


def _typed(text: str, shape: Shape) -> Any:
    match shape.type:
        case "integer":
            return int(text)
        case "number":
            return float(text) if "." in text else int(text)
        case "boolean":
            if text not in {"true", "false"}:
                raise ValueError(f"{text!r} is no boolean")
            return text == "true"
        case _:
            return text


# Body


def _body_problems(operation: Described, call: Call, seen: Captured, judge: Judge) -> list[str]:
    sent = seen.headers.get("Content-Type", "").partition(";")[0]
    if operation.body is None or call.body is None:
        found = [f"there is a body: {seen.body[:80]!r}"] if seen.body else []
        return found + ([f"there is a content type: {sent}"] if sent else [])
    found = [] if sent == operation.content_type else [f"the content type is {sent}"]
    value: Any
    if operation.content_type == "application/x-www-form-urlencoded":
        value = dict(parse_qsl(seen.body.decode(), keep_blank_values=True, strict_parsing=True))
        value = {name: _typed(text, _member_shape(call.body, name)) for name, text in value.items()}
    else:
        value = json.loads(seen.body)
    if not _same_body(call.body, value, call.filled):
        found.append(f"the body is {value} rather than {call.body.json()} with {call.filled}")
    return found + [f"body{problem[1:]}" for problem in judge.problems(value, operation.body)]


def _member_shape(body: Node, name: str) -> Shape:
    member = (body.members or {}).get(name)
    return member.shape if member else Shape()


def _same_body(node: Node, value: Any, filled: Mapping[str, Any]) -> bool:
    if node.items is not None:
        return len(node.items) == len(value) and all(
            _same_body(item, one, filled) for item, one in zip(node.items, value, strict=True)
        )
    if not filled:
        return same(node, value)
    rest = {name: member for name, member in (node.members or {}).items() if name not in filled}
    plain = object_in(value)
    return (
        plain is not None
        and plain.keys() == rest.keys() | filled.keys()
        and all(same(member, plain[name]) for name, member in rest.items())
        and all(plain[name] == known for name, known in filled.items())
    )


def same(node: Node, value: Any) -> bool:
    """Whether the wire shows the value that was given; moments may be written in several ways."""
    if node.members is not None:
        plain = object_in(value)
        return (
            plain is not None
            and plain.keys() == node.members.keys()
            and all(same(member, plain[name]) for name, member in node.members.items())
        )
    if node.items is not None:
        values = list_in(value)
        return (
            values is not None
            and len(values) == len(node.items)
            and all(same(item, one) for item, one in zip(node.items, values, strict=True))
        )
    if node.shape.facts.get("format") == "date-time":
        return datetime.fromisoformat(value) == datetime.fromisoformat(node.value)
    return type(value) is type(node.value) and value == node.value


def bookmark_of(seen: Captured) -> str | None:
    """The bookmark that a request asks for."""
    query = dict(parse_qsl(seen.target.partition("?")[2]))
    return query.get("bookmark")
