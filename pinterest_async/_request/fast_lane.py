"""Requests to the API as prepared bytes, on aiohttp's connector, connections and parser.

A session of aiohttp takes half of the time of a small request to build objects for what these
requests do not have: cookies, redirects, parts, compression, middlewares.
"""

from __future__ import annotations

from typing import Any

import aiohttp
from aiohttp import ClientSession

from pinterest_async._core.build import WireRequest
from pinterest_async._core.outcomes import RawResponse
from pinterest_async._request.connections import Host
from pinterest_async._request.prepared import ApiAddress, RequestHeaders, as_bytes
from pinterest_async._request.transport import RequestProgress, aiohttp_timeout
from pinterest_async._request.whole_bodies import whole_body
from pinterest_async.options import Timeout

_MOST_HOSTS = 64


class FastLane:
    """Sends requests past a session, with the connections of its connector."""

    def __init__(self, session: ClientSession, ssl: Any, loop: Any) -> None:
        self._session = session
        self._connector: Any = session.connector
        self._ssl = ssl
        self._loop = loop
        self._hosts: dict[tuple[str, str | None, int | None], Host] = {}

    async def exchange(
        self,
        address: ApiAddress,
        wire: WireRequest,
        headers: RequestHeaders,
        timeout: Timeout,  # noqa: ASYNC109  (a struct of several)
        progress: RequestProgress,
        limit: int,
    ) -> RawResponse:
        """Send one request, and read an answer of up to `limit` bytes."""
        host = self._hosts.get(address.key) or self._host(address)
        try:
            connection = await self._connector.connect(host, [progress], aiohttp_timeout(timeout))
        except TimeoutError:
            raise aiohttp.ConnectionTimeoutError(f"no connection to {address.host}") from None
        protocol: Any = connection.protocol
        try:
            progress.deadline.listen(protocol, timeout.read)
            protocol.send(as_bytes(address, wire, headers))
            head, content = await protocol.answer()
            progress.headers_arrived(head.code, head.headers)
            is_whole = type(content) is bytes
            body = whole_body(head.code, head.headers, content, limit) if is_whole else None
            if body is None:
                from pinterest_async._request.reading import read_body

                stream = protocol.stream(content) if is_whole else content
                body = await read_body(head.code, head.headers, stream, limit)
        except BaseException:
            connection.close()
            raise
        if protocol.has_sent():
            connection.release()
        else:
            connection.close()
        return RawResponse(head.code, head.headers, body)

    def _host(self, address: ApiAddress) -> Host:
        if len(self._hosts) >= _MOST_HOSTS:
            self._hosts.clear()
        host = Host(self._session, address.url, self._ssl, self._loop)
        self._hosts[address.key] = host
        return host
