"""The one path that every call takes: checked, then attempt after attempt until its answer."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import parse_qs

import msgspec

from pinterest_async import options as opt
from pinterest_async._core import ratelimit_headers
from pinterest_async._core.build import WireRequest, build_request
from pinterest_async._core.operation import Operation, fill_path, has_only_ids
from pinterest_async._core.outcomes import RawResponse, RequestFailure, is_success
from pinterest_async._core.ratelimit_headers import RateState
from pinterest_async._core.version import VERSION
from pinterest_async._request.answers import read_at_once
from pinterest_async._request.call_state import CallState
from pinterest_async._request.deadlines import Deadline
from pinterest_async._request.prepared import RequestHeaders, api_address
from pinterest_async._request.transport import RequestProgress
from pinterest_async._request.whole_bodies import ENCODINGS
from pinterest_async.auth.access import Auth, Grant, Secret
from pinterest_async.errors import (
    AnswerTooLargeError,
    ConfigurationError,
    DeadlineExceededError,
    InvalidCallError,
    MissingScopeError,
    NotInSandboxError,
    PinterestError,
    PoolClosedError,
    RateLimitWaitError,
)
from pinterest_async.limits import Limiter, LimitRequest, Permit
from pinterest_async.options import Access
from pinterest_async.pool import SessionPool
from pinterest_async.response import Response

if TYPE_CHECKING:
    from pinterest_async._core.problems import Problem
    from pinterest_async.observers import Listeners

T = TypeVar("T")

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
_REFRESH_SETTINGS: Final = opt.settings(
    retry=True,
    timeout=opt.DEFAULT_TIMEOUT,
    scope={},
    on_drift="ignore",
    priority="interactive",
    check="lenient",
)
"""Not those of one caller: many calls share one refresh, and if it is cut off after it was sent,
the new token pair is lost. Lenient, since an `Auth` of others may know fields that are newer."""


class _Credential(msgspec.Struct, frozen=True):
    """Headers that authenticate, the access token in them, if that is what they hold, and secrets.

    The secrets are all those of a request, also in its body: an answer might echo them, and nobody
    may read them in an error.
    """

    headers: RequestHeaders
    token: Secret | None
    secrets: tuple[Secret, ...]


class Dispatcher:
    """Sends the calls of a client and of all its views: what these have in common.

    `sandbox` says that the API is the sandbox, `access` is the access tier of the app.
    """

    def __init__(
        self,
        *,
        auth: Auth,
        pool: SessionPool,
        base: str,
        sandbox: bool,
        access: Access,
        limiter: Limiter,
        listeners: Listeners | None,
        runtime: opt.Runtime,
    ) -> None:
        self.auth = auth
        self.pool = pool
        self.base = base
        self._address = api_address(base)
        self._bearer: _Credential | None = None
        self.sandbox = sandbox
        self.access: Access = access
        self.limiter = limiter
        self.listeners = listeners
        self.runtime = runtime
        self._grants = 0

    async def send(
        self,
        operation: Operation[T],
        path: tuple[Any, ...],
        scope_ids: Mapping[str, str | None],
        query: Mapping[str, Any],
        body: Any,
        settings: opt.Settings,
    ) -> Response[T]:
        """Make one call; `scope_ids` fill path parameters that `path` leaves out."""
        path = fill_path(operation, path, scope_ids, settings.scope)
        call = self.checked(operation, path, query, body, settings)
        if self.listeners is not None:
            from pinterest_async._request.watching import Watch

            call.watch = Watch(self.listeners, operation, self.runtime.monotonic)
        deadline = None
        try:
            deadline = self.pool.call(settings.timeout.total)
            with deadline:
                response = await self._run(call, deadline)
        except BaseException as error:
            late = deadline is not None and deadline.expired
            failure = _failure(call, error, late=late, closed=self.pool.closed)
            if call.watch is not None:
                call.watch.ends(failure or error, call.attempts)
            if failure is None:
                raise
        else:
            if call.watch is not None:
                call.watch.ends(None, call.attempts)
            return response
        # Outside of `except`, so that the traceback shows one error instead of two.
        raise failure from call.last

    def checked(
        self,
        operation: Operation[Any],
        path: tuple[Any, ...],
        query: Mapping[str, Any],
        body: Any,
        settings: opt.Settings,
    ) -> CallState:
        """Reject a wrong call before any quota is spent, and build the request of a good one."""
        problems: list[Problem] = []
        if not has_only_ids(operation, path, query, body):
            from pinterest_async._core.checks import check_call

            problems = check_call(operation, path, query, body, strict=settings.check == "strict")
        if not problems and (settings.extra_query or settings.extra_body):
            from pinterest_async._core.free_call import with_extra

            query, body, problems = with_extra(
                operation, query, body, settings.extra_query, settings.extra_body
            )
        if problems:
            raise InvalidCallError(problems, operation=operation)
        if self.sandbox and not operation.sandbox:
            raise NotInSandboxError("the sandbox does not have it", operation=operation)
        wire = build_request(operation, path, query, body)
        return CallState(operation, path, query, wire, settings, self.runtime)

    async def _run(self, call: CallState, deadline: Deadline) -> Response[Any]:
        """Attempt after attempt, until one succeeds or there is no reason for another."""
        limiter, runtime = self.limiter, self.runtime
        while True:
            call.doing = "authenticating"
            credential = await self._credential(call)
            self._check_scopes(call)
            call.doing = "waiting for quota"
            began = runtime.monotonic()
            try:
                permit = await self._permit(call, began)
            finally:
                if call.watch is not None:
                    call.watch.waited("quota", began)
            if runtime.monotonic() - began > _LONG_WAIT:
                credential = await self._credential_after_wait(call, permit)
            call.doing = "requesting"
            outcome = await self._request(call, permit, credential, deadline)
            rate = ratelimit_headers.parse(outcome.headers)
            if outcome.headers:
                limiter.observe(permit, rate)
            if is_success(outcome):
                secrets = credential.secrets
                response = None
                if not call.settings.undecoded:
                    response = read_at_once(
                        call.operation,
                        call.query,
                        outcome,
                        rate,
                        attempts=call.attempts,
                        secrets=secrets,
                    )
                return response or await self._read(call, outcome, rate, secrets)
            await self._prepare_next_attempt(call, outcome, rate, permit, credential)

    async def _prepare_next_attempt(
        self,
        call: CallState,
        outcome: RawResponse | RequestFailure,
        rate: RateState,
        permit: Permit,
        credential: _Credential,
    ) -> None:
        """Do what the next attempt needs after a request that failed, or raise why there is none.

        An error answer whose body broke off is an answer where its status says enough.
        """
        from pinterest_async._core.retry_rules import classify, error_response
        from pinterest_async._request.failed_requests import api_error, connection_error
        from pinterest_async._request.retrying import Retries

        operation, attempts = call.operation, call.attempts
        retries = call.retries or Retries(operation, call.settings, self.runtime)
        call.retries = retries
        if isinstance(outcome, RequestFailure):
            outcome = error_response(outcome) or outcome
        named: float | None = None
        left = call.longest_wait(None, self.runtime.monotonic())
        error: PinterestError
        if isinstance(outcome, RequestFailure):
            error = connection_error(outcome, operation=operation, attempts=attempts)
            call.last = error
            pause = retries.pause_after_failure(outcome, error, left)
        else:
            verdict = classify(operation, outcome, rate, attempts)
            error = api_error(operation, outcome, verdict, attempts=attempts)
            call.last = error
            pause, named = 0.0, verdict.wait
            if verdict.freeze:
                self.limiter.freeze(permit, retries.freeze_seconds(verdict))
                retries.continue_after_freeze(verdict, error, left)
            else:
                pause = retries.pause_after_error(verdict, error, left)
            if verdict.again == "refresh":
                call.doing = "refreshing the token"
                grants = self._grants
                if not await self._refreshed(credential):
                    raise error
                if self._grants == grants:
                    retries.took_over_token()
        retries.log_pause(error, pause, named)
        if self.pool.closed:
            raise error
        if pause > 0:
            call.doing = "pausing before the next attempt"
            await self._pause(call, pause)

    async def _read(
        self, call: CallState, answer: RawResponse, rate: RateState, secrets: tuple[Secret, ...]
    ) -> Response[Any]:
        """Decode a success that is large or not as its type says, or leave that for later."""
        from pinterest_async._request.answers_in_steps import read, unread
        from pinterest_async._request.decoding import in_turns

        steps = read(
            call.operation,
            call.query,
            answer,
            rate,
            attempts=call.attempts,
            on_drift=call.settings.on_drift,
            reported=self.runtime.reported,
            secrets=secrets,
        )
        if not call.settings.undecoded:
            return await in_turns(steps)
        return unread(call.operation, answer, rate, steps, attempts=call.attempts, secrets=secrets)

    async def _pause(self, call: CallState, seconds: float) -> None:
        began = self.runtime.monotonic()
        try:
            await self.runtime.sleep(seconds)
        finally:
            if call.watch is not None:
                call.watch.waited("pause", began)

    async def _credential(self, call: CallState) -> _Credential:
        auth, operation = self.auth, call.operation
        if operation.schemes != _BASIC:
            token = await auth.token(self._exchange)
            bearer = self._bearer
            if bearer is None or bearer.token != token:
                secret = token if isinstance(token, Secret) else Secret(token)
                bearer = self._bearer = _Credential(
                    _headers(Secret(f"Bearer {token}")), secret, (secret,)
                )
            return bearer
        if auth.basic is None:
            raise ConfigurationError(
                "this operation asks for the credentials of an app",
                advice="Make the client with RefreshToken(client_id, client_secret, ...).",
                operation=operation,
            )
        secrets = (*_secret_fields(call.wire), Secret(auth.basic.client_secret))
        return _Credential(_headers(auth.basic.header()), None, secrets)

    def _check_scopes(self, call: CallState) -> None:
        """Refuse a call whose token is known to lack a scope, before quota is spent on it."""
        granted: Collection[str] | None = getattr(self.auth, "scopes", None)
        operation = call.operation
        # Scopes of what the description lacks are guesses.
        if granted is None or operation.since or operation.schemes == _BASIC:
            return
        from pinterest_async._core.oauth_scopes import missing_scopes

        missing = missing_scopes(operation.scopes, granted)
        if missing and call.settings.check == "strict":
            also = _further_scopes(operation, (*granted, *missing))
            raise MissingScopeError(missing, sorted(granted), also=also, operation=operation)

    async def _credential_after_wait(self, call: CallState, permit: Permit) -> _Credential:
        """The credential once more after a long wait, in which it may have expired."""
        try:
            return await self._credential(call)
        except BaseException:
            self.limiter.release(permit)
            raise

    async def _refreshed(self, credential: _Credential) -> bool:
        if credential.token is None:
            return False
        return await self.auth.refresh(credential.token, self._exchange)

    async def _permit(self, call: CallState, now: float) -> Permit:
        settings, operation = call.settings, call.operation
        most = call.longest_wait(settings.timeout.max_wait, now)
        subject = self.auth.subject
        if operation.schemes == _BASIC:
            # Calls with a token wait for its refresh, so the refresh must not wait for them.
            subject = f"{subject}:app"
        try:
            return await self.limiter.acquire(
                LimitRequest(
                    subject=subject,
                    category=operation.category,
                    operation_id=operation.id,
                    ad_account_id=call.account,
                    access=self.access,
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
        self, call: CallState, permit: Permit, credential: _Credential, deadline: Deadline
    ) -> RawResponse | RequestFailure:
        """Send one request. The permit is given back when it provably was not sent."""
        wire = call.wire
        call.attempts += 1
        progress = RequestProgress()
        try:
            if call.watch is not None:
                call.watch.requests(self.base + wire.target, call.attempts)
            outcome = await self.pool.fetch(
                self._address,
                wire,
                credential.headers,
                timeout=call.settings.timeout,
                deadline=deadline,
                progress=progress,
            )
            secrets = credential.secrets
            if not is_success(outcome):
                from pinterest_async._request.failed_requests import without_echoes

                outcome = without_echoes(outcome, secrets, tokens=call.operation.schemes == _BASIC)
            if _LOG.isEnabledFor(logging.DEBUG):
                _LOG.debug("%s", call.log_line(outcome, secrets))
            if call.watch is not None:
                call.watch.got(outcome, secrets)
        except BaseException as error:
            if call.watch is not None:
                call.watch.broke_off(error)
            raise
        finally:
            phase = progress.phase
            if phase == "not_sent":
                self.limiter.release(permit)
            else:
                self.limiter.finish(permit, _LATE_ARRIVAL if phase == "maybe_sent" else 0.0)
        return outcome

    async def _exchange(self, form: Mapping[str, Any]) -> Grant:
        """Send a form to the token endpoint."""
        from pinterest_async.auth.token_endpoint import grant_of

        grant_type = str(form.get("grant_type"))
        if self.listeners is None:
            return await grant_of(self._answered(form), grant_type)
        from pinterest_async.observers import RefreshEvent

        began = self.runtime.monotonic()
        failure: BaseException | None = None
        try:
            return await grant_of(self._answered(form), grant_type)
        except BaseException as error:
            failure = error
            raise
        finally:
            event = RefreshEvent(
                grant_type=grant_type,
                error=failure,
                seconds=self.runtime.monotonic() - began,
            )
            self.listeners.tell(self.listeners.refresh, event)
            failure = None  # its traceback leads to this frame

    async def _answered(self, form: Mapping[str, Any]) -> Response[Any]:
        from pinterest_async.resources.oauth import OAUTH_TOKEN

        answer = await self.send(OAUTH_TOKEN, (), {}, {}, dict(form), _REFRESH_SETTINGS)
        self._grants += 1
        return answer


def _secret_fields(wire: WireRequest) -> list[Secret]:
    """The secrets in a form for the token endpoint."""
    form = parse_qs((wire.body or b"").decode("ascii", "replace"))
    return [Secret(value) for key in _SECRET_FIELDS for value in form.get(key, ())]


def _failure(
    call: CallState, error: BaseException, *, late: bool, closed: bool
) -> PinterestError | None:
    """What a call raises in place of an error that ended it; None for that error itself.

    `late`: its time is over, since its deadline has passed, or its pool was closed.
    """
    operation, attempts = call.operation, call.attempts
    match error:
        case PoolClosedError() if error.operation is None:  # else it is of the token's refresh
            return PoolClosedError(
                error.message, phase=error.phase, operation=operation, attempts=attempts
            )
        case AnswerTooLargeError():
            return AnswerTooLargeError(
                error.message,
                status=error.status,
                request_id=error.request_id,
                operation=operation,
                attempts=attempts,
            )
        # Other things time out as well: an attempt, the wait for quota, a token store.
        case TimeoutError() if late and not isinstance(error, PinterestError):
            if closed:
                message = "the pool was closed while the call waited"
                return PoolClosedError(message, operation=operation, attempts=attempts)
            return DeadlineExceededError(
                f"not done within {call.settings.timeout.total:g} s; it was {call.doing} then",
                doing=call.doing,
                operation=operation,
                attempts=attempts,
            )
        case _:
            return None


def _further_scopes(operation: Operation[Any], held: Collection[str]) -> list[str]:
    """The scopes that other methods of an operation's namespace need beside those that are held."""
    from pinterest_async._core.oauth_scopes import missing_scopes
    from pinterest_async.namespaces import Namespaces

    namespace = vars(Namespaces).get(operation.namespace)
    others: tuple[Operation[Any], ...] = namespace.load().operations() if namespace else ()
    return sorted({scope for one in others for scope in missing_scopes(one.scopes, held)})


def _headers(authorization: str) -> RequestHeaders:
    return RequestHeaders(
        {
            "Accept": "application/json",
            "Accept-Encoding": ENCODINGS,
            "Authorization": authorization,
            "User-Agent": f"pinterest-async/{VERSION}",
        }
    )
