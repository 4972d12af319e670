"""Puts errors of aiohttp into the terms of the retry table."""

import ssl as tls
from typing import Final

import aiohttp
from aiohttp import ClientHandlerType, ClientRequest, ClientResponse
from aiohttp.http_exceptions import ContentEncodingError

from pinterest_async._core.outcomes import Cause, RequestFailure
from pinterest_async._request.connections import NotHttpError
from pinterest_async._request.transport import RequestProgress

NO_CONNECTION: Final = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)
"""Errors of a request that got no connection."""


class PrivateAddressError(aiohttp.ClientError):
    """A name leads to an address that is not public."""


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
            cause, detail = "garbled", _not_http(str(error))
        case aiohttp.ClientResponseError():
            cause, detail = "garbled", _not_http(error.message)
        case _:
            cause = "lost"
    return progress.failure(cause, detail)


def _not_http(why: str) -> str:
    return f"it is not HTTP: {why.partition(':')[0]}"  # what follows may be a header that came


def _describe(error: BaseException) -> str:
    match error:
        case aiohttp.ClientConnectorCertificateError():
            text = f"{error.host}:{error.port}, {error.certificate_error}"
        case aiohttp.ServerDisconnectedError() if not isinstance(error.message, str):
            text = "the answer broke off in its head"  # its own text has the headers that came
        case aiohttp.ClientConnectorError():  # its own text tells of its objects as well
            text = f"{error.host}:{error.port}, {error.strerror or error.os_error}"
        case _:
            text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return " ".join(text.split())
