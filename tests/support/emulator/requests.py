"""Requests as the description has them, right ones and broken ones, made without the client."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

from contract.document import Described, Parameter, list_in, object_in
from contract.samples import Maker

FORM = "application/x-www-form-urlencoded"


_UNKNOWN = object()


class Wire(NamedTuple):
    """A request below the base path."""

    method: str
    target: str
    content_type: str = ""
    body: bytes = b""


def right(
    operation: Described,
    maker: Maker,
    *,
    full: bool,
    pick: int = 0,
    known: Mapping[str, Any] | None = None,
) -> Wire:
    """A request with everything (`full`) or with what is required.

    `known` are values by name, None for a query parameter that is not to be sent.
    """
    known = known or {}
    path = operation.path
    for one in operation.in_path:
        value = known.get(one.name) or maker.make(one.schema, f"path {one.name}").json()
        path = path.replace(f"{{{one.name}}}", quote(str(value), safe=""))
    query: list[str] = []
    for one in operation.in_query:
        value = known.get(one.name, _UNKNOWN)
        if value is _UNKNOWN:
            value = maker.make(one.schema, one.name, pick, full=full).json()
        if (full and value is not None) or one.required:
            query += _query(one, value)
    target = path + ("?" + "&".join(query) if query else "")
    if operation.body is None:
        return Wire(operation.method, target)
    body = maker.make(operation.body, "body", pick, full=full).json()
    return _with_body(operation, target, _replaced(body, known))


def variants(operation: Described, maker: Maker) -> int:
    """How many full requests it takes to send every alternative."""
    schemas = [*(one.schema for one in operation.in_query)]
    schemas += [operation.body] if operation.body else []
    return max(map(maker.variants, schemas), default=1)


def _with_body(operation: Described, target: str, body: Any) -> Wire:
    kind = operation.content_type or ""
    text = urlencode(_form(body)) if kind == FORM else json.dumps(body)
    return Wire(operation.method, target, kind, text.encode())


def _form(body: Any) -> dict[str, str]:
    return {name: _text(value) for name, value in (object_in(body) or {}).items()}


def _replaced(value: Any, known: Mapping[str, Any]) -> Any:
    members, items = object_in(value), list_in(value)
    if members is not None:
        return {
            name: known[name] if name in known and isinstance(one, str) else _replaced(one, known)
            for name, one in members.items()
        }
    return value if items is None else [_replaced(one, known) for one in items]


def _text(value: Any) -> str:
    return json.dumps(value) if isinstance(value, bool) else str(value)


def _query(parameter: Parameter, value: Any) -> Iterator[str]:
    name, items = quote(parameter.name, safe=""), list_in(value)
    if parameter.style == "deepObject":
        yield from _deep(name, value)
    elif items is None:
        yield f"{name}={quote(_text(value), safe='')}"
    elif parameter.explode:
        yield from (f"{name}={quote(_text(one), safe='')}" for one in items)
    else:
        yield f"{name}={','.join(quote(_text(one), safe='') for one in items)}"


def _deep(name: str, value: Any) -> Iterator[str]:
    members = object_in(value)
    if members is None:
        yield f"{name}={quote(_text(value), safe='')}"
    for key, inner in (members or {}).items():
        yield from _deep(f"{name}%5B{quote(key, safe='')}%5D", inner)


class Broken(NamedTuple):
    """A request with one thing wrong: of what kind, and the name that its refusal begins with."""

    kind: str
    named: str
    wire: Wire


def malformed(operation: Described, maker: Maker) -> Iterator[Broken]:
    """The request with one thing wrong, for each kind of wrong that it has room for."""
    wire = right(operation, maker, full=False)
    path, _, query = wire.target.partition("?")
    pairs = [pair for pair in query.split("&") if pair]

    def asked(*sent: str) -> Wire:
        return wire._replace(target=f"{path}?{'&'.join(sent)}")

    yield Broken("unknown parameter", "zz_unknown", asked(*pairs, "zz_unknown=1"))
    for one in operation.in_path:
        if not re.search(one.schema.get("pattern", ""), " é"):
            bad = operation.path.replace(f"{{{one.name}}}", "%20%C3%A9")
            for other in operation.in_path:
                value = str(maker.make(other.schema, f"path {other.name}").json())
                bad = bad.replace(f"{{{other.name}}}", quote(value, safe=""))
            yield Broken("malformed id", one.name, wire._replace(target=f"{bad}?{query}"))
    for one in operation.in_query:
        sent = [*_query(one, maker.make(one.schema, one.name, full=False).json())]
        rest = [pair for pair in pairs if pair not in sent]
        if one.required:
            yield Broken("missing parameter", one.name, asked(*rest))
        shape = maker.shapes.of(one.schema)
        facts = maker.shapes.of(shape.items).facts if shape.items else shape.facts
        if "enum" in facts or facts.get("type") in {"integer", "boolean"}:
            yield Broken("malformed parameter", one.name, asked(*rest, f"{one.name}=zz%20word"))
        if len(sent) == 1 and (shape.items is None or not one.explode):
            yield Broken("parameter sent twice", one.name, asked(*rest, *sent, *sent))
    yield from _malformed_bodies(operation, wire, maker)


def _malformed_bodies(operation: Described, wire: Wire, maker: Maker) -> Iterator[Broken]:
    if operation.body is None:
        unwanted = wire._replace(content_type="application/json", body=b'{"zz_unknown":1}')
        yield Broken("unwanted body", "body", unwanted)
        return
    yield Broken("wrong encoding", "Content-Type", wire._replace(content_type="text/plain"))
    if operation.content_type == FORM:
        yield Broken("malformed body", "body", wire._replace(body=b"zz=%FF"))
        return
    yield Broken("malformed body", "body", wire._replace(body=wire.body[:-1]))
    yield Broken("malformed body", "body", wire._replace(body=b'"word"'))
    shape = maker.shapes.of(operation.body)
    if shape.options:
        return
    body = json.loads(wire.body)
    first, at = body, ""
    if shape.items is not None:
        shape, first, at = maker.shapes.of(shape.items), body[0], "[0]."
        if shape.options:
            return

    def holding(item: Any) -> Wire:
        return wire._replace(body=json.dumps([item] if at else item).encode())

    for name in sorted(shape.required & first.keys()):
        rest = {key: one for key, one in first.items() if key != name}
        yield Broken("missing field", f"{at}{name}", holding(rest))
    if shape.properties and not shape.extra:
        unknown = {**first, "zz_unknown": 1}
        yield Broken("unknown field", f"{at}zz_unknown", holding(unknown))
