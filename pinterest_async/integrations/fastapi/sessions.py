"""Signed cookies: who has logged in, and which login is under way. No token is in them."""

import hashlib
import secrets
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

import msgspec
from fastapi import Response
from fastapi.requests import HTTPConnection
from itsdangerous import BadData, URLSafeSerializer

from pinterest_async.errors import ConfigurationError

T = TypeVar("T", bound="SignedCookie")

_SHORTEST_KEY: Final = 32
_LONGEST_COOKIE: Final = 4096
_LOGIN_LIFE: Final = 600.0
"""Seconds that a person has to come back from Pinterest, whose codes live as long."""


class SignedCookie(msgspec.Struct, frozen=True, kw_only=True):
    """What a cookie holds; it is good until a time in seconds since 1970."""

    until: float


class Session(SignedCookie, frozen=True, kw_only=True):
    """Somebody who has logged in; each login makes a session with an id of its own."""

    user: str
    id: str


class LoginUnderWay(SignedCookie, frozen=True, kw_only=True):
    """A login that was begun in this browser, by the user whom the application knows, if any."""

    state: str
    user: str | None


class Cookies:
    """Writes and reads the cookies of one backend.

    They are signed with the first key and accepted from any, `HttpOnly` and `SameSite=Lax`; over
    https `Secure`, with a name that binds them to the host. Servers whose clocks differ accept each
    other's.
    """

    def __init__(
        self,
        keys: str | Sequence[str],
        *,
        app: str,
        secure: bool,
        life: float,
        now: Callable[[], float],
    ) -> None:
        keys = [keys] if isinstance(keys, str) else [*keys]
        if not keys or not all(len(key) >= _SHORTEST_KEY for key in keys):
            raise ConfigurationError(
                f"session_key has fewer than {_SHORTEST_KEY} characters",
                advice="Make one with secrets.token_urlsafe(32), and keep it as a secret.",
            )
        self._secure = secure
        self._life = life
        self._now = now
        # itsdangerous signs with the last key, and accepts all.
        self._signers: dict[type[SignedCookie], URLSafeSerializer] = {
            kind: URLSafeSerializer(
                keys[::-1],
                salt=f"pinterest_async.{kind.__name__}.{app}",
                signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256},
            )
            for kind in (Session, LoginUnderWay)
        }

    def start_session(self, response: Response, user: str) -> None:
        """Log a user in, in a new session."""
        until = self._now() + self._life
        session = Session(until=until, user=user, id=secrets.token_urlsafe(12))
        self._write(response, session, self._life)

    def begin_login(self, response: Response, state: str, user: str | None) -> None:
        """Remember what a login was begun with."""
        under_way = LoginUnderWay(until=self._now() + _LOGIN_LIFE, state=state, user=user)
        self._write(response, under_way, _LOGIN_LIFE)

    def read(self, connection: HTTPConnection, kind: type[T]) -> T | None:
        """What a cookie holds; None where there is none, or none of ours, or an old one."""
        text = connection.cookies.get(self._name(kind), "")
        if not 0 < len(text) <= _LONGEST_COOKIE:
            return None
        try:
            found = msgspec.convert(self._signers[kind].loads(text), kind)
        except (BadData, msgspec.ValidationError):
            return None
        return found if self._now() < found.until else None

    def end(self, response: Response, kind: type[SignedCookie]) -> None:
        """Let the browser forget a cookie."""
        response.delete_cookie(
            self._name(kind), path="/", secure=self._secure, httponly=True, samesite="lax"
        )

    def _write(self, response: Response, cookie: SignedCookie, life: float) -> None:
        response.set_cookie(
            self._name(type(cookie)),
            str(self._signers[type(cookie)].dumps(msgspec.to_builtins(cookie))),
            max_age=int(life),
            path="/",
            secure=self._secure,
            httponly=True,
            samesite="lax",
        )

    def _name(self, kind: type[SignedCookie]) -> str:
        name = "pinterest_session" if kind is Session else "pinterest_login"
        # Browsers take this name from the host itself only, over https.
        return f"__Host-{name}" if self._secure else name
