"""A Pin that may have been made: looked for on its board by its texts and its time."""

import datetime as dt
from collections.abc import Mapping
from contextlib import aclosing
from email.utils import parsedate_to_datetime
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

from pinterest_async._core.item_failures import field_of
from pinterest_async.jobs.errors import JobError
from pinterest_async.jobs.job import JobClient, text_of
from pinterest_async.jobs.polling import Polling
from pinterest_async.namespace import pager
from pinterest_async.resources.board_sections import BOARD_SECTIONS_LIST_PINS
from pinterest_async.resources.boards import BOARDS_LIST_PINS
from pinterest_async.types import Pin

MOST_PAGES: Final = 40
"""Pages of 250 Pins that are looked through."""
PAUSES: Final = (1.0, 3.0, 6.0)
"""Seconds before each look: a Pin that was made just now may take some time to be listed."""

_SAME: Final = ("title", "description", "alt_text", "link")
_MARGIN: Final = 3.0
"""Seconds: the times of Pins and of answers are whole seconds, and an answer takes its time."""
_REMEMBERED: Final = 10_000

KNOWN: Final[dict[str, str]] = {}
"""The Pins that this process has made, by id, each with the key of its job: no other job's Pin."""


def remember(id: str, key: str) -> None:
    """Know that a Pin was made by a job."""
    KNOWN[id] = key
    if len(KNOWN) > _REMEMBERED:
        del KNOWN[next(iter(KNOWN))]


class Wanted(NamedTuple):
    """What is looked for: the Pin of a request since a moment (Unix time, by our clock).

    `key` is that of the job, `account` the ad account that it acts for.
    """

    body: Mapping[str, Any]
    since: float
    key: str
    account: str | None


async def find_pin(client: JobClient, wanted: Wanted, polling: Polling) -> Pin | None:
    """The Pin that a request may have made, None where its board does not have it.

    Looks several times, with pauses, and goes through the whole board each time, since its order is
    not documented.

    Raises:
        JobError: Several Pins fit, or the board has too many Pins to look through.
    """
    for pause in PAUSES:
        await polling.sleep(pause)
        found = await _fitting(client, wanted, polling)
        if len(found) > 1:
            ids = ", ".join(pin.id for pin in found[:5])
            raise JobError(
                f"the Pin may have been made: {len(found)} Pins on the board fit ({ids})",
                advice="See which one it is; publish it again only where none of them is.",
            )
        if found:
            remember(found[0].id, wanted.key)
            return found[0]
    return None


async def _fitting(client: JobClient, wanted: Wanted, polling: Polling) -> list[Pin]:
    body = wanted.body
    section = body.get("board_section_id")
    board = body.get("board_id")  # a saved job that somebody has changed can lack it
    path = (board,) if section is None else (board, section)
    operation = BOARDS_LIST_PINS if section is None else BOARD_SECTIONS_LIST_PINS
    ahead: float | None = None

    async def send(query: Mapping[str, Any]) -> Any:
        nonlocal ahead
        answer = await client.send(operation, *path, query=query)
        if ahead is None:
            ahead = _ahead(answer.headers, polling.now())
        return answer

    found: list[Pin] = []
    pages = 0
    walk = pager(operation, send, {"page_size": 250, "ad_account_id": wanted.account}).pages()
    async with aclosing(walk):
        async for page in walk:
            earliest = wanted.since + (ahead or 0.0) - _MARGIN
            found += [pin for pin in page.items if _fits(pin, wanted, earliest)]
            pages += 1
            if pages == MOST_PAGES and page.bookmark and not found:
                raise JobError(
                    "the Pin may have been made, and its board has too many Pins to look for it",
                    advice="Look for it on Pinterest before you publish it again.",
                )
            if pages == MOST_PAGES:
                break
    return found


def _ahead(headers: Mapping[str, str], now: float) -> float:
    """By how many seconds the server's clock is ahead of ours; 0 where it does not say."""
    try:
        return parsedate_to_datetime(headers.get("Date", "")).timestamp() - now
    except (ValueError, TypeError, OverflowError, OSError):
        return 0.0


def _fits(pin: Any, wanted: Wanted, earliest: float) -> bool:
    """Whether a listed Pin, of any kind where it drifted, can be the one that a body made."""
    id, created = text_of(pin, "id"), field_of(pin, "created_at")
    other = KNOWN.get(id or "", wanted.key) != wanted.key
    if not id or other or not isinstance(created, dt.datetime):
        return False
    if created.tzinfo is None:
        created = created.replace(tzinfo=dt.UTC)
    return created.timestamp() >= earliest and all(
        _text(name, field_of(pin, name)) == _text(name, wanted.body.get(name)) for name in _SAME
    )


def _text(name: str, value: Any) -> str:
    """A text as it is compared: Pinterest trims texts, and writes links in its own way."""
    text = value.strip() if isinstance(value, str) else ""
    if name == "link" and text:
        try:
            parts = urlsplit(text)
        except ValueError:
            return text
        return f"{parts.netloc.lower()}{parts.path.rstrip('/')}?{parts.query}"
    return " ".join(text.split())
