"""How much of a harvest may be in memory at a time."""

import asyncio

import pytest

from pinterest_async.harvest.execute.memory import MemoryLimit


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


class Piece:
    """A piece of work that stays until it is told to go."""

    def __init__(self, limit: MemoryLimit, size: int) -> None:
        self.inside = False
        self.go = asyncio.Event()
        self.task = asyncio.create_task(self._work(limit, size))

    async def _work(self, limit: MemoryLimit, size: int) -> None:
        async with limit.reserve(size):
            self.inside = True
            await self.go.wait()
        self.inside = False


async def test_pieces_enter_in_order_as_far_as_they_fit() -> None:
    limit = MemoryLimit(10)
    pieces = [Piece(limit, size) for size in (4, 6, 5, 1, 1)]
    await settle()
    assert [one.inside for one in pieces] == [True, True, False, False, False]
    pieces[0].go.set()
    await settle()
    # The fourth would fit, but the third has waited for longer.
    assert [one.inside for one in pieces] == [False, True, False, False, False]
    pieces[1].go.set()
    await settle()
    assert [one.inside for one in pieces] == [False, False, True, True, True]
    for one in pieces:
        one.go.set()
    await asyncio.gather(*(one.task for one in pieces))


async def test_what_is_larger_than_the_limit_goes_alone() -> None:
    limit = MemoryLimit(10)
    large, small = Piece(limit, 100), Piece(limit, 1)
    await settle()
    assert (large.inside, small.inside) == (True, False)
    large.go.set()
    await settle()
    assert (large.inside, small.inside) == (False, True)
    small.go.set()
    await small.task


@pytest.mark.parametrize("waiting", [True, False])
async def test_whoever_is_cancelled_takes_no_limit_along(waiting: bool) -> None:
    limit = MemoryLimit(10)
    first, second, third = (Piece(limit, 10) for _ in range(3))
    await settle()
    (second if waiting else first).task.cancel()
    await settle()
    first.go.set()
    second.go.set()
    await settle()
    assert third.inside
    third.go.set()
    await third.task
