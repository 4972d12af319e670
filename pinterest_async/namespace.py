"""What every resource namespace is made of: a sender, and two ways to call it."""

from __future__ import annotations

import asyncio
import functools
import inspect
import sys
import warnings
from collections.abc import Callable, Coroutine, Mapping
from importlib import import_module
from typing import (
    TYPE_CHECKING,
    Any,
    Concatenate,
    Generic,
    ParamSpec,
    Protocol,
    Self,
    TypedDict,
    TypeGuard,
    TypeVar,
    Unpack,
    cast,
    overload,
)

from msgspec import UNSET
from msgspec.structs import replace

from pinterest_async._core.operation import Operation, is_operation
from pinterest_async.errors import DecodeError, InvalidCallError
from pinterest_async.pages import Page, Pager
from pinterest_async.response import Response

T = TypeVar("T")
R_co = TypeVar("R_co", covariant=True)
N_co = TypeVar("N_co", bound="Namespace", covariant=True)
P = ParamSpec("P")

if TYPE_CHECKING:  # what methods declare; nothing needs it when they are called

    class CallArguments(TypedDict, total=False):
        """What a call of an operation takes beside the ids in its path."""

        ad_account_id: str | None
        business_id: str | None
        query: Mapping[str, Any] | None
        body: Any

    class OperationMethod(Protocol[P, R_co, T]):
        """A method of a namespace, with the operation that it calls."""

        @property
        def operation(self) -> Operation[T]:
            """The operation."""
            ...

        # Without a docstring of its own, so that editors show the one of the method.
        def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R_co: ...  # noqa: D102

    class _Declared(Protocol[P, R_co, T]):
        """A method as it stands in its class: the instance is not asked for by name."""

        @property
        def operation(self) -> Operation[T]: ...
        @overload
        def __get__(self, instance: None, owner: Any) -> _Declared[P, R_co, T]: ...
        @overload
        def __get__(self, instance: object, owner: Any) -> OperationMethod[P, R_co, T]: ...


class Sender(Protocol):
    """What a namespace needs of a client."""

    def send(
        self,
        operation: Operation[T],
        /,
        *path: Any,
        ad_account_id: str | None = None,
        business_id: str | None = None,
        query: Mapping[str, Any] | None = None,
        body: Any = UNSET,
    ) -> Coroutine[Any, Any, Response[T]]:
        """Send one call and return its whole answer."""
        ...


def calls(
    operation: Operation[T],
) -> Callable[[Callable[Concatenate[Any, P], R_co]], _Declared[P, R_co, T]]:
    """Declare the operation that a method of a namespace calls.

    It stays a function, with the operation in its attribute `operation`. A call that does not fit
    its signature raises `InvalidCallError` in place of a bare `TypeError`, and one of a deprecated
    operation warns where it stands.
    """

    def declared(function: Callable[..., Any]) -> Any:
        method: Any = _wrapped(function, operation)
        method.operation = operation
        return method

    return declared


class Namespace:
    """Base of the generated namespaces."""

    __slots__ = ("_client", "_whole")

    def __init__(self, client: Sender, *, whole: bool = False) -> None:
        self._client = client
        self._whole = whole

    @property
    def client(self) -> Sender:
        """What sends its calls: the client, or a view of it."""
        return self._client

    def whole(self) -> Self:
        """The same namespace with methods that give their whole answer, a `Response`."""
        return type(self)(self._client, whole=True)

    @classmethod
    def operations(cls) -> tuple[Operation[Any], ...]:
        """The operations that its methods call."""
        values = (value for base in cls.__mro__ for value in vars(base).values())
        found = (getattr(value, "operation", None) for value in values)
        each = {id(one): one for one in found if is_operation(one)}  # some have a former name too
        return tuple(each.values())

    async def _call(
        self, operation: Operation[T], *path: Any, **arguments: Unpack[CallArguments]
    ) -> T:
        """Send one call and return the data of its answer; in a whole one, the answer."""
        response = await self._client.send(operation, *path, **arguments)
        return cast("T", response) if self._whole else response.data

    def _pages(
        self, operation: Operation[Page[T]], *path: Any, **arguments: Unpack[CallArguments]
    ) -> Pager[T]:
        """A pager over the pages of one call; nothing is sent yet."""
        if self._whole:
            return cast("Pager[T]", self._client.send(operation, *path, **arguments))
        query = arguments.pop("query", None)
        send = functools.partial(self._client.send, operation, *path, **arguments)
        return pager(operation, send, {} if query is None else query)


def pager(
    operation: Operation[Page[T]], send: Callable[..., Any], query: Mapping[str, Any]
) -> Pager[T]:
    """A pager whose pages are what `send` answers to the query with one bookmark after another."""

    async def fetch(bookmark: str | None) -> Page[T]:
        values = query if bookmark is None else {**query, "bookmark": bookmark}
        page: Page[T] = _page(await send(query=values))
        if page.bookmark is None or any(one.name == "bookmark" for one in operation.query):
            return page
        return replace(page, bookmark=None)  # without a parameter to send it back, it leads nowhere

    return Pager(fetch, start=query.get("bookmark"), operation=operation)


def whole_answer(method: Callable[P, Any], *args: P.args, **kwargs: P.kwargs) -> Any:
    """Call a bound method of a namespace so that it gives its whole answer, a `Response`."""
    namespace = getattr(method, "__self__", None)
    if not isinstance(namespace, Namespace):
        raise TypeError(f"send() takes an operation or a method of a namespace, not {method!r}")
    bound: Any = getattr(namespace.whole(), method.__name__)
    if not is_operation(getattr(bound, "operation", None)):
        raise TypeError(f"{method.__qualname__} takes more than one call: await it by itself")
    return bound(*args, **kwargs)


class Lazy(Generic[N_co]):
    """An attribute that holds a namespace of the client, imported when it is first used.

    With `jobs`, it is the hand-written subclass. On the class it is the class of the namespace, so
    that `help(Pinterest.boards)` shows its methods.
    """

    _name: str

    def __init__(self, *, jobs: bool = False) -> None:
        self._jobs = jobs

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def load(self) -> type[N_co]:
        """The class of the namespace, which bears the name of its module."""
        folder = "jobs" if self._jobs else "resources"
        module = import_module(f"pinterest_async.{folder}.{self._name}")
        name = "".join(word[0].upper() + word[1:] for word in self._name.split("_"))
        name = f"{name}Jobs" if self._jobs else name
        return cast("type[N_co]", getattr(module, name))

    @overload
    def __get__(self, instance: None, owner: Any) -> type[N_co]: ...
    @overload
    def __get__(self, instance: Sender, owner: Any) -> N_co: ...
    def __get__(self, instance: Sender | None, owner: Any) -> type[N_co] | N_co:
        namespace = self.load()
        if instance is None:
            return namespace
        # In the instance's own dict it is found before this descriptor is asked again.
        made = vars(instance)[self._name] = namespace(instance)
        return made


def is_namespace(attribute: object) -> TypeGuard[Lazy[Namespace]]:
    """Whether an attribute of a class holds a namespace."""
    return isinstance(attribute, Lazy)


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


def _wrapped(function: Callable[..., Any], operation: Operation[Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def method(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except TypeError as error:
            from pinterest_async._core.arguments import argument_problems

            problems = argument_problems(function, operation, args, kwargs)
            if not problems or isinstance(error, InvalidCallError):
                raise
        # Outside of `except`, so that the traceback shows one error instead of two.
        raise InvalidCallError(problems, operation=operation)

    outer = _deprecated(method, operation) if operation.deprecated or operation.retired else method
    return _as_coroutine_function(outer) if inspect.iscoroutinefunction(function) else outer


def _deprecated(function: Callable[..., Any], operation: Operation[Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def method(*args: Any, **kwargs: Any) -> Any:
        warnings.warn(_deprecation(operation), DeprecationWarning, stacklevel=2)
        return function(*args, **kwargs)

    return method


def _as_coroutine_function(method: Callable[..., Any]) -> Callable[..., Any]:
    """Mark a function that returns a coroutine as one that is declared `async`."""
    if sys.version_info >= (3, 12):
        return inspect.markcoroutinefunction(method)
    marker = getattr(asyncio.coroutines, "_is_coroutine", None)
    method._is_coroutine = marker  # type: ignore[attr-defined]
    return method


def _deprecation(operation: Operation[Any]) -> str:
    name = operation.full_name
    if operation.retired:
        return f"{name} is gone from Pinterest's API description and may stop to work"
    return f"{name} is deprecated by Pinterest and may be withdrawn"
