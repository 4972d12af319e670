"""The calls as people write them by hand on aiohttp, decoded by msgspec into given types."""

import ssl
from contextlib import AbstractAsyncContextManager
from typing import Any

import aiohttp
import msgspec
from _case import HEADERS, NEW_PIN, PIN_ID


def opened(options: dict[str, Any]) -> AbstractAsyncContextManager[aiohttp.ClientSession]:
    """A session with the token in its headers."""
    certificate = options["certificate"]
    context = ssl.create_default_context(cafile=certificate) if certificate else True
    connector = aiohttp.TCPConnector(limit=options["connections"], ssl=context)
    return aiohttp.ClientSession(connector=connector, headers=HEADERS)


def by_hand(session: aiohttp.ClientSession, url: str, kind: str, pin: Any, page: Any) -> Any:
    """What makes one call."""
    if kind == "page":
        pages = msgspec.json.Decoder(page)

        async def get_page() -> Any:
            async with session.get(f"{url}/pins", params={"page_size": 250}) as response:
                return pages.decode(await response.read())

        return get_page
    decoder = msgspec.json.Decoder(pin)
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
