"""What is wrong with a call, found before any quota is spent: every problem at once."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, get_args

import msgspec
from msgspec import UNSET

from pinterest_async._core.annotations import describe, is_list, is_typed_dict, keys, members, strip
from pinterest_async._core.guards import is_items, is_mapping, is_object
from pinterest_async._core.operation import SCOPES, Body, Operation, Parameter, id_test
from pinterest_async._core.patterns import lazy_pattern
from pinterest_async._core.problems import (
    MOST,
    Checker,
    Problem,
    Problems,
    key,
    nearest,
    one,
    under,
    unknown,
    wrong_type,
)
from pinterest_async._core.scalars import is_digits
from pinterest_async._core.values import compiled, undeclared

__all__ = ["Problem", "check_call", "undeclared_parameter"]

_RESERVED = lazy_pattern(r"[/\\?#]")


def check_call(
    operation: Operation[Any],
    path: Sequence[Any],
    query: Mapping[str, Any],
    body: Any = UNSET,
    *,
    strict: bool = True,
) -> list[Problem]:
    """All that is wrong with a call; empty when it can be sent.

    `path` holds a value for each path parameter, UNSET or None where there is none. When not
    strict, what the server may know though the description does not is let through: unknown
    parameters, fields, enum values and union tags, and text that does not match its pattern.

    A None in the query means not sent. A problem never repeats a value that could be secret: only
    numbers out of range and short plain words in the place of an enum's. Of a list or object with
    a hundred problems, the rest is not read.
    """
    by_operation = _STRICT if strict else _LENIENT
    checks = by_operation.get(operation.id)
    if checks is None or checks.operation is not operation:
        checks = by_operation[operation.id] = _compile_checks(operation, strict)
    found: Problems = []
    try:
        for (name, check), value in zip(checks.path, path, strict=False):
            if (problems := check(value)) is not None:
                found += under(name, problems)
        if len(path) > len(checks.path):
            found += _path_count(checks, path)
        by_name = checks.query
        for name, value in query.items():
            if value is None:
                continue
            if (expected := by_name.get(name)) is None:
                found += checks.undeclared(name, value) or ()
            elif (problems := expected(value)) is not None:
                found += under(name, problems)
        for name in checks.required:
            if query.get(name) is None:
                found.append(_query_missing(operation, name))
        if checks.body is not None or not _is_absent(body):
            found += _body_problems(checks, path, body)
    except RecursionError:
        found = [Problem("", "is nested too deeply or contains itself", "pass plain JSON values")]
    return found


class _CallChecks(msgspec.Struct, frozen=True):
    """The checks of an operation, compiled.

    `undeclared` checks a query parameter that the operation does not declare. `place` is what the
    body as a whole is called, `repeated` names its fields that repeat a path parameter, with the
    index of that.
    """

    operation: Operation[Any]
    path: tuple[tuple[str, Checker], ...]
    query: dict[str, Checker]
    required: tuple[str, ...]
    undeclared: Callable[[Any, Any], Problems | None]
    body: Checker | None
    place: str
    repeated: tuple[tuple[str, int], ...]


_STRICT: Final[dict[str, _CallChecks]] = {}
_LENIENT: Final[dict[str, _CallChecks]] = {}


def _compile_checks(operation: Operation[Any], strict: bool) -> _CallChecks:
    body = operation.body
    names = [one.name for one in operation.path_parameters]
    query = {one.name: _query_check(one, strict) for one in operation.query}
    return _CallChecks(
        operation,
        path=tuple((one.name, _path_check(one, strict)) for one in operation.path_parameters),
        query=query,
        required=tuple(one.name for one in operation.query if one.required),
        undeclared=_unknown_parameter(query) if strict else undeclared_parameter,
        body=compiled(body.type, frozenset(body.from_path), strict=strict) if body else None,
        place=body.argument if body and body.kind in {"array", "union"} else "body",
        repeated=tuple(
            (name, names.index(name)) for name in (body.from_path if body else ()) if name in names
        ),
    )


# Path


def _path_count(checks: _CallChecks, path: Sequence[Any]) -> Problems:
    names = ", ".join(name for name, _ in checks.path)
    wanted = f"takes only {names}" if names else "takes none"
    return one(f"has {len(path)} path values, but {wanted}", "leave out the rest")


def _path_missing(name: str) -> Problems:
    also = f", or set it once: with_options({name}=...)" if name in SCOPES else ""
    return one("is required", f"pass {name}{also}")


def _path_check(parameter: Parameter, strict: bool) -> Checker:
    inner = compiled(parameter.type, strict=strict)
    name, is_good = parameter.name, id_test(parameter.type)

    def check(value: Any) -> Problems | None:
        if is_good is not None and type(value) is str and value.isascii() and is_good(value):
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
    return Problem(name, "is required", f"pass a value: {describe(parameter.type)}")


def _query_check(parameter: Parameter, strict: bool) -> Checker:
    inner = compiled(parameter.type, strict=strict)
    lists = [one for one in map(strip, members(parameter.type)) if is_list(one.core)]
    if not lists:
        return inner
    comma = parameter.encoding != "repeated" and not all(
        _commaless(one.core, strict) for one in lists
    )

    def check(value: Any) -> Problems | None:
        problems = inner(value)
        if problems is not None or not is_items(value):
            return problems
        if not value:
            # Sent, it would vanish and mean all; whoever filters by nothing means none.
            return one("is an empty list", "leave it out, or pass at least one value")
        return _commas(value) if comma else None

    return check


def _commaless(core: Any, strict: bool) -> bool:
    """Whether no item of a list that passes its check is empty or holds a comma."""
    item = strip((*get_args(core), Any)[0])
    if item.core is not str:
        return item.core in {int, float, bool}
    known = item.known
    return strict and (
        is_digits(item.limits) or (any(known) and all(v and "," not in v for v in known))
    )


def _unknown_parameter(known: Mapping[str, Checker]) -> Callable[[Any, Any], Problems | None]:
    return lambda name, _: [unknown("parameter", name, known)]


def undeclared_parameter(name: Any, value: Any) -> Problems | None:
    """What is wrong with a parameter that the operation does not declare: what cannot be sent."""
    problems = undeclared(name, value)
    if problems is not None or not (is_mapping(value) or is_items(value)):
        return problems
    if not value:
        what = "list" if is_items(value) else "object"
        problems = one(f"is an empty {what}", "leave it out, or pass at least one value")
    elif is_items(value):
        problems = _single_values(value) or _commas(value)
    return None if problems is None else under(key(name), problems)


def _single_values(values: Sequence[Any]) -> Problems | None:
    found: Problems = []
    for index, value in enumerate(values):
        if value is None or is_mapping(value) or is_items(value):
            fix = "pass text, numbers, bools or dates"
            message = wrong_type("a single value", value)[0].message
            found.append(Problem(f"[{index}]", message, fix))
            if len(found) >= MOST:
                break
    return found or None


def _commas(values: Sequence[Any]) -> Problems | None:
    """Items that could not be separated again once joined with commas."""
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


def _body_problems(checks: _CallChecks, path: Sequence[Any], value: Any) -> Problems:
    body = checks.operation.body
    if body is None or checks.body is None:
        return [Problem("body", "is not taken by this operation", "leave it out")]
    if body.kind in {"object", "form"}:
        value = {} if value is UNSET or value is None else value
    elif value is UNSET or value is None:
        return [Problem(checks.place, "is required", f"pass a value: {describe(body.type)}")]
    array = body.kind == "array"
    found: Problems = []
    if (problems := checks.body(value)) is not None:
        found += under(checks.place, problems) if array else _named(checks, body, problems)
    for name, index in checks.repeated:
        found += _contradictions(name, path[index], value, checks.place if array else "")
    return found


def _is_absent(body: Any) -> bool:
    return body is UNSET or body is None or (isinstance(body, dict) and not body)


def _named(checks: _CallChecks, body: Body, problems: Problems) -> Iterator[Problem]:
    """Problems of an object's fields, which are parameters; the object itself is the body.

    Keyword arguments hold the body and the query, so an unknown one may be meant for either.
    """
    shape = strip(body.type).core
    for problem in problems:
        fix = problem.fix
        outer = "." not in problem.field and "[" not in problem.field
        if (
            problem.message == "unknown field"
            and outer
            and body.kind != "union"
            and is_typed_dict(shape)
        ):
            near = nearest(problem.field, [*keys(shape), *checks.query])
            fix = f"did you mean {near!r}?" if near else fix
        yield Problem(problem.field or checks.place, problem.message, fix)


def _contradictions(name: str, meant: Any, value: Any, place: str) -> Problems:
    """Fields of a body, or of the items at a place, that contradict the path."""
    found: Problems = []
    if not meant or not isinstance(meant, str):
        return found
    items = (value if is_items(value) else ()) if place else (value,)
    for index, item in enumerate(items):
        given = item.get(name) if is_object(item) else None
        if given != meant and isinstance(given, str):
            where = f"{place}[{index}].{name}" if place else name
            message = f"differs from the {name} of the path"
            found.append(Problem(where, message, "leave it out: it is filled in"))
            if len(found) >= MOST:
                break
    return found
