"""Reading type annotations at runtime: for checks, request building and decoding alike."""

import datetime as dt
import types
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import (
    Annotated,
    Any,
    Literal,
    NotRequired,
    Required,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

import msgspec

from pinterest_async._core.struct_classes import is_struct


class Stripped(msgspec.Struct, frozen=True):
    """An annotation without its wrappers, and the metadata that `Annotated` carried."""

    core: Any
    metadata: tuple[Any, ...] = ()

    @property
    def known(self) -> tuple[Any, ...]:
        """Known values of an open enum: those of a `Literal` or of `Words` in the metadata."""
        found: list[Any] = []
        for one in self.metadata:
            found += get_args(one) if is_literal(one) else getattr(one, "known_values", ())
        return tuple(found)

    @property
    def limits(self) -> dict[str, Any]:
        """Limits of all metadata, by their msgspec names; the outermost wins."""
        return {
            name: value
            for one in self.metadata
            for name in ("ge", "gt", "le", "lt", "min_length", "max_length", "pattern")
            if (value := getattr(one, name, None)) is not None
        }


def strip(annotation: Any) -> Stripped:
    """Take off `Annotated`, `Required`, `NotRequired` and named aliases, however nested."""
    metadata: tuple[Any, ...] = ()
    while True:
        origin = get_origin(annotation)
        if origin is Annotated:
            inner, *more = get_args(annotation)
            annotation, metadata = inner, (*more, *metadata)
        elif origin is Required or origin is NotRequired:
            (annotation,) = get_args(annotation)
        elif hasattr(annotation, "__value__"):  # `type X = ...` of Python 3.12
            annotation = annotation.__value__
        else:
            return Stripped(annotation, metadata)


def is_literal(annotation: Any) -> bool:
    """Whether an annotation is a `Literal`."""
    return get_origin(annotation) is Literal


def is_typed_dict(annotation: Any) -> bool:
    """Whether an annotation is a `TypedDict` class."""
    return is_typeddict(annotation)


def is_list(annotation: Any) -> bool:
    """Whether an annotation is a list, a tuple of any length or a `Sequence`."""
    origin = get_origin(annotation) or annotation
    return origin in {list, tuple, Sequence}


def is_dict(annotation: Any) -> bool:
    """Whether an annotation is a dict or a `Mapping` (not a `TypedDict`)."""
    origin = get_origin(annotation) or annotation
    return origin in {dict, Mapping}


def members(annotation: Any) -> tuple[Any, ...]:
    """Members of a union, nested ones opened; an annotation that is no union is its own member."""
    core = strip(annotation).core
    if get_origin(core) in {Union, types.UnionType}:
        return tuple(inner for one in get_args(core) for inner in members(one))
    return (annotation,)


class Key(msgspec.Struct, frozen=True):
    """A key of a `TypedDict`."""

    annotation: Any
    required: bool


@lru_cache(maxsize=4096)
def keys(shape: Any) -> Mapping[str, Key]:
    """Keys of a `TypedDict`, in declared order.

    Python 3.11 fills `__required_keys__` wrongly where annotations are strings (it does not see
    `Required` in them), hence the look at each resolved annotation.
    """
    by_default: frozenset[str] = getattr(shape, "__required_keys__", frozenset[str]())
    found: dict[str, Key] = {}
    for name, annotation in get_type_hints(shape, include_extras=True).items():
        mark = _mark(annotation)
        required = mark is Required if mark else name in by_default
        found[name] = Key(annotation, required)
    return found


def _mark(annotation: Any) -> Any:
    """`Required` or `NotRequired` where an annotation says so, also inside `Annotated`."""
    while get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    origin = get_origin(annotation)
    return origin if origin is Required or origin is NotRequired else None


def describe(annotation: Any) -> str:
    """An annotation as text for a message: `list of str`, `int or null`."""
    parts = [strip(one) for one in members(annotation)]
    cores = [one.core for one in parts]
    if dt.date in cores and str in cores:
        return "date or text YYYY-MM-DD"
    if float in cores:
        cores = [core for core in cores if core is not int]
    if dt.datetime in cores and str in cores:
        return "datetime or ISO 8601 text"
    return " or ".join(dict.fromkeys(_name(one) for one in cores))


_NAMES: Mapping[Any, str] = {
    Any: "JSON",
    object: "JSON",
    None: "null",
    types.NoneType: "null",
    float: "number",
    dt.date: "date",
    dt.datetime: "date-time",
}


def _name(core: Any) -> str:
    if is_literal(core):
        return " or ".join(repr(value) for value in get_args(core))
    if is_list(core):
        inner = get_args(core)
        return f"list of {describe(inner[0])}" if inner else "list"
    if is_dict(core) or is_typed_dict(core) or is_struct(core):
        return "object"
    try:
        return _NAMES[core]
    except (KeyError, TypeError):
        return str(getattr(core, "__name__", core))
