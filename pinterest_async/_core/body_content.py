"""The body of a request: as JSON, or as a form."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlencode

import msgspec
from msgspec import UNSET

from pinterest_async._core.guards import is_items, is_mapping
from pinterest_async._core.operation import Body, Operation
from pinterest_async._core.query_string import deep_values, text

JSON: Final = "application/json"
FORM: Final = "application/x-www-form-urlencoded"


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


def body_content(
    operation: Operation[Any], body: Body, path: Sequence[Any], given: Any
) -> tuple[bytes, str]:
    """The body of a request, and its content type."""
    content: Any = {} if given is UNSET or given is None else given
    if body.from_path:
        from pinterest_async._core.path_fields import with_path_fields

        content = with_path_fields(operation, body, path, content)
    if body.kind == "form":
        return _form(content), FORM
    return _ENCODER.encode(content), JSON


def _form(content: Mapping[str, Any]) -> bytes:
    pairs = [pair for name, value in content.items() for pair in _form_pairs(name, value)]
    return urlencode(pairs).encode()


def _form_pairs(name: str, value: Any) -> Iterator[tuple[str, str]]:
    """Form fields of a value: single values of a list joined by commas, objects as `name[key]`."""
    if is_items(value) and not any(map(_has_parts, value)):
        yield name, ",".join(map(text, value))
    else:
        for inner, single in deep_values(name, value):
            yield inner, text(single)


def _has_parts(value: Any) -> bool:
    return value is None or is_mapping(value) or is_items(value)
