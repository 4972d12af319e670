"""A call by hand on httpx, its answer decoded by pydantic."""

import contextlib
import datetime as dt
from collections.abc import AsyncIterator
from typing import Any

import httpx
from _case import HEADERS, NEW_PIN, PIN_ID
from pydantic import BaseModel


class Image(BaseModel):
    width: int
    height: int
    url: str


class Media(BaseModel):
    media_type: str
    images: dict[str, Image] | None = None


class Owner(BaseModel):
    username: str


class Pin(BaseModel):
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


class Page(BaseModel):
    items: list[Pin]
    bookmark: str | None = None


@contextlib.asynccontextmanager
async def caller(options: dict[str, Any]) -> AsyncIterator[Any]:
    """What makes one call."""
    url, limits = options["url"], httpx.Limits(max_connections=options["connections"])
    async with httpx.AsyncClient(headers=HEADERS, limits=limits, timeout=300.0) as client:

        async def get_page() -> Any:
            response = await client.get(f"{url}/pins", params={"page_size": 250})
            return Page.model_validate_json(response.content)

        async def post() -> Any:
            response = await client.post(f"{url}/pins", json=NEW_PIN)
            return Pin.model_validate_json(response.content)

        async def get() -> Any:
            response = await client.get(f"{url}/pins/{PIN_ID}")
            return Pin.model_validate_json(response.content)

        yield {"page": get_page, "post": post, "pin": get}[options["kind"]]
