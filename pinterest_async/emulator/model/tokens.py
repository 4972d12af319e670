"""Access tokens with scopes and an expiry, and the OAuth flows that issue them."""

import base64
import binascii
import datetime as dt
import hashlib
import re
from collections.abc import Iterable
from typing import Any, Final

import msgspec

from pinterest_async.emulator.contract.calls import RejectedError
from pinterest_async.emulator.contract.description import ApiOperation, Description

ACCESS_LIFE: Final = 2_592_000
"""Seconds that an access token lives: 30 days."""
REFRESH_LIFE: Final = 5_184_000
"""Seconds that a refresh token lives: 60 days."""
CODE_LIFE: Final = 600
"""Seconds that an authorization code lives."""

CLIENT_ID: Final = "1500001"
CLIENT_SECRET: Final = "emulated-client-secret"  # noqa: S105  (grants access to nothing real)


class Issued(msgspec.Struct, kw_only=True):
    """What was issued to whom. `expires` is in seconds since 1970."""

    user: str
    app: str
    scopes: list[str]
    expires: float


class IssuedToken(Issued, kw_only=True):
    """An access token. `kind` is a security scheme."""

    kind: str = "pinterest_oauth2"


class IssuedCode(Issued, kw_only=True):
    """An authorization code that has not been exchanged."""

    redirect_uri: str


class IssuedRefreshToken(Issued, kw_only=True):
    """A refresh token and the access token that was issued with it."""

    access: str


class IssuedTokens(msgspec.Struct, kw_only=True):
    """All that was issued, by token."""

    issued: int = 0
    apps: dict[str, str] = {}
    grants: dict[str, IssuedToken] = {}
    codes: dict[str, IssuedCode] = {}
    refresh: dict[str, IssuedRefreshToken] = {}


def authentication_error(reason: str) -> RejectedError:
    """The error for a token or a client that is missing, unknown or expired."""
    error = RejectedError(401, 2, "Authentication failed.")
    error.reason = reason
    return error


def _check_sent(form: dict[str, Any], *names: str) -> None:
    """Check that a grant has its fields, which the description of 5.28 has for all grants at once.

    Raises:
        RejectedError: 400 where one is missing.
    """
    for name in names:
        if not form.get(name):
            grant = form["grant_type"]
            raise RejectedError(400, 1, f"{name}: is required for the grant {grant}, and missing")


def refused_grant() -> RejectedError:
    """The error for a code or a refresh token that is unknown, used, expired, or another app's."""
    return RejectedError(401, 283, "The grant is not valid: log in again.")


class TokenIssuer:
    """Issues tokens and checks them. Tokens follow from the seed and the order of issue.

    A refresh gives a new pair; as on the live API, the older one works until it expires. A `strict`
    issuer ends it at once, and so finds clients that lose the new pair.
    """

    def __init__(self, description: Description, *, seed: int, strict: bool = False) -> None:
        self._seed = seed
        self._strict = strict
        self.scopes = sorted(
            {s for one in description.operations for few in one.scopes for s in few}
        )
        self.tokens = IssuedTokens(apps={CLIENT_ID: CLIENT_SECRET})

    # Tokens

    def issue(
        self,
        user: str,
        now: float,
        *,
        scopes: Iterable[str] | None = None,
        expires_in: float = ACCESS_LIFE,
        app: str = CLIENT_ID,
        kind: str = "pinterest_oauth2",
        token: str | None = None,
    ) -> str:
        """A new access token, or the one given; all scopes by default."""
        if token is None:
            token = self._new("pinc_" if kind == "client_credentials" else "pina_")
        granted = self.scopes if scopes is None else sorted(set(scopes))
        self.tokens.grants[token] = IssuedToken(
            user=user, app=app, scopes=granted, expires=now + expires_in, kind=kind
        )
        return token

    def revoke(self, token: str) -> None:
        """Revoke a token; nothing happens for an unknown one."""
        self.tokens.grants.pop(token, None)
        self.tokens.refresh.pop(token, None)

    def expire(self, token: str | None = None) -> None:
        """Make an access token expire, or all of them."""
        for one in self.tokens.grants if token is None else (token,):
            self.tokens.grants[one].expires = 0

    def _new(self, prefix: str) -> str:
        self.tokens.issued += 1
        text = f"{self._seed}/{prefix}/{self.tokens.issued}"
        return prefix + hashlib.sha256(text.encode()).hexdigest().upper()

    # Checks

    def grant(self, operation: ApiOperation, header: str | None, now: float) -> IssuedToken:
        """The token in an `Authorization` header.

        Raises:
            RejectedError: 401 with code 2 (unknown token) or 3 (missing scope).
        """
        scheme, _, value = (header or "").partition(" ")
        if "basic" in operation.schemes:
            app = self._client(scheme, value)
            return IssuedToken(user="", app=app, scopes=[], expires=now, kind="basic")
        if scheme.lower() != "bearer":
            raise authentication_error("there is no header Authorization: Bearer TOKEN")
        grant = self.tokens.grants.get(value.strip())
        if grant is None:
            raise authentication_error("the access token is not one of this emulator's")
        if grant.expires <= now:
            raise authentication_error("the access token has expired")
        if grant.kind not in operation.schemes:
            raise RejectedError(
                401, 3, f"A token of the kind {grant.kind} does not open this operation"
            )
        if grant.kind != "conversion_token":
            self._check_scopes(operation, grant)
        return grant

    @staticmethod
    def _check_scopes(operation: ApiOperation, grant: IssuedToken) -> None:
        stored = set(grant.scopes)
        if operation.scopes and not any(stored.issuperset(few) for few in operation.scopes):
            missing = ", ".join(sorted(set(operation.scopes[0]) - stored))
            raise RejectedError(401, 3, f"The token lacks the scope that this needs: {missing}")

    def _client(self, scheme: str, value: str) -> str:
        try:
            text = base64.b64decode(value, validate=True).decode()
        except (ValueError, binascii.Error):
            raise authentication_error("the id and the secret of the app are not base64") from None
        name, _, secret = text.partition(":")
        if scheme.lower() != "basic" or not secret or self.tokens.apps.get(name) != secret:
            raise authentication_error("the id or the secret of the app is not right")
        return name

    # OAuth

    def authorize(
        self, user: str, now: float, *, app: str, redirect_uri: str, scopes: Iterable[str]
    ) -> str:
        """The code that the redirect has when a user consents."""
        code = self._new("")[:40].lower()
        self.tokens.codes[code] = IssuedCode(
            user=user,
            app=app,
            scopes=sorted(set(scopes)),
            expires=now + CODE_LIFE,
            redirect_uri=redirect_uri,
        )
        return code

    def exchange(self, app: str, owner: str, form: dict[str, Any], now: float) -> Any:
        """Answer `/oauth/token`. `owner` is the user that the app itself acts for.

        Raises:
            RejectedError: for a code or a token that is unknown, used, expired, or another app's.
        """
        match form["grant_type"]:
            case "authorization_code":
                return self._exchange_code(app, form, now)
            case "refresh_token":
                return self._refresh(app, form, now)
            case _:
                return self._client_credentials(app, owner, form, now)

    def _exchange_code(self, app: str, form: dict[str, Any], now: float) -> Any:
        _check_sent(form, "code", "redirect_uri")
        code = self.tokens.codes.pop(form["code"], None)
        if code is None or code.app != app or code.expires <= now:
            raise refused_grant()
        if code.redirect_uri != form["redirect_uri"]:
            raise RejectedError(400, 1, "redirect_uri: is not the one that the code was issued for")
        return self._pair(code.user, app, code.scopes, now, "authorization_code")

    def _refresh(self, app: str, form: dict[str, Any], now: float) -> Any:
        _check_sent(form, "refresh_token")
        stored = self.tokens.refresh.get(form["refresh_token"])
        if stored is None or stored.app != app or stored.expires <= now:
            raise refused_grant()
        scopes = self.known_scopes(form.get("scope")) or stored.scopes
        if not set(scopes) <= set(stored.scopes):
            raise RejectedError(400, 1, "scope: has more than the refresh token was issued for")
        if self._strict:
            del self.tokens.refresh[form["refresh_token"]]
            self.tokens.grants.pop(stored.access, None)
        return self._pair(stored.user, app, scopes, now, "refresh_token")

    def _pair(self, user: str, app: str, scopes: list[str], now: float, kind: str) -> Any:
        access = self.issue(user, now, scopes=scopes, app=app)
        refresh = self._new("pinr_")
        self.tokens.refresh[refresh] = IssuedRefreshToken(
            user=user, app=app, scopes=scopes, expires=now + REFRESH_LIFE, access=access
        )
        return {
            **self._answer(access, scopes, kind),
            "refresh_token": refresh,
            "refresh_token_expires_in": REFRESH_LIFE,
            "refresh_token_expires_at": int(now) + REFRESH_LIFE,
        }

    def _client_credentials(self, app: str, owner: str, form: dict[str, Any], now: float) -> Any:
        _check_sent(form, "scope")
        scopes = self.known_scopes(form["scope"])
        token = self.issue(owner, now, scopes=scopes, app=app, kind="client_credentials")
        return self._answer(token, scopes, "client_credentials")

    @staticmethod
    def _answer(token: str, scopes: list[str], kind: str) -> dict[str, Any]:
        return {
            "response_type": kind,
            "access_token": token,
            "token_type": "bearer",
            "expires_in": ACCESS_LIFE,
            "scope": " ".join(scopes),
        }

    def known_scopes(self, text: str | None) -> list[str]:
        """The scopes in a text, joined by commas or spaces.

        Raises:
            RejectedError: 400 for one that is not known.
        """
        found = sorted({one for one in re.split(r"[,\s]+", text or "") if one})
        unknown = [one for one in found if one not in self.scopes]
        if unknown:
            raise RejectedError(400, 1, f"scope: {unknown[0]} is not known")
        return found


def utc(now: float) -> dt.datetime:
    """Seconds since 1970 as a time in UTC."""
    return dt.datetime.fromtimestamp(now, dt.UTC)
