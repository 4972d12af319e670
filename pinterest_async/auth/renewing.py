"""Access tokens that renew themselves: what all grants have in common."""

import asyncio
import time
from collections.abc import Callable
from typing import Any, Final

from pinterest_async.auth.access import Basic, Exchange, Secret, checked, fingerprint
from pinterest_async.auth.stores import MemoryStore, Tokens, TokenStore
from pinterest_async.errors import PinterestError

_MARGIN: Final = 300.0
"""An access token with less than this many seconds to live is replaced before it is used."""


_PAUSE: Final = 30.0
"""Seconds between two tries to replace a token that is still good."""


class Renewing:
    """An access token that is replaced when it expires.

    Any number of tasks may share one: however many meet an expired token at a time, one refresh is
    made. The new tokens go to `store` before they are used. `_form` says how to ask for them.
    """

    def __init__(
        self,
        client_id: str,
        client_secret: str,
        given: Tokens,
        *,
        subject: str,
        store: TokenStore | None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._basic = Basic(client_id, checked(client_secret, "the client secret"))
        self._store = MemoryStore() if store is None else store
        self._now = now
        self._given = given
        self._subject = fingerprint(client_id, subject)
        self._tokens: Tokens | None = None
        self._flight: asyncio.Task[Tokens] | None = None
        self._not_before = 0.0

    def __repr__(self) -> str:
        return f"{type(self).__name__}(client_id={self._basic.client_id!r}, store={self._store!r})"

    @property
    def subject(self) -> str:
        """A hash of the app and of whom the tokens are for."""
        return self._subject

    @property
    def basic(self) -> Basic:
        """The app's credentials."""
        return self._basic

    async def token(self, exchange: Exchange) -> str:
        """Return an access token with some time to live."""
        tokens = self._tokens or await self._known()
        margin = 0.0 if self._now() < self._not_before else _MARGIN
        if tokens.access_token and not self._runs_out(tokens, margin):
            return Secret(tokens.access_token)
        try:
            renewed = await self._renew(tokens.access_token, exchange)
        except PinterestError:
            if not tokens.access_token or self._runs_out(tokens, margin=0.0):
                raise
            # Still good for a while: a refresh that fails now can be made up for later, and calls
            # need not all wait for it to fail again.
            self._not_before = self._now() + _PAUSE
            return Secret(tokens.access_token)
        return Secret(renewed.access_token)

    async def refresh(self, rejected: str, exchange: Exchange) -> bool:
        """Replace a refused token; nothing to do when another task already has."""
        tokens = self._tokens
        if tokens is None or tokens.access_token == rejected:
            await self._renew(rejected, exchange)
        return True

    def _runs_out(self, tokens: Tokens, margin: float = _MARGIN) -> bool:
        return tokens.expires_at is not None and self._now() >= tokens.expires_at - margin

    def _form(self, current: Tokens) -> dict[str, Any]:
        """What to send to the token endpoint, to get what follows on `current`."""
        raise NotImplementedError

    async def _stored(self) -> Tokens | None:
        """What the store holds."""
        return await self._store.load()

    async def _known(self) -> Tokens:
        tokens = await self._stored() or self._given
        self._tokens = self._tokens or tokens
        return self._tokens

    async def _renew(self, old: str, exchange: Exchange) -> Tokens:
        """One refresh at a time; whoever comes while it is under way shares its outcome.

        It runs as a task of its own, so that a caller who gives up does not lose the new pair.
        """
        flight = self._flight
        if flight is None or flight.get_loop() is not asyncio.get_running_loop():
            flight = asyncio.ensure_future(self._replace(old, exchange))
            self._flight = flight
            flight.add_done_callback(self._landed)
        return await asyncio.shield(flight)

    def _landed(self, flight: "asyncio.Task[Tokens]") -> None:
        if self._flight is flight:
            self._flight = None
        if not flight.cancelled():
            flight.exception()  # read, since every caller may have given up

    async def _replace(self, old: str, exchange: Exchange) -> Tokens:
        async with self._store.exclusive():
            current = await self._stored() or self._tokens or self._given
            # Another process that shares the store may have been faster.
            if current.access_token in ("", old) or self._runs_out(current):
                current = await self._exchange(current, exchange)
                await self._store.save(current)
        self._tokens = current
        return current

    async def _exchange(self, current: Tokens, exchange: Exchange) -> Tokens:
        began = self._now()
        grant = await exchange(self._form(current))
        return Tokens(
            access_token=grant.access_token,
            refresh_token=grant.refresh_token or current.refresh_token,
            expires_at=_after(began, grant.expires_in),
            refresh_expires_at=(
                _after(began, grant.refresh_token_expires_in)
                if grant.refresh_token
                else current.refresh_expires_at
            ),
        )


def _after(began: float, seconds: float | None) -> float | None:
    return None if seconds is None else began + seconds
