"""Requests as the description has them, right ones and broken ones, made without the client."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

from contract_document import Described, Parameter, list_in, object_in
from contract_samples import Maker

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


def malformed(operation: Described, maker: Maker) -> Iterator[Wire]:
    """The request with one thing wrong, for each kind of wrong that it has room for."""
    wire = right(operation, maker, full=False)
    path, _, query = wire.target.partition("?")
    yield wire._replace(target=f"{path}?{query}&zz_unknown=1".replace("?&", "?"))
    for one in operation.in_path:
        if not re.search(one.schema.get("pattern", ""), " é"):
            bad = operation.path.replace(f"{{{one.name}}}", "%20%C3%A9")
            for other in operation.in_path:
                value = str(maker.make(other.schema, f"path {other.name}").json())
                bad = bad.replace(f"{{{other.name}}}", quote(value, safe=""))
            yield wire._replace(target=f"{bad}?{query}")
    for one in operation.in_query:
        sent = [*_query(one, maker.make(one.schema, one.name, full=False).json())]
        if one.required:
            rest = [pair for pair in query.split("&") if pair not in sent]
            yield wire._replace(target=f"{path}?{'&'.join(rest)}")
        if one.schema.get("type") in {"integer", "boolean"}:
            rest = [pair for pair in query.split("&") if pair and pair not in sent]
            yield wire._replace(target=f"{path}?{'&'.join([*rest, f'{one.name}=word'])}")
    yield from _malformed_bodies(operation, wire, maker)


def _malformed_bodies(operation: Described, wire: Wire, maker: Maker) -> Iterator[Wire]:
    if operation.body is None:
        yield wire._replace(content_type="application/json", body=b'{"zz_unknown":1}')
        return
    yield wire._replace(content_type="text/plain")
    if operation.content_type == FORM:
        yield wire._replace(body=b"zz=%FF")
        return
    yield wire._replace(body=wire.body[:-1])
    yield wire._replace(body=b'"word"')
    shape = maker.shapes.of(operation.body)
    body = json.loads(wire.body)
    if shape.items is None and not shape.options:
        for name in sorted(shape.required):
            yield wire._replace(
                body=json.dumps({key: one for key, one in body.items() if key != name}).encode()
            )
