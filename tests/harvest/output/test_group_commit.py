"""Groups of items that are written together: nothing is lost, and nobody waits for ever."""

import asyncio
from collections.abc import Sequence

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinterest_async.harvest.output.group_commit import GroupCommit


class InterruptedWriteError(Exception):
    pass


class Disk:
    """Writes groups one after the other, each when it is told to."""

    def __init__(self, *, full: bool = False) -> None:
        self.groups: list[list[str]] = []
        self.begun, self.may_end = asyncio.Event(), asyncio.Event()
        self._full = full
        self.commit = GroupCommit(self.write, InterruptedWriteError)

    async def write(self, items: Sequence[str]) -> None:
        self.groups.append([*items])
        self.begun.set()
        await self.may_end.wait()
        if self._full:
            raise OSError("no space left")

    async def put(self, item: str) -> None:
        await self.commit.done(self.commit.add(item))


async def turns() -> None:
    """Let all other tasks go as far as they can."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_what_comes_while_a_group_is_written_makes_up_the_next() -> None:
    disk = Disk()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(disk.put, "a")
        tasks.start_soon(disk.put, "b")  # in the same turn
        await disk.begun.wait()
        for item in "cde":
            tasks.start_soon(disk.put, item)
        await turns()
        disk.may_end.set()
    assert disk.groups == [["a", "b"], ["c", "d", "e"]]


async def test_what_nobody_waits_for_goes_with_the_next() -> None:
    disk = Disk()
    disk.may_end.set()
    await disk.commit.flush()
    disk.commit.add("a")
    await disk.put("b")
    first = disk.commit.add("c")
    await disk.commit.flush()
    await disk.commit.done(first)
    assert disk.groups == [["a", "b"], ["c"]]


async def test_an_error_reaches_all_of_the_group_and_no_other() -> None:
    disk = Disk(full=True)
    disk.may_end.set()
    found = await asyncio.gather(disk.put("a"), disk.put("b"), return_exceptions=True)
    assert [str(error) for error in found] == ["no space left"] * 2
    disk = Disk()
    disk.may_end.set()
    await disk.put("c")


@pytest.mark.parametrize("who", ["first", "second"])
async def test_a_cancellation_leaves_the_others_their_group(who: str) -> None:
    disk = Disk()
    ended: list[str] = []

    async def put(item: str, scope: anyio.CancelScope) -> None:
        with scope:
            await disk.put(item)
            ended.append(item)

    scopes = {"first": anyio.CancelScope(), "second": anyio.CancelScope()}
    async with anyio.create_task_group() as tasks:
        for name, scope in scopes.items():
            tasks.start_soon(put, name, scope)
        await disk.begun.wait()
        scopes[who].cancel()
        await turns()
        disk.may_end.set()
    assert disk.groups == [["first", "second"]]
    # Whoever writes comes through; its task ends at the next chance.
    assert sorted(ended) == (["first", "second"] if who == "first" else ["first"])


@pytest.mark.parametrize("begun", [False, True])
async def test_who_waits_is_told_when_the_one_that_writes_is_ended(begun: bool) -> None:
    disk = Disk()
    first, second = (asyncio.create_task(disk.put(item)) for item in "ab")
    await (disk.begun.wait() if begun else asyncio.sleep(0))
    first.cancel()  # as by asyncio itself, which knows no shield
    with pytest.raises(asyncio.CancelledError):
        await first
    with pytest.raises(InterruptedWriteError):
        await second
    disk.may_end.set()
    await disk.put("c")
    assert disk.groups[-1] == ["c"]


@given(st.lists(st.integers(0, 3), min_size=1, max_size=20))
def test_each_item_is_written_once_before_it_is_done(waits: list[int]) -> None:
    written: list[int] = []

    async def write(items: Sequence[int]) -> None:
        await asyncio.sleep(0)
        written.extend(items)

    async def main() -> None:
        commit = GroupCommit(write, InterruptedWriteError)

        async def put(number: int, wait: int) -> None:
            for _ in range(wait):
                await asyncio.sleep(0)
            await commit.done(commit.add(number))
            assert number in written

        await asyncio.gather(*map(put, range(len(waits)), waits))

    asyncio.run(main())
    assert sorted(written) == [*range(len(waits))]
