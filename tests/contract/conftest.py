"""One server and one set of clients for all contract tests."""

from collections.abc import AsyncGenerator

import pytest_asyncio
from contract.bench import Bench, opened


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def bench() -> AsyncGenerator[Bench]:
    async with opened() as made:
        yield made
