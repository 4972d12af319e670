"""What a client needs of an authentication, and the simplest one: an access token."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, Protocol, TypeAlias, runtime_checkable

import msgspec

from pinterest_async.errors import ConfigurationError


class Secret(str):
    """A string that shows itself as blanked out wherever its repr is printed."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'[redacted]'"


class Grant(msgspec.Struct, frozen=True):
    """What the token endpoint answers; lifetimes in seconds.

    A refresh may answer without a refresh token: the old one stays good then.
    """

    access_token: str
    refresh_token: str | None = None
    expires_in: float | None = None
    refresh_token_expires_in: float | None = None
    scope: str | None = None

    def __repr__(self) -> str:
        return "Grant([redacted])"


class Basic(msgspec.Struct, frozen=True):
    """The credentials of an app, which the token endpoint asks for."""

    client_id: str
    client_secret: str

    def header(self) -> str:
        """The value of an `Authorization` header."""
        pair = f"{self.client_id}:{self.client_secret}".encode()
        return Secret("Basic " + base64.b64encode(pair).decode("ascii"))

    def __repr__(self) -> str:
        return f"Basic(client_id={self.client_id!r}, client_secret=[redacted])"


Exchange: TypeAlias = Callable[[Mapping[str, Any]], Awaitable[Grant]]
"""Sends a form to the token endpoint. The client provides it, so that authentication opens no
connection of its own."""


@runtime_checkable
class Auth(Protocol):
    """An authentication: anything with these members will do.

    One may be shared by any number of clients and tasks. One that also has `scopes`, the OAuth
    scopes of the token that was returned last, has calls refused before they are sent where these
    are not enough; None is for not known.
    """

    @property
    def subject(self) -> str:
        """Who this is to the rate limiter: opaque, and the same before and after a refresh."""
        ...

    @property
    def basic(self) -> Basic | None:
        """The app's credentials, for the operations that ask for them."""
        ...

    async def token(self, exchange: Exchange) -> str:
        """Return an access token to use now; refresh it first if it is about to expire."""
        ...

    async def refresh(self, rejected: str, exchange: Exchange) -> bool:
        """Replace a token that the API refused as expired; False when there is no way to."""
        ...


def as_auth(value: object) -> Auth:
    """What `auth=` accepts, as an `Auth`: a string is an access token."""
    if isinstance(value, str):
        return AccessToken(value)
    if not isinstance(value, type) and isinstance(value, Auth):
        return value
    raise ConfigurationError(
        f"auth is {'None' if value is None else f'of type {type(value).__name__}'}",
        advice="Pass an access token as a string, or an Auth such as RefreshToken. "
        "Pinterest.from_env() takes it from the environment.",
    )


class AccessToken:
    """A fixed access token. When it expires, calls raise `AuthenticationError`.

    A conversion token is one too; it can send conversion events and nothing else.
    """

    __slots__ = ("_subject", "_token")

    def __init__(self, token: str) -> None:
        self._token = checked(token, "the access token")
        self._subject = fingerprint(token)

    def __repr__(self) -> str:
        return "AccessToken([redacted])"

    @property
    def subject(self) -> str:
        """A hash of the token."""
        return self._subject

    @property
    def basic(self) -> Basic | None:
        """None: an access token knows nothing of its app."""
        return None

    async def token(self, exchange: Exchange) -> str:  # noqa: ARG002  (of the protocol)
        """Return the token."""
        return self._token

    async def refresh(self, rejected: str, exchange: Exchange) -> bool:  # noqa: ARG002
        """Return False: there is nothing to refresh it with."""
        return False


def fingerprint(*secrets: str) -> str:
    """A short hash that stands for secrets where they must not appear."""
    joined = "\0".join(secrets).encode()
    return hashlib.blake2b(joined, digest_size=12, person=b"pinterest_async").hexdigest()


_AS_GIVEN: Final = "Pass the token as Pinterest gave it, without quotes, spaces or `Bearer`."


_QUOTES: Final = "\"'`"


def checked(token: str, what: str, advice: str = _AS_GIVEN) -> Secret:
    """The token, fit to stand in a header."""
    if not token:
        raise ConfigurationError(f"{what} is empty", advice=advice)
    if token[0] in _QUOTES or token[-1] in _QUOTES:
        raise ConfigurationError(f"{what} is in quotes", advice=advice)
    if not token.isascii() or not token.isprintable() or " " in token:
        raise ConfigurationError(
            f"{what} holds a space, a line break or another character that no token has",
            advice=advice,
        )
    return Secret(token)
