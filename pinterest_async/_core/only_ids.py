"""Calls that hold ids alone, most of those that read: right without a closer look."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeAlias

from msgspec import UNSET

from pinterest_async._core.operation import Operation
from pinterest_async._core.types import Id

Tests: TypeAlias = tuple[Callable[[str], bool], ...]

_TESTS: Final[dict[str, tuple[Operation[Any], Tests | None]]] = {}
"""What the ids of an operation have to be; None where a call takes more than ids."""


def has_only_ids(
    operation: Operation[Any], path: Sequence[Any], query: Mapping[str, Any], body: Any
) -> bool:
    """Whether a call holds ids alone, all of them and good ones, so that it needs no checks.

    False says nothing about the call: `checks.check_call` does.
    """
    if query or body is not UNSET:
        return False
    known = _TESTS.get(operation.id)
    if known is None or known[0] is not operation:
        known = _TESTS[operation.id] = (operation, _tests(operation))
    tests = known[1]
    if tests is None or len(path) != len(tests):
        return False
    for value, is_good in zip(path, tests, strict=True):
        if type(value) is not str or not value.isascii() or not is_good(value):
            return False
    return True


def id_test(annotation: Any) -> Callable[[str], bool] | None:
    """What tells good ids of a type from texts that need a closer look; None for other types."""
    if annotation is Id:
        return str.isdigit
    return str.isalnum if annotation is str else None


def _tests(operation: Operation[Any]) -> Tests | None:
    if operation.body is not None or any(one.required for one in operation.query):
        return None
    tests = [id_test(one.type) for one in operation.path_parameters]
    return None if None in tests else tuple(test for test in tests if test is not None)
