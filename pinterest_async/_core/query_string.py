"""The query of a request, percent-encoded: single values, lists and objects."""

import datetime as dt
import enum
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final
from urllib.parse import quote

from msgspec import UNSET

from pinterest_async._core.guards import is_items, is_mapping
from pinterest_async._core.operation import Encoding, Operation

_SINGLE: Final = frozenset({str, int, float, bool, dt.date, dt.datetime})


def query_string(operation: Operation[Any], query: Mapping[str, Any]) -> str:
    """The query with its question mark; empty where nothing is sent."""
    pairs: list[str] = []
    declared = 0
    for parameter in operation.query:
        name = parameter.name
        if name not in query:
            continue
        value = query[name]
        declared += 1
        if type(value) in _SINGLE:
            pairs.append(f"{_name(name)}={quoted(value)}")
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
    label = _name(name)
    if encoding == "deep" and is_mapping(value):
        return [f"{quoted(key)}={quoted(inner)}" for key, inner in deep_values(name, value)]
    if not is_items(value):
        return (f"{label}={quoted(value)}",)
    if encoding == "repeated":
        return [f"{label}=" + f"&{label}=".join(_all_quoted(value))] if value else []
    return (f"{label}={','.join(_all_quoted(value))}",)


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


def quoted(value: Any) -> str:
    """A single value as text, percent-encoded: also for a segment of a path."""
    written = value if type(value) is str else text(value)
    return written if written.isascii() and written.isalnum() else quote(written, safe="")


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


def deep_values(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """`name[key]` and value for each value of an object; None is not sent."""
    if is_mapping(value):
        for key, inner in value.items():
            yield from deep_values(f"{name}[{text(key)}]", inner)
    elif is_items(value):
        for inner in value:
            yield from deep_values(name, inner)
    elif value is not None:
        yield name, value
