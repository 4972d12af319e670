"""An emulator whose clock stands still until a test moves it."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from aiohttp import ClientSession, DummyCookieJar
from emulator.bench import Caller, Clock

from pinterest_async.emulator import Emulator


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest_asyncio.fixture
async def session() -> AsyncIterator[ClientSession]:
    async with ClientSession(cookie_jar=DummyCookieJar()) as session:
        yield session


@pytest_asyncio.fixture
async def call(clock: Clock, session: ClientSession) -> AsyncIterator[Caller]:
    """Calls an emulator that checks its own answers."""
    async with Emulator(now=clock, check_answers=True, strict=True) as emulator:
        yield Caller(emulator, session)
