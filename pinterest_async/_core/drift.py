"""Answers that do not fit their types: decoded all the same, field by field, and reported."""

import json
import types
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final, TypeVar, cast, get_args, get_origin

import msgspec

from pinterest_async._core.annotations import (
    is_dict,
    is_list,
    is_literal,
    is_struct,
    members,
    strip,
    words,
)
from pinterest_async._core.codec import EmptyBodyError, answer_type
from pinterest_async._core.guards import is_items, is_object
from pinterest_async._core.operation import Operation
from pinterest_async._core.problems import join

T = TypeVar("T")

_DEEPEST: Final = 100
"""Deeper than any answer of the API; below it, values are left as they are."""

_ANY_KEY: Final = "*"


class Unknown(msgspec.Struct, frozen=True):
    """A variant of an open union that this version does not know, with its raw content.

    `tag` is what the server calls the variant; None when it does not say.
    """

    tag: str | None
    raw: dict[str, Any]


class Drift(msgspec.Struct, frozen=True):
    """A place where answers differ from the description.

    `field` is a path of wire names, `[]` standing for any item of a list and `*` for any key of
    a mapping, empty for the answer as a whole: `items[].media.images.*.width`.
    """

    field: str
    expected: str
    found: str


def decode_leniently(
    operation: Operation[T], raw: bytes, query: Mapping[str, Any] | None = None
) -> tuple[T, list[Drift]]:
    """Decode an answer that may not fit its type, and tell where it does not.

    What fits is typed as ever. A misfit stays raw in its place, a missing required field is None,
    a variant with an unknown tag is an `Unknown` (that alone is no drift, since unions are open).
    Each place is told once. Where a page or a list is expected and the other one of the two comes,
    it is taken for the other, and told.

    Raises:
        EmptyBodyError: There is no body.
        msgspec.DecodeError: The body is no JSON.
    """
    if operation.answer is None:
        return cast("T", None), []
    walk = _Walk()
    value = _parse(raw, walk)
    answer = answer_type(operation, query)
    value = _reshaped(answer, operation.paged, value, walk)
    return cast("T", walk.read(_type(answer), value, "", 0)), list(walk.drifts.values())


def _parse(raw: bytes, walk: "_Walk") -> Any:
    """JSON as plain values; what Python's own parser forgives is forgiven, and told."""
    if not raw.strip():
        raise EmptyBodyError("the body is empty")
    try:
        return msgspec.json.decode(raw)
    except (ValueError, RecursionError) as error:
        try:
            value = _encodable(json.loads(raw))
        except (ValueError, RecursionError):
            raise msgspec.DecodeError(str(error)) from error
        walk.report("", "JSON", "JSON with NaN, huge numbers, lone surrogates or a byte-order mark")
        return value


def _encodable(value: Any) -> Any:
    """The value with each lone surrogate replaced, since nothing could write such text."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if is_items(value):
        return [_encodable(one) for one in value]
    if is_object(value):
        return {_encodable(name): _encodable(one) for name, one in value.items()}
    return value


def _reshaped(answer: Any, paged: bool, value: Any, walk: "_Walk") -> Any:
    """The top level as the answer type has it, where a list came for a page or the reverse."""
    if paged and is_items(value):
        walk.report("", "object", "list")
        return {"items": value}
    if paged and is_object(value) and value.get("items") is None:
        walk.report("items", "list", "null" if "items" in value else "nothing")
        return {**value, "items": []}
    if is_list(answer) and is_object(value) and is_items(value.get("items")):
        walk.report("", "list", "object")
        return value["items"]
    return value


class _Type(msgspec.Struct, frozen=True):
    """An annotation taken apart once: what its values may be.

    Structs are held by their tags, which stand in the field `tag_field`; one without is at None.
    """

    annotation: Any
    plain: frozenset[Any]
    structs: Mapping[Any, Any]
    tag_field: str | None
    item: Any
    inner: Any


_PLAIN: Final = frozenset({str, int, float, bool, types.NoneType})


@lru_cache(maxsize=4096)
def _type(annotation: Any) -> _Type:
    cores = [strip(one).core for one in members(annotation)]
    lists = [get_args(one)[0] for one in cores if is_list(one) and get_args(one)]
    dicts = [get_args(one)[1] for one in cores if is_dict(one) and get_args(one)]
    structs = [(_config(one), one) for one in cores if is_struct(one)]
    return _Type(
        annotation,
        plain=_PLAIN.intersection(one for one in cores if isinstance(one, type)),
        structs={config.tag: one for config, one in structs},
        tag_field=structs[0][0].tag_field if structs else None,
        item=_type(lists[0]) if lists else None,
        inner=_type(dicts[0]) if dicts else None,
    )


def _config(struct: Any) -> Any:
    return (get_origin(struct) or struct).__struct_config__


class _Field(msgspec.Struct, frozen=True):
    """A field of a struct: its names, whether it must be there, and its annotation."""

    name: str
    wire_name: str
    required: bool
    annotation: Any


@lru_cache(maxsize=4096)
def _fields(struct: Any) -> tuple[_Field, ...]:
    return tuple(
        _Field(
            info.name,
            info.encode_name,
            info.default is msgspec.NODEFAULT and info.default_factory is msgspec.NODEFAULT,
            info.type,
        )
        for info in msgspec.structs.fields(struct)
    )


class _Walk:
    """One pass over an answer: values are typed on the way, drifts are collected."""

    def __init__(self) -> None:
        self.drifts: dict[str, Drift] = {}

    def report(self, field: str, expected: str, found: str) -> None:
        """Note a drift, once for each field."""
        if field not in self.drifts:
            self.drifts[field] = Drift(field, expected, found)

    def misfit(self, annotation: Any, value: Any, field: str) -> Any:
        """Report a value that does not fit, and leave it as it is."""
        if field not in self.drifts:
            self.report(field, words(annotation), _found(annotation, value))
        return value

    def read(self, kind: _Type, value: Any, field: str, depth: int) -> Any:
        """A value as its type wants it, as far as it fits."""
        if type(value) in kind.plain:
            return value
        try:
            return msgspec.convert(value, kind.annotation)
        except (ValueError, RecursionError):
            pass  # It does not fit as a whole: go on part by part.
        if depth < _DEEPEST:
            depth += 1
            if kind.item is not None and is_items(value):
                place = f"{field}[]"
                return [self.read(kind.item, one, place, depth) for one in value]
            if kind.structs and is_object(value):
                return self._read_variant(kind, value, field, depth)
            if kind.inner is not None and is_object(value):
                place = join(field, _ANY_KEY)
                return {
                    name: self.read(kind.inner, one, place, depth) for name, one in value.items()
                }
        return self.misfit(kind.annotation, value, field)

    def _read_variant(self, kind: _Type, value: dict[str, Any], field: str, depth: int) -> Any:
        """The struct of a union that the tag names; a struct that stands alone needs no tag."""
        name, structs = kind.tag_field, kind.structs
        first = next(iter(structs.values()))
        if name is None:
            return self._read_struct(first, value, field, depth)
        tag = value.get(name)
        if isinstance(tag, str):
            if tag in structs:
                return self._read_struct(structs[tag], value, field, depth)
            if len(structs) == 1:  # no union, so not open to other variants
                self.report(join(field, name), repr(next(iter(structs))), "another str")
            return Unknown(tag, value)
        if len(structs) == 1 and tag is None:
            if name in value:
                self.report(join(field, name), "str", "null")
            return self._read_struct(first, value, field, depth)
        self.report(join(field, name), "str", _kind(tag) if name in value else "nothing")
        return Unknown(None, value)

    def _read_struct(self, struct: Any, value: dict[str, Any], field: str, depth: int) -> Any:
        parts: dict[str, Any] = {}
        for one in _fields(struct):
            place = f"{field}.{one.wire_name}" if field else one.wire_name
            if one.wire_name in value:
                parts[one.name] = self.read(
                    _type(one.annotation), value[one.wire_name], place, depth
                )
            elif one.required:
                self.report(place, words(one.annotation), "nothing")
                parts[one.name] = None
        try:
            return (get_origin(struct) or struct)(**parts)
        except (TypeError, ValueError):  # a struct whose own checks refuse the misfits
            return self.misfit(struct, value, field)


_KINDS: Final[Mapping[Any, str]] = {
    types.NoneType: "null",
    bool: "bool",
    int: "int",
    float: "number",
    str: "str",
    list: "list",
    dict: "object",
}


def _kind(value: object) -> str:
    return _KINDS.get(type(value), "value")


def _found(annotation: Any, value: Any) -> str:
    """What a misfit is; values are not repeated, since answers hold people's data."""
    if isinstance(value, str):
        cores = [strip(one).core for one in members(annotation)]
        if any(is_literal(one) for one in cores):
            return "another str"
        if str not in cores:
            return "str"
    return _kind(value)
