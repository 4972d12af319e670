"""The OAuth grants: by refresh token, by the code of a login, by the credentials of an app."""

import re
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Self

from pinterest_async.auth.access import Exchange, Secret, checked
from pinterest_async.auth.optional_stores import KeyringStore, RedisStore
from pinterest_async.auth.renewing import Renewing
from pinterest_async.auth.store_errors import store_name
from pinterest_async.auth.stores import FileStore, Tokens, TokenStore
from pinterest_async.errors import (
    AuthenticationError,
    BadRequestError,
    ConfigurationError,
    NotLoggedInError,
)

if TYPE_CHECKING:
    from pinterest_async.resources._vocabularies import Scope

_NOTHING: Tokens = Tokens(access_token="", refresh_token="")


class RefreshToken(Renewing):
    """Authenticates with an access token, and gets a new one when it expires.

    Any number of tasks may share one: however many meet an expired token at a time, one refresh is
    made. Pinterest replaces the refresh token along with the access token, and the old one stops
    working; the new pair goes to `store` before it is used. Without a store it is in memory alone,
    so that the next process cannot log in: a warning is logged then.

    A pair that the store already holds takes precedence over the tokens given here, which are tried
    where Pinterest refuses that pair.
    """

    def __init__(
        self,
        client_id: str,
        client_secret: str,
        refresh_token: str,
        *,
        access_token: str | None = None,
        expires_at: float | None = None,
        store: TokenStore | None = None,
        scope: str | None = None,
        subject: str | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        given = Tokens(
            access_token=checked(access_token, "the access token") if access_token else "",
            refresh_token=checked(refresh_token, "the refresh token"),
            expires_at=expires_at,
        )
        self._scope = scope
        super().__init__(
            client_id,
            client_secret,
            given,
            subject=subject or refresh_token,
            store=store,
            now=now,
        )

    @classmethod
    def from_store(
        cls,
        client_id: str,
        client_secret: str,
        store: TokenStore,
        *,
        scope: str | None = None,
        subject: str | None = None,
        now: Callable[[], float] = time.time,
    ) -> Self:
        """Go on with a login whose tokens a store holds; it is read on first use.

        `subject` tells users apart for the rate limiter, such as the id of your user. A file, a
        name in a keyring and a name in Redis stand for a user each; with another store, it has to
        be given.

        Raises:
            ConfigurationError: here, where `subject` is missing; from calls, where the store holds
                nothing.
        """
        if subject is None and not isinstance(store, FileStore | KeyringStore | RedisStore):
            raise ConfigurationError(
                "the rate limiter does not know whose tokens the store holds",
                advice="Pass subject=..., such as the id of your user.",
            )
        auth = cls.__new__(cls)
        auth._scope = scope
        Renewing.__init__(
            auth,
            client_id,
            client_secret,
            _NOTHING,
            subject=subject or repr(store),
            store=store,
            now=now,
        )
        return auth

    def _form(self, current: Tokens) -> dict[str, Any]:
        if not current.refresh_token:
            what = "tokens" if not current.access_token else "refresh token"
            raise NotLoggedInError(
                f"{store_name(self._store)} holds no {what}",
                advice="Log in first, by `pinterest login`, or by login() with the same store.",
            )
        form = _refresh(current)
        return {**form, "scope": self._scope} if self._scope else form

    async def _exchange(self, current: Tokens, exchange: Exchange) -> Tokens:
        try:
            return await super()._exchange(current, exchange)
        except (AuthenticationError, BadRequestError):
            # Somebody has logged in anew since the store was written, and gave us the result.
            if self._given.refresh_token in ("", current.refresh_token):
                raise
        return await super()._exchange(self._given, exchange)


class AuthorizationCode(Renewing):
    """Authenticates with the code of a login, which is traded for tokens on first use.

    A code is good for one trade within about ten minutes; from then on this is as a `RefreshToken`.
    The tokens go to `store`, in place of those of an earlier login: `RefreshToken.from_store` goes
    on from there after a restart. Where the store depends on who logged in, ask Pinterest first,
    then call `save_to`. `redirect_uri` is the one that the login was sent to.
    """

    def __init__(
        self,
        client_id: str,
        client_secret: str,
        code: str,
        *,
        redirect_uri: str,
        store: TokenStore | None = None,
        subject: str | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._code = checked(code, "the code")
        self._redirect_uri = redirect_uri
        self._traded = False
        super().__init__(
            client_id,
            client_secret,
            _NOTHING,
            subject=subject or code,
            store=store,
            now=now,
        )

    def _form(self, current: Tokens) -> dict[str, Any]:
        if current.refresh_token:
            return _refresh(current)
        if self._traded:
            raise ConfigurationError(
                "the login brought no refresh token, and its access token has expired",
                advice="Log in again.",
            )
        return {
            "grant_type": "authorization_code",
            "code": self._code,
            "redirect_uri": self._redirect_uri,
            # Apps made before 2025-09-25 get refresh tokens that renew only when they ask.
            "continuous_refresh": True,
        }

    async def _stored(self) -> Tokens | None:
        # As long as nothing of this login was saved, the store holds an earlier one.
        if not self._traded or self._given in self._older:
            return None
        return await super()._stored()

    async def _exchange(self, current: Tokens, exchange: Exchange) -> Tokens:
        tokens = await super()._exchange(current, exchange)
        self._traded = True
        return tokens


class ClientCredentials(Renewing):
    """Authenticates as the app's owner, with nothing but the credentials of the app."""

    def __init__(
        self,
        client_id: str,
        client_secret: str,
        *,
        scopes: "Sequence[Scope]",
        store: TokenStore | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._scopes = joined_scopes(scopes)
        super().__init__(
            client_id,
            client_secret,
            _NOTHING,
            subject="client_credentials",
            store=store,
            now=now,
        )

    def _form(self, current: Tokens) -> dict[str, Any]:  # noqa: ARG002  (nothing to follow on)
        return {"grant_type": "client_credentials", "scope": self._scopes}


def joined_scopes(scopes: "Sequence[Scope]") -> str:
    """The scopes as Pinterest takes them, joined by commas.

    Raises:
        ConfigurationError: They are no list, or one of them cannot be a scope.
    """
    if isinstance(scopes, str) or not scopes:
        raise ConfigurationError(
            f"scopes is {scopes!r}", advice="Pass a list such as ['pins:read', 'boards:read']."
        )
    for number, one in enumerate(scopes):
        if not _is_scope(one):
            raise ConfigurationError(
                f"scopes[{number}] is {one!r}", advice="Write one scope, such as 'pins:read'."
            )
    return ",".join(scopes)


def _is_scope(value: object) -> bool:
    return isinstance(value, str) and bool(re.fullmatch(r"[\w.:-]+", value))


def _refresh(current: Tokens) -> dict[str, Any]:
    return {"grant_type": "refresh_token", "refresh_token": Secret(current.refresh_token)}
