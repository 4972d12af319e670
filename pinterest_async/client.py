"""Pinterest: the client, and the one path that every call takes (`send`)."""

import asyncio
import functools
import logging
import os
import threading
from collections.abc import Coroutine, Mapping
from typing import (
    Any,
    Final,
    Literal,
    NamedTuple,
    ParamSpec,
    Self,
    TypedDict,
    TypeVar,
    Unpack,
    overload,
)
from urllib.parse import parse_qs

import msgspec
from msgspec import UNSET, UnsetType
from yarl import URL

from pinterest_async import options as opt
from pinterest_async._core import ratelimit_headers
from pinterest_async._core.build import build_request
from pinterest_async._core.checks import check_call
from pinterest_async._core.classify import RawResponse, RequestFailure, classify, error_response
from pinterest_async._core.free_call import free_call_problems, free_operation, with_extra
from pinterest_async._core.operation import HttpMethod, Operation, is_operation
from pinterest_async._core.scope import fill_path
from pinterest_async._request.answers import api_error, read, without_echoes
from pinterest_async._request.attempts import CallState
from pinterest_async._request.reading import ENCODINGS
from pinterest_async._request.transport import RequestProgress
from pinterest_async.auth.access import Auth, Grant, Secret, as_auth
from pinterest_async.auth.environment import from_environment
from pinterest_async.auth.renewing import Renewing
from pinterest_async.errors import (
    AnswerTooLargeError,
    ConfigurationError,
    DeadlineExceededError,
    DecodeError,
    InvalidCallError,
    NotInSandboxError,
    PinterestError,
    PoolClosedError,
    RateLimitWaitError,
)
from pinterest_async.limits import InMemoryLimiter, Limiter, LimitRequest, Permit
from pinterest_async.namespace import OperationMethod, pager, whole_answer
from pinterest_async.namespaces import Namespaces
from pinterest_async.options import Access, Check, Environment, OnDrift, Priority, Retry, Timeout
from pinterest_async.pages import Page, Pager
from pinterest_async.pool import SessionPool, as_pool
from pinterest_async.response import Response

T = TypeVar("T")
P = ParamSpec("P")

_LOG: Final = logging.getLogger("pinterest_async")
_BASIC: Final = ("basic",)
"""Operations that an app calls in its own name."""
_SECRET_FIELDS: Final = ("refresh_token", "code", "token")
"""Fields of the forms that go to the token endpoint."""
_LATE_ARRIVAL: Final = 5.0
"""A request that was given up may still reach the server up to this many seconds later: in this
time, TCP sends lost data again about four times."""
_LONG_WAIT: Final = 1.0
"""Seconds of waiting for quota after which the token is asked for again."""


class _Shared(NamedTuple):
    """What a client and its views have in common."""

    auth: Auth
    pool: SessionPool
    base: str
    sandbox: bool
    access: Access
    limiter: Limiter
    runtime: opt.Runtime


class ClientOptions(TypedDict, total=False):
    """The arguments of `Pinterest`, for those who pass them on."""

    auth: str | Auth
    pool: SessionPool | None
    base_url: str | None
    environment: Environment
    access: Access
    limiter: Limiter | None
    retry: Retry | bool
    timeout: Timeout | float
    ad_account_id: str | None
    business_id: str | None
    on_drift: OnDrift
    priority: Priority
    check: Check


class _Credential(NamedTuple):
    """The value of an `Authorization` header, and the access token in it, if that is what it is."""

    header: str
    token: Secret | None


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
        _runtime: opt.Runtime = opt.RUNTIME,
    ) -> None:
        opt.choice("environment", environment, ("production", "sandbox"))
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
        self._shared = _Shared(
            auth=as_auth(auth),
            pool=as_pool(pool),
            base=opt.as_base_url(opt.HOSTS[environment] if base_url is None else base_url),
            sandbox=environment == "sandbox",
            access=access,
            limiter=_DEFAULT.limiter if limiter is None else limiter,
            runtime=_runtime,
        )
        if isinstance(self._shared.auth, Renewing):
            self._shared.pool.save_on_close(self._shared.auth)

    @classmethod
    def from_env(cls, **options: Unpack[ClientOptions]) -> Self:
        """Make a client from environment variables; `options` take precedence.

        PINTEREST_ACCESS_TOKEN is the token. With PINTEREST_APP_ID, PINTEREST_APP_SECRET and
        PINTEREST_REFRESH_TOKEN it is renewed when it expires. PINTEREST_ENVIRONMENT,
        PINTEREST_ACCESS, PINTEREST_BASE_URL, PINTEREST_AD_ACCOUNT_ID and PINTEREST_BUSINESS_ID
        stand for the arguments of these names.
        """
        given: dict[str, Any] = {**options}
        for name in ("environment", "access", "base_url", "ad_account_id", "business_id"):
            value = os.environ.get(f"PINTEREST_{name.upper()}")
            if value:
                given.setdefault(name, value)
        auth = given.pop("auth", None)
        return cls(from_environment() if auth is None else auth, **given)

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
        view._shared = self._shared
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

    def __repr__(self) -> str:
        return f"<Pinterest at {self._shared.base}, {self._shared.auth!r}>"

    async def __aenter__(self) -> Self:
        if self._owns_pool:
            await self._shared.pool.__aenter__()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the client's own connections; requests under way get a moment to finish."""
        if self._owns_pool:
            await self._shared.pool.aclose()
        elif isinstance(self._shared.auth, Renewing):
            await self._shared.auth.save_on_close()

    @property
    def limits(self) -> Limiter:
        """The limiter; `limits.snapshot()` lists the state of each bucket."""
        return self._shared.limiter

    @property
    def pool(self) -> SessionPool:
        """The connections."""
        return self._shared.pool

    @overload
    def send(
        self,
        operation: Operation[T],
        /,
        *path: Any,
        ad_account_id: str | None = None,
        business_id: str | None = None,
        query: Mapping[str, Any] | None = None,
        body: Any = UNSET,
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
        query: Mapping[str, Any] | None = None,
        json: Any = None,
        form: Mapping[str, Any] | None = None,
        category: str | None = None,
        answer: type[T],
        paged: Literal[False] = False,
    ) -> Coroutine[Any, Any, T]: ...
    @overload
    def request(
        self,
        method: HttpMethod,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        json: Any = None,
        form: Mapping[str, Any] | None = None,
        category: str | None = None,
        answer: type[T],
        paged: Literal[True],
    ) -> Pager[T]: ...
    @overload
    def request(
        self,
        method: HttpMethod,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        json: Any = None,
        form: Mapping[str, Any] | None = None,
        category: str | None = None,
        paged: Literal[False] = False,
    ) -> Coroutine[Any, Any, Any]: ...
    @overload
    def request(
        self,
        method: HttpMethod,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        json: Any = None,
        form: Mapping[str, Any] | None = None,
        category: str | None = None,
        paged: Literal[True],
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

    async def _send(
        self,
        operation: Operation[T],
        *path: Any,
        ad_account_id: str | None = None,
        business_id: str | None = None,
        query: Mapping[str, Any] | None = None,
        body: Any = UNSET,
    ) -> Response[T]:
        given = {"ad_account_id": ad_account_id, "business_id": business_id}
        values = fill_path(operation, path, given, self._settings.scope)
        call = self._checked(operation, values, {} if query is None else query, body)
        scope = asyncio.timeout(self._settings.timeout.total)
        failure: PinterestError
        try:
            with self._shared.pool.call(scope):
                async with scope:
                    return await self._run(call)
        except PoolClosedError as error:
            if error.operation is not None:  # of the token's refresh
                raise
            failure = PoolClosedError(
                error.message, phase=error.phase, operation=operation, attempts=call.attempts
            )
        except AnswerTooLargeError as error:
            failure = AnswerTooLargeError(
                error.message,
                status=error.status,
                request_id=error.request_id,
                operation=operation,
                attempts=call.attempts,
            )
        except TimeoutError as error:
            # Other things time out as well: an attempt, the wait for quota, a token store.
            if isinstance(error, PinterestError) or not scope.expired():
                raise
            failure = DeadlineExceededError(
                f"not done within {self._settings.timeout.total:g} s; it was {call.doing} then",
                doing=call.doing,
                operation=operation,
                attempts=call.attempts,
            )
        raise failure from call.last

    def _checked(
        self, operation: Operation[Any], path: tuple[Any, ...], query: Mapping[str, Any], body: Any
    ) -> CallState:
        """Reject a wrong call before any quota is spent, and build the request of a good one."""
        settings, shared = self._settings, self._shared
        problems = check_call(operation, path, query, body, strict=settings.check == "strict")
        if not problems and (settings.extra_query or settings.extra_body):
            query, body, problems = with_extra(
                operation, query, body, settings.extra_query, settings.extra_body
            )
        if problems:
            raise InvalidCallError(problems, operation=operation)
        if shared.sandbox and not operation.sandbox:
            raise NotInSandboxError("the sandbox does not have it", operation=operation)
        wire = build_request(operation, path, query, body)
        return CallState(operation, path, query, wire, settings, shared.runtime)

    async def _run(self, call: CallState) -> Response[Any]:
        """Attempt after attempt, until one succeeds or there is no reason for another."""
        limiter, runtime = self._shared.limiter, self._shared.runtime
        while True:
            call.doing = "authenticating"
            credential = await self._credential(call.operation)
            call.doing = "waiting for quota"
            began = runtime.monotonic()
            permit = await self._permit(call)
            if runtime.monotonic() - began > _LONG_WAIT:
                credential = await self._credential_after_wait(call, permit)
            call.doing = "requesting"
            outcome = await self._request(call, permit, credential)
            rate = ratelimit_headers.parse(outcome.headers)
            if outcome.headers:
                limiter.observe(permit, rate)
            if isinstance(outcome, RequestFailure):
                pause = call.pause_after_failure(outcome)
            else:
                verdict = classify(call.operation, outcome, rate, call.attempts)
                if verdict.kind == "ok":
                    return read(
                        call.operation,
                        call.query,
                        outcome,
                        rate,
                        attempts=call.attempts,
                        on_drift=call.settings.on_drift,
                        reported=runtime.reported,
                        secrets=self._secrets(call, credential),
                    )
                error = api_error(
                    call.operation,
                    outcome,
                    verdict,
                    attempts=call.attempts,
                )
                pause = 0.0
                if verdict.freeze:
                    limiter.freeze(permit, call.freeze_seconds(verdict))
                    call.continue_after_freeze(verdict, error)
                else:
                    pause = call.pause_after_error(verdict, error)
                if verdict.again == "refresh":
                    call.doing = "refreshing the token"
                    if not await self._refreshed(credential):
                        raise error
            _LOG.debug("%s Next attempt in %.2f s.", call.last, pause)
            if self._shared.pool.closed and call.last is not None:
                raise call.last
            if pause > 0:
                call.doing = "pausing before the next attempt"
                await runtime.sleep(pause)

    async def _credential(self, operation: Operation[Any]) -> _Credential:
        auth = self._shared.auth
        if operation.schemes != _BASIC:
            token = await auth.token(self._exchange)
            return _Credential(Secret(f"Bearer {token}"), Secret(token))
        if auth.basic is None:
            raise ConfigurationError(
                "this operation asks for the credentials of an app",
                advice="Make the client with RefreshToken(client_id, client_secret, ...).",
                operation=operation,
            )
        return _Credential(auth.basic.header(), None)

    async def _credential_after_wait(self, call: CallState, permit: Permit) -> _Credential:
        """The credential once more after a long wait, in which it may have expired."""
        try:
            return await self._credential(call.operation)
        except BaseException:
            self._shared.limiter.release(permit)
            raise

    async def _refreshed(self, credential: _Credential) -> bool:
        if credential.token is None:
            return False
        return await self._shared.auth.refresh(credential.token, self._exchange)

    async def _permit(self, call: CallState) -> Permit:
        shared, settings, operation = self._shared, self._settings, call.operation
        most = call.longest_wait(settings.timeout.max_wait)
        subject = shared.auth.subject
        if operation.schemes == _BASIC:
            # Calls with a token wait for its refresh, so the refresh must not wait for them.
            subject = f"{subject}:app"
        try:
            return await shared.limiter.acquire(
                LimitRequest(
                    subject=subject,
                    category=operation.category,
                    operation_id=operation.id,
                    ad_account_id=call.account,
                    access=shared.access,
                    priority=settings.priority,
                    max_wait=most,
                )
            )
        except RateLimitWaitError as error:
            failure = RateLimitWaitError(
                error.category,
                wait=error.wait,
                max_wait=error.max_wait,
                option="max_wait" if most == settings.timeout.max_wait else "total",
                operation=operation,
                attempts=call.attempts,
            )
        raise failure from call.last

    async def _request(
        self, call: CallState, permit: Permit, credential: _Credential
    ) -> RawResponse | RequestFailure:
        """Send one request. The permit is given back when it provably was not sent.

        An error answer whose body broke off is an answer where its status says enough.
        """
        wire, shared = call.wire, self._shared
        headers = {
            "Accept": "application/json",
            "Accept-Encoding": ENCODINGS,
            "Authorization": credential.header,
            "User-Agent": _user_agent(),
        }
        if wire.content_type is not None:
            headers["Content-Type"] = wire.content_type
        call.attempts += 1
        progress = RequestProgress()
        try:
            outcome = await shared.pool.fetch(
                wire.method,
                URL(shared.base + wire.target, encoded=True),
                headers=headers,
                body=wire.body,
                timeout=call.settings.timeout,
                progress=progress,
            )
            secrets = self._secrets(call, credential)
            outcome = without_echoes(outcome, secrets, tokens=call.operation.schemes == _BASIC)
            if _LOG.isEnabledFor(logging.DEBUG):
                _LOG.debug("%s", call.log_line(outcome, secrets))
        finally:
            if progress.phase == "not_sent":
                shared.limiter.release(permit)
            else:
                late = _LATE_ARRIVAL if progress.phase == "maybe_sent" else 0.0
                shared.limiter.finish(permit, late)
        if isinstance(outcome, RequestFailure):
            return error_response(outcome) or outcome
        return outcome

    def _secrets(self, call: CallState, credential: _Credential) -> tuple[Secret, ...]:
        """What an answer might echo, and nobody may read in an error."""
        if credential.token is not None:
            return (credential.token,)
        basic = self._shared.auth.basic
        form = parse_qs((call.wire.body or b"").decode("ascii", "replace"))
        sent = [Secret(value) for key in _SECRET_FIELDS for value in form.get(key, ())]
        return (*sent, Secret(basic.client_secret if basic else ""))

    async def _exchange(self, form: Mapping[str, Any]) -> Grant:
        """Send a form to the token endpoint."""
        from pinterest_async.resources.oauth import OAUTH_TOKEN

        status, request_id, attempts = 0, None, 0
        try:
            # Not with the timeout and retries of one caller: many calls share one refresh, and if
            # it is cut off after it was sent, the new token pair is lost.
            sender = self.with_options(
                retry=True,
                timeout=opt.DEFAULT_TIMEOUT,
                on_drift="ignore",
                priority="interactive",
            )
            answer = await sender._send(OAUTH_TOKEN, body=dict(form))
            status, request_id, attempts = answer.status, answer.request_id, answer.attempts
            return msgspec.json.decode(answer.raw, type=Grant)
        except DecodeError as error:
            status, request_id, attempts = error.status, error.request_id, error.attempts
            why = error.message
        except msgspec.DecodeError as error:
            why = f"the answer cannot be read: {error}"
        raise DecodeError(
            why,
            status=status,
            request_id=request_id,
            advice="Its body is not kept, since it may hold tokens. Call again, or log in anew.",
            operation=OAUTH_TOKEN,
            attempts=attempts,
        )


async def _data(answer: Coroutine[Any, Any, Response[T]]) -> T:
    return (await answer).data


@functools.cache
def _user_agent() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return f"pinterest-async/{version('pinterest-async')}"
    except PackageNotFoundError:
        return "pinterest-async"


class _Default(threading.local):
    """The limiter of all clients that are given none, so that one token has one quota.

    For each thread, since whoever waits in one thread cannot be woken from another.
    """

    def __init__(self) -> None:
        self.limiter = InMemoryLimiter()


_DEFAULT: Final = _Default()
