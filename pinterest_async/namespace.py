"""What every resource namespace is made of: a sender, and two ways to call it."""

import asyncio
import functools
import inspect
import sys
import warnings
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol, TypeVar, cast

from msgspec import UNSET
from msgspec.structs import replace

from pinterest_async._core.operation import Operation
from pinterest_async._core.problems import Problem, unknown
from pinterest_async.errors import DecodeError, InvalidCallError
from pinterest_async.pages import Page, Pager
from pinterest_async.response import Response

T = TypeVar("T")

MISSING: Final[Any] = UNSET
"""Default of a path parameter that follows one which `with_options` may supply."""


class Sender(Protocol):
    """What a namespace needs of a client."""

    async def send(
        self,
        operation: Operation[T],
        *path: Any,
        query: Mapping[str, Any] | None = None,
        body: Any = UNSET,
    ) -> Response[T]:
        """Send one call and return its whole answer."""
        ...


class Namespace:
    """Base of the generated namespaces.

    Each public method of a subclass that names one operation is wrapped thinly: a call that does
    not fit its signature raises `InvalidCallError` in place of a bare `TypeError`, and one of a
    deprecated operation warns where it stands.
    """

    __slots__ = ("_client",)

    def __init__(self, client: Sender) -> None:
        self._client = client

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        for name, value in list(vars(cls).items()):
            if not name.startswith("_") and inspect.isfunction(value):
                operation = _operation_of(value)
                if operation is not None:
                    setattr(cls, name, _wrapped(value, operation))

    async def _call(
        self,
        operation: Operation[T],
        *path: Any,
        query: Mapping[str, Any] | None = None,
        body: Any = UNSET,
    ) -> T:
        """Send one call and return the data of its answer."""
        return (await self._client.send(operation, *path, query=query, body=body)).data

    def _pages(
        self,
        operation: Operation[Page[T]],
        *path: Any,
        query: Mapping[str, Any] | None = None,
        body: Any = UNSET,
    ) -> Pager[T]:
        """A pager over the pages of one call; nothing is sent yet."""
        client = self._client
        query = {} if query is None else query
        walkable = any(parameter.name == "bookmark" for parameter in operation.query)

        async def fetch(bookmark: str | None) -> Page[T]:
            values = query if bookmark is None else {**query, "bookmark": bookmark}
            page = _page(await client.send(operation, *path, query=values, body=body))
            # Without a parameter to send it back by, a bookmark leads nowhere.
            return page if walkable else replace(page, bookmark=None)

        return Pager(fetch, start=query.get("bookmark"), operation=operation)


def _page(response: Response[Page[T]]) -> Page[T]:
    """The page of an answer; lenient decoding may have let something else through."""
    page: Any = response.data
    items = getattr(page, "items", None)
    if isinstance(page, Page) and isinstance(items, list):
        return cast("Page[T]", page)
    raise DecodeError(
        "the answer is not a page of items",
        status=response.status,
        request_id=response.request_id,
        body=response.raw,
        operation=response.operation,
        attempts=response.attempts,
    )


def _operation_of(function: Callable[..., Any]) -> Operation[Any] | None:
    """The one operation that a method's code names, if there is one."""
    code: Any = function.__code__
    names: dict[str, Any] = function.__globals__
    found = [names[name] for name in code.co_names if isinstance(names.get(name), Operation)]
    return found[0] if len(found) == 1 else None


def _wrapped(function: Callable[..., Any], operation: Operation[Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def method(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except TypeError as error:
            refused = _refusal(function, operation, args, kwargs)
            if refused is None or isinstance(error, InvalidCallError):
                raise
        # Outside of `except`, so that the traceback shows one error instead of two.
        raise refused

    @functools.wraps(function)
    def deprecated(*args: Any, **kwargs: Any) -> Any:
        warnings.warn(_farewell(operation), DeprecationWarning, stacklevel=2)
        return method(*args, **kwargs)

    outer = deprecated if operation.deprecated or operation.retired else method
    return _as_coroutine_function(outer) if inspect.iscoroutinefunction(function) else outer


def _as_coroutine_function(method: Callable[..., Any]) -> Callable[..., Any]:
    """Mark a function that returns a coroutine as one that is declared `async`."""
    if sys.version_info >= (3, 12):
        return inspect.markcoroutinefunction(method)
    marker = getattr(asyncio.coroutines, "_is_coroutine", None)
    method._is_coroutine = marker  # type: ignore[attr-defined]
    return method


def _farewell(operation: Operation[Any]) -> str:
    name = f"{operation.namespace}.{operation.name}"
    if operation.retired:
        return f"{name} is gone from Pinterest's API description and may stop to work"
    return f"{name} is deprecated by Pinterest and may be withdrawn"


def _refusal(
    function: Callable[..., Any],
    operation: Operation[Any],
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
) -> InvalidCallError | None:
    """Why the arguments do not fit the method, or None when they do."""
    signature = inspect.signature(function)
    try:
        signature.bind(*args, **kwargs)
    except TypeError:
        pass
    else:
        return None
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
    return InvalidCallError(problems, operation=operation) if problems else None


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
