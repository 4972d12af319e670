"""SessionPool: owns the connections.

Requests to the API and to foreign hosts (report downloads, media uploads) go through separate
sessions; only the former ever carry a token. Sessions are opened for each event loop on first use.
They close with the pool; where that was forgotten, with the loop, or when the pool is collected.
"""

from __future__ import annotations

import asyncio
import functools
import ssl as tls
import threading
import warnings
import weakref
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from typing import (
    TYPE_CHECKING,
    Any,
    Final,
    Literal,
    Protocol,
    Self,
    TypeAlias,
    TypeGuard,
    get_args,
)

import aiohttp
from aiohttp import ClientResponse, ClientSession

from pinterest_async._core.build import WireRequest
from pinterest_async._core.outcomes import Cause, RawResponse, RequestFailure
from pinterest_async._request.answers import REQUEST_ID
from pinterest_async._request.connections import missing_names, sessions_are_replaced
from pinterest_async._request.deadlines import Deadline
from pinterest_async._request.loop_sessions import CUT_SHORT, LoopSessions, close_forgotten
from pinterest_async._request.prepared import ApiAddress, RequestHeaders
from pinterest_async._request.transport import (
    Proxies,
    RequestProgress,
    open_session,
    wake_next,
)
from pinterest_async._request.whole_bodies import TooLargeError
from pinterest_async.errors import (
    AnswerTooLargeError,
    ConfigurationError,
    PoolClosedError,
)
from pinterest_async.options import Timeout

if TYPE_CHECKING:  # imported with the first such request
    from pinterest_async._request.foreign_requests import ForeignRequests

_LOCK: Final = threading.Lock()
"""Held while a pool makes what threads share."""

Lane: TypeAlias = Literal["fast", "session"]


if TYPE_CHECKING:

    class SavesOnClose(Protocol):
        """What has something to save when the connections are closed."""

        async def save_on_close(self) -> None:
            """Save it; never raises."""
            ...


def saves_on_close(value: object) -> TypeGuard[SavesOnClose]:
    """Whether something has to save when the connections are closed."""
    return hasattr(value, "save_on_close")


class SessionPool:
    """Connections for any number of clients.

    Args:
        limit: Connections to the API at a time; further requests wait for one to be free.
        foreign_limit: Connections at a time to other hosts.
        keepalive: Seconds that an idle connection is kept for reuse. Keep it below the idle
            timeout of whatever stands between here and Pinterest (usually 60 s or more): when the
            other side closes a connection at the moment of reuse, the outcome of a write is
            unknown.
        dns_ttl: Seconds that a resolved host name is remembered.
        ssl: A context with certificates of your own; None verifies as Python does by default.
        trust_env: Use the proxies that HTTPS_PROXY, HTTP_PROXY and NO_PROXY name.
        proxy: The URL of one proxy (http or https) for all hosts. API addresses in plain HTTP are
            always called directly, since a proxy would read the token.
        session: A session of yours for the calls to the API: used with its connector and
            middlewares, and never closed. It works in its own event loop only, and neither has an
            auth nor trusts the environment. Only connections of the pool's own are closed when
            something arrives on them that was not asked for: where several users share a pool, and
            a proxy between here and Pinterest may mix up answers, lend none.
        grace: Seconds that `aclose` gives to requests under way.
        private_hosts: Let files be fetched from and uploaded to any host, plain http, this machine
            and private networks included. Without it, an address that is no public https address
            is refused with `ConnectionFailedError`, unless the API itself is there.
        max_answer: Bytes that an answer of the API may have, unpacked; a larger one is refused with
            `AnswerTooLargeError` while it arrives, as is one that would take 32 MiB more than that
            together with what is decoded from it.
        lane: How requests to the API are sent: "fast" writes them to aiohttp's connections, which
            takes half of the time; "session" sends them through an aiohttp session, as is always
            done with a proxy and with a session of yours.
    """

    def __init__(
        self,
        *,
        limit: int = 256,
        foreign_limit: int = 32,
        keepalive: float = 15.0,
        dns_ttl: float = 60.0,
        ssl: tls.SSLContext | None = None,
        trust_env: bool = False,
        proxy: str | None = None,
        session: ClientSession | None = None,
        grace: float = 5.0,
        private_hosts: bool = False,
        max_answer: int = 512 << 20,
        lane: Lane = "fast",
    ) -> None:
        if lane not in get_args(Lane):
            raise ConfigurationError(f"lane is {lane!r}", advice='Use "fast" or "session".')
        bounds = (("limit", limit), ("foreign_limit", foreign_limit), ("max_answer", max_answer))
        for name, value in bounds:
            if value < 1:
                raise ConfigurationError(f"{name} is {value}", advice="Use at least 1.")
        for name, seconds in (("keepalive", keepalive), ("dns_ttl", dns_ttl), ("grace", grace)):
            if not seconds >= 0:
                raise ConfigurationError(f"{name} is {seconds}", advice="Use 0 or more seconds.")
        if session is not None and session.auth is not None:
            raise ConfigurationError(
                "the session has an auth of its own, which would stand in the token's place",
                advice="Lend a session without auth.",
            )
        if session is not None and session.trust_env:
            raise ConfigurationError(
                "the session trusts the environment, whose passwords (.netrc) would stand in the "
                "token's place, and whose proxies would read it in plain HTTP",
                advice="Lend a session without trust_env, and give trust_env=True to the pool.",
            )
        self._limit = limit
        self._foreign_limit = foreign_limit
        self._keepalive = keepalive
        self._dns_ttl = dns_ttl
        self._ssl: tls.SSLContext | bool = True if ssl is None else ssl
        self._proxies = Proxies(proxy, trust_env=trust_env)
        self._borrowed = session
        self._grace = grace
        self._max_answer = max_answer
        self._lane: Lane = lane
        self._private_hosts = private_hosts
        self._foreign: ForeignRequests | None = None
        self._closed = False
        self._by_loop: dict[asyncio.AbstractEventLoop, LoopSessions] = {}
        self._saving: weakref.WeakSet[SavesOnClose] = weakref.WeakSet()
        weakref.finalize(self, close_forgotten, self._by_loop).atexit = False

    def __repr__(self) -> str:
        return f"<SessionPool {'closed' if self._closed else 'open'}, limit={self._limit}>"

    async def __aenter__(self) -> Self:
        self._closed = False
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.aclose()

    @property
    def closed(self) -> bool:
        """Whether the pool was closed. Entering it again opens it."""
        return self._closed

    async def aclose(self, grace: float | None = None) -> None:
        """Let requests under way finish for `grace` seconds, cut off the rest, close everything.

        What is cut off raises `PoolClosedError` in the task that called: calls that only wait (for
        quota, for a token, for their next attempt) at once, requests after the grace time.
        """
        self._closed = True
        grace = self._grace if grace is None else grace
        here = asyncio.get_running_loop()
        closings: list[asyncio.Future[None]] = []
        for loop, sessions in list(self._by_loop.items()):
            del self._by_loop[loop]
            if loop is here:
                closings.append(asyncio.ensure_future(sessions.close(grace)))
            elif loop.is_running():
                elsewhere = asyncio.run_coroutine_threadsafe(sessions.close(grace), loop)
                closings.append(asyncio.wrap_future(elsewhere))
        if closings:
            await asyncio.wait(closings)
        for closing in closings:
            if not closing.cancelled():  # the loop of another thread may end meanwhile
                closing.result()
        await asyncio.gather(*(one.save_on_close() for one in self._saving))

    def save_on_close(self, one: SavesOnClose) -> None:
        """Let something save when the pool has closed its connections, if it still exists."""
        self._saving.add(one)

    def call(self, seconds: float | None) -> Deadline:
        """A block around a call, which waits in it: cut off when the pool closes meanwhile.

        Raises:
            PoolClosedError: The pool is closed.
        """
        return Deadline(self._sessions().calls, seconds)

    async def fetch(
        self,
        address: ApiAddress,
        wire: WireRequest,
        headers: RequestHeaders,
        *,
        timeout: Timeout,  # noqa: ASYNC109  (a struct of several)
        deadline: Deadline,
        progress: RequestProgress,
    ) -> RawResponse | RequestFailure:
        """Send one request to the API and read the whole answer; redirects are not followed.

        `deadline` is that of the call. `progress` holds how far it came, also after an exception.
        """
        sessions = self._sessions()
        progress.connected = sessions.borrowed
        progress.deadline = deadline
        proxy = self._proxies.find(address.url, secret=True)
        deadline.begin(timeout.attempt)
        try:
            fast = sessions.fast_lane
            if fast is not None and proxy is None and not sessions_are_replaced():
                return await fast.exchange(
                    address, wire, headers, timeout, progress, self._max_answer
                )
            return await sessions.session_lane.exchange(
                address, wire, headers, timeout, progress, self._max_answer, proxy
            )
        except TooLargeError as error:
            raise AnswerTooLargeError(
                str(error),
                status=error.status,
                request_id=error.headers.get(REQUEST_ID),
            ) from None
        except (aiohttp.ClientError, OSError) as error:
            from pinterest_async._request.transport_errors import NO_CONNECTION, failure_of

            if isinstance(error, NO_CONNECTION) and not sessions.repeats:
                progress.connected = False
            failure = failure_of(error, progress)
        except BaseException as error:
            wake_next(sessions.api)
            if not deadline.end() or not isinstance(error, asyncio.CancelledError):
                raise
            cause: Cause = "read_timeout" if progress.connected else "connect_timeout"
            failure = progress.failure(cause, _late(deadline, timeout))
        finally:
            deadline.end()
        if sessions.cut_short:
            raise PoolClosedError(CUT_SHORT, phase=progress.phase)
        return failure

    def foreign(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        data: Any = None,
        timeout: Timeout | None = None,
        api: str | None = None,
    ) -> AbstractAsyncContextManager[ClientResponse]:
        """Send a request to another host than the API, and read its answer as a stream.

        No token goes along. `Timeout.total` is the time until the end of the block; `attempt` does
        not apply, since a large file takes its time. Redirects are followed, the bytes of an
        address stay as they are, and each address is held to the rule of `private_hosts`. `api` is
        the address of the API, where files may be as well.

        Raises:
            ConnectionFailedError: The address is not allowed, or no answer came.
        """
        return self._foreign_requests().send(
            self._sessions,
            method,
            url,
            headers=headers,
            data=data,
            timeout=Timeout() if timeout is None else timeout,
            api=api,
        )

    def _foreign_requests(self) -> ForeignRequests:
        from pinterest_async._request.foreign_requests import ForeignRequests

        with _LOCK:
            if self._foreign is None:
                self._foreign = ForeignRequests(
                    self._proxies,
                    self._ssl,
                    limit=self._foreign_limit,
                    keepalive=self._keepalive,
                    dns_ttl=self._dns_ttl,
                    private_hosts=self._private_hosts,
                )
            return self._foreign

    def _sessions(self) -> LoopSessions:
        loop = asyncio.get_running_loop()
        if self._closed:
            raise PoolClosedError("the pool is closed")
        sessions = self._by_loop.get(loop)
        if sessions is not None:
            if sessions.borrowed and sessions.api.closed:
                raise PoolClosedError("the session that the pool was given is closed")
            return sessions
        for dead in [other for other in self._by_loop if other.is_closed()]:
            del self._by_loop[dead]
        if self._borrowed is not None:
            api = self._borrowed
            if getattr(api, "_loop", loop) is not loop:
                raise ConfigurationError(
                    "the session that the pool was given belongs to another event loop",
                    advice="Lend a session of this loop, or none: pools make one for each loop.",
                )
        else:
            api = open_session(self._limit, self._keepalive, self._dns_ttl)
        sessions = LoopSessions(
            loop,
            api,
            self._ssl,
            borrowed=self._borrowed is not None,
            fast=self._borrowed is None and self._lane == "fast" and not missing_parts(),
        )
        self._by_loop[loop] = sessions
        return sessions


def _late(deadline: Deadline, timeout: Timeout) -> str:
    if deadline.silent:
        return f"nothing came for {timeout.read or 0.0:g} s"
    return f"no answer within {timeout.attempt or 0.0:g} s"


@functools.cache
def missing_parts() -> tuple[str, ...]:
    """What the fast lane needs of aiohttp and does not find; says so once."""
    missing = tuple(missing_names())
    if missing:
        warnings.warn(
            f"aiohttp {aiohttp.__version__} has no {', '.join(missing)}: requests go through its "
            "session, which takes longer. Update pinterest_async.",
            RuntimeWarning,
            stacklevel=2,
        )
    return missing


def as_pool(value: object) -> SessionPool:
    """What `pool=` accepts, as a `SessionPool`: None is a new one."""
    if value is None:
        return SessionPool()
    if isinstance(value, SessionPool):
        return value
    raise ConfigurationError(
        f"pool is {type(value).__name__}",
        advice="Pass a SessionPool; SessionPool(session=...) takes an aiohttp session.",
    )
