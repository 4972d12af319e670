"""The walk through lists of an entity: page by page, in segments that outlive a kill."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

import msgspec
from msgspec.structs import replace

from pinterest_async._core.guards import is_items, is_mapping
from pinterest_async.client import Pinterest
from pinterest_async.errors import (
    BadRequestError,
    BookmarkError,
    ConflictError,
    MissingScopeError,
    NotFoundError,
    NotInSandboxError,
    PermissionDeniedError,
    PinterestError,
    RepeatedBookmarkError,
)
from pinterest_async.harvest.output.arrow import pa
from pinterest_async.harvest.output.entity_rows import entity_rows
from pinterest_async.harvest.output.work_thread import WorkThread
from pinterest_async.harvest.plan.endpoints import UnusableAnswerError
from pinterest_async.harvest.plan.entities import EntityFacts, ListPlace
from pinterest_async.harvest.plan.estimate import PAGE_SIZE
from pinterest_async.pages import LONGEST_BOOKMARK

PAGES_PER_SEGMENT: Final = 10
BYTES_PER_SEGMENT: Final = 2_000_000
"""A segment is written after so many pages or bytes of rows: what a kill can cost, and memory."""

REFUSALS: Final = (
    ConflictError,
    MissingScopeError,
    NotFoundError,
    NotInSandboxError,
    PermissionDeniedError,
)
"""Errors that say that a list is not for this token, or that there is no such thing."""

Step: TypeAlias = tuple[ListPlace, Mapping[str, Any]]
"""One list: below what it is, and the parameters that it is asked for with."""


class Cursor(msgspec.Struct, frozen=True, kw_only=True):
    """How far a walk is: in which list, at which bookmark, and the segments up to there.

    `snapshot` is the harvest that it belongs to, `content` stands for its lists and the schema of
    its segments: with others, it begins anew. `refused` counts lists that the token may not see,
    with the `reason` that the first one gave.
    """

    snapshot: str
    content: str
    step: int = 0
    bookmark: str | None = None
    segments: tuple[str, ...] = ()
    set_aside: int = 0
    refused: int = 0
    reason: str = ""


class _Found(NamedTuple):
    table: Any
    bookmark: str | None
    nulls: int


class ListWalk:
    """Reads lists of an entity one after another, to their ends.

    `tables` are the rows that are in no segment yet. `stage` writes them into one, keeps the cursor
    that it is given, and returns it with the segment. `read` is told of calls and rows.
    """

    def __init__(
        self,
        client: Pinterest,
        facts: EntityFacts,
        owner: str,
        steps: Sequence[Step],
        cursor: Cursor,
        *,
        stage: Callable[[Cursor, Sequence[Any]], Awaitable[Cursor]],
        read: Callable[[int, int], None],
        thread: WorkThread,
    ) -> None:
        self._client = client
        self._facts = facts
        self._owner = owner
        self._steps = steps
        self._stage = stage
        self._read = read
        self._thread = thread
        self._restarted = False
        self._followed: set[str] = set()
        self._pages = self._size = 0
        self.cursor = cursor
        self.tables: list[Any] = []

    async def go(self) -> None:
        """Read on from the cursor to the end of the last list.

        Raises:
            PinterestError: where a page cannot be read; what was read before it is in segments.
        """
        try:
            while self.cursor.step < len(self._steps):
                if self._pages >= PAGES_PER_SEGMENT or self._size >= BYTES_PER_SEGMENT:
                    await self.stage()
                await self._page()
        except PinterestError:
            if self._pages:
                await self.stage()
            raise

    async def stage(self) -> None:
        """Put the rows that are in memory into a segment."""
        tables = [table for table in self.tables if table.num_rows]
        self.cursor = await self._stage(self.cursor, tables)
        self.tables = []
        self._pages = self._size = 0

    async def _page(self) -> None:
        place, query = self._steps[self.cursor.step]
        try:
            found = await self._fetch(place, query)
        except (BadRequestError, NotFoundError) as error:
            if self.cursor.bookmark is not None and not self._restarted:
                self._restart()  # a bookmark that expired: what it led to has to be listed again
            elif isinstance(error, NotFoundError):
                self._refuse(place, error)
            else:
                raise
            return
        except REFUSALS as error:
            self._refuse(place, error)
            return
        finally:
            self._pages += 1
        self._read(1, found.table.num_rows)
        self.tables.append(found.table)
        self._size += found.table.nbytes
        set_aside = self.cursor.set_aside + found.nulls
        self.cursor = replace(self.cursor, bookmark=found.bookmark, set_aside=set_aside)
        if found.bookmark is None:
            self._next()
        elif found.bookmark in self._followed:
            raise RepeatedBookmarkError(
                found.bookmark, pages=len(self._followed) + 1, operation=self._facts.operation
            )
        else:
            self._followed.add(found.bookmark)

    def _next(self) -> None:
        self._followed.clear()
        self.cursor = replace(self.cursor, step=self.cursor.step + 1, bookmark=None)

    def _refuse(self, place: ListPlace, error: PinterestError) -> None:
        """Go on behind a list that is not for this token."""
        self._read(error.attempts, 0)
        # What is below a thing that is gone by now is gone as well.
        if not (place and isinstance(error, NotFoundError)):
            reason = self.cursor.reason or error.message
            self.cursor = replace(self.cursor, refused=self.cursor.refused + 1, reason=reason)
        self._next()

    def _restart(self) -> None:
        self._restarted = True
        self._followed.clear()
        self.tables = []
        self._size = 0
        self.cursor = Cursor(snapshot=self.cursor.snapshot, content=self.cursor.content)

    async def _fetch(self, place: ListPlace, query: Mapping[str, Any]) -> _Found:
        path, keywords = self._facts.request(self._owner, place, query, PAGE_SIZE)
        if self.cursor.bookmark is not None:
            keywords["query"]["bookmark"] = self.cursor.bookmark
        response = await self._client.send(self._facts.operation, *path, **keywords)
        added = self._facts.added_values(self._owner, place)
        try:
            return await self._thread.do(_found, self._facts, response.raw, added)
        except (ValueError, RecursionError, pa.ArrowException) as error:
            raise UnusableAnswerError(
                f"a page cannot be read: {error!s:.200}", operation=self._facts.operation
            ) from error


def _found(facts: EntityFacts, raw: bytes, added: Mapping[str, str]) -> _Found:
    """The rows of a page, from its text: so that nothing of it is lost on the way."""
    answer = msgspec.json.decode(raw)
    items = answer.get("items") if is_mapping(answer) else None
    if not is_mapping(answer) or not is_items(items):
        raise UnusableAnswerError(
            "a page of a list has no list of items", operation=facts.operation
        )
    bookmark = answer.get("bookmark") or None
    if bookmark is not None and (not isinstance(bookmark, str) or len(bookmark) > LONGEST_BOOKMARK):
        raise BookmarkError(
            "a page has a bookmark that cannot be followed", operation=facts.operation
        )
    rows = entity_rows(facts)
    things = rows.items(items)
    kept = [one for one in things if one is not None]
    return _Found(rows.table(kept, added), bookmark, len(things) - len(kept))
