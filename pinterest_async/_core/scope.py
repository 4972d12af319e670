"""Scope defaults: path parameters that a client supplies when the call leaves them out."""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import UNSET

from pinterest_async._core.operation import Operation
from pinterest_async._core.problems import Problem


def fill_path(
    operation: Operation[Any], path: Sequence[Any], scope: Mapping[str, str | None]
) -> tuple[Any, ...]:
    """The path values of a call, those left out filled from the scope where it has them.

    Only path parameters: a query parameter `ad_account_id` asks to act on an account's behalf,
    which nobody means who merely set a default account.
    """
    parameters = operation.path_parameters
    values = [*path, *[UNSET] * (len(parameters) - len(path))]
    for index, parameter in enumerate(parameters):
        if values[index] is None or values[index] is UNSET:
            values[index] = scope.get(parameter.name) or values[index]
    return tuple(values)


def explain_missing(
    problems: Sequence[Problem],
    operation: Operation[Any],
    path: Sequence[Any],
    scope: Mapping[str, str | None],
) -> list[Problem]:
    """Tell those who passed an id by position in the place of one that the scope supplies."""
    names = [parameter.name for parameter in operation.path_parameters]
    usurped = [
        name
        for name, value in zip(names, path, strict=False)
        if scope.get(name) and value is not None and value is not UNSET
    ]
    absent = {
        name
        for index, name in enumerate(names)
        if index >= len(path) or path[index] is None or path[index] is UNSET
    }
    if not usurped:
        return list(problems)
    fix = "pass it by keyword ({0}=...), since {1} comes from with_options"
    return [
        Problem(one.field, one.message, fix.format(one.field, usurped[0]))
        if one.field in absent
        else one
        for one in problems
    ]
