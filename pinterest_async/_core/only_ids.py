"""Calls that hold ids alone, most of those that read: right without a closer look."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import msgspec
from msgspec import UNSET

from pinterest_async._core.operation import Operation
from pinterest_async._core.types import Id


class _Ids(msgspec.Struct, frozen=True):
    """What the ids of an operation have to be; None where a call takes more than ids."""

    operation: Operation[Any]
    tests: tuple[Callable[[str], bool], ...] | None


_IDS: Final[dict[str, _Ids]] = {}


def has_only_ids(
    operation: Operation[Any], path: Sequence[Any], query: Mapping[str, Any], body: Any
) -> bool:
    """Whether a call holds ids alone, all of them and good ones, so that it needs no checks.

    False says nothing about the call: `checks.check_call` does.
    """
    if query or body is not UNSET:
        return False
    ids = _IDS.get(operation.id)
    if ids is None or ids.operation is not operation:
        ids = _IDS[operation.id] = _Ids(operation, _tests(operation))
    if ids.tests is None or len(path) != len(ids.tests):
        return False
    for value, is_good in zip(path, ids.tests, strict=True):
        if type(value) is not str or not value.isascii() or not is_good(value):
            return False
    return True


def id_test(annotation: Any) -> Callable[[str], bool] | None:
    """What tells good ids of a type from texts that need a closer look; None for other types."""
    if annotation is Id:
        return str.isdigit
    return str.isalnum if annotation is str else None


def _tests(operation: Operation[Any]) -> tuple[Callable[[str], bool], ...] | None:
    if operation.body is not None or any(one.required for one in operation.query):
        return None
    tests = [id_test(one.type) for one in operation.path_parameters]
    return None if None in tests else tuple(test for test in tests if test is not None)
