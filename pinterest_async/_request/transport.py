"""How aiohttp is used: its sessions, how far a request has come in it, and proxies."""

from __future__ import annotations

import functools
import urllib.request
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Self

import aiohttp
from aiohttp import ClientSession
from aiohttp.abc import AbstractResolver
from yarl import URL

from pinterest_async._core.outcomes import Cause, Phase, RequestFailure
from pinterest_async._request.connections import AskedConnector
from pinterest_async._request.deadlines import Deadline
from pinterest_async.errors import ConfigurationError
from pinterest_async.options import Timeout


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


def wake_next(session: ClientSession) -> None:
    """Offer a free connection to a request that waits for one.

    aiohttp wakes one waiting request for each connection that becomes free. If that request is
    cancelled at the same moment, aiohttp wakes no other, and the others would wait for ever.
    """
    release = getattr(session.connector, "_release_waiter", None)
    if release is not None:
        release()
