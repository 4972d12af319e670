"""A call by hand on aiohttp, its answer decoded into the same type as this library's."""

import contextlib
from collections.abc import AsyncIterator
from typing import Any

from _by_hand import by_hand, opened

from pinterest_async.pages import Page
from pinterest_async.resources.pins import Pin


@contextlib.asynccontextmanager
async def caller(options: dict[str, Any]) -> AsyncIterator[Any]:
    """What makes one call."""
    async with opened(options) as session:
        yield by_hand(session, options["url"], options["kind"], Pin, Page[Pin])
