"""Pinterest: the client, and the ways to call it."""

from __future__ import annotations

import functools
import os
import threading
from collections.abc import Coroutine, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import (
    TYPE_CHECKING,
    Any,
    Final,
    Literal,
    ParamSpec,
    Self,
    TypedDict,
    TypeVar,
    Unpack,
    overload,
)

from aiohttp import ClientResponse
from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from pinterest_async import options as opt
from pinterest_async._core.operation import HttpMethod, Operation, fill_path, is_operation
from pinterest_async.auth.access import Auth, as_auth
from pinterest_async.dispatcher import Dispatcher
from pinterest_async.errors import InvalidCallError
from pinterest_async.limits import InMemoryLimiter, Limiter
from pinterest_async.namespace import pager, whole_answer
from pinterest_async.namespaces import Namespaces
from pinterest_async.options import Access, Check, Environment, OnDrift, Priority, Retry, Timeout
from pinterest_async.pages import Page, Pager
from pinterest_async.pool import SessionPool, as_pool, saves_on_close
from pinterest_async.response import Response

if TYPE_CHECKING:  # what calls alone do not need
    from pinterest_async.client_options import ClientOptions
    from pinterest_async.jobs.job import Job
    from pinterest_async.namespace import CallArguments, OperationMethod
    from pinterest_async.observers import Listeners, Observer

    class FreeCall(TypedDict, total=False):
        """What `Pinterest.request` takes of every call, beside the type of its answer."""

        query: Mapping[str, Any] | None
        json: Any
        form: Mapping[str, Any] | None
        category: str | None


T = TypeVar("T")
P = ParamSpec("P")


class Pinterest(Namespaces):
    """A client of the Pinterest API v5: one attribute for each namespace, such as `boards`.

    It needs no event loop to be made, and opens connections on first use. Use it in `async with`,
    or call `aclose` when done.

    Args:
        auth: An access token, or an `Auth` such as `RefreshToken`.
        pool: Connections to share with other clients; without one, the client has its own. A pool
            given here is not closed with the client.
        base_url: Where the API is; None means Pinterest's address for the environment.
        environment: "production" or "sandbox". The sandbox has tokens and data of its own and
            lacks some operations.
        access: The access tier of your app, from which the limiter starts: "standard" or "trial".
        limiter: Keeps within the quotas; without one, the clients of a thread share one.
        retry: When to try again; False for never.
        timeout: How long things may take; a number is the deadline of a whole call in seconds.
        ad_account_id: Default for the path parameter `ad_account_id`.
        business_id: Default for the path parameter `business_id`.
        on_drift: What to do when an answer does not fit its type: "warn" once for each operation
            and field, "raise" `DriftError`, or "ignore". The misfit is kept raw either way.
        priority: "interactive" calls get quota before "background" ones.
        check: "strict" refuses, before anything is sent, whatever Pinterest's description does not
            know. "lenient" lets unknown fields, parameters and enum values pass, for what Pinterest
            has added since; wrong types and missing values are refused all the same.
    """

    __slots__ = ("_dispatcher", "_owns_pool", "_settings")

    def __init__(
        self,
        auth: str | Auth,
        *,
        pool: SessionPool | None = None,
        base_url: str | None = None,
        environment: Environment = "production",
        access: Access = "standard",
        limiter: Limiter | None = None,
        retry: Retry | bool = opt.DEFAULT_RETRY,
        timeout: Timeout | float = opt.DEFAULT_TIMEOUT,
        ad_account_id: str | None = None,
        business_id: str | None = None,
        on_drift: OnDrift = "warn",
        priority: Priority = "interactive",
        check: Check = "strict",
        observers: Sequence[Observer] = (),
        _runtime: opt.Runtime = opt.RUNTIME,
    ) -> None:
        opt.choice("environment", environment, opt.HOSTS)
        opt.choice("access", access, ("standard", "trial"))
        self._settings = opt.settings(
            retry=retry,
            timeout=timeout,
            scope={"ad_account_id": ad_account_id, "business_id": business_id},
            on_drift=on_drift,
            priority=priority,
            check=check,
        )
        self._owns_pool = pool is None
        self._dispatcher = Dispatcher(
            auth=as_auth(auth),
            pool=as_pool(pool),
            base=opt.as_base_url(opt.HOSTS[environment] if base_url is None else base_url),
            sandbox=environment == "sandbox",
            access=access,
            limiter=_DEFAULT.limiter if limiter is None else limiter,
            listeners=_listeners(observers),
            runtime=_runtime,
        )
        if saves_on_close(self._dispatcher.auth):
            self._dispatcher.pool.save_on_close(self._dispatcher.auth)

    @classmethod
    def from_env(cls, **options: Unpack[ClientOptions]) -> Self:
        """Make a client from environment variables; `options` take precedence.

        PINTEREST_ACCESS_TOKEN is the token. With PINTEREST_APP_ID, PINTEREST_APP_SECRET and
        PINTEREST_REFRESH_TOKEN it is renewed when it expires. PINTEREST_TOKEN_STORE is where the
        renewed tokens are kept, those of the sandbox apart. PINTEREST_ENVIRONMENT,
        PINTEREST_ACCESS, PINTEREST_BASE_URL, PINTEREST_AD_ACCOUNT_ID and PINTEREST_BUSINESS_ID
        stand for the arguments of these names. Where no variable holds a token, it is the login
        that the command `pinterest login` left on this machine for this base URL.
        """
        given: dict[str, Any] = {**options}
        for name in ("environment", "access", "base_url", "ad_account_id", "business_id"):
            value = os.environ.get(f"PINTEREST_{name.upper()}")
            if value:
                given.setdefault(name, value)
        auth = given.pop("auth", None)
        if auth is None:
            environment: Environment = given.get("environment", "production")
            opt.choice("environment", environment, opt.HOSTS)
            base = opt.as_base_url(given.get("base_url") or opt.HOSTS[environment])
            from pinterest_async.auth.environment import from_environment

            auth = from_environment(base, environment)
        return cls(auth, **given)

    def with_options(
        self,
        *,
        retry: Retry | bool | UnsetType = UNSET,
        timeout: Timeout | float | UnsetType = UNSET,
        ad_account_id: str | UnsetType | None = UNSET,
        business_id: str | UnsetType | None = UNSET,
        on_drift: OnDrift | UnsetType = UNSET,
        priority: Priority | UnsetType = UNSET,
        check: Check | UnsetType = UNSET,
        extra_query: Mapping[str, Any] | UnsetType | None = UNSET,
        extra_body: Mapping[str, Any] | UnsetType | None = UNSET,
    ) -> Self:
        """Return a view with other options.

        It shares connections, limiter and authentication with this client, costs next to nothing,
        and needs no closing.

        `ad_account_id` and `business_id` stand in for path parameters of these names. A query
        parameter `ad_account_id`, as boards and Pins have it, is not filled from here: there it
        means to act for that account, so it is given with each call.

        `extra_query` and `extra_body` go with each call of the view, beside what the call says
        and unchecked: for what Pinterest has added since. In a body that is a list, `extra_body`
        goes into each item.
        """
        now = self._settings
        scope = {"ad_account_id": ad_account_id, "business_id": business_id}
        view = object.__new__(type(self))
        view._dispatcher = self._dispatcher
        view._owns_pool = False
        view._settings = opt.settings(
            retry=now.retry if retry is UNSET else retry,
            timeout=now.timeout if timeout is UNSET else timeout,
            scope={k: now.scope[k] if value is UNSET else value for k, value in scope.items()},
            on_drift=now.on_drift if on_drift is UNSET else on_drift,
            priority=now.priority if priority is UNSET else priority,
            check=now.check if check is UNSET else check,
            extra_query=now.extra_query if extra_query is UNSET else extra_query,
            extra_body=now.extra_body if extra_body is UNSET else extra_body,
        )
        return view

    def undecoded(self) -> Self:
        """Return a view that decodes no answers: the `data` of a `Response` are a function.

        The function may be called once, in any thread; it returns what the data would have been,
        with the warnings and errors of decoding. `raw` holds the bytes as they came. For whoever
        has a better use for these, as a harvest has. Methods of namespaces return the function.
        """
        view = self.with_options()
        view._settings = replace(self._settings, undecoded=True)
        return view

    def __repr__(self) -> str:
        return f"<Pinterest at {self._dispatcher.base}, {self._dispatcher.auth!r}>"

    async def __aenter__(self) -> Self:
        if self._owns_pool:
            await self._dispatcher.pool.__aenter__()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the client's own connections; requests under way get a moment to finish."""
        if self._owns_pool:
            await self._dispatcher.pool.aclose()
        elif saves_on_close(self._dispatcher.auth):
            await self._dispatcher.auth.save_on_close()

    @property
    def limits(self) -> Limiter:
        """The limiter; `limits.snapshot()` lists the state of each bucket."""
        return self._dispatcher.limiter

    def foreign(
        self, method: str, url: str, *, headers: Mapping[str, str] | None = None, data: Any = None
    ) -> AbstractAsyncContextManager[ClientResponse]:
        """Send a request to an address that an answer named, and read its answer as a stream.

        As `SessionPool.foreign`, with this client's `Timeout`; files may also be where the API is.

        Raises:
            ConnectionFailedError: The address is not allowed, or no answer came.
        """
        return self.pool.foreign(
            method,
            url,
            headers=headers,
            data=data,
            timeout=self._settings.timeout,
            api=self._dispatcher.base,
        )

    def check(
        self,
        operation: Operation[Any],
        /,
        *path: Any,
        ad_account_id: str | None = None,
        business_id: str | None = None,
        query: Mapping[str, Any] | None = None,
        body: Any = UNSET,
    ) -> None:
        """Check the arguments of a call as `send` does, and send nothing.

        Raises:
            InvalidCallError: They are wrong.
        """
        scope_ids = {"ad_account_id": ad_account_id, "business_id": business_id}
        path = fill_path(operation, path, scope_ids, self._settings.scope)
        self._dispatcher.checked(operation, path, query or {}, body, self._settings)

    def job(self, saved: Mapping[str, Any]) -> Job[Any]:
        """Take up a job that `Job.save` saved, in this or another process.

        Raises:
            InvalidCallError: It is nothing that `Job.save` returned.
        """
        from pinterest_async.jobs.kinds import resumed

        return resumed(self, saved)

    @property
    def ad_account_id(self) -> str | None:
        """The ad account of calls that name none, as given to the client or `with_options`."""
        return self._settings.scope["ad_account_id"]

    @property
    def pool(self) -> SessionPool:
        """The connections."""
        return self._dispatcher.pool

    @overload
    def send(
        self, operation: Operation[T], /, *path: Any, **arguments: Unpack[CallArguments]
    ) -> Coroutine[Any, Any, Response[T]]: ...
    @overload
    def send(
        self, operation: OperationMethod[P, Any, T], /, *args: P.args, **kwargs: P.kwargs
    ) -> Coroutine[Any, Any, Response[T]]: ...
    def send(self, operation: Any, /, *args: Any, **kwargs: Any) -> Any:
        """Make one call and return its whole answer: data, status, headers, request id, raw bytes.

        Pass a method of a namespace and its arguments: `send(pinterest.pins.get, "8137")`. A list
        method gives its first page. Or pass an operation, its path parameters in order, the ids of
        the ad account or business by keyword, `query` and `body`.
        """
        if is_operation(operation):
            return self._send(operation, *args, **kwargs)
        return whole_answer(operation, *args, **kwargs)

    @overload
    def request(
        self,
        method: HttpMethod,
        path: str,
        *,
        answer: type[T],
        paged: Literal[False] = False,
        **call: Unpack[FreeCall],
    ) -> Coroutine[Any, Any, T]: ...
    @overload
    def request(
        self,
        method: HttpMethod,
        path: str,
        *,
        answer: type[T],
        paged: Literal[True],
        **call: Unpack[FreeCall],
    ) -> Pager[T]: ...
    @overload
    def request(
        self,
        method: HttpMethod,
        path: str,
        *,
        paged: Literal[False] = False,
        **call: Unpack[FreeCall],
    ) -> Coroutine[Any, Any, Any]: ...
    @overload
    def request(
        self,
        method: HttpMethod,
        path: str,
        *,
        paged: Literal[True],
        **call: Unpack[FreeCall],
    ) -> Pager[Any]: ...
    def request(
        self,
        method: HttpMethod,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        json: Any = None,
        form: Mapping[str, Any] | None = None,
        category: str | None = None,
        answer: Any = Any,
        paged: bool = False,
    ) -> Any:
        """Call an endpoint that has no method here, with authentication, quotas, retries and pages.

        For what Pinterest has added since this version. Values are checked only for being JSON.

        Args:
            method: GET, POST, PUT, PATCH or DELETE. GET, PUT and DELETE are sent again after a
                failure even if the first request may have taken effect; POST and PATCH are not.
            path: The path below `/v5`, with its ids in it: `/boards/813/new_things`.
            query: Query parameters; lists go as one comma-joined value.
            json: The body, as JSON.
            form: The body, as a form; not together with `json`.
            category: What it counts against, such as `ads_read`; by default, by method and path.
            answer: The type to decode the answer to, such as a msgspec struct; by default plain
                dicts and lists. With `paged`, the type of one item.
            paged: Whether the answer is a page of items with a bookmark; makes it a `Pager`.

        Raises:
            InvalidCallError: The path or a value cannot be sent.
        """
        from pinterest_async._core.free_call import free_call_problems, free_operation

        problems = free_call_problems(method, path, json, form)
        if problems:
            raise InvalidCallError(problems)
        operation = free_operation(
            method,
            path,
            category=category,
            answer=Page[answer] if paged else answer,
            paged=paged,
            body="json" if json is not None else "form" if form is not None else None,
        )
        body = UNSET if operation.body is None else form if json is None else json
        send = functools.partial(self.with_options(check="lenient")._send, operation, body=body)
        if paged:
            return pager(operation, send, query or {})
        return _data(send(query=query))

    def _send(
        self,
        operation: Operation[T],
        *path: Any,
        ad_account_id: str | None = None,
        business_id: str | None = None,
        query: Mapping[str, Any] | None = None,
        body: Any = UNSET,
    ) -> Coroutine[Any, Any, Response[T]]:
        scope_ids = {"ad_account_id": ad_account_id, "business_id": business_id}
        sent = {name: value for name, value in query.items() if value is not None} if query else {}
        return self._dispatcher.send(operation, path, scope_ids, sent, body, self._settings)


def _listeners(observers: Sequence[Observer]) -> Listeners | None:
    if observers == ():
        return None
    from pinterest_async.observers import listeners

    return listeners(observers)


async def _data(answer: Coroutine[Any, Any, Response[T]]) -> T:
    return (await answer).data


class _Default(threading.local):
    """The limiter of all clients that are given none, so that one token has one quota.

    For each thread, since whoever waits in one thread cannot be woken from another.
    """

    def __init__(self) -> None:
        self.limiter = InMemoryLimiter()


_DEFAULT: Final = _Default()
