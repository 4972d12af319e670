"""Fields of a body that repeat a path parameter: filled in where they are absent."""

from collections.abc import Sequence
from typing import Any, get_args

from pinterest_async._core.annotations import is_list, is_typed_dict, keys, members, strip
from pinterest_async._core.guards import is_object
from pinterest_async._core.operation import Body, Operation


def with_path_fields(
    operation: Operation[Any], body: Body, path: Sequence[Any], content: Any
) -> Any:
    """The content of a body with the fields that repeat a path parameter."""
    names = [one.name for one in operation.path_parameters]
    known = dict(zip(names, path, strict=True))
    given = {name: known[name] for name in body.from_path if name in known}
    if body.kind == "array":
        own = _fields(_item(body.type))
        given = {name: value for name, value in given.items() if name in own}
        return [{**given, **one} if is_object(one) else one for one in content]
    return {**given, **content}


def _item(annotation: Any) -> Any:
    core = strip(annotation).core
    return get_args(core)[0] if is_list(core) and get_args(core) else annotation


def _fields(annotation: Any) -> frozenset[str]:
    """Names that all object variants of an annotation have."""
    shapes = [strip(one).core for one in members(annotation)]
    named = [keys(one) for one in shapes if is_typed_dict(one)]
    return (
        frozenset(name for name in named[0] if all(name in one for one in named))
        if named
        else frozenset()
    )
