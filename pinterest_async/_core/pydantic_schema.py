"""Answers in applications that use pydantic, as FastAPI does: checked, written and described by it.

A struct passes as it is, and becomes JSON as Pinterest answered it, unknown fields included.
pydantic is imported when it asks, and not before: no call needs it.
"""

from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final, get_args, get_origin

import msgspec

from pinterest_async._core.annotations import members
from pinterest_async._core.display import plain
from pinterest_async._core.guards import is_items, is_object
from pinterest_async._core.struct_classes import base_classes
from pinterest_async._core.unknown_variant import Unknown

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler

_UNDER_WAY: Final[ContextVar[frozenset[str]]] = ContextVar("under_way", default=frozenset())
"""The structs whose schemas are being made."""


def pydantic_schema(cls: Any, source: Any, handler: "GetCoreSchemaHandler") -> Any:
    """The `__get_pydantic_core_schema__` of structs; `source` has the arguments of generic ones."""
    from pydantic_core import core_schema

    reference, under_way = _reference(source), _UNDER_WAY.get()
    if reference in under_way:  # a struct that holds others of its kind
        return core_schema.definition_reference_schema(reference)

    tag_field, tag = cls.__struct_config__.tag_field, cls.__struct_config__.tag
    fields: dict[str, Any] = {}
    if tag_field is not None:
        fields[tag_field] = core_schema.typed_dict_field(core_schema.literal_schema([tag]))
    outer = _UNDER_WAY.set(under_way | {reference})
    try:
        for info in msgspec.structs.fields(source):
            fields[info.encode_name] = core_schema.typed_dict_field(
                handler.generate_schema(info.type), required=info.required
            )
    finally:
        _UNDER_WAY.reset(outer)
    # The description. pydantic neither checks nor writes by it, since it knows nothing of structs.
    more: dict[str, Any] = {}
    if hasattr(cls, "__always__"):  # the columns of a row are known when it is asked for
        cell = handler.generate_schema(bool | int | float | str | None)
        more = {"extra_behavior": "allow", "extras_schema": cell}
    described = core_schema.typed_dict_schema(fields, cls=cls, **more)

    def check(value: Any, _: Any) -> Any:
        if isinstance(value, cls) or (tag_field is not None and isinstance(value, Unknown)):
            return value
        try:
            return msgspec.convert(value, source)
        except (msgspec.ValidationError, RecursionError) as error:
            raise ValueError(str(error)) from None

    write = as_json if _may_hold_unknown(source) else msgspec.to_builtins
    return core_schema.no_info_wrap_validator_function(
        check,
        described,
        ref=reference,
        serialization=core_schema.plain_serializer_function_ser_schema(
            lambda value, info: _chosen(write(value), info), info_arg=True
        ),
    )


def as_json(value: Any) -> Any:
    """An answer, or a part of one, as plain JSON by the names on the wire."""
    return msgspec.to_builtins(plain(value))


def _may_hold_unknown(struct: Any) -> bool:
    """Whether an `Unknown` may be in it, which msgspec alone would write with its attributes."""
    return any(one.__struct_config__.tag_field is not None for one in base_classes(struct))


def _chosen(found: Any, info: Any) -> Any:
    """What is left of an answer by the options of a route, such as `response_model_include`."""
    from pydantic_core import to_jsonable_python

    if info.exclude_none or info.exclude_unset or info.exclude_defaults:
        found = _without_none(found)
    if info.include is None and info.exclude is None:
        return found
    return to_jsonable_python(found, include=info.include, exclude=info.exclude)


def _reference(struct: Any) -> str:
    """What pydantic knows a struct by, and makes its name in a description of: `Page[Board]`."""
    inside = [_reference(one) for part in get_args(struct) for one in members(part)]
    cls = get_origin(struct) or struct
    reference = f"{cls.__module__}.{cls.__qualname__}:{id(cls)}"
    return f"{reference}[{','.join(inside)}]" if inside else reference


def _without_none(value: Any) -> Any:
    if is_object(value):
        return {name: _without_none(one) for name, one in value.items() if one is not None}
    return [_without_none(one) for one in value] if is_items(value) else value
