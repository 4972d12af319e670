"""Scope ids: the path parameters that a call gives by keyword, or leaves to the client."""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import UNSET

from pinterest_async._core.operation import SCOPES, Operation


def fill_path(
    operation: Operation[Any],
    path: Sequence[Any],
    given: Mapping[str, str | None],
    scope: Mapping[str, str | None],
) -> tuple[Any, ...]:
    """The values of all path parameters in their order; UNSET where none is known.

    `path` holds those that stand by position, `given` the scope ids of the call, `scope` those of
    the client. Only path parameters are filled from it: a query parameter `ad_account_id` asks to
    act for an account, which nobody means who merely set a default account.
    """
    positional = iter(path)
    values: list[Any] = []
    for parameter in operation.path_parameters:
        name = parameter.name
        if name in SCOPES:
            own = given.get(name)
            values.append(own if own is not None else scope.get(name) or UNSET)
        else:
            values.append(next(positional, UNSET))
    return (*values, *positional)
