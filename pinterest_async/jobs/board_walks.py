"""Walks through boards, sections and Pins that take more than one list."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from functools import partial
from typing import Any, NamedTuple

from pinterest_async._core.item_failures import field_of
from pinterest_async._core.operation import Operation
from pinterest_async.jobs.job import JobClient, text_of
from pinterest_async.namespace import pager
from pinterest_async.pages import Page
from pinterest_async.resources.board_sections import (
    BOARD_SECTIONS_LIST,
    BOARD_SECTIONS_LIST_PINS,
    BoardSection,
)
from pinterest_async.resources.boards import BOARDS_GET, BOARDS_LIST, BOARDS_LIST_PINS
from pinterest_async.types import Board, Pin

_PAGE: int = 250


class SectionWithPins(NamedTuple):
    """A section of a board, and the Pins in it."""

    section: BoardSection
    pins: list[Pin]


class BoardWithSections(NamedTuple):
    """A board, its Pins that are in no section, and its sections with theirs."""

    board: Board
    pins: list[Pin]
    sections: list[SectionWithPins]


def boards_of(
    client: JobClient, ad_account_id: str | None = None, privacy: str | None = None
) -> AsyncGenerator[Board]:
    """All boards of the user."""
    return _walk(client, BOARDS_LIST, (), ad_account_id, privacy=privacy)


def all_sections(
    client: JobClient, board_id: str, ad_account_id: str | None = None
) -> AsyncGenerator[BoardSection]:
    """All sections of a board."""
    return _walk(client, BOARD_SECTIONS_LIST, (board_id,), ad_account_id)


async def all_pins(
    client: JobClient, board_id: str, ad_account_id: str | None = None
) -> AsyncGenerator[Pin]:
    """All Pins of a board, each once, those in its sections included.

    The list of a board has the Pins of its sections as well; where it should not, those of a
    section of which it had none are listed by themselves.
    """
    seen: set[str] = set()
    sections: set[str] = set()
    async with aclosing(_walk(client, BOARDS_LIST_PINS, (board_id,), ad_account_id)) as pins:
        async for pin in pins:
            section = text_of(pin, "board_section_id")
            sections |= set[str]() if section is None else {section}
            if _new(pin, seen):
                yield pin
    async with aclosing(all_sections(client, board_id, ad_account_id)) as every:
        async for one in every:
            if one.id in sections:
                continue
            path = (board_id, one.id)
            walk = _walk(client, BOARD_SECTIONS_LIST_PINS, path, ad_account_id)
            async with aclosing(walk) as pins:
                async for pin in pins:
                    if _new(pin, seen):
                        yield pin


async def every_pin(
    client: JobClient, ad_account_id: str | None = None, privacy: str | None = None
) -> AsyncGenerator[Pin]:
    """All Pins on all boards of the user, each once."""
    seen: set[str] = set()
    async with aclosing(boards_of(client, ad_account_id, privacy)) as boards:
        async for board in boards:
            async with aclosing(all_pins(client, board.id, ad_account_id)) as pins:
                async for pin in pins:
                    if _new(pin, seen):
                        yield pin


async def with_sections(
    client: JobClient, board_id: str, ad_account_id: str | None = None
) -> BoardWithSections:
    """A board with its Pins, by section."""
    board = (await client.send(BOARDS_GET, board_id, query={"ad_account_id": ad_account_id})).data
    sections = [
        SectionWithPins(one, []) async for one in all_sections(client, board_id, ad_account_id)
    ]
    by_id = {one.section.id: one.pins for one in sections}
    loose: list[Pin] = []
    async for pin in all_pins(client, board_id, ad_account_id):
        by_id.get(text_of(pin, "board_section_id") or "", loose).append(pin)
    return BoardWithSections(board, loose, sections)


async def _walk(
    client: JobClient,
    operation: Operation[Page[Any]],
    path: tuple[str, ...],
    ad_account_id: str | None,
    **query: Any,
) -> AsyncGenerator[Any]:
    send = partial(client.send, operation, *path)
    values = {"ad_account_id": ad_account_id, "page_size": _PAGE, **query}
    async with aclosing(pager(operation, send, values).pages()) as pages:
        async for page in pages:
            for item in page.items:
                yield item


def _new(pin: Any, seen: set[str]) -> bool:
    """Whether a Pin was not there before; remembers it."""
    id = str(field_of(pin, "id"))
    if id in seen:
        return False
    seen.add(id)
    return True
