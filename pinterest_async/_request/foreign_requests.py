"""Requests to other hosts than the API: downloads of reports, uploads of media.

Imported with the first of them.
"""

import asyncio
import contextlib
import functools
import ssl as tls
from collections.abc import AsyncGenerator, Callable, Mapping
from typing import Any

import aiohttp
from aiohttp import ClientResponse, ClientSession
from yarl import URL

from pinterest_async._request.deadlines import Deadline
from pinterest_async._request.failed_requests import connection_error
from pinterest_async._request.foreign_addresses import (
    MOST_REDIRECTS,
    REDIRECTS,
    ForeignResolver,
    Gate,
    headers_elsewhere,
    method_after,
    parsed,
    redirected,
    refusal,
)
from pinterest_async._request.loop_sessions import CUT_SHORT, LoopSessions
from pinterest_async._request.transport import (
    Proxies,
    RequestProgress,
    aiohttp_timeout,
    open_session,
    wake_next,
)
from pinterest_async._request.transport_errors import failure_of
from pinterest_async.errors import ConfigurationError, PoolClosedError
from pinterest_async.options import Timeout


class ForeignRequests:
    """The requests of one pool to other hosts; each event loop has a session of its own for them.

    It knows nothing of the pool, which may be collected while a request is under way.
    """

    def __init__(
        self,
        proxies: Proxies,
        ssl: tls.SSLContext | bool,
        *,
        limit: int,
        keepalive: float,
        dns_ttl: float,
        private_hosts: bool,
    ) -> None:
        self._proxies = proxies
        self._ssl = ssl
        self._gate = Gate(private_hosts=private_hosts)
        self._open = functools.partial(
            open_session, limit, keepalive, dns_ttl, ForeignResolver(self._gate)
        )

    @contextlib.asynccontextmanager
    async def send(
        self,
        sessions_of_loop: Callable[[], LoopSessions],
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None,
        data: Any,
        timeout: Timeout,  # noqa: ASYNC109  (a struct of several)
        api: str | None,
    ) -> AsyncGenerator[ClientResponse, None]:
        """Send one request, as `SessionPool.foreign` says, by the sessions of this event loop."""
        if headers and any(name.lower() == "authorization" for name in headers):
            raise ConfigurationError(
                "a request to a foreign host has an Authorization header",
                advice="Leave it out: signed addresses need none, and no token may go there.",
            )
        if api is not None:
            self._gate.allow_beside(URL(api))
        address = parsed(url)
        sessions = sessions_of_loop()
        progress = RequestProgress()
        with Deadline(sessions.foreign_requests, None) as deadline:
            progress.deadline = deadline
            deadline.begin(timeout.total)
            try:
                response = await self._followed(
                    sessions, method, address, headers, data, timeout, progress
                )
                async with response:
                    yield response
                    return
            except aiohttp.ClientError as error:
                failure = failure_of(error, progress)
            except BaseException as error:
                wake_next(self._session(sessions))
                if not deadline.end() or not isinstance(error, asyncio.CancelledError):
                    raise
                detail = f"not done within {timeout.total or 0.0:g} s"
                failure = progress.failure("read_timeout", detail)
            finally:
                deadline.end()
        if sessions.cut_short:
            raise PoolClosedError(CUT_SHORT, phase=progress.phase)
        raise connection_error(failure)

    async def _followed(
        self,
        sessions: LoopSessions,
        method: str,
        url: URL,
        headers: Mapping[str, str] | None,
        data: Any,
        timeout: Timeout,  # noqa: ASYNC109
        progress: RequestProgress,
    ) -> ClientResponse:
        """The answer at the end of all redirects."""
        for _ in range(MOST_REDIRECTS):
            proxy = self._proxies.find(url, secret=False)
            if proxy is not None and proxy.host is not None:
                self._gate.proxies.add(proxy.host)
            await self._gate.check(url, proxied=proxy is not None)
            response = await self._session(sessions).request(
                method,
                url,
                headers=headers,
                data=data,
                proxy=proxy,
                ssl=self._ssl,
                allow_redirects=False,
                timeout=aiohttp_timeout(timeout),
                trace_request_ctx=progress,
            )
            progress.headers_arrived(response.status, response.headers)
            location = response.headers.get("Location")
            if response.status not in REDIRECTS or location is None:
                return response
            response.close()
            target = redirected(url, location)
            if (target.scheme, target.host, target.port) != (url.scheme, url.host, url.port):
                headers = headers_elsewhere(headers)
            after = method_after(method, response.status)
            if after == "GET":
                data = None
            elif data is not None and not isinstance(data, bytes):
                raise refusal("an upload is redirected, which cannot be sent a second time")
            url, method = target, after
        raise refusal(f"the address of a file leads through more than {MOST_REDIRECTS} redirects")

    def _session(self, sessions: LoopSessions) -> ClientSession:
        return sessions.foreign(self._open)
