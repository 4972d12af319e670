"""Kinds of values, as type guards: what JSON calls object and list."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeGuard

_TEXTS = (str, bytes, bytearray, memoryview)


def is_object(value: object) -> TypeGuard[dict[Any, Any]]:
    """Whether a value is a dict."""
    return isinstance(value, dict)


def is_mapping(value: object) -> TypeGuard[Mapping[Any, Any]]:
    """Whether a value is a dict or another mapping."""
    return isinstance(value, Mapping)


def is_items(value: object) -> TypeGuard[Sequence[Any]]:
    """Whether a value is a list, a tuple or another sequence; text and bytes are not."""
    return type(value) is list or (isinstance(value, Sequence) and not isinstance(value, _TEXTS))


def is_iterable(value: object) -> TypeGuard[Iterable[Any]]:
    """Whether a value can be walked at least once, as a generator can; text and bytes are not."""
    return isinstance(value, Iterable) and not isinstance(value, _TEXTS)
