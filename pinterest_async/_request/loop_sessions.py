"""The sessions of one event loop: they close with their pool, or with the loop if forgotten."""

from __future__ import annotations

import asyncio
import contextlib
import functools
from collections.abc import AsyncGenerator, Callable
from typing import TYPE_CHECKING, Any, Final

from aiohttp import ClientSession

from pinterest_async._request.deadlines import Deadlines
from pinterest_async._request.fast_lane import FastLane

if TYPE_CHECKING:
    from pinterest_async._request.session_lane import SessionLane

CUT_SHORT: Final = "the pool was closed while the request was under way"
_CUT_OFF_TIME: Final = 1.0
"""Seconds for requests to end after they were cut off."""


class LoopSessions:
    """The sessions of one event loop, with the calls and requests under way, and their tasks."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        api: ClientSession,
        ssl: Any,
        *,
        borrowed: bool,
        fast: bool,
    ) -> None:
        self.loop = loop
        self.api = api
        self.borrowed = borrowed
        self.cut_short = False
        self.calls = Deadlines(loop, self._one_kind_ended)
        self.foreign_requests = Deadlines(loop, self._one_kind_ended)
        self.fast_lane = FastLane(api, ssl, loop) if fast else None
        self._ssl = ssl
        self._middlewares: tuple[Any, ...] = getattr(api, "_middlewares", ()) if borrowed else ()
        # What others' middlewares do in one request may be to repeat it.
        self.repeats = bool(self._middlewares)
        self._foreign: ClientSession | None = None
        self._idle: asyncio.Event | None = None
        # asyncio closes the asynchronous generators of a loop before the loop itself: a pool that
        # nobody closed is closed by that. The first step runs to the `yield` without suspending.
        self._closer = self._close_with_loop()
        with contextlib.suppress(StopIteration):
            self._closer.__anext__().__await__().send(None)

    @functools.cached_property
    def session_lane(self) -> SessionLane:
        """The way through the session to the API."""
        from pinterest_async._request.session_lane import SessionLane

        return SessionLane(self.api, self._ssl, self._middlewares)

    def foreign(self, open_session: Callable[[], ClientSession]) -> ClientSession:
        """The session for other hosts, opened on first use."""
        if self._foreign is None:
            self._foreign = open_session()
        return self._foreign

    def _one_kind_ended(self) -> None:
        if self._idle is not None and not self.calls and not self.foreign_requests:
            self._idle.set()

    async def close(self, grace: float) -> None:
        """Wait for the requests under way, cut off all else and those that take long, and close."""
        try:
            for call in self.calls:
                if not call.requesting:
                    call.expire()
            await self._until_idle(grace)
            self.cut_short = True
            for one in (*self.calls, *self.foreign_requests):
                one.cut_off()
            await self._until_idle(_CUT_OFF_TIME)
        finally:
            self.calls.stop()
            self.foreign_requests.stop()
            await self._closer.aclose()

    async def _until_idle(self, seconds: float) -> None:
        if not self.calls and not self.foreign_requests:
            return
        self._idle = asyncio.Event()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._idle.wait()

    async def _close_with_loop(self) -> AsyncGenerator[None, None]:
        try:
            yield
        finally:
            if not self.borrowed:
                await self.api.close()
            if self._foreign is not None:
                await self._foreign.close()
            # Sockets are closed in the next round of the loop.
            await asyncio.sleep(0)


_CLOSING: Final[set[asyncio.Task[None]]] = set()


def close_forgotten(by_loop: dict[asyncio.AbstractEventLoop, LoopSessions]) -> None:
    """Close the sessions of a pool that was collected without being closed."""
    for loop, sessions in by_loop.items():
        if not loop.is_closed():
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(_close_later, sessions)


def _close_later(sessions: LoopSessions) -> None:
    task = sessions.loop.create_task(sessions.close(0.0))
    _CLOSING.add(task)
    task.add_done_callback(_CLOSING.discard)
