"""One client in two threads at a time: a clear error at once, whatever is called."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from pinterest_async import Pinterest
from pinterest_async.emulator.server.threaded import running
from pinterest_async.errors import ConfigurationError
from pinterest_async.limits import InMemoryLimiter

ENTRIES: dict[str, Callable[[Pinterest], Awaitable[Any]]] = {
    "a method": lambda client: client.user_account.get(),
    "a list": lambda client: anext(aiter(client.boards.list())),
    "send": lambda client: client.send(client.user_account.get),
    "request": lambda client: client.request("GET", "/user_account"),
    "a view": lambda client: client.with_options(priority="background").user_account.get(),
    "a report": lambda client: client.reports.start(
        ad_account_id="549",
        start_date="2026-01-01",
        end_date="2026-01-02",
        columns=["IMPRESSION_1"],
        granularity="DAY",
        level="CAMPAIGN",
    ),
}


def test_a_client_in_two_threads() -> None:
    quotas = {"org_read": (1, 3600.0)}
    with running(accounts=1, quotas=None) as emulator:
        limiter = InMemoryLimiter(quotas=quotas)
        client = Pinterest(emulator.token, base_url=emulator.url, limiter=limiter)
        waits = threading.Event()
        ended: list[Any] = []

        async def call_and_wait() -> None:
            await client.boards.list()
            waiting = asyncio.ensure_future(client.user_account.get())
            for _ in range(20):
                await asyncio.sleep(0)
            assert any(one.waiting for one in limiter.snapshot())
            waits.set()
            ended.extend(await asyncio.gather(waiting, return_exceptions=True))

        thread = threading.Thread(target=lambda: asyncio.run(call_and_wait()))
        thread.start()
        assert waits.wait(60)

        async def use(entry: Callable[[Pinterest], Awaitable[Any]]) -> None:
            with pytest.raises(ConfigurationError, match="two threads at a time"):
                await entry(client)

        async def use_all() -> None:
            for entry in ENTRIES.values():
                await use(entry)
            await client.aclose()

        asyncio.run(use_all())
        thread.join(60)
        assert not thread.is_alive()
        assert type(ended[0]).__name__ == "PoolClosedError"
