"""Puts what happens to a request in aiohttp into the terms of the retry table; finds proxies."""

import functools
import ssl as tls
import urllib.request
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Final, Self

import aiohttp
from aiohttp import ClientHandlerType, ClientRequest, ClientResponse, ClientSession
from aiohttp.abc import AbstractResolver
from aiohttp.http_exceptions import ContentEncodingError
from yarl import URL

from pinterest_async._core.retry_rules import Cause, Phase, RequestFailure
from pinterest_async._request.connections import AskedConnector, NotHttpError
from pinterest_async._request.deadlines import Deadline
from pinterest_async._request.foreign import PrivateAddressError
from pinterest_async.errors import ConfigurationError
from pinterest_async.options import Timeout

NO_CONNECTION: Final = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)
"""Errors of a request that got no connection."""


class RequestProgress:
    """How far a request has come: connectors report it, but for those of a session that is lent."""

    __slots__ = ("_headers", "_status", "connected", "deadline", "reused")

    deadline: Deadline

    def __init__(self) -> None:
        self.connected = False
        self.reused = False
        self._status: int | None = None
        self._headers: Mapping[str, str] = {}

    def __deepcopy__(self, _: object) -> Self:
        return self  # aioresponses copies what requests are made with

    @property
    def phase(self) -> Phase:
        """What Pinterest has seen of it."""
        if self._status is not None:
            return "truncated_answer"
        return "maybe_sent" if self.connected else "not_sent"

    def headers_arrived(self, status: int, headers: Mapping[str, str]) -> None:
        """Status and headers are here."""
        self._status, self._headers = status, headers

    def failure(self, cause: Cause, detail: str) -> RequestFailure:
        """The failure of a request that comes no further."""
        return RequestFailure(self.phase, cause, detail, self._status, self.reused, self._headers)

    # What connectors call of their traces.

    async def send_connection_queued_start(self) -> None:
        """All connections are in use by others: that time does not count."""
        self.deadline.stop()

    async def send_connection_queued_end(self) -> None:
        """A connection is free."""
        self.deadline.start()

    async def send_connection_create_start(self) -> None:
        """A connection is being opened."""

    async def send_connection_create_end(self) -> None:
        """A connection is open."""
        self.connected = True

    async def send_connection_reuseconn(self) -> None:
        """A connection is used again."""
        self.connected = self.reused = True

    async def send_dns_resolvehost_start(self, host: str) -> None:
        """A name is being resolved."""

    send_dns_resolvehost_end = send_dns_cache_hit = send_dns_cache_miss = send_dns_resolvehost_start


class Proxies:
    """Which proxy to use for an address."""

    def __init__(self, proxy: str | None, *, trust_env: bool) -> None:
        self._proxy = None if proxy is None else _proxy_url("proxy", proxy)
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
        # Others read an address without a scheme this way too.
        return _proxy_url(
            f"{url.scheme.upper()}_PROXY", proxy if "://" in proxy else f"http://{proxy}"
        )


def _proxy_url(name: str, text: str) -> URL:
    """The address of a proxy; the error shows none of it, since it may hold a password."""
    try:
        url = URL(text)
    except ValueError:
        url = URL()
    if url.scheme not in ("http", "https") or not url.host:
        raise ConfigurationError(
            f"{name} is not an http or https address", advice="Use one like http://127.0.0.1:3128."
        )
    return url


class _RequestLostError(aiohttp.ClientError):
    """A connection broke, wrapped so that aiohttp does not repeat the request by itself."""


async def no_silent_repeat(request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
    """Keep aiohttp from repeating GET, PUT and DELETE unseen: repeating is decided elsewhere."""
    try:
        return await handler(request)
    except NO_CONNECTION:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise _RequestLostError(_describe(error)) from None


async def _on_queued(_: ClientSession, context: SimpleNamespace, __: object) -> None:
    if context.trace_request_ctx is not None:
        await context.trace_request_ctx.send_connection_queued_start()


async def _on_dequeued(_: ClientSession, context: SimpleNamespace, __: object) -> None:
    if context.trace_request_ctx is not None:
        await context.trace_request_ctx.send_connection_queued_end()


async def _on_connected(_: ClientSession, context: SimpleNamespace, __: object) -> None:
    if context.trace_request_ctx is not None:
        await context.trace_request_ctx.send_connection_create_end()


async def _on_reused(_: ClientSession, context: SimpleNamespace, __: object) -> None:
    if context.trace_request_ctx is not None:
        await context.trace_request_ctx.send_connection_reuseconn()


def open_session(
    limit: int, keepalive: float, dns_ttl: float, resolver: AbstractResolver | None = None
) -> ClientSession:
    trace = aiohttp.TraceConfig()
    trace.on_connection_queued_start.append(_on_queued)
    trace.on_connection_queued_end.append(_on_dequeued)
    trace.on_connection_create_end.append(_on_connected)
    trace.on_connection_reuseconn.append(_on_reused)
    return ClientSession(
        connector=AskedConnector(
            limit=limit,
            keepalive_timeout=keepalive,
            ttl_dns_cache=int(dns_ttl),
            # The system's own: aiodns, which aiohttp takes where it is installed, fails behind VPNs
            # and in containers where the system does not.
            resolver=resolver or aiohttp.ThreadedResolver(),
        ),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=None),
        trust_env=False,
        trace_configs=[trace],
    )


@functools.lru_cache(maxsize=64)
def aiohttp_timeout(timeout: Timeout) -> aiohttp.ClientTimeout:
    # `connect` of aiohttp includes waiting for a free connection, which is not the host's doing.
    return aiohttp.ClientTimeout(total=None, sock_connect=timeout.connect, sock_read=timeout.read)


def failure_of(error: BaseException, progress: RequestProgress) -> RequestFailure:
    """Put an error of aiohttp into the terms of the retry table."""
    cause: Cause
    detail = str(error) if isinstance(error, _RequestLostError) else _describe(error)
    match error:
        case PrivateAddressError():
            cause, detail = "connect_failed", str(error)
        case aiohttp.ClientConnectorDNSError():
            cause = "dns"
        case aiohttp.ClientSSLError() | tls.SSLError() | aiohttp.ServerFingerprintMismatch():
            cause = "tls"
        case aiohttp.ClientHttpProxyError():
            cause = "proxy"
            detail = f"the proxy answered {error.status}"
        case aiohttp.ClientConnectorError():
            cause = "connect_failed"
        case aiohttp.ConnectionTimeoutError():
            cause = "connect_timeout"
        case TimeoutError():
            cause = "read_timeout"
        case aiohttp.ClientPayloadError():
            cause = "lost"
            if isinstance(error.__cause__, ContentEncodingError):
                cause, detail = "garbled", error.__cause__.message
        case NotHttpError():
            cause, detail = "garbled", f"it is not HTTP: {error}"
        case aiohttp.ClientResponseError():
            # Its own text may hold headers.
            cause, detail = "garbled", f"it is not HTTP: {error.message}"
        case _:
            cause = "lost"
    return progress.failure(cause, detail)


def _describe(error: BaseException) -> str:
    match error:
        case aiohttp.ClientConnectorCertificateError():
            text = f"{error.host}:{error.port}, {error.certificate_error}"
        case aiohttp.ClientConnectorError():  # its own text tells of its objects as well
            text = f"{error.host}:{error.port}, {error.strerror or error.os_error}"
        case _:
            text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return " ".join(text.split())


def wake_next(session: ClientSession) -> None:
    """Offer a free connection to a request that waits for one.

    aiohttp wakes one waiting request for each connection that becomes free. If that request is
    cancelled at the same moment, aiohttp wakes no other, and the others would wait for ever.
    """
    release = getattr(session.connector, "_release_waiter", None)
    if release is not None:
        release()
