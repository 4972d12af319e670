"""Requests to the API through a session of aiohttp: with proxies, and where the session is lent."""

from typing import Any

from aiohttp import ClientSession
from yarl import URL

from pinterest_async._core.build import WireRequest
from pinterest_async._core.outcomes import RawResponse
from pinterest_async._request.prepared import ApiAddress, RequestHeaders
from pinterest_async._request.reading import read_body
from pinterest_async._request.transport import RequestProgress, aiohttp_timeout
from pinterest_async._request.transport_errors import no_silent_repeat
from pinterest_async.options import Timeout


class SessionLane:
    """Sends requests through a session, whose own middlewares are `middlewares`."""

    def __init__(self, session: ClientSession, ssl: Any, middlewares: tuple[Any, ...]) -> None:
        self._session = session
        self._ssl = ssl
        self._middlewares = (*middlewares, no_silent_repeat)

    async def exchange(
        self,
        address: ApiAddress,
        wire: WireRequest,
        headers: RequestHeaders,
        timeout: Timeout,  # noqa: ASYNC109  (a struct of several)
        progress: RequestProgress,
        limit: int,
        proxy: URL | None = None,
    ) -> RawResponse:
        """Send one request, and read an answer of up to `limit` bytes."""
        fields = headers.fields
        if wire.content_type is not None:
            fields = {**fields, "Content-Type": wire.content_type}
        response = await self._session.request(
            wire.method,
            address.full(wire.target),
            headers=fields,
            data=wire.body,
            # aiohttp would call a missing body an octet stream.
            skip_auto_headers=("Content-Type",),
            allow_redirects=False,
            raise_for_status=False,
            auto_decompress=False,
            proxy=proxy,
            ssl=self._ssl,
            timeout=aiohttp_timeout(timeout),
            trace_request_ctx=progress,
            middlewares=self._middlewares,
        )
        progress.headers_arrived(response.status, response.headers)
        try:
            body = await read_body(response.status, response.headers, response.content, limit)
        except BaseException:
            response.close()
            raise
        response.release()  # closes the connection where a part of the body was left
        return RawResponse(response.status, response.headers, body)
