"""Pagers: what they request, when they end, and that they leave nothing behind."""

import asyncio
import gc
from contextlib import aclosing
from typing import Any

import pytest

from pinterest_async import ConfigurationError, Page, Pager, RepeatedBookmarkError


class Pages:
    """A list in pages: bookmark -> (items, next bookmark)."""

    def __init__(self, pages: dict[str | None, tuple[list[int], str | None]]) -> None:
        self.pages = pages
        self.asked: list[str | None] = []
        self.cancelled: list[str | None] = []
        self.gate: asyncio.Event | None = None

    async def fetch(self, bookmark: str | None) -> Page[int]:
        self.asked.append(bookmark)
        try:
            if self.gate is not None and bookmark is not None:
                await self.gate.wait()
            await asyncio.sleep(0)
        except asyncio.CancelledError:
            self.cancelled.append(bookmark)
            raise
        items, following = self.pages[bookmark]
        return Page(items=items, bookmark=following)

    def pager(self, **options: Any) -> Pager[int]:
        return Pager(self.fetch, **options)


async def drain(pager: Pager[int], seen: list[int], *, rounds: int = 0) -> None:
    """Walk to the end, noting each item, and let the loop go round before each."""
    async for item in pager:
        for _ in range(rounds):
            await asyncio.sleep(0)
        seen.append(item)


def three() -> Pages:
    return Pages({None: ([1, 2], "a"), "a": ([3, 4], "b"), "b": ([5], None)})


async def test_walks_all_items() -> None:
    source = three()
    assert [item async for item in source.pager()] == [1, 2, 3, 4, 5]
    assert source.asked == [None, "a", "b"]


async def test_awaiting_fetches_one_page_only() -> None:
    source = three()
    page = await source.pager()
    assert (list(page), len(page), page.bookmark) == ([1, 2], 2, "a")
    assert source.asked == [None]


async def test_nothing_is_fetched_before_it_is_asked_for() -> None:
    source = three()
    source.pager().limit(3).read_ahead().start("a").pages()
    await asyncio.sleep(0)
    assert source.asked == []


async def test_pages_carry_the_bookmark_to_resume_after_them() -> None:
    source = three()
    pages = [page async for page in source.pager().pages()]
    assert [page.bookmark for page in pages] == ["a", "b", None]
    resumed = await source.pager().start(pages[0].bookmark).collect()
    assert resumed == [3, 4, 5]


@pytest.mark.parametrize("end", [None, ""])
async def test_goes_on_past_an_empty_page_and_ends_without_bookmark(end: str | None) -> None:
    source = Pages({None: ([], "a"), "a": ([], "b"), "b": ([7], end)})
    assert await source.pager().collect() == [7]


@pytest.mark.parametrize("ahead", [False, True])
async def test_raises_when_a_bookmark_repeats_after_delivering_the_page(ahead: bool) -> None:
    source = Pages({None: ([1], "a"), "a": ([2], "b"), "b": ([3], "a")})
    seen: list[int] = []
    with pytest.raises(RepeatedBookmarkError, match="seen before") as caught:
        await drain(source.pager().read_ahead(ahead), seen)
    assert seen == [1, 2, 3]
    assert (caught.value.bookmark, caught.value.pages) == ("a", 3)
    assert source.asked == [None, "a", "b"]


async def test_a_page_that_leads_to_itself_is_delivered_once() -> None:
    source = Pages({"a": ([1], "a")})
    seen: list[int] = []
    with pytest.raises(RepeatedBookmarkError):
        await drain(source.pager(start="a"), seen)
    assert seen == [1]


@pytest.mark.parametrize(
    ("limit", "expected", "asked"),
    [
        (0, [], []),
        (1, [1], [None]),
        (2, [1, 2], [None]),
        (3, [1, 2, 3], [None, "a"]),
        (99, [1, 2, 3, 4, 5], [None, "a", "b"]),
    ],
)
@pytest.mark.parametrize("ahead", [False, True])
async def test_limit(limit: int, expected: list[int], asked: list[str | None], ahead: bool) -> None:
    source = three()
    pager = source.pager().limit(limit).read_ahead(ahead)
    assert [item async for item in pager] == expected
    assert source.asked == asked
    assert await three().pager().collect(max=limit) == expected


async def test_the_smallest_limit_holds() -> None:
    assert await three().pager().limit(4).limit(2).collect(max=3) == [1, 2]


async def test_a_page_cut_short_can_be_resumed_without_loss() -> None:
    source = three()
    pages = [page async for page in source.pager().limit(3).pages()]
    assert [page.items for page in pages] == [[1, 2], [3]]
    assert await source.pager().start(pages[-1].bookmark).collect() == [3, 4, 5]
    first = await source.pager().limit(1)
    assert (first.items, first.bookmark) == ([1], None)


def test_a_limit_below_zero_is_refused() -> None:
    for nonsense in (-1, "3", 2.5, None, True):
        with pytest.raises(ConfigurationError, match=f"limit is {nonsense!r}"):
            three().pager().limit(nonsense)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def test_a_page_is_read_like_a_list() -> None:
    page = Page(items=["a", "b", "c"], bookmark="x")
    assert (page[0], page[-1], page[1:]) == ("a", "c", ["b", "c"])
    with pytest.raises(IndexError):
        page[3]


def test_a_pager_is_not_walked_without_async() -> None:
    pager: Any = three().pager()
    with pytest.raises(TypeError, match="use `async for`"):
        list(pager)
    with pytest.raises(TypeError, match="use `async for`"):
        iter(pager)


async def test_a_page_cut_short_keeps_what_it_holds_besides() -> None:
    class Counted(Page[int], frozen=True, kw_only=True):
        total: int

    async def fetch(_: str | None) -> Page[int]:
        return Counted(items=[1, 2, 3], total=3)

    page: Any = await Pager(fetch).limit(2)
    assert (page.items, page.total) == ([1, 2], 3)


def test_configuring_leaves_the_pager_as_it_was() -> None:
    pager = three().pager()
    assert repr(pager.limit(3).read_ahead()) != repr(pager)
    assert "limit=None, read_ahead=False" in repr(pager)


async def test_each_walk_begins_anew() -> None:
    pager = three().pager()
    assert await pager.collect() == await pager.collect()


async def test_reading_ahead_requests_the_next_page_during_work_on_this_one() -> None:
    source = three()
    async with aclosing(source.pager().read_ahead().pages()) as pages:
        assert (await anext(pages)).items == [1, 2]
        await asyncio.sleep(0)
        assert source.asked == [None, "a"]


async def test_closing_cancels_the_page_read_ahead() -> None:
    source = three()
    source.gate = asyncio.Event()
    async with aclosing(source.pager().read_ahead().pages()) as pages:
        await anext(pages)
        await asyncio.sleep(0)
    assert source.cancelled == ["a"]


async def test_closing_the_items_closes_the_pages() -> None:
    source = three()
    source.gate = asyncio.Event()
    async with aclosing(aiter(source.pager().read_ahead())) as items:
        assert await anext(items) == 1
        await asyncio.sleep(0)
    assert source.cancelled == ["a"]


async def test_an_error_in_the_loop_cancels_the_page_read_ahead() -> None:
    source = three()
    source.gate = asyncio.Event()

    async def fails() -> None:
        async with aclosing(source.pager().read_ahead().pages()) as pages:
            async for _ in pages:
                await asyncio.sleep(0)
                raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fails()
    assert source.cancelled == ["a"]


async def test_cancelling_the_walk_cancels_the_page_read_ahead() -> None:
    source = three()
    source.gate = asyncio.Event()
    task = asyncio.ensure_future(source.pager().read_ahead().collect())
    for _ in range(5):
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert source.cancelled == ["a"]


async def test_an_error_read_ahead_arrives_in_its_turn() -> None:
    source = Pages({None: ([1], "gone")})
    seen: list[int] = []
    with pytest.raises(KeyError):
        await drain(source.pager().read_ahead(), seen, rounds=2)
    assert seen == [1]


async def test_an_error_read_ahead_that_nobody_waits_for_is_not_complained_of() -> None:
    source = Pages({None: ([1], "gone")})
    complaints: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
    async with aclosing(source.pager().read_ahead().pages()) as pages:
        await anext(pages)
        for _ in range(3):
            await asyncio.sleep(0)
    gc.collect()
    await asyncio.sleep(0)
    assert complaints == []


def test_a_walk_that_is_dropped_leaves_no_task_behind(recwarn: pytest.WarningsRecorder) -> None:
    source = three()
    complaints: list[Any] = []

    async def main() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: complaints.append(context))
        source.gate = asyncio.Event()
        async for _ in source.pager().read_ahead():
            await asyncio.sleep(0)
            break

    asyncio.run(main())
    gc.collect()
    assert source.cancelled == ["a"]
    assert complaints == []
    assert [str(warning.message) for warning in recwarn] == []
