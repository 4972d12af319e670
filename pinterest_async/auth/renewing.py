"""Access tokens that renew themselves: what all grants have in common."""

import asyncio
import contextlib
import functools
import logging
import sys
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, Final

from pinterest_async._core.oauth_scopes import granted_scopes
from pinterest_async.auth.access import Basic, Exchange, Secret, checked, fingerprint
from pinterest_async.auth.store_errors import (
    guarded,
    guarded_lock,
    result_or_error,
    store_name,
)
from pinterest_async.auth.stores import MemoryStore, Tokens, TokenStore, fit, secrets_of
from pinterest_async.errors import ConfigurationError, PinterestError, TokenStoreError

_LOG: Final = logging.getLogger("pinterest_async")

_MARGIN: Final = 300.0
"""An access token with less than this many seconds to live is replaced before it is used."""


_PAUSE: Final = 30.0
"""Seconds between two tries to replace a token that is still good."""

_FIRST_SAVE: Final = 1.0
"""Seconds after which a pair is saved again that the store did not take; doubled each time."""
_LAST_SAVE: Final = 60.0
_SAVING: Final = 30.0
"""Seconds that a store may take to save; then the calls go on, and it is tried again later."""

_UNSAVED: Final[set["Renewing"]] = set()
"""What has a pair in memory alone: nothing of it is collected, so that it is saved at the end."""


class Renewing:
    """An access token that is replaced when it expires.

    Any number of tasks may share one: however many meet an expired token at a time, one refresh is
    made. The new tokens go to `store` before they are used. `_form` says how to ask for them.

    Where the store fails, the new pair stays in memory and is used, a warning is logged once, and
    the pair is saved again: with the next uses, after pauses, and when the client or its pool is
    closed. Only a process that dies in between loses it, and with it the login.
    """

    _outlives: bool
    """Whether somebody chose where the tokens are kept."""

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
        self._outlives = store is not None
        self._now = now
        self._given = given
        self._subject = fingerprint(client_id, subject)
        self._tokens: Tokens | None = None
        self._refreshing: asyncio.Task[Tokens] | None = None
        self._not_before = 0.0
        # Pairs older than the one in memory that the store may hold yet; none: it has that one.
        self._older: frozenset[Tokens] = frozenset()
        # The same as it was before the last call of save().
        self._basis: frozenset[Tokens] = frozenset()
        self._saving: asyncio.Task[None] | None = None
        self._pause = 0.0
        self._save_at = 0.0
        self._warned = False

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

    @property
    def scopes(self) -> tuple[str, ...] | None:
        """The OAuth scopes of the access token in use; None where they are not known (yet)."""
        return None if self._tokens is None else self._tokens.scopes

    @property
    def expires_at(self) -> float | None:
        """When the access token in use expires, in seconds since 1970; None where not known."""
        return None if self._tokens is None else self._tokens.expires_at

    @property
    def refresh_expires_at(self) -> float | None:
        """The same of the refresh token: until then, the login renews itself."""
        return None if self._tokens is None else self._tokens.refresh_expires_at

    async def token(self, exchange: Exchange) -> str:
        """Return an access token with some time to live."""
        tokens = self._tokens or await self._loaded()
        self._save_later()
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

    async def save(self) -> None:
        """Save a pair that the store did not take so far; clients and pools do when they close.

        Raises:
            TokenStoreError: The store still fails. The pair goes with this process.
        """
        with contextlib.suppress(Exception):
            async with asyncio.timeout(_SAVING):
                await self._wait_for_saving()
                if self._older:
                    await self._save_again()
        if self._older:
            raise TokenStoreError(
                f"{store_name(self._store)} does not take the latest tokens, and this process ends",
                advice="Bring it back and call save() of the auth again, or log in anew.",
            )

    async def save_to(self, store: TokenStore) -> None:
        """Keep the tokens in another store from now on.

        For a login whose user is known only when the tokens are: make a call with it, such as
        `user_account.get()`, then choose the store.

        Raises:
            TokenStoreError: The store failed; the tokens stay where they are.
            ConfigurationError: There are no tokens yet.
        """
        tokens: Tokens | None = None
        while tokens is None or tokens is not self._tokens or self._refreshing is not None:
            if self._refreshing is not None:
                await asyncio.wait((self._refreshing,))
            tokens = latest = self._tokens or await self._loaded()
            if not latest.access_token:
                raise ConfigurationError(
                    "there are no tokens to save yet", advice="Make a call with this auth first."
                )
            async with guarded_lock(store, store.exclusive()):
                await guarded(
                    store, "save", functools.partial(store.save, latest), secrets_of(latest)
                )
        self._store, self._outlives = store, True
        self._adopt(tokens)

    async def save_on_close(self) -> None:
        """Save when a client or pool closes: an error goes to the log."""
        try:
            await self.save()
        except TokenStoreError as error:
            _LOG.error("%s", error)

    async def _wait_for_saving(self) -> None:
        """Wait until nothing is being saved beside a call."""
        if self._saving is not None and self._saving.get_loop() is asyncio.get_running_loop():
            await asyncio.wait((self._saving,))

    async def _stored(self) -> Tokens | None:
        """What the store holds."""
        tokens = await self._store.load()
        if tokens is not None and not fit(tokens):
            raise ConfigurationError(
                f"{store_name(self._store)} holds something that is not a token pair of this SDK",
                advice="Tokens have neither spaces nor line breaks. Delete it and log in again.",
            )
        return tokens

    async def _loaded(self) -> Tokens:
        # Where the store fails, what was given here cannot stand in: another process may have
        # replaced it.
        stored = await guarded(self._store, "read", self._stored)
        self._tokens = self._tokens or stored or self._given
        return self._tokens

    async def _renew(self, old: str, exchange: Exchange) -> Tokens:
        """One refresh at a time; whoever comes while it is under way shares its outcome.

        It runs as a task of its own, so that a caller who gives up does not lose the new pair.
        """
        task = self._refreshing
        if task is not None and task.get_loop() is not asyncio.get_running_loop():
            if task.get_loop().is_running():
                raise ConfigurationError(
                    "a token is refreshed in two threads at a time",
                    advice="Give each thread an auth of its own, with a store that they share.",
                )
            task = None
        if task is None:
            task = asyncio.ensure_future(self._replace(old, exchange))
            self._refreshing = task
            task.add_done_callback(self._refresh_ended)
        return await asyncio.shield(task)

    def _refresh_ended(self, task: "asyncio.Task[Tokens]") -> None:
        if self._refreshing is task:
            self._refreshing = None
        if not task.cancelled():
            task.exception()  # read, since every caller may have given up

    async def _replace(self, old: str, exchange: Exchange) -> Tokens:
        await self._wait_for_saving()
        self._basis = frozenset()
        async with self._locked():
            current = await self._latest()
            # Another process that shares the store may have been faster.
            if current.access_token in ("", old) or self._runs_out(current):
                granted = await self._exchange(current, exchange)
                # In force from here on, whether the store takes it or not.
                self._tokens = granted
                self._basis = self._older | {current}
                self._mark_unsaved()
                if current.refresh_token not in ("", granted.refresh_token):
                    self._warn_of_short_life()
                await self._save(granted)
                return granted
        self._adopt(current)
        return current

    async def _latest(self) -> Tokens:
        """The pair to go on from: what the store holds, or memory where that is newer."""
        known = self._tokens
        stored = await result_or_error(self._store, "read", self._stored, secrets_of(known))
        if isinstance(stored, PinterestError):
            if known is None:
                raise stored
            self._warn(stored)
            return known
        if stored is None or (known is not None and stored in self._older):
            return known or self._given
        return stored

    @contextlib.asynccontextmanager
    async def _locked(self) -> AsyncGenerator[None, None]:
        """Hold the store's lock, or none where the store fails."""
        secrets = secrets_of(self._tokens)
        lock = await result_or_error(self._store, "lock", self._enter_lock, secrets)
        if isinstance(lock, PinterestError):
            if self._tokens is None:
                raise lock
            self._warn(lock)
            yield
            return
        try:
            yield
        finally:
            left = await result_or_error(
                self._store, "unlock", lambda: lock.__aexit__(*sys.exc_info()), secrets
            )
            if isinstance(left, PinterestError):
                self._warn(left)
                if self._basis:
                    # Of a store that works in transactions, this was to end one.
                    self._mark_unsaved()

    async def _enter_lock(self) -> AbstractAsyncContextManager[None]:
        lock = self._store.exclusive()
        await lock.__aenter__()
        return lock

    def _mark_unsaved(self) -> None:
        """Remember that the store may not have what is in memory."""
        self._older = self._basis
        _UNSAVED.add(self)

    async def _save(self, tokens: Tokens) -> None:
        """Save a pair; where that fails, it is still unsaved, and will be tried again."""

        async def save() -> None:
            async with asyncio.timeout(_SAVING):
                await self._store.save(tokens)

        error = await result_or_error(self._store, "save", save, secrets_of(tokens))
        if error is None:
            self._adopt(tokens)
            return
        self._warn(error)
        self._pause = min(_LAST_SAVE, 2 * self._pause or _FIRST_SAVE)
        self._save_at = self._now() + self._pause

    def _adopt(self, tokens: Tokens) -> None:
        """Go on with a pair that the store has."""
        if self._warned:
            _LOG.info("%s has the latest tokens again.", store_name(self._store))
        self._tokens = tokens
        self._older = frozenset()
        self._pause = 0.0
        self._warned = False
        _UNSAVED.discard(self)

    def _warn(self, problem: PinterestError) -> None:
        if not self._warned:
            self._warned = True
            _LOG.warning(
                "%s The latest tokens are in memory: calls go on with them, and saving is tried "
                "again. If this process ends before, a new login is needed.",
                problem,
            )

    def _warn_of_short_life(self) -> None:
        if not self._outlives:
            self._outlives = True
            _LOG.warning(
                "Pinterest has replaced the refresh token, and the new one is in the memory of "
                "this process alone: the old one will not work in the next process. Pass "
                "store=FileStore(...), or set PINTEREST_TOKEN_STORE to the path of a file."
            )

    def _save_later(self) -> None:
        """Begin to save what is unsaved, when it is time; no call waits for that."""
        if not self._older or self._refreshing is not None:
            return
        now = self._now()
        # A clock that was set back must not keep it from being saved.
        if self._save_at - self._pause <= now < self._save_at:
            return
        if self._saving is None or self._saving.done():
            self._save_at = now + self._pause
            self._saving = asyncio.ensure_future(self._save_again())

    async def _save_again(self) -> None:
        self._basis = self._older
        async with self._locked():
            latest = await self._latest()
            if self._tokens is None or latest != self._tokens:
                self._adopt(latest)  # somebody has put a newer pair there
            elif self._older:
                await self._save(latest)

    async def _exchange(self, current: Tokens, exchange: Exchange) -> Tokens:
        began = self._now()
        grant = await exchange(self._form(current))
        advice = "Check base_url: Pinterest grants no such tokens. Then log in again."
        checked(grant.access_token, "the granted access token", advice)
        if grant.refresh_token:
            checked(grant.refresh_token, "the granted refresh token", advice)
        return Tokens(
            access_token=grant.access_token,
            refresh_token=grant.refresh_token or current.refresh_token,
            expires_at=_after(began, grant.expires_in),
            refresh_expires_at=(
                _after(began, grant.refresh_token_expires_in)
                if grant.refresh_token
                else current.refresh_expires_at
            ),
            scopes=granted_scopes(grant.scope) or current.scopes,
        )


def _after(began: float, seconds: float | None) -> float | None:
    return None if seconds is None else began + seconds
