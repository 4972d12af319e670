"""Progress for machines, and the clock that keeps progress fresh while nothing happens."""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Generator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any, Final, Protocol, Self, TextIO

import msgspec
from msgspec.structs import replace

from pinterest_async._core.problems import Problem
from pinterest_async.cli.live_progress import waiting_on
from pinterest_async.cli.terminal import discard_output
from pinterest_async.harvest import HarvestResult, Progress, ProgressListener
from pinterest_async.limits import Limiter
from pinterest_async.limits.notices import LOG

EVERY: Final = 1.0
"""Seconds between two looks at the quota, and the least between two lines of JSON."""


class View(ProgressListener, Protocol):
    """Shows progress for the length of its block."""

    def __enter__(self) -> ProgressListener: ...

    def __exit__(self, *exc: object) -> None: ...


class JsonProgress:
    """A JSON object a line: `{"event": "progress", ...}`, at most one a second, and the last."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._written_at: float | None = None
        self._unwritten: Progress | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        if self._unwritten is not None:
            self._write(self._unwritten)

    def update(self, progress: Progress) -> None:
        """Write how far it is now, unless that was written just before."""
        if self._written_at is None or progress.seconds - self._written_at >= EVERY:
            self._write(progress)
        else:
            self._unwritten = progress

    def _write(self, progress: Progress) -> None:
        self._written_at, self._unwritten = progress.seconds, None
        facts = msgspec.structs.asdict(progress)
        # The keys of quotas stand for tokens, and are nobody's business.
        facts["quota"] = [
            {
                "name": one.name,
                "limit": one.limit,
                "window": one.window,
                "used": max(0, one.limit - one.available),
                "waiting": one.waiting,
                "next_free_in": one.next_free_in,
                "frozen_for": one.frozen_for,
            }
            for one in progress.quota
        ]
        left = progress.seconds_left
        write_event(
            self._stream,
            "progress",
            **facts,
            seconds_left=left,
            waiting_on=waiting_on(progress),
        )


class NoOutput:
    """Shows nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        """Nothing to end."""

    def update(self, progress: Progress) -> None:
        """Show nothing."""


def write_event(stream: TextIO, event: str, **facts: Any) -> None:
    """Write an event as a line of JSON."""
    try:
        stream.write(msgspec.json.encode({"event": event, **facts}).decode() + "\n")
        stream.flush()
    except BrokenPipeError:
        discard_output(stream)


def error_facts(error: Exception) -> dict[str, Any]:
    """An error as facts for JSON; `problems` where it names several mistakes."""
    facts: dict[str, Any] = {"error": type(error).__name__, "message": str(error)}
    problems: Sequence[Problem] = getattr(error, "problems", ())
    if problems:
        facts["problems"] = [
            {"field": one.field, "message": one.message, "fix": one.fix} for one in problems
        ]
    return facts


def outcome(result: HarvestResult) -> dict[str, Any]:
    """How a harvest ended, as facts for JSON."""
    facts = msgspec.structs.asdict(result)
    facts["complete"] = result.complete
    facts["files"] = len(facts.pop("paths"))
    facts["failures"] = [
        {
            "account": one.account,
            "start": one.partition and one.partition.start,
            "end": one.partition and one.partition.end,
            "ids": one.partition and len(one.partition.ids),
            "error": type(one.error).__name__,
            "message": str(one.error),
        }
        for one in result.failures
    ]
    return facts


@asynccontextmanager
async def live(view: View, limiter: Limiter) -> AsyncGenerator[ProgressListener]:
    """A listener for a harvest that also shows the quota while all calls wait for it.

    A harvest reports progress when a partition ends, and while it waits for quota none does. What
    shows the quota needs no lines of the log about it, which would stand between those of JSON.
    """
    with _no_notices(), view as listener:
        fresh = _Fresh(listener, limiter)
        ticking = asyncio.create_task(fresh.tick())
        try:
            yield fresh
        finally:
            ticking.cancel()
            with suppress(asyncio.CancelledError):
                await ticking


@contextmanager
def _no_notices() -> Generator[None]:
    def nothing(_: logging.LogRecord) -> bool:
        return False

    LOG.addFilter(nothing)
    try:
        yield
    finally:
        LOG.removeFilter(nothing)


class _Fresh:
    def __init__(self, listener: ProgressListener, limiter: Limiter) -> None:
        self._listener = listener
        self._limiter = limiter
        self._last: Progress | None = None
        self._heard = 0.0

    def update(self, progress: Progress) -> None:
        self._last, self._heard = progress, time.monotonic()
        self._listener.update(progress)

    async def tick(self) -> None:
        while True:
            await asyncio.sleep(EVERY)
            passed = time.monotonic() - self._heard
            if self._last is not None and passed >= EVERY:
                self._listener.update(
                    replace(
                        self._last,
                        seconds=self._last.seconds + passed,
                        reports_for=self._last.reports and self._last.reports_for + passed,
                        quota=self._limiter.snapshot(),
                    )
                )
