"""The structs in an answer's type, and what their fields are."""

import types
from functools import lru_cache
from typing import Any, ForwardRef, Literal, TypeVar, cast, get_args, get_origin

import msgspec


def is_struct(annotation: Any) -> bool:
    """Whether an annotation is a msgspec struct, parametrised or not."""
    origin = get_origin(annotation) or annotation
    return isinstance(origin, type) and issubclass(origin, msgspec.Struct)


def original(cls: type[Any]) -> type[Any]:
    """The class that a widened one was made of; any other class itself."""
    return cast("type[Any]", getattr(cls, "__original__", cls))


def base_class(struct: Any) -> Any:
    """The class that unknown fields are remembered by: rows of all columns have one in common."""
    cls = original(get_origin(struct) or struct)
    made_of = getattr(cls, "__made_of__", None)
    return cls if made_of is None else made_of[0]


@lru_cache(maxsize=1024)
def base_classes(annotation: Any) -> frozenset[Any]:
    """The base classes of all structs that an annotation holds, however deep."""
    found: set[Any] = set()
    seen: set[Any] = set()
    ahead = [annotation]
    while ahead:
        one = ahead.pop()
        if type(one) is type:
            continue
        if type(one) is types.UnionType:  # most are like `str | None`
            ahead += one.__args__
        elif is_struct(one):
            if one not in seen:
                seen.add(one)
                found.add(base_class(one))
                ahead += field_types(one)
        elif hasattr(one, "__value__"):  # `type X = ...` of Python 3.12
            ahead.append(one.__value__)
        elif get_origin(one) is not Literal:
            ahead += get_args(one)
    return frozenset(found)


def field_types(struct: Any) -> list[Any]:
    """The types of a struct's fields."""
    declared: dict[str, Any] = {}
    for base in reversed(getattr(struct, "__mro__", ())):
        declared.update(getattr(base, "__annotations__", {}))
    found = [declared.get(name, "") for name in (get_origin(struct) or struct).__struct_fields__]
    if all(map(_is_resolved, found)):
        return found
    # msgspec resolves text and type parameters, and takes long to look for them in each field.
    return [info.type for info in msgspec.structs.fields(struct)]


def _is_resolved(annotation: Any) -> bool:
    """Whether an annotation has no text in it that names a type, and no type parameter."""
    if type(annotation) is type:
        return True
    if isinstance(annotation, (str, ForwardRef, TypeVar)):
        return False
    parts = getattr(annotation, "__args__", ())
    return all(map(_is_resolved, parts)) or get_origin(annotation) is Literal
