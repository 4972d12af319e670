"""The deadline of a whole call: in any stage it ends, names the stage, and holds nothing."""

import asyncio
from collections.abc import Callable
from typing import Any, Final

import pytest
from msgspec.structs import replace

from pinterest_async import (
    DeadlineExceededError,
    Pinterest,
    Retry,
    ServerError,
    Timeout,
)
from pinterest_async._core.operation import Operation

Make = Callable[..., Pinterest]
Op = Callable[..., Operation[Any]]

TOTAL: Final = 0.03


class Hang:
    """Something that begins and never ends."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()

    async def __call__(self, *_: Any) -> Any:
        self.begun.set()
        await asyncio.Event().wait()


@pytest.fixture
def hang() -> Hang:
    return Hang()


async def fails(exchange: Any) -> None:
    await exchange.say(b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n")


class Auth:
    """An authentication whose token, or whose refresh, hangs."""

    subject = "s"
    basic = None

    def __init__(self, hang: Hang, hangs_in: str) -> None:
        self.hang = hang
        self.hangs_in = hangs_in

    async def token(self, exchange: Any) -> str:
        assert exchange is not None
        return str(await self.hang()) if self.hangs_in == "token" else "pina_x"

    async def refresh(self, rejected: str, exchange: Any) -> bool:
        assert (rejected, exchange is not None) == ("pina_x", True)
        return bool(await self.hang())


async def expires(
    client: Pinterest, operation: Operation[Any], begun: asyncio.Event, loop_time: Any
) -> DeadlineExceededError:
    """Send a call, and let its deadline pass once it does what begins with an event."""
    begun.clear()
    task = asyncio.ensure_future(client.send(operation))
    await begun.wait()
    loop_time.advance(TOTAL)
    with pytest.raises(DeadlineExceededError, match=r"not done within 0\.03 s") as caught:
        await task
    assert isinstance(caught.value, TimeoutError)
    return caught.value


async def test_while_requesting(
    script: Any, make: Make, op: Op, limiter: Any, hang: Hang, loop_time: Any
) -> None:
    script.steps = [hang]
    client = make(script.url, timeout=TOTAL)
    error = await expires(client, op(method="POST"), hang.begun, loop_time)
    assert (error.doing, error.attempts) == ("requesting", 1)
    assert "read the object back" in error.advice
    read = await expires(client, op(), hang.begun, loop_time)
    assert "read the object back" not in read.advice
    assert limiter.done == {"finished": 2}


async def test_while_waiting_for_quota(make: Make, op: Op, limiter: Any, loop_time: Any) -> None:
    limiter.gate = asyncio.Event()
    error = await expires(make(timeout=TOTAL), op(), limiter.waited_for, loop_time)
    assert (error.doing, error.attempts) == ("waiting for quota", 0)
    assert limiter.open == set()


async def test_while_authenticating(make: Make, op: Op, hang: Hang, loop_time: Any) -> None:
    client = make(auth=Auth(hang, "token"), timeout=TOTAL)
    error = await expires(client, op(), hang.begun, loop_time)
    assert (error.doing, error.attempts) == ("authenticating", 0)


async def test_while_refreshing(
    script: Any, make: Make, op: Op, hang: Hang, loop_time: Any
) -> None:
    async def refuses(exchange: Any) -> None:
        await exchange.say(
            b'HTTP/1.1 401 Unauthorized\r\nContent-Length: 26\r\n\r\n{"code": 2, "message": ""}'
        )

    script.steps = [refuses]
    client = make(script.url, auth=Auth(hang, "refresh"), timeout=TOTAL)
    error = await expires(client, op(), hang.begun, loop_time)
    assert (error.doing, error.attempts) == ("refreshing the token", 1)


async def test_while_pausing(
    script: Any, make: Make, op: Op, time: Any, hang: Hang, loop_time: Any
) -> None:
    script.steps = [fails]
    runtime = replace(time.runtime(), sleep=hang)
    client = make(script.url, timeout=TOTAL, retry=Retry(base=0.001), _runtime=runtime)
    error = await expires(client, op(), hang.begun, loop_time)
    assert (error.doing, error.attempts) == ("pausing before the next attempt", 1)
    assert isinstance(error.__cause__, ServerError)


@pytest.mark.usefixtures("loop_time")
async def test_it_spans_all_attempts(script: Any, make: Make, op: Op, time: Any) -> None:
    """A pause that would outlast it is not begun: the error that asked for it is raised."""
    script.steps = [fails]
    client = make(script.url, timeout=Timeout(total=2.0))
    with pytest.raises(ServerError) as caught:
        await client.send(op())
    # Pauses of 0.5 and 1 s fit into 2 s; the third, of 2 s, does not.
    assert (caught.value.attempts, time.slept) == (3, [0.5, 1.0])


async def test_retries_are_chosen_per_call(script: Any, make: Make, op: Op) -> None:
    script.steps = [fails]
    client = make(script.url, retry=Retry(attempts=3))
    for one, attempts in (
        (client, 3),
        (client.with_options(retry=False), 1),
        (client.with_options(retry=Retry.off()), 1),
        (client.with_options(retry=Retry(attempts=5)), 5),
        (client.with_options(retry=True), 4),
    ):
        with pytest.raises(ServerError) as caught:
            await one.send(op())
        assert caught.value.attempts == attempts
