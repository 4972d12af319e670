"""A copy of a board: its sections, and its Pins saved once each, however often it is taken up."""

from collections import Counter
from typing import Any, ClassVar, Final, NamedTuple

from msgspec.structs import replace

from pinterest_async._core.item_failures import ItemFailure, field_of
from pinterest_async.errors import (
    BadRequestError,
    ConnectionFailedError,
    NotFoundError,
    PermissionDeniedError,
    PinterestError,
    ServerError,
)
from pinterest_async.jobs.board_walks import all_pins, all_sections, boards_of
from pinterest_async.jobs.content import wrong
from pinterest_async.jobs.errors import JobFailedError
from pinterest_async.jobs.job import (
    Job,
    JobClient,
    JobProgress,
    Look,
    Run,
    SavedJob,
    id_of,
    text_of,
)
from pinterest_async.jobs.outcomes import Outcome, Outcomes
from pinterest_async.jobs.polling import Polling
from pinterest_async.resources.board_sections import BOARD_SECTIONS_CREATE
from pinterest_async.resources.boards import BOARDS_CREATE, BOARDS_GET
from pinterest_async.resources.pins import PINS_SAVE
from pinterest_async.types import Pin

ROUNDS: Final = 3
"""How often the copy is looked through without a Pin being saved, before an error is raised."""
PAUSE: Final = 3.0
"""Seconds before a look, since a Pin that was saved just now may take some time to be listed."""

_OF_ONE_PIN: Final = (BadRequestError, NotFoundError, PermissionDeniedError)
"""Refusals that concern one Pin: it is private, gone, or cannot be saved."""


class BoardCopy(NamedTuple):
    """The id of the new board, and what became of each Pin, in the order of the old board."""

    board_id: str
    pins: Outcomes[Pin]


class BoardCopyJob(SavedJob[BoardCopy], frozen=True, kw_only=True, tag="board_copy"):
    """A board that is being copied to a new one; the result is a `BoardCopy`.

    `target_id` is the new board, once it was made. Which Pins it has is seen from itself.
    """

    WHAT: ClassVar[str] = "the copy of the board"
    POLLING: ClassVar[Polling] = Polling(timeout=None)

    board_id: str
    name: str
    target_id: str | None = None
    ad_account_id: str | None = None

    @property
    def at_once(self) -> bool:
        """Nothing is waited for."""
        return True

    async def look(self, client: JobClient) -> Look[BoardCopy]:
        """See whether the new board is there."""
        if self.target_id is not None:
            await client.send(BOARDS_GET, self.target_id, query=self._query)
        return Look(state=None if self.target_id is None else "copying")

    async def step(self, run: Run) -> Look[BoardCopy]:
        """Make the board, or copy what it lacks."""
        if self.target_id is None:
            run.tell(JobProgress(step="making the board"))
            return Look(then=replace(self, target_id=await self._made(run)))
        sections = await self._sections(run.client, self.target_id)
        return Look(result=await self._copied(run, self.target_id, sections))

    @property
    def _query(self) -> dict[str, Any]:
        return {"ad_account_id": self.ad_account_id}

    async def _made(self, run: Run) -> str:
        """The id of the new board; one of this name is ours, since there was none at the start."""
        if run.resumed:
            found = await self._named(run.client)
            if found is not None:
                return found
        old = (await run.client.send(BOARDS_GET, self.board_id, query=self._query)).data
        body: dict[str, Any] = {"name": self.name}
        for name in ("description", "privacy"):
            value = text_of(old, name)
            body |= {name: value} if value else {}
        try:
            answer = await run.client.send(BOARDS_CREATE, query=self._query, body=body)
            id = text_of(answer.data, "id")
        except (ServerError, ConnectionFailedError):
            await run.polling.sleep(PAUSE)
            id = await self._named(run.client)
            if id is None:
                raise
        if not id:
            raise JobFailedError("Pinterest has answered without a board")
        return id

    async def _named(self, client: JobClient) -> str | None:
        async for board in boards_of(client, self.ad_account_id):
            if text_of(board, "name") == self.name:
                return text_of(board, "id")
        return None

    async def _sections(self, client: JobClient, target: str) -> dict[str, str]:
        """The ids of sections of the new board, by those of the old one; missing ones are made."""
        there = {
            text_of(one, "name"): text_of(one, "id")
            async for one in all_sections(client, target, self.ad_account_id)
        }
        found: dict[str, str] = {}
        async for section in all_sections(client, self.board_id, self.ad_account_id):
            id = there.get(section.name)
            if id is None:
                body = {"name": section.name}
                made = await client.send(
                    BOARD_SECTIONS_CREATE, target, query=self._query, body=body
                )
                id = id_of(made.data, "id", "Pinterest has answered without a section")
            found[section.id] = id
        return found

    async def _copied(self, run: Run, target: str, sections: dict[str, str]) -> BoardCopy:
        """Save what the new board lacks; in doubt, look again what it has."""
        sources = [pin async for pin in all_pins(run.client, self.board_id, self.ad_account_id)]
        results: list[Pin | None] = [None] * len(sources)
        failed: dict[int, ItemFailure] = {}
        left = ROUNDS
        fresh = not run.resumed
        while True:
            if not fresh:
                await self._match(run, target, sources, results)
            fresh = False
            try:
                # Backwards, so that the latest Pin is saved last.
                for at in reversed(range(len(sources))):
                    if results[at] is None and at not in failed:
                        saved = await self._saved(run.client, target, sections, sources[at])
                        if isinstance(saved, ItemFailure):
                            failed[at] = saved
                        else:
                            results[at], left = saved, ROUNDS
                        done = len(failed) + sum(one is not None for one in results)
                        run.tell(JobProgress(step="copying", sent=done, size=len(sources)))
            except (ServerError, ConnectionFailedError, JobFailedError) as error:
                left -= 1
                if not left or _surely_not(error):
                    raise
                await run.polling.sleep(PAUSE)
            else:
                break
        outcomes = [
            Outcome(index=at, item=pin, result=results[at], failed=failed.get(at))
            for at, pin in enumerate(sources)
        ]
        return BoardCopy(target, Outcomes(outcomes))

    async def _match(
        self, run: Run, target: str, sources: list[Pin], results: list[Pin | None]
    ) -> None:
        """See which Pins the new board has: a copy names the Pin that it was saved from."""
        copies: Counter[str] = Counter()
        by_parent: dict[str, list[Pin]] = {}
        async for pin in all_pins(run.client, target, self.ad_account_id):
            parent = text_of(pin, "parent_pin_id")
            if parent is not None:
                copies[parent] += 1
                by_parent.setdefault(parent, []).append(pin)
        for at, source in enumerate(sources):
            # A copy of a copy may name the first one of them all.
            parents = [source.id, text_of(source, "parent_pin_id")]
            parent = next((one for one in parents if one is not None and copies[one]), None)
            results[at] = None if parent is None else by_parent[parent][copies[parent] - 1]
            if parent is not None:
                copies[parent] -= 1

    async def _saved(
        self, client: JobClient, target: str, sections: dict[str, str], source: Pin
    ) -> Pin | ItemFailure:
        body: dict[str, Any] = {"board_id": target}
        section = sections.get(text_of(source, "board_section_id") or "")
        body |= {} if section is None else {"board_section_id": section}
        try:
            pin = (await client.send(PINS_SAVE, source.id, query=self._query, body=body)).data
        except _OF_ONE_PIN as error:
            return ItemFailure(index=None, code=error.code, message=error.message, item=source)
        if field_of(pin, "id") is None:
            raise JobFailedError("Pinterest has answered without a Pin")
        return pin


def _surely_not(error: PinterestError) -> bool:
    return isinstance(error, ConnectionFailedError) and error.phase == "not_sent"


async def copy_job(
    client: JobClient, board_id: str, name: str, ad_account_id: str | None
) -> Job[BoardCopy]:
    """The job of a copy with a name that no board of the user has.

    Raises:
        InvalidCallError: There is a board of this name, or it cannot be one.
    """
    client.check(BOARDS_CREATE, body={"name": name})
    async for board in boards_of(client, ad_account_id):
        if board.name == name:
            raise wrong("name", "is that of a board of the user", "pass another name")
    saved = BoardCopyJob(board_id=board_id, name=name, ad_account_id=ad_account_id)
    return Job(client, saved)
