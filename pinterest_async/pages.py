"""Pages of a list, and the pager that walks them."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Iterator
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar, overload

import msgspec
from msgspec.structs import replace

from pinterest_async._core.operation import Operation
from pinterest_async._core.types import AnswerStruct
from pinterest_async.errors import BookmarkError, RepeatedBookmarkError
from pinterest_async.options import whole

T = TypeVar("T")

_SHOWN_KINDS: Final = 2
_SHOWN_BOOKMARK: Final = 20
LONGEST_BOOKMARK: Final = 16_384
"""Characters; live ones have up to a few hundred, and longer addresses are refused anyway."""


class Page(
    AnswerStruct, msgspec.Struct, Generic[T], frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """One page of a list.

    `bookmark` leads to the next page; None or empty when this is the last one.
    """

    items: list[T] = msgspec.field(default=[])
    bookmark: str | None = None

    def __repr__(self) -> str:
        return f"<Page of {_contents(self.items)}{_leads_to(self.bookmark)}>"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [("items", self.items), ("bookmark", self.bookmark)]

    def __iter__(self) -> Iterator[T]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> list[T]: ...
    def __getitem__(self, index: int | slice) -> T | list[T]:
        return self.items[index]


def _contents(items: Any) -> str:
    """How many items of what: `25 Pin`. Decoding leniently, they may be anything."""
    from pinterest_async._core.guards import is_items

    if not is_items(items):
        return f"a {type(items).__name__}"
    kinds = sorted({type(one).__name__ for one in items})
    return f"{len(items)} {' or '.join(kinds) if 0 < len(kinds) <= _SHOWN_KINDS else 'items'}"


def _leads_to(bookmark: Any) -> str:
    from pinterest_async._core.display import shorten

    return f", bookmark {shorten(str(bookmark), _SHOWN_BOOKMARK)!r}" if bookmark else ""


class Pager(Generic[T]):
    """A list that is fetched page by page, as far as it is asked for.

    `await` it for the first page only; `async for` walks the items of all pages; `pages()` walks
    the pages. `start`, `limit` and `read_ahead` each return a new pager, and nothing is requested
    before one is awaited or walked. Each walk begins anew. An empty page with a bookmark does not
    end the walk. Leave a walk early inside `contextlib.aclosing` when it reads ahead, so that the
    request under way is cancelled at that moment rather than when Python collects the walk.
    """

    __slots__ = ("_ahead", "_fetch", "_limit", "_operation", "_start")

    def __init__(
        self,
        fetch: Callable[[str | None], Awaitable[Page[T]]],
        *,
        start: str | None = None,
        limit: int | None = None,
        ahead: bool = False,
        operation: Operation[Any] | None = None,
    ) -> None:
        self._fetch = fetch
        self._start = start or None
        self._limit = limit
        self._ahead = ahead
        self._operation = operation

    def __repr__(self) -> str:
        name = self._operation.full_name if self._operation else "?"
        return f"<Pager of {name}, limit={self._limit}, read_ahead={self._ahead}>"

    def start(self, bookmark: str | None) -> "Pager[T]":
        """Begin at a bookmark that an earlier page carried; None begins at the first page."""
        return self._changed(start=bookmark)

    def limit(self, items: int) -> "Pager[T]":
        """End after this many items, without fetching a page more than they need.

        A page that is cut short carries the bookmark that leads to itself, so that resuming there
        repeats items rather than losing them.
        """
        whole("limit", items, least=0)
        return self._changed(limit=items if self._limit is None else min(items, self._limit))

    def read_ahead(self, on: bool = True) -> "Pager[T]":
        """Request the next page while the present one is being worked on."""
        return self._changed(ahead=on)

    def _changed(self, **changes: Any) -> "Pager[T]":
        options: dict[str, Any] = {
            "start": self._start,
            "limit": self._limit,
            "ahead": self._ahead,
            "operation": self._operation,
        }
        return Pager(self._fetch, **options | changes)

    async def collect(self, *, max: int | None = None) -> list[T]:
        """Fetch all items into a list, at most `max` of them."""
        pager = self if max is None else self.limit(max)
        items: list[T] = []
        async with aclosing(pager.pages()) as pages:
            async for page in pages:
                items.extend(page.items)
        return items

    def __await__(self) -> Generator[Any, None, Page[T]]:
        return self._first().__await__()

    if not TYPE_CHECKING:

        def __iter__(self) -> Iterator[T]:
            # Python's own message would not say what to do instead.
            raise TypeError(f"use `async for` to walk a Pager, or `await` its collect(): {self!r}")

    async def __aiter__(self) -> AsyncGenerator[T, None]:
        async with aclosing(self.pages()) as pages:
            async for page in pages:
                for item in page.items:
                    yield item

    async def pages(self) -> AsyncGenerator[Page[T], None]:
        """Walk the pages, each with the bookmark to resume after it."""
        if self._limit == 0:
            return
        remaining = self._limit
        bookmark = self._start
        followed: set[str] = {bookmark} if bookmark else set()
        number = 1
        page = await self._fetch(bookmark)
        while True:
            following = page.bookmark
            if remaining is not None:
                page, remaining = _cut(page, remaining, bookmark)
            if following is None or following == "" or remaining == 0:
                yield page
                return
            fault = _fault_of(following)
            if fault:
                yield page
                raise BookmarkError(
                    f"the bookmark of page {number} {fault}", operation=self._operation
                )
            if following in followed:
                yield page
                raise RepeatedBookmarkError(following, pages=number, operation=self._operation)
            followed.add(following)
            if self._ahead:
                task = asyncio.ensure_future(self._fetch(following))
                try:
                    yield page
                    page = await task
                finally:
                    await _cancel(task)
            else:
                yield page
                page = await self._fetch(following)
            bookmark = following
            number += 1

    async def _first(self) -> Page[T]:
        page = await self._fetch(self._start)
        return page if self._limit is None else _cut(page, self._limit, self._start)[0]


def _fault_of(bookmark: Any) -> str:
    """Why a bookmark of the server's cannot be followed: it is of any kind if decoded leniently."""
    if not isinstance(bookmark, str):
        return f"is of type {type(bookmark).__name__}, not text"
    if len(bookmark) > LONGEST_BOOKMARK:
        return f"has more than {LONGEST_BOOKMARK:,} characters"
    return ""


def _cut(page: Page[T], most: int, bookmark: str | None) -> tuple[Page[T], int]:
    """The page with at most `most` items, and how many more may follow."""
    count = len(page.items)
    if count <= most:
        return page, most - count
    return replace(page, items=page.items[:most], bookmark=bookmark), 0


async def _cancel(task: "asyncio.Future[Page[T]]") -> None:
    """End a request that nobody waits for any more, and fetch its error, or Python warns of it."""
    if not task.done():
        task.cancel()
        await asyncio.wait((task,))
    if not task.cancelled():
        task.exception()
