"""Why the arguments of a call do not fit the signature of its method."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from pinterest_async._core.operation import Operation
from pinterest_async._core.problems import Problem, unknown


def argument_problems(
    function: Callable[..., Any],
    operation: Operation[Any],
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
) -> list[Problem]:
    """Why arguments do not fit the method of an operation; empty when they do."""
    signature = inspect.signature(function)
    try:
        signature.bind(*args, **kwargs)
    except TypeError:
        pass
    else:
        return []
    parameters = list(signature.parameters.values())[1:]
    named = [p.name for p in parameters if p.kind is not p.VAR_KEYWORD]
    positional = [p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
    open_ended = len(named) < len(parameters)
    given = args[1:]
    problems: list[Problem] = []
    if len(given) > len(positional):
        problems.append(_too_many(positional, len(given), parameters))
    filled = positional[: len(given)]
    for name in kwargs:
        if name in filled:
            problems.append(Problem(name, "is given twice", "pass it once, best by keyword"))
        elif name not in named and not open_ended:
            problems.append(_unknown(operation, name, named))
    for parameter in parameters:
        required = (
            parameter.default is parameter.empty and parameter.kind is not parameter.VAR_KEYWORD
        )
        if required and parameter.name not in filled and parameter.name not in kwargs:
            problems.append(Problem(parameter.name, "is required", f"pass {parameter.name}"))
    return problems


def _unknown(operation: Operation[Any], name: str, named: list[str]) -> Problem:
    if operation.paged and name in ("limit", "start", "read_ahead"):
        fix = f"call .{name}(...) on the pager that the method returns"
        return Problem(name, "unknown argument", fix)
    return unknown("argument", name, named)


def _too_many(positional: list[str], given: int, parameters: list[inspect.Parameter]) -> Problem:
    keywords = [p.name for p in parameters if p.kind is p.KEYWORD_ONLY]
    if any(p.kind is p.VAR_KEYWORD for p in parameters):
        keywords.insert(0, "the fields of the body")
    takes = f"only {', '.join(positional)}" if positional else "nothing"
    also = f"; pass {', '.join(keywords[:3])} by keyword" if keywords else ""
    values = "value" if given == 1 else "values"
    return Problem("", f"{given} positional {values} given", f"{takes} can stand by position{also}")
