"""What requests have in common, prepared once: the address of the API, and headers."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from yarl import URL

from pinterest_async._core.build import WireRequest
from pinterest_async.errors import ConfigurationError

_NO_CONTENT: Final = "Content-Length: 0\r\n"
_BODILESS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods whose requests say nothing of a body that they lack."""


class ApiAddress:
    """The base URL of an API; the targets of requests are appended to it."""

    __slots__ = ("host", "key", "path", "text", "url")

    def __init__(self, text: str) -> None:
        self.text = text
        self.url = URL(text, encoded=True)
        self.host = self.url.host_port_subcomponent or ""
        self.key = self.url.scheme, self.url.host, self.url.port
        self.path = self.url.raw_path.removesuffix("/")

    def full(self, target: str) -> URL:
        """The address of a request."""
        return URL(self.text + target, encoded=True)


@lru_cache(maxsize=64)
def api_address(text: str) -> ApiAddress:
    """The address for a base URL: one for all clients of it."""
    return ApiAddress(text)


class RequestHeaders:
    """Headers of requests, and the same as text; it shows neither, since one is a secret."""

    __slots__ = ("fields", "text")

    def __init__(self, fields: Mapping[str, str]) -> None:
        for name, value in fields.items():
            if not value.isprintable():
                raise ConfigurationError(
                    f"the header {name} would have a control character in it",
                    advice="Take the token, id and secret without line breaks.",
                )
        self.fields = fields
        self.text = "".join(f"{name}: {value}\r\n" for name, value in fields.items())


def as_bytes(address: ApiAddress, wire: WireRequest, headers: RequestHeaders) -> bytes:
    """The whole request."""
    start = f"{wire.method} {address.path}{wire.target} HTTP/1.1\r\nHost: {address.host}\r\n"
    if wire.body is not None:
        length = f"Content-Length: {len(wire.body)}\r\nContent-Type: {wire.content_type}\r\n\r\n"
        return f"{start}{headers.text}{length}".encode() + wire.body
    return f"{start}{headers.text}{'' if wire.method in _BODILESS else _NO_CONTENT}\r\n".encode()
