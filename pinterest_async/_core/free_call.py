"""Calls beyond the description: endpoints without a method, parameters without a type."""

from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import quote

from pinterest_async._core import values
from pinterest_async._core.category import likely
from pinterest_async._core.checks import undeclared_parameter
from pinterest_async._core.guards import is_items, is_object
from pinterest_async._core.operation import Body, HttpMethod, Operation, Parameter
from pinterest_async._core.problems import Problem, under

_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def free_operation(
    method: HttpMethod,
    path: str,
    *,
    category: str | None,
    answer: Any,
    paged: bool,
    body: Literal["json", "form"] | None,
) -> Operation[Any]:
    """The operation of an endpoint that the description lacks, its method and path being good."""
    return Operation(
        id="request",
        namespace="",
        name=f"{method} {path}",
        method=method,
        path=quote(path, safe="/%:@!$&'()*+,;=~-._"),
        answer=answer,
        category=category or likely(method, path),
        query=_BOOKMARK if paged else (),
        body=None if body is None else _BODIES[body],
        paged=paged,
    )


_BODIES = {
    "json": Body("union", Any, argument="json"),
    "form": Body("form", Mapping[str, Any]),
}
_BOOKMARK = (Parameter("bookmark", str),)


def free_call_problems(method: object, path: object, json: object, form: object) -> list[Problem]:
    """What is wrong with a call beyond the description, before its values are looked at."""
    found = [] if json is None or form is None else [_ONE_BODY]
    if method not in _METHODS:
        fix = f"pass one of {', '.join(_METHODS)}"
        found.append(Problem("method", "is not a method of the API", fix))
    return [*found, *_path_problems(path)]


_ONE_BODY = Problem("form", "is given beside json", "pass one of them")


def _path_problems(path: object) -> list[Problem]:
    def problem(message: str, fix: str) -> list[Problem]:
        return [Problem("path", message, fix)]

    if not isinstance(path, str):
        return problem(f"expected str, got {type(path).__name__}", "pass text like '/boards/1'")
    if not path.startswith("/") or path.startswith("//"):
        return problem("is not a path below /v5", "begin with one slash, no host: '/boards/1'")
    if "?" in path or "#" in path:
        return problem("holds a query or a fragment", "pass query=... instead")
    if "{" in path or "}" in path:
        return problem("has a placeholder", "put the id in its place")
    if any(part in {".", ".."} for part in path.split("/")):
        return problem("has a dot segment", "write out the path")
    if not path.isprintable():
        return problem("holds a control or invisible character", "remove it")
    return []


def with_extra(
    operation: Operation[Any],
    query: Mapping[str, Any],
    body: Any,
    extra_query: Mapping[str, Any],
    extra_body: Mapping[str, Any],
) -> tuple[Mapping[str, Any], Any, list[Problem]]:
    """Query and body of a call with what is to go beside them, and what is wrong with that."""
    problems = under("extra_body", values.json(extra_body) or ())
    for name, value in extra_query.items():
        problems += under("extra_query", undeclared_parameter(name, value) or ())
    query = {**query, **extra_query}
    if extra_body:
        if operation.body is None:
            fix = "use with_options(extra_body=...) for calls that have a body"
            problems.append(Problem("extra_body", "is not taken by this operation", fix))
        elif is_items(body):
            body = [{**one, **extra_body} if is_object(one) else one for one in body]
        else:
            fields: dict[str, Any] = body or {}
            body = {**fields, **extra_body}
    return query, body, problems
