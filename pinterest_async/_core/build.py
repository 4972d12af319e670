"""A checked call -> what goes on the wire: method, target and body."""

import datetime as dt
import enum
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final
from urllib.parse import quote, urlencode

import msgspec
from msgspec import UNSET

from pinterest_async._core.guards import is_items, is_mapping
from pinterest_async._core.operation import Encoding, HttpMethod, Operation, parts_of

JSON: Final = "application/json"
FORM: Final = "application/x-www-form-urlencoded"


class WireRequest(msgspec.Struct, frozen=True):
    """A request as it goes on the wire.

    `target` is the path below the base URL and the query string, percent-encoded: to be sent as it
    is, not to be encoded again.
    """

    method: HttpMethod
    target: str
    body: bytes | None
    content_type: str | None

    def __repr__(self) -> str:
        # Bodies hold secrets (of logins) and people (in customer lists).
        return f"<{self.method} {self.target}>"


def build_request(
    operation: Operation[Any],
    path: Sequence[Any],
    query: Mapping[str, Any],
    body: Any = UNSET,
) -> WireRequest:
    """Build the request of a call that `check_call` has found nothing wrong with."""
    target = _path(operation, path) + _query(operation, query)
    if operation.body is None:
        return WireRequest(operation.method, target, None, None)
    content = {} if body is UNSET or body is None else body
    if operation.body.from_path:
        from pinterest_async._core.path_fields import with_path_fields

        content = with_path_fields(operation, operation.body, path, content)
    if operation.body.kind == "form":
        return WireRequest(operation.method, target, _form(content), FORM)
    return WireRequest(operation.method, target, _ENCODER.encode(content), JSON)


def _plain_json(value: Any) -> Any:
    """What msgspec does not encode by itself: subclasses of builtins, other mappings and lists."""
    for kind in (str, int, float):
        if isinstance(value, kind):
            return kind(value)
    if is_mapping(value):
        return dict(value)
    if is_items(value):
        return list(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


_ENCODER: Final = msgspec.json.Encoder(enc_hook=_plain_json)


def text(value: Any) -> str:
    """A single value as text: true and false in lower case, dates as ISO 8601."""
    if isinstance(value, enum.Enum):
        value = value.value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dt.date):
        return _date(value)
    return str(value)


def _date(value: dt.date) -> str:
    written = value.isoformat()
    return written[:-6] + "Z" if written.endswith("+00:00") else written


def _quoted(value: Any) -> str:
    written = value if type(value) is str else text(value)
    return written if written.isascii() and written.isalnum() else quote(written, safe="")


def _path(operation: Operation[Any], path: Sequence[Any]) -> str:
    if not path:
        return operation.path
    target, *others = _parts(operation.path)
    for value, part in zip(path, others, strict=True):
        target += _quoted(value) + part
    return target


@lru_cache(maxsize=1024)
def _parts(path: str) -> Sequence[str]:
    """What stands before, between and after the parameters of a path."""
    first, places = parts_of(path)
    return [first, *(after for _, after in places)]


_SINGLE: Final = frozenset({str, int, float, bool, dt.date, dt.datetime})


def _query(operation: Operation[Any], query: Mapping[str, Any]) -> str:
    if not query:
        return ""
    pairs: list[str] = []
    declared = 0
    for parameter in operation.query:
        name = parameter.name
        if name not in query:
            continue
        value = query[name]
        declared += 1
        if type(value) in _SINGLE:
            pairs.append(f"{_name(name)}={_quoted(value)}")
        elif value is not None and value is not UNSET:
            pairs += _pairs(name, parameter.encoding, value)
        if declared == len(query):
            break
    if declared < len(query):
        names = {parameter.name for parameter in operation.query}
        for name, value in query.items():
            if value is not None and name not in names:
                pairs += _pairs(name, "deep" if is_mapping(value) else "comma", value)
    return "?" + "&".join(pairs) if pairs else ""


def _pairs(name: str, encoding: Encoding, value: Any) -> Iterable[str]:
    quoted = _name(name)
    if encoding == "deep" and is_mapping(value):
        return [f"{_quoted(key)}={_quoted(inner)}" for key, inner in _deep(name, value)]
    if not is_items(value):
        return (f"{quoted}={_quoted(value)}",)
    if encoding == "repeated":
        return [f"{quoted}=" + f"&{quoted}=".join(_all_quoted(value))] if value else []
    return (f"{quoted}={','.join(_all_quoted(value))}",)


def _all_quoted(values: Sequence[Any]) -> Sequence[str]:
    # Looked at as one, since most lists are ids or names of columns.
    if set(map(type, values)) != {str}:
        values = [one if type(one) is str else text(one) for one in values]
    joined = "".join(values)
    if joined.isascii() and joined.replace("_", "").isalnum():
        return values
    return [quote(one, safe="") for one in values]


@lru_cache(maxsize=1024)
def _name(name: str) -> str:
    return quote(name, safe="")


def _deep(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """`name[key]` and value for each value of an object; None is not sent."""
    if is_mapping(value):
        for key, inner in value.items():
            yield from _deep(f"{name}[{text(key)}]", inner)
    elif is_items(value):
        for inner in value:
            yield from _deep(name, inner)
    elif value is not None:
        yield name, value


def _form(content: Mapping[str, Any]) -> bytes:
    pairs = [pair for name, value in content.items() for pair in _form_pairs(name, value)]
    return urlencode(pairs).encode()


def _form_pairs(name: str, value: Any) -> Iterator[tuple[str, str]]:
    """Form fields of a value: single values of a list joined by commas, objects as `name[key]`."""
    if is_items(value) and not any(map(_has_parts, value)):
        yield name, ",".join(map(text, value))
    else:
        for inner, single in _deep(name, value):
            yield inner, text(single)


def _has_parts(value: Any) -> bool:
    return value is None or is_mapping(value) or is_items(value)
