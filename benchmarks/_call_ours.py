"""A call by this library with everything on: checks, buckets, deadline, retries, typed answer."""

import contextlib
import itertools
import ssl
from collections.abc import AsyncIterator
from typing import Any

from _case import NEW_PIN, PIN_ID

from pinterest_async import InMemoryLimiter, Pinterest, SessionPool, Timeout


@contextlib.asynccontextmanager
async def caller(options: dict[str, Any]) -> AsyncIterator[Any]:
    """What makes one call."""
    certificate = options["certificate"]
    context = ssl.create_default_context(cafile=certificate) if certificate else None
    async with SessionPool(ssl=context, limit=options["connections"]) as pool:
        common: dict[str, Any] = {
            "pool": pool,
            "base_url": options["url"],
            "limiter": InMemoryLimiter(),
            "timeout": Timeout(total=300.0),
        }
        count, first = options["clients"], Pinterest("pina_benchmark", **common)
        clients = [first]
        if options["views"]:
            clients += [first.with_options(ad_account_id=str(i)) for i in range(1, count)]
        else:
            clients += [Pinterest(f"pina_{number}", **common) for number in range(1, count)]
        kind = options["kind"]
        if count == 1:
            yield single(first, kind)
            return
        methods = [one.pins.get for one in clients]
        for method in methods:
            await method(PIN_ID)
        following = itertools.cycle(methods).__next__
        yield lambda: following()(PIN_ID)


def single(client: Pinterest, kind: str) -> Any:
    if kind == "page":
        return lambda: client.pins.list(page_size=250)
    if kind == "post":
        new: Any = NEW_PIN
        return lambda: client.pins.create(**new)
    return lambda: client.pins.get(PIN_ID)
