"""What is wrong with a call, told before any quota is spent: every problem at once."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec
from msgspec import UNSET

from pinterest_async._core.annotations import is_list, is_typed_dict, keys, members, strip, words
from pinterest_async._core.guards import is_items, is_object
from pinterest_async._core.operation import Body, Operation, Parameter
from pinterest_async._core.problems import (
    MOST,
    Check,
    Problem,
    Problems,
    nearest,
    one,
    under,
    unknown,
)
from pinterest_async._core.values import compiled

__all__ = ["Problem", "check_call"]

_SCOPES: Final = frozenset({"ad_account_id", "business_id"})
_RESERVED = re.compile(r"[/\\?#]")


def check_call(
    operation: Operation[Any],
    path: Sequence[Any],
    query: Mapping[str, Any],
    body: Any = UNSET,
) -> list[Problem]:
    """All that is wrong with a call; empty when it can be sent.

    Unknown enum values and unknown union tags pass, since the server may know them. A None in the
    query means not sent. A problem never repeats a value, numbers out of range excepted. Of a list
    or object with a hundred problems, the rest is not read.
    """
    plan = _PLANS.get(operation.id)
    if plan is None or plan.operation is not operation:
        plan = _PLANS[operation.id] = _plan(operation)
    found: Problems = []
    try:
        for (name, check), value in zip(plan.path, path, strict=False):
            if (problems := check(value)) is not None:
                found += under(name, problems)
        if len(path) != len(plan.path):
            found += _path_count(plan, path)
        checks = plan.query
        for name, value in query.items():
            if value is None:
                continue
            if (expected := checks.get(name)) is None:
                found.append(unknown("parameter", name, checks))
            elif (problems := expected(value)) is not None:
                found += under(name, problems)
        for name in plan.required:
            if query.get(name) is None:
                found.append(_query_missing(operation, name))
        if plan.body is not None or not _is_absent(body):
            found += _body_problems(plan, path, body)
    except RecursionError:
        found = [Problem("", "is nested too deeply or contains itself", "pass plain JSON values")]
    return found


class _Plan(msgspec.Struct, frozen=True):
    """The checks of an operation, compiled."""

    operation: Operation[Any]
    path: tuple[tuple[str, Check], ...]
    query: dict[str, Check]
    required: tuple[str, ...]
    body: Check | None


_PLANS: Final[dict[str, _Plan]] = {}


def _plan(operation: Operation[Any]) -> _Plan:
    body = operation.body
    return _Plan(
        operation,
        tuple((one.name, _path_check(one)) for one in operation.path_parameters),
        {one.name: _query_check(one) for one in operation.query},
        tuple(one.name for one in operation.query if one.required),
        None if body is None else compiled(body.type, frozenset(body.from_path)),
    )


# Path


def _path_count(plan: _Plan, path: Sequence[Any]) -> Problems:
    names = [name for name, _ in plan.path]
    if len(path) > len(names):
        wanted = f"takes only {', '.join(names)}" if names else "takes none"
        return one(f"has {len(path)} path values, but {wanted}", "leave out the rest")
    return [problem for name in names[len(path) :] for problem in under(name, _path_missing(name))]


def _path_missing(name: str) -> Problems:
    also = f", or set it once: with_options({name}=...)" if name in _SCOPES else ""
    return one("is required", f"pass {name}{also}")


def _path_check(parameter: Parameter) -> Check:
    inner = compiled(parameter.type)
    stripped = strip(parameter.type)
    plain = stripped.core is str and not stripped.limits
    name = parameter.name

    def check(value: Any) -> Problems | None:
        if plain and type(value) is str and value.isascii() and value.isalnum():
            return None
        if value is None or value is UNSET:
            return _path_missing(name)
        return inner(value) or (_unsafe(value) if isinstance(value, str) else None)

    return check


def _unsafe(value: str) -> Problems | None:
    """What makes a text unfit to be one segment of a path."""
    if not value.strip():
        return one("is empty" if not value else "is blank", "pass an id")
    if value in {".", ".."}:
        return one("is a dot segment, which would lead to another path", "pass an id")
    if _RESERVED.search(value):
        return one("holds one of / \\ ? #, which would lead to another path", "pass the id alone")
    if not value.isprintable():
        return one("holds a control or invisible character", "remove it")
    if value != value.strip():
        return one("begins or ends with a space", "strip it: value.strip()")
    return None


# Query


def _query_missing(operation: Operation[Any], name: str) -> Problem:
    parameter = next(one for one in operation.query if one.name == name)
    return Problem(name, "is required", f"pass a value: {words(parameter.type)}")


def _query_check(parameter: Parameter) -> Check:
    inner = compiled(parameter.type)
    if not any(is_list(strip(one).core) for one in members(parameter.type)):
        return inner
    comma = parameter.encoding != "repeated"

    def check(value: Any) -> Problems | None:
        problems = inner(value)
        if problems is not None or not is_items(value):
            return problems
        if not value:
            # Sent, it would vanish and mean all; whoever filters by nothing means none.
            return one("is an empty list", "leave it out, or pass at least one value")
        return _commas(value) if comma else None

    return check


def _commas(values: Sequence[Any]) -> Problems | None:
    """Items that could not be told apart once joined with commas."""
    found: Problems = []
    for index, value in enumerate(values):
        if isinstance(value, str) and (not value or "," in value):
            message = "holds a comma, which parts the items on the wire" if value else "is empty"
            fix = "pass each part as an item of its own" if value else "leave it out"
            found.append(Problem(f"[{index}]", message, fix))
            if len(found) >= MOST:
                break
    return found or None


# Body


def _body_problems(plan: _Plan, path: Sequence[Any], value: Any) -> Problems:
    body = plan.operation.body
    if body is None or plan.body is None:
        return [Problem("body", "is not taken by this operation", "leave it out")]
    if body.kind in {"object", "form"}:
        value = {} if value is UNSET or value is None else value
    elif value is UNSET or value is None:
        return [Problem(_place(body), "is required", f"pass a value: {words(body.type)}")]
    problems = plan.body(value) or []
    placed = under(_place(body), problems) if body.kind == "array" else _named(plan, body, problems)
    return [*placed, *_contradictions(plan.operation, path, value)]


def _is_absent(body: Any) -> bool:
    return body is UNSET or body is None or (isinstance(body, dict) and not body)


def _place(body: Body) -> str:
    return "items" if body.kind == "array" else "body"


def _named(plan: _Plan, body: Body, problems: Problems) -> Iterator[Problem]:
    """Problems of an object's fields, which are parameters; the object itself is the body.

    Keyword arguments hold the body and the query, so an unknown one may be meant for either.
    """
    shape = strip(body.type).core
    for problem in problems:
        fix = problem.fix
        if problem.message == "unknown field" and body.kind != "union" and is_typed_dict(shape):
            near = nearest(problem.field, [*keys(shape), *plan.query])
            fix = f"did you mean {near!r}?" if near else fix
        yield Problem(problem.field or "body", problem.message, fix)


def _contradictions(
    operation: Operation[Any], path: Sequence[Any], value: Any
) -> Iterator[Problem]:
    """Body fields that repeat a path parameter and say something else."""
    body = operation.body
    if body is None or not body.from_path:
        return
    names = [one.name for one in operation.path_parameters]
    given = dict(zip(names, path, strict=False))
    items = [("", value)]
    if body.kind == "array":
        items = [(f"items[{i}].", item) for i, item in enumerate(value)] if is_items(value) else []
    for place, item in items:
        for name in body.from_path:
            said = item.get(name) if is_object(item) else None
            meant = given.get(name)
            if meant and isinstance(said, str) and isinstance(meant, str) and said != meant:
                message = f"differs from the {name} of the path"
                yield Problem(f"{place}{name}", message, "leave it out: it is filled in")
