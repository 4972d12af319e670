"""Answers that do not fit their types: decoded all the same, field by field, and reported."""

import json
import types
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final, Generic, TypeVar, get_args, get_origin

import msgspec
from msgspec import NODEFAULT

from pinterest_async._core.annotations import describe, is_dict, is_list, is_literal, members, strip
from pinterest_async._core.codec import decode
from pinterest_async._core.guards import is_items, is_object
from pinterest_async._core.known_answers import learn
from pinterest_async._core.operation import Operation
from pinterest_async._core.problems import join
from pinterest_async._core.rows import answer_type, row_ids
from pinterest_async._core.struct_classes import base_class, is_struct
from pinterest_async._core.unknown_fields import MOST_FIELDS, Extra
from pinterest_async._core.unknown_variant import Unknown

T = TypeVar("T")

_DEEPEST: Final = 100
"""Deeper than any answer of the API; below it, values are left as they are."""
_MOST_READS: Final = 10_000
"""Values that are looked at one by one, which is slow; further ones are left as they are."""

_ANY_KEY: Final = "*"


class Drift(msgspec.Struct, frozen=True):
    """A place where answers differ from the description.

    `field` is a path of wire names, `[]` standing for any item of a list and `*` for any key of
    a mapping, empty for the answer as a whole: `items[].media.images.*.width`.
    """

    field: str
    expected: str
    found: str

    def __str__(self) -> str:
        return f"{self.field or 'the answer'} should be {self.expected} and is {self.found}"


class Lenient(msgspec.Struct, Generic[T], frozen=True):
    """An answer that was decoded leniently.

    `drifts` lists where it does not fit. `learnt` are the paths of its unknown fields that answers
    of the operation have from now on. `overflow` says that there were more than are kept: further
    ones are dropped from now on.
    """

    data: T
    drifts: tuple[Drift, ...] = ()
    learnt: tuple[str, ...] = ()
    overflow: bool = False


def decode_leniently(
    operation: Operation[T], raw: bytes, query: Mapping[str, Any] | None = None
) -> Lenient[T]:
    """Decode an answer that may not fit its type, and report where it does not.

    What fits is typed as ever. A misfit stays raw in its place, a missing required field is None,
    a list that is missing or null is empty, a variant with an unknown tag is an `Unknown` (that
    alone is no drift, since unions are open). A null in an optional field that cannot be None
    becomes its default, and is not reported. Each place is reported once. Where a page is expected
    and a list comes, or the reverse, it is read as the other, and reported. Without a
    body, the answer is None, or an empty page or list.

    Unknown fields, and such nulls, are learnt: the type of the answer is changed for all later
    answers too, so that `decode` reads these by itself.

    Raises:
        msgspec.DecodeError: The body is no JSON.
    """
    if operation.answer is None:
        return Lenient(data=decode(operation, raw))
    walk, answer = _walk(operation, raw, query)
    if not (walk.unknown or walk.nulls):
        return Lenient(answer, tuple(walk.drifts.values()))
    new = learn(operation, {*walk.unknown, *walk.nulls})
    learnt = tuple(place for extra in new.fields for place in walk.unknown[extra])
    try:
        return Lenient(decode(operation, raw, query), (), learnt, new.overflow)
    except msgspec.DecodeError:
        walk, answer = _walk(operation, raw, query)
        return Lenient(answer, tuple(walk.drifts.values()), learnt, new.overflow)


def _walk(
    operation: Operation[Any], raw: bytes, query: Mapping[str, Any] | None
) -> tuple["_Walk", Any]:
    walk = _Walk()
    answer = answer_type(operation, query)
    if raw.strip():
        value = _reshaped(answer, operation.paged, _parse(raw, walk), walk)
    else:
        if types.NoneType not in _type(answer).plain:
            walk.report("", describe(answer), "nothing")
        value = _nothing(answer, operation.paged)
        if value is None:
            return walk, None
    return walk, walk.read(_type(answer), value, "", 0)


def _parse(raw: bytes, walk: "_Walk") -> Any:
    """JSON as plain values; what only Python's own parser accepts is accepted, and reported."""
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


def _nothing(answer: Any, paged: bool) -> Any:
    """What stands for an answer that did not come."""
    if paged:
        return {"items": []}
    return [] if _type(answer).is_list else None


def _reshaped(answer: Any, paged: bool, value: Any, walk: "_Walk") -> Any:
    """The top level as the answer type has it, where a list came for a page or the reverse."""
    if value is None:
        instead = _nothing(answer, paged)
        if instead is not None:
            walk.report("", describe(answer), "null")
        return instead
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
    `nullable` says that None fits, `is_list` that nothing but a list does.
    """

    annotation: Any
    nullable: bool
    is_list: bool
    plain: frozenset[Any]
    structs: Mapping[Any, Any]
    tag_field: str | None
    item: Any
    inner: Any


_NULLABLE: Final = frozenset({types.NoneType, None, Any, object})
_PLAIN: Final = frozenset({str, int, float, bool, types.NoneType})


@lru_cache(maxsize=4096)
def _type(annotation: Any) -> _Type:
    cores = [strip(one).core for one in members(annotation)]
    lists = [get_args(one)[0] for one in cores if is_list(one) and get_args(one)]
    dicts = [get_args(one)[1] for one in cores if is_dict(one) and get_args(one)]
    structs = [(_config(one), one) for one in cores if is_struct(one)]
    return _Type(
        annotation,
        nullable=not _NULLABLE.isdisjoint(cores),
        is_list=len(cores) == 1 and is_list(cores[0]),
        plain=_PLAIN.intersection(one for one in cores if isinstance(one, type)),
        structs={config.tag: one for config, one in structs},
        tag_field=structs[0][0].tag_field if structs else None,
        item=_type(lists[0]) if lists else None,
        inner=_type(dicts[0]) if dicts else None,
    )


def _config(struct: Any) -> Any:
    return (get_origin(struct) or struct).__struct_config__


class _Field(msgspec.Struct, frozen=True):
    """A field of a struct: its names, whether it must be there, and what it may be."""

    name: str
    wire_name: str
    required: bool
    annotation: Any
    is_id: bool

    @property
    def kind(self) -> _Type:
        return _type(self.annotation)


class _Layout(msgspec.Struct, frozen=True):
    """The fields of a struct, and which others are to be learnt: those it would refuse."""

    fields: tuple[_Field, ...]
    known: frozenset[str]
    closed: bool
    holds_data: bool


@lru_cache(maxsize=4096)
def _layout(struct: Any) -> _Layout:
    config, ids = _config(struct), row_ids(get_origin(struct) or struct)
    fields = tuple(
        _Field(
            info.name,
            info.encode_name,
            info.default is NODEFAULT and info.default_factory is NODEFAULT,
            info.type,
            info.name in ids,
        )
        for info in msgspec.structs.fields(struct)
    )
    names = {one.wire_name for one in fields}
    return _Layout(
        fields,
        known=frozenset(names | ({config.tag_field} if config.tag_field else set[str]())),
        closed=config.forbid_unknown_fields,
        holds_data="data" in names,
    )


_FAULTS: Final = ("exceptions", "exception", "errors", "error_messages")


def _failed(value: Mapping[str, Any]) -> bool:
    """Whether an item of a bulk write says why it failed, so that its `data` may have gaps."""
    return any(any(fault) if is_items(fault) else bool(fault) for fault in map(value.get, _FAULTS))


class _Walk:
    """One pass over an answer: values are typed on the way, drifts are collected.

    So are unknown fields, with the paths where they stand, and nulls that mean a default.
    """

    def __init__(self) -> None:
        self.drifts: dict[str, Drift] = {}
        self.unknown: dict[Extra, dict[str, None]] = {}
        self.nulls: set[Extra] = set()
        self._gaps_are_fine = False
        self._reads_left = _MOST_READS

    def report(self, field: str, expected: str, found: str) -> None:
        """Note a drift, once for each field."""
        if field not in self.drifts:
            self.drifts[field] = Drift(field, expected, found)

    def misfit(self, annotation: Any, value: Any, field: str) -> Any:
        """Report a value that does not fit, and leave it as it is."""
        if field not in self.drifts:
            self.report(field, describe(annotation), _found(annotation, value))
        return value

    def read(self, kind: _Type, value: Any, field: str, depth: int) -> Any:
        """A value as its type wants it, as far as it fits."""
        if type(value) in kind.plain:
            return value
        try:
            return msgspec.convert(value, kind.annotation)
        except (ValueError, RecursionError):
            pass  # It does not fit as a whole: go on part by part.
        parts = len(value) if is_items(value) or is_object(value) else 0
        if depth < _DEEPEST and parts <= self._reads_left:
            depth += 1
            self._reads_left -= parts
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
        layout = _layout(struct)
        if layout.closed and not layout.known.issuperset(value):
            self._note_unknown(struct, [name for name in value if name not in layout.known], field)
        failed = layout.holds_data and _failed(value)
        parts: dict[str, Any] = {}
        for one in layout.fields:
            place = f"{field}.{one.wire_name}" if field else one.wire_name
            before = self._gaps_are_fine
            self._gaps_are_fine = before or (failed and one.wire_name == "data")
            self._read_field(struct, one, value, parts, place, depth)
            self._gaps_are_fine = before
        try:
            return (get_origin(struct) or struct)(**parts)
        except (TypeError, ValueError):  # a struct whose own checks refuse the misfits
            return self.misfit(struct, value, field)

    def _note_unknown(self, struct: Any, names: list[str], field: str) -> None:
        for name in names:
            extra: Extra = (base_class(struct), name, "field")
            if extra not in self.unknown and len(self.unknown) > MOST_FIELDS:
                return  # more than are learnt: enough to know that
            places = self.unknown.setdefault(extra, {})
            if len(places) < MOST_FIELDS:
                places[f"{field}.{name}" if field else name] = None

    def _read_field(
        self,
        struct: Any,
        one: _Field,
        value: dict[str, Any],
        parts: dict[str, Any],
        place: str,
        depth: int,
    ) -> None:
        """Put a field into `parts`, unless its default will do."""
        found = value.get(one.wire_name)
        if found is not None:
            if one.is_id and type(found) is int:
                found = str(found)
            parts[one.name] = self.read(one.kind, found, place, depth)
        elif one.wire_name in value and one.kind.nullable:
            parts[one.name] = None
        elif one.required:
            if not self._gaps_are_fine:
                missing = "null" if one.wire_name in value else "nothing"
                self.report(place, describe(one.annotation), missing)
            parts[one.name] = [] if one.kind.is_list else None
        elif one.wire_name in value:
            self.nulls.add((base_class(struct), one.wire_name, "null"))


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
