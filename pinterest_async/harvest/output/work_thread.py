"""A thread of its own for work that would hold up the event loop: rows, files, checkpoints."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from contextvars import copy_context
from typing import Any, TypeVar

import anyio

T = TypeVar("T")


class WorkThread:
    """Does one piece of work after another, in the order in which they come.

    A piece takes two turns of the event loop. One that waits for a thread of anyio takes five, and
    each turn waits until the work that is under way lets go of the interpreter.
    """

    def __init__(self) -> None:
        self._executor = ThreadPoolExecutor(1, "pinterest")

    async def do(self, work: Callable[..., T], *arguments: Any) -> T:
        """Return what the work returns; a cancellation waits for work that has begun."""
        job = self._executor.submit(copy_context().run, work, *arguments)
        try:
            await _end(job)
        except asyncio.CancelledError:
            if not job.cancel():
                with anyio.CancelScope(shield=True):
                    await _end(job)
            raise
        try:
            return job.result()
        finally:
            del job  # an error of the work leads to this frame: no circle


def _end(job: Future[Any]) -> asyncio.Future[None]:
    """Wait until the job has ended, whatever it came to."""
    loop = asyncio.get_running_loop()
    ended = loop.create_future()

    def tell(_: Future[Any]) -> None:
        with suppress(RuntimeError):  # the loop may be closed by now
            loop.call_soon_threadsafe(_set, ended)

    job.add_done_callback(tell)
    return ended


def _set(ended: "asyncio.Future[None]") -> None:
    if not ended.done():
        ended.set_result(None)
