"""An emulator, a client of it, and a clock that stands still while jobs pause."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from pinterest_async import InMemoryLimiter, Pinterest, Polling, Retry
from pinterest_async.emulator import Emulator
from pinterest_async.emulator.contract.description import ApiOperation
from pinterest_async.emulator.contract.messages import HttpRequest, HttpResponse


async def no_pause(_seconds: float) -> None:
    """The emulator's jobs are done after a few looks, not after a time."""
    await asyncio.sleep(0)


@pytest.fixture
def polling() -> Polling:
    return Polling(sleep=no_pause)


@pytest.fixture
async def emulator() -> AsyncIterator[Emulator]:
    async with Emulator(accounts=2, ads=4, quotas=None) as emulator:
        yield emulator


class Uploads:
    """Sees what arrives at the hosts of files."""

    def __init__(self) -> None:
        self.requests: list[HttpRequest] = []
        self.names: list[str] = []

    def before(self, operation: ApiOperation, incoming: HttpRequest) -> None:
        self.names.append(f"{operation.namespace}.{operation.name}")
        if operation.namespace in {"uploads", "downloads"}:
            self.requests.append(incoming)

    def after(
        self, operation: ApiOperation, incoming: HttpRequest, answer: HttpResponse
    ) -> HttpResponse:
        assert operation.method == incoming.method
        return answer


@pytest.fixture
def uploads(emulator: Emulator) -> Uploads:
    watching = Uploads()
    emulator.hooks.append(watching)
    return watching


@pytest.fixture
async def client(emulator: Emulator) -> AsyncIterator[Pinterest]:
    async with Pinterest(
        emulator.token,
        base_url=emulator.url,
        limiter=InMemoryLimiter(),
        retry=Retry(base=0.001, cap=0.01),
    ) as client:
        yield client


@pytest.fixture
def account(emulator: Emulator, client: Pinterest) -> Pinterest:
    """The client, for the first ad account."""
    (first, *_) = emulator.world.table("ad_accounts")
    return client.with_options(ad_account_id=first["id"])
