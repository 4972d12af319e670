"""The structs in an answer's type, and what their fields are."""

import types
from functools import lru_cache
from typing import Any, ForwardRef, TypeVar, cast, get_args, get_origin

import msgspec

from pinterest_async._core.annotations import is_literal, is_struct, members, strip


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
        # The shortcuts are for most fields, such as `str | None`.
        if type(one) is types.UnionType:
            ahead += one.__args__
        elif type(one) is not type:
            for member in members(one):
                core = strip(member).core
                if not is_struct(core):
                    ahead += () if is_literal(core) else get_args(core)
                elif core not in seen:
                    seen.add(core)
                    found.add(base_class(core))
                    ahead += field_types(core)
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
    if isinstance(annotation, (str, ForwardRef, TypeVar)):
        return False
    return is_literal(annotation) or all(map(_is_resolved, getattr(annotation, "__args__", ())))
