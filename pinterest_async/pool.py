"""SessionPool: owns the connections, and knows all that aiohttp can do to a request.

Requests to the API and to foreign hosts (report downloads, media uploads) go through separate
sessions; only the former ever carry a token. Sessions are opened for each event loop on first use.
They close with the pool; where that was forgotten, with the loop, or when the pool is collected.
"""

import asyncio
import contextlib
import functools
import ssl as tls
import urllib.request
import weakref
from collections.abc import AsyncGenerator, Callable, Mapping
from types import SimpleNamespace
from typing import Any, Final, Self

import aiohttp
from aiohttp import ClientHandlerType, ClientRequest, ClientResponse, ClientSession
from aiohttp.http_exceptions import ContentEncodingError
from yarl import URL

from pinterest_async._core.classify import Answer, Cause, Failure, Phase
from pinterest_async.errors import ConfigurationError, ConnectionFailedError, PoolClosedError
from pinterest_async.options import Timeout

_AFTER_CUT: Final = 1.0
"""Seconds for requests to leave after they were cut off."""


class SessionPool:
    """Connections for any number of clients.

    Args:
        limit: Connections to the API at a time; further calls wait for one to be free.
        foreign_limit: Connections at a time to other hosts.
        keepalive: Seconds that an idle connection is kept for reuse. Keep it below the idle
            timeout of whatever stands between here and Pinterest (usually 60 s or more): when the
            other side closes a connection at the moment of reuse, the outcome of a write is
            unknown.
        dns_ttl: Seconds that a resolved host name is remembered.
        ssl: A context with certificates of your own; None verifies as Python does by default.
        trust_env: Use the proxies that HTTPS_PROXY, HTTP_PROXY and NO_PROXY name.
        proxy: The URL of one proxy for all hosts. API addresses in plain HTTP are always called
            directly, since a proxy would read the token.
        session: A session of yours for the calls to the API: used with its connector and
            middlewares, and never closed. It works in its own event loop only.
        grace: Seconds that `aclose` gives to requests under way.
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
    ) -> None:
        for name, value in (("limit", limit), ("foreign_limit", foreign_limit)):
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
        self._limit = limit
        self._foreign_limit = foreign_limit
        self._keepalive = keepalive
        self._dns_ttl = dns_ttl
        self._ssl: tls.SSLContext | bool = True if ssl is None else ssl
        self._proxies = _Proxies(proxy, trust_env=trust_env)
        self._borrowed = session
        self._grace = grace
        self._closed = False
        self._lanes: dict[asyncio.AbstractEventLoop, _Lane] = {}
        weakref.finalize(self, _abandon, self._lanes).atexit = False

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

        A request that is cut off raises `PoolClosedError` in the task that made it.
        """
        self._closed = True
        grace = self._grace if grace is None else grace
        here = asyncio.get_running_loop()
        endings: list[asyncio.Future[None]] = []
        for loop, lane in list(self._lanes.items()):
            del self._lanes[loop]
            if loop is here:
                endings.append(asyncio.ensure_future(lane.end(grace)))
            elif loop.is_running():
                ending = asyncio.run_coroutine_threadsafe(lane.end(grace), loop)
                endings.append(asyncio.wrap_future(ending))
        await asyncio.gather(*endings)

    async def fetch(
        self,
        method: str,
        url: URL,
        *,
        headers: Mapping[str, str],
        body: bytes | None,
        timeout: Timeout,  # noqa: ASYNC109  (a struct of several)
    ) -> Answer | Failure:
        """Send one request to the API and read the whole answer; redirects are not followed."""
        lane = self._lane()
        progress = _Progress(connected=lane.borrowed)
        scope = asyncio.timeout(timeout.attempt)
        try:
            async with scope:
                lane.enter(scope)
                try:
                    response = await lane.api.request(
                        method,
                        url,
                        headers=headers,
                        data=body,
                        # aiohttp would call a missing body an octet stream.
                        skip_auto_headers=("Content-Type",),
                        allow_redirects=False,
                        raise_for_status=False,
                        auto_decompress=True,
                        proxy=self._proxies.find(url, secret=True),
                        ssl=self._ssl,
                        timeout=_aiohttp_timeout(timeout),
                        trace_request_ctx=progress,
                        middlewares=lane.middlewares,
                    )
                    progress.status = response.status
                    # Closes the connection by itself when it fails or is cancelled.
                    content = await response.read()
                    return Answer(response.status, response.headers, content)
                except (aiohttp.ClientError, OSError) as error:
                    failure = _failure(error, progress)
                finally:
                    lane.leave(scope)
        except TimeoutError:
            seconds = timeout.attempt or 0.0
            cause: Cause = "read_timeout" if progress.connected else "connect_timeout"
            detail = f"no answer within {seconds:g} s"
            failure = Failure(_phase(progress), cause, detail, progress.status)
        if lane.cut:
            raise PoolClosedError("the pool was closed while the request was under way")
        return failure

    @contextlib.asynccontextmanager
    async def foreign(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        data: Any = None,
        timeout: Timeout | None = None,  # noqa: ASYNC109
    ) -> AsyncGenerator[ClientResponse, None]:
        """Send a request to another host than the API, and read its answer as a stream.

        No token goes along. `Timeout.attempt` does not apply, since a large file takes its time.
        """
        if headers and any(name.lower() == "authorization" for name in headers):
            raise ConfigurationError(
                "a request to a foreign host has an Authorization header",
                advice="Leave it out: signed addresses need none, and no token may go there.",
            )
        timeout = Timeout() if timeout is None else timeout
        address = URL(url, encoded=True)
        lane = self._lane()
        progress = _Progress(connected=False)
        scope = asyncio.timeout(timeout.total)
        try:
            async with scope:
                lane.enter(scope)
                try:
                    async with lane.foreign().request(
                        method,
                        address,
                        headers=headers,
                        data=data,
                        proxy=self._proxies.find(address, secret=False),
                        ssl=self._ssl,
                        timeout=_aiohttp_timeout(timeout),
                        trace_request_ctx=progress,
                    ) as response:
                        progress.status = response.status
                        yield response
                        return
                except aiohttp.ClientError as error:
                    failure = _failure(error, progress)
                finally:
                    lane.leave(scope)
        except TimeoutError:
            if not scope.expired():
                raise
            detail = f"not done within {timeout.total or 0.0:g} s"
            failure = Failure(_phase(progress), "read_timeout", detail, progress.status)
        if lane.cut:
            raise PoolClosedError("the pool was closed while the request was under way")
        raise ConnectionFailedError(failure.detail, phase=failure.phase, status=failure.status)

    def _lane(self) -> "_Lane":
        loop = asyncio.get_running_loop()
        if self._closed:
            raise PoolClosedError("the pool is closed")
        lane = self._lanes.get(loop)
        if lane is not None:
            if lane.api.closed:
                raise PoolClosedError("the session that the pool was given is closed")
            return lane
        for dead in [other for other in self._lanes if other.is_closed()]:
            del self._lanes[dead]
        if self._borrowed is not None:
            api = self._borrowed
        else:
            api = _session(self._limit, self._keepalive, self._dns_ttl)
        lane = _Lane(
            loop,
            api,
            functools.partial(_session, self._foreign_limit, self._keepalive, self._dns_ttl),
            borrowed=self._borrowed is not None,
        )
        self._lanes[loop] = lane
        return lane


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


class _Progress:
    """How far a request has come. A session of ours reports it; a borrowed one does not."""

    __slots__ = ("connected", "reused", "status")

    def __init__(self, *, connected: bool) -> None:
        self.connected = connected
        self.reused = False
        self.status: int | None = None


class _Lane:
    """The sessions of one event loop, and the requests under way on them."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        api: ClientSession,
        open_foreign: Callable[[], ClientSession],
        *,
        borrowed: bool,
    ) -> None:
        self.loop = loop
        self.api = api
        self.borrowed = borrowed
        self.cut = False
        own: tuple[Any, ...] = getattr(api, "_middlewares", ()) if borrowed else ()
        self.middlewares = (*own, _no_silent_repeat)
        self._open_foreign = open_foreign
        self._foreign: ClientSession | None = None
        self._scopes: set[asyncio.Timeout] = set()
        self._idle: asyncio.Event | None = None
        # asyncio closes the asynchronous generators of a loop before the loop itself: a pool that
        # nobody closed is closed by that. The first step runs to the `yield` without suspending.
        self._keeper = self._keep()
        with contextlib.suppress(StopIteration):
            self._keeper.__anext__().__await__().send(None)

    def foreign(self) -> ClientSession:
        """The session for other hosts, opened on first use."""
        if self._foreign is None:
            self._foreign = self._open_foreign()
        return self._foreign

    def enter(self, scope: asyncio.Timeout) -> None:
        """A request begins."""
        self._scopes.add(scope)

    def leave(self, scope: asyncio.Timeout) -> None:
        """A request has ended."""
        self._scopes.discard(scope)
        if self._idle is not None and not self._scopes:
            self._idle.set()

    async def end(self, grace: float) -> None:
        """Wait for the requests under way, cut off those that take too long, and close."""
        try:
            await self._drained(grace)
            self.cut = True
            for scope in self._scopes:
                with contextlib.suppress(RuntimeError):  # it is timing out by itself
                    scope.reschedule(self.loop.time())
            await self._drained(_AFTER_CUT)
        finally:
            await self._keeper.aclose()

    async def _drained(self, seconds: float) -> None:
        if not self._scopes:
            return
        self._idle = asyncio.Event()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._idle.wait()

    async def _keep(self) -> AsyncGenerator[None, None]:
        try:
            yield
        finally:
            if not self.borrowed:
                await self.api.close()
            if self._foreign is not None:
                await self._foreign.close()
            # Sockets are closed in the next round of the loop.
            await asyncio.sleep(0)


class _Proxies:
    """Which proxy to use for an address."""

    def __init__(self, proxy: str | None, *, trust_env: bool) -> None:
        self._proxy = None if proxy is None else URL(proxy)
        self._trust_env = trust_env
        self._found: dict[tuple[str, str | None], URL | None] = {}

    def find(self, url: URL, *, secret: bool) -> URL | None:
        """The proxy for an address; none where it would read a secret in plain HTTP."""
        if (self._proxy is None and not self._trust_env) or (secret and url.scheme != "https"):
            return None
        if self._proxy is not None:
            return self._proxy
        key = url.scheme, url.host
        if key not in self._found:
            self._found[key] = self._from_environment(url)
        return self._found[key]

    @staticmethod
    def _from_environment(url: URL) -> URL | None:
        proxy = urllib.request.getproxies().get(url.scheme)
        if proxy is None or urllib.request.proxy_bypass(url.host or ""):
            return None
        return URL(proxy)


class _RequestLostError(aiohttp.ClientError):
    """A connection broke, wrapped so that aiohttp does not repeat the request by itself."""


async def _no_silent_repeat(request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
    """Keep aiohttp from repeating GET, PUT and DELETE unseen: repeating is decided elsewhere."""
    try:
        return await handler(request)
    except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise _RequestLostError(_words(error)) from None


async def _on_connected(_: ClientSession, context: SimpleNamespace, __: object) -> None:
    context.trace_request_ctx.connected = True


async def _on_reused(_: ClientSession, context: SimpleNamespace, __: object) -> None:
    context.trace_request_ctx.connected = True
    context.trace_request_ctx.reused = True


def _session(limit: int, keepalive: float, dns_ttl: float) -> ClientSession:
    trace = aiohttp.TraceConfig()
    trace.on_connection_create_end.append(_on_connected)
    trace.on_connection_reuseconn.append(_on_reused)
    return ClientSession(
        connector=aiohttp.TCPConnector(
            limit=limit, keepalive_timeout=keepalive, ttl_dns_cache=int(dns_ttl)
        ),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=None),
        trust_env=False,
        trace_configs=[trace],
    )


@functools.lru_cache(maxsize=64)
def _aiohttp_timeout(timeout: Timeout) -> aiohttp.ClientTimeout:
    # `connect` of aiohttp includes waiting for a free connection, which is not the host's doing.
    return aiohttp.ClientTimeout(total=None, sock_connect=timeout.connect, sock_read=timeout.read)


def _failure(error: BaseException, progress: _Progress) -> Failure:
    """Put an error of aiohttp into the terms of the retry table."""
    cause: Cause
    detail = str(error) if isinstance(error, _RequestLostError) else _words(error)
    match error:
        case aiohttp.ClientConnectorDNSError():
            cause = "dns"
        case aiohttp.ClientSSLError() | tls.SSLError() | aiohttp.ServerFingerprintMismatch():
            cause = "tls"
        case aiohttp.ClientHttpProxyError():
            cause = "proxy"
            detail = f"the proxy answered {error.status}"
        case aiohttp.ClientConnectorError():
            cause = "refused"
        case aiohttp.ConnectionTimeoutError():
            cause = "connect_timeout"
        case TimeoutError():
            cause = "read_timeout"
        case aiohttp.ClientPayloadError():
            encoding = isinstance(error.__cause__, ContentEncodingError)
            cause = "garbled" if encoding else "lost"
        case aiohttp.ClientResponseError():
            # Its own text may hold headers.
            cause, detail = "garbled", f"the answer is not HTTP: {error.message}"
        case _:
            cause = "lost"
    return Failure(_phase(progress), cause, detail, progress.status, progress.reused)


def _phase(progress: _Progress) -> Phase:
    if progress.status is not None:
        return "truncated_answer"
    return "maybe_sent" if progress.connected else "not_sent"


def _words(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


_ENDINGS: Final[set[asyncio.Task[None]]] = set()


def _abandon(lanes: dict[asyncio.AbstractEventLoop, _Lane]) -> None:
    """Close what a pool left behind that was collected without having been closed."""
    for loop, lane in lanes.items():
        if not loop.is_closed():
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(_end_later, lane)


def _end_later(lane: _Lane) -> None:
    task = lane.loop.create_task(lane.end(0.0))
    _ENDINGS.add(task)
    task.add_done_callback(_ENDINGS.discard)
