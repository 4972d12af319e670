"""Where requests to foreign hosts may go: addresses come from answers, and answers may be forged.

A forged address must not make a program in a private network read what only its machine or network
reaches, such as the metadata of a cloud's machine.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Mapping
from typing import Final, Literal, TypeAlias
from urllib.parse import urljoin

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from pinterest_async._request.transport_errors import PrivateAddressError
from pinterest_async.errors import ConnectionFailedError

MOST_REDIRECTS: Final = 10
_MOST_APIS: Final = 8
REDIRECTS: Final = frozenset((301, 302, 303, 307, 308))

_TO_GET: Final = frozenset((301, 302, 303))
_SECRET_HEADERS: Final = frozenset(("cookie", "proxy-authorization"))
_ADVICE: Final = (
    "Pinterest's files are at public https addresses. Where this one is yours, such as that of a "
    "test server, allow it: SessionPool(private_hosts=True)."
)
_NONE: Final = "the address of a file is not an http or https address"
_NONE_ADVICE: Final = "Ask for the address again, and report it if it persists."

_TRANSLATED: Final = ipaddress.IPv6Network("64:ff9b::/96")
"""IPv6 addresses that a network turns into the IPv4 address at their end (RFC 6052)."""

Reach: TypeAlias = Literal["public", "loopback", "private", "other"]
"""From where an IP address is reached: everywhere, this machine, this network, or other ways."""


def refusal(message: str, advice: str = _ADVICE) -> ConnectionFailedError:
    """The error for an address that is not called."""
    return ConnectionFailedError(message, phase="not_sent", advice=advice)


def reach(address: str) -> Reach:
    """From where an IP address is reached."""
    ip = _ip(address)
    if ip is None:
        return "other"
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            ip = ip.ipv4_mapped
        elif ip.sixtofour is not None:
            within = reach(str(ip.sixtofour))
            return "other" if within == "public" else within
        elif ip in _TRANSLATED:
            ip = ipaddress.IPv4Address(int(ip) & 0xFFFF_FFFF)
    if ip.is_loopback:
        return "loopback"
    if ip.is_global and not ip.is_multicast:
        return "public"
    link_local = ip.is_link_local or ip.is_unspecified or ip.is_multicast or ip.is_reserved
    return "private" if ip.is_private and not link_local else "other"


class ForeignResolver(AbstractResolver):
    """Resolves names by the system, and refuses those that lead to where nothing may go."""

    def __init__(self, gate: "Gate") -> None:
        self._gate = gate
        self._system = aiohttp.ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Resolve a name; each of its addresses has to be allowed."""
        try:
            found = await self._system.resolve(host, port, family)
        except UnicodeError as error:  # a part of the name is empty or too long
            raise OSError(None, "it is no host name") from error
        if host not in self._gate.proxies:
            for one in found:
                await self._gate.check_ip(one["host"])
        return found

    async def close(self) -> None:
        """Nothing to close."""


class Gate:
    """Decides which foreign addresses are called.

    Addresses are public ones with https. Where the API itself is on this machine or in a private
    network, files may be there too; and where it has no https, they need none. With
    `private_hosts`, all is allowed but schemes other than http and https.
    """

    def __init__(self, *, private_hosts: bool) -> None:
        self._private_hosts = private_hosts
        self.proxies: set[str] = set()
        self._apis: set[URL] = set()
        self._reaches: dict[str, frozenset[Reach]] = {}

    def allow_beside(self, api: URL) -> None:
        """Files may be where this API is."""
        if len(self._apis) < _MOST_APIS:
            self._apis.add(api.origin())

    async def check(self, url: URL, *, proxied: bool) -> None:
        """Refuse an address whose scheme or literal IP address is not allowed.

        Names are checked when they are resolved; a proxy resolves them where it is.

        Raises:
            ConnectionFailedError: It is not called.
        """
        if url.scheme not in ("http", "https") or not url.host or url.user or url.password:
            raise refusal(_NONE, _NONE_ADVICE)
        plain = self._private_hosts or any(api.scheme == "http" for api in self._apis)
        if url.scheme == "http" and not plain:
            raise refusal("the address of a file is plain http, which anybody can read")
        host = url.host.rstrip(".").lower()
        try:
            if _ip(host) is not None:
                await self.check_ip(host)
            elif proxied and (host == "localhost" or host.endswith(".localhost")):
                await self.check_ip("127.0.0.1")
        except PrivateAddressError as error:
            raise refusal(str(error)) from None

    async def check_ip(self, address: str) -> None:
        """Refuse an IP address that nothing may be sent to.

        Raises:
            PrivateAddressError: It is none of those.
        """
        kind = reach(address)
        if kind == "public" or self._private_hosts:
            return
        if kind != "other":
            for api in tuple(self._apis):
                if kind in await self._reaches_of(api.host or ""):
                    return
        where = "this machine" if kind == "loopback" else "an address that is not public"
        raise PrivateAddressError(f"the address of a file leads to {where}, where the API is not")

    async def _reaches_of(self, host: str) -> frozenset[Reach]:
        if host not in self._reaches:
            found = [host]
            if _ip(host) is None:
                loop = asyncio.get_running_loop()
                try:
                    infos = await loop.getaddrinfo(host, None, type=socket.SOCK_STREAM)
                except OSError:
                    return frozenset()
                found = [str(info[4][0]) for info in infos]
            reaches: frozenset[Reach] = frozenset(reach(one) for one in found)
            self._reaches[host] = reaches
        return self._reaches[host]


def _ip(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """A host as an IP address; None for a name. An IPv6 address may have a zone."""
    try:
        return ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None


def parsed(address: object) -> URL:
    """An address with its bytes as they are: a signature covers them.

    Raises:
        ConnectionFailedError: It is none.
    """
    try:
        if not isinstance(address, str) or not address.isascii() or not address.isprintable():
            raise ValueError  # noqa: TRY301
        url = URL(address, encoded=True)
        if " " in address or url.port == 0:
            raise ValueError  # noqa: TRY301
    except (ValueError, TypeError):
        raise refusal(_NONE, _NONE_ADVICE) from None
    return url


def redirected(url: URL, location: str) -> URL:
    """The address that a redirect leads to, with its bytes as they are.

    Raises:
        ConnectionFailedError: It leads to none.
    """
    try:
        return parsed(urljoin(str(url), location))
    except ValueError:
        raise refusal(_NONE, _NONE_ADVICE) from None


def method_after(method: str, status: int) -> str:
    """The method after a redirect: as browsers do it, a POST becomes a GET but for 307 and 308."""
    if status == 303 and method != "HEAD":
        return "GET"
    return "GET" if status in _TO_GET and method == "POST" else method


def headers_elsewhere(headers: Mapping[str, str] | None) -> dict[str, str]:
    """The headers for another host than they were given for."""
    return {
        name: value
        for name, value in (headers or {}).items()
        if name.lower() not in _SECRET_HEADERS
    }
