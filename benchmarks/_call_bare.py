"""A call by hand on aiohttp, its answer decoded by msgspec into the same type as ours."""

import contextlib
import ssl
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import msgspec
from _case import HEADERS, NEW_PIN, PIN_ID

from pinterest_async.pages import Page
from pinterest_async.resources.pins import Pin


@contextlib.asynccontextmanager
async def caller(options: dict[str, Any]) -> AsyncIterator[Any]:
    """What makes one call."""
    certificate = options["certificate"]
    context = ssl.create_default_context(cafile=certificate) if certificate else True
    connector = aiohttp.TCPConnector(limit=options["connections"], ssl=context)
    async with aiohttp.ClientSession(connector=connector, headers=HEADERS) as session:
        yield by_hand(session, options["url"], options["kind"])


def by_hand(session: aiohttp.ClientSession, url: str, kind: str) -> Any:
    if kind == "page":
        pages = msgspec.json.Decoder(Page[Pin])

        async def page() -> Any:
            async with session.get(f"{url}/pins", params={"page_size": 250}) as response:
                return pages.decode(await response.read())

        return page
    decoder = msgspec.json.Decoder(Pin)
    if kind == "post":
        encoder = msgspec.json.Encoder()
        sent = {"Content-Type": "application/json"}

        async def post() -> Any:
            body = encoder.encode(NEW_PIN)
            async with session.post(f"{url}/pins", data=body, headers=sent) as response:
                return decoder.decode(await response.read())

        return post

    async def get() -> Any:
        async with session.get(f"{url}/pins/{PIN_ID}") as response:
            return decoder.decode(await response.read())

    return get
