"""A thread for work: in order, one piece at a time, and never cut off in the middle."""

import asyncio
import gc
import threading
import weakref
from collections.abc import AsyncIterator
from contextvars import ContextVar

import anyio
import pytest

from pinterest_async.harvest.output.work_thread import WorkThread

WHO: ContextVar[str] = ContextVar("WHO", default="nobody")


class Gate:
    """Work that has begun when it says so, and ends when it may."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.begun = asyncio.Event()
        self.may_end = threading.Event()
        self.ended = False

    def work(self) -> str:
        self.loop.call_soon_threadsafe(self.begun.set)
        assert self.may_end.wait(60)
        self.ended = True
        return "done"


@pytest.fixture
async def gate() -> AsyncIterator[Gate]:
    gate = Gate()
    yield gate
    gate.may_end.set()


async def test_work_is_done_in_order_in_one_other_thread() -> None:
    thread, done = WorkThread(), list[int]()
    idents: set[int] = set()

    def work(number: int) -> int:
        done.append(number)
        idents.add(threading.get_ident())
        return -number

    assert await asyncio.gather(*(thread.do(work, number) for number in range(50))) == [
        -number for number in range(50)
    ]
    assert done == [*range(50)]
    assert len(idents) == 1
    assert threading.get_ident() not in idents


async def test_work_sees_the_context_of_the_one_who_waits() -> None:
    WHO.set("me")
    assert await WorkThread().do(WHO.get) == "me"


async def test_an_error_of_the_work_arrives_and_is_not_kept() -> None:
    class OddError(Exception):
        pass

    def work() -> None:
        raise OddError

    seen: list[weakref.ref[OddError]] = []
    thread = WorkThread()
    gc.collect()
    gc.disable()
    try:
        try:
            await thread.do(work)
        except OddError as error:
            seen.append(weakref.ref(error))
        await thread.do(int)  # the thread has let go of the work before
        assert [one() for one in seen] == [None]
    finally:
        gc.enable()


@pytest.mark.parametrize("by", ["task", "scope"])
async def test_a_cancellation_waits_for_work_that_has_begun(gate: Gate, by: str) -> None:
    thread, scope = WorkThread(), anyio.CancelScope()
    results: list[str] = []

    async def wait() -> None:
        with scope:
            results.append(await thread.do(gate.work))

    task = asyncio.ensure_future(wait())
    await gate.begun.wait()
    if by == "task":
        task.cancel()
    else:
        scope.cancel()
    for _ in range(20):
        await asyncio.sleep(0)
    assert not task.done()
    gate.may_end.set()
    await asyncio.wait([task])
    assert gate.ended
    assert results == []
    assert task.cancelled() == (by == "task")


async def test_work_that_has_not_begun_is_left_out_at_once(gate: Gate) -> None:
    thread, done = WorkThread(), list[str]()
    first = asyncio.ensure_future(thread.do(gate.work))
    await gate.begun.wait()
    second = asyncio.ensure_future(thread.do(done.append, "second"))
    third = asyncio.ensure_future(thread.do(done.append, "third"))
    await asyncio.sleep(0)
    second.cancel()
    await asyncio.wait([second])
    assert not first.done()
    gate.may_end.set()
    assert await first == "done"
    await third
    assert done == ["third"]


async def test_an_error_of_work_that_was_cancelled_is_no_warning(gate: Gate) -> None:
    def work() -> None:
        gate.work()
        raise ValueError

    told: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context))
    task = asyncio.ensure_future(WorkThread().do(work))
    await gate.begun.wait()
    task.cancel()
    await asyncio.sleep(0)
    gate.may_end.set()
    await asyncio.wait([task])
    assert task.cancelled()
    del task
    gc.collect()
    assert told == []


def test_a_loop_that_was_closed_meanwhile_leaves_the_thread_sound() -> None:
    thread = WorkThread()
    may_end, begun = threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        assert may_end.wait(60)

    async def leave() -> None:
        task = asyncio.ensure_future(thread.do(work))
        await asyncio.to_thread(begun.wait, 60)
        task.cancel()
        await asyncio.sleep(0)
        task.cancel()  # whoever insists does not wait
        await asyncio.wait([task])

    asyncio.run(leave())
    may_end.set()
    assert asyncio.run(thread.do(int)) == 0


async def test_its_thread_ends_with_it() -> None:
    thread = WorkThread()
    worker = await thread.do(threading.current_thread)
    del thread
    gc.collect()
    await asyncio.to_thread(worker.join, 60)
    assert not worker.is_alive()
