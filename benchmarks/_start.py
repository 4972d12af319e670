"""The start of a program, as a process of its own: import, client, first and second call.

    python benchmarks/_start.py ours|bare URL [PACKAGE]

Prints what the steps took as JSON, in milliseconds. `ours` is this library; `bare` the same calls
by hand on aiohttp, their answers decoded by msgspec.
"""

import os
import time

if hasattr(os, "sched_setaffinity"):  # the server has the other core
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})

BEGIN = time.perf_counter(), time.process_time()

import json  # noqa: E402
import sys  # noqa: E402

STEPS: dict[str, float] = {}


def step(name: str, since: float) -> float:
    """Note a step, and begin the next."""
    now = time.perf_counter()
    STEPS[name] = 1000 * (now - since)
    return now


def ours(url: str) -> None:
    since = time.perf_counter()
    import asyncio

    from pinterest_async import Pinterest, preload

    since = step("import", since)

    async def main(since: float) -> None:
        async with Pinterest("pina_x", base_url=url) as pinterest:
            since = step("client", since)
            await pinterest.pins.get("7")
            since = step("first call", since)
            await pinterest.pins.get("7")
            step("second call", since)

    asyncio.run(main(since))
    total()
    since = time.perf_counter()
    preload()
    step("preload after it", since)


def bare(url: str) -> None:
    since = time.perf_counter()
    import asyncio

    import aiohttp
    import msgspec

    since = step("import", since)

    class Pin(msgspec.Struct):
        id: str
        title: str | None = None
        description: str | None = None
        link: str | None = None

    async def main(since: float) -> None:
        decoder = msgspec.json.Decoder(Pin)
        headers = {"Authorization": "Bearer pina_x"}
        async with aiohttp.ClientSession(headers=headers) as session:
            since = step("client", since)
            async with session.get(f"{url}/pins/7") as response:
                decoder.decode(await response.read())
            since = step("first call", since)
            async with session.get(f"{url}/pins/7") as response:
                decoder.decode(await response.read())
            step("second call", since)

    asyncio.run(main(since))
    total()


def total() -> None:
    STEPS["all of it"] = 1000 * (time.perf_counter() - BEGIN[0])
    STEPS["processor time"] = 1000 * (time.process_time() - BEGIN[1])


if __name__ == "__main__":
    sys.path[0:1] = sys.argv[3:]
    {"ours": ours, "bare": bare}[sys.argv[1]](sys.argv[2])
    print(json.dumps(STEPS))
