"""A call by hand on aiohttp, its answer decoded into types that are written by hand as well."""

import contextlib
import datetime as dt
from collections.abc import AsyncIterator
from typing import Any, Generic, TypeVar

import msgspec
from _by_hand import by_hand, opened

T = TypeVar("T")


class Image(msgspec.Struct):
    width: int
    height: int
    url: str


class Media(msgspec.Struct):
    media_type: str
    images: dict[str, Image] | None = None


class Owner(msgspec.Struct):
    username: str


class Pin(msgspec.Struct):
    id: str
    created_at: dt.datetime | None = None
    title: str | None = None
    description: str | None = None
    link: str | None = None
    board_id: str | None = None
    board_owner: Owner | None = None
    creative_type: str | None = None
    is_owner: bool = False
    is_standard: bool = False
    has_been_promoted: bool = False
    media: Media | None = None


class Page(msgspec.Struct, Generic[T]):
    items: list[T]
    bookmark: str | None = None


@contextlib.asynccontextmanager
async def caller(options: dict[str, Any]) -> AsyncIterator[Any]:
    """What makes one call."""
    async with opened(options) as session:
        yield by_hand(session, options["url"], options["kind"], Pin, Page[Pin])
