"""A client in a process of its own, which makes blocks of calls and tells what they took.

It is started with a `Client` as JSON (`_clients.py`). For each line of its standard input, a number
of calls, it makes so many and prints seconds of CPU and by the clock for each of them, and where
it was found to be meanwhile, if that is asked for; it ends with its input. Imports nothing but what
its client needs, so that it runs in any environment.
"""

import asyncio
import contextlib
import gc
import importlib
import json
import os
import sys
import time
from typing import Any

from _samples import Samples


async def block(call: Any, calls: int, tasks: int, samples: Samples | None) -> dict[str, Any]:
    """Make so many calls, so many at a time."""
    numbers = iter(range(calls))

    async def work() -> None:
        for _ in numbers:
            await call()

    gc.collect()
    if samples is not None:
        samples.begin()
    clock, cpu = time.perf_counter(), time.process_time()
    async with asyncio.TaskGroup() as group:
        for _ in range(min(tasks, calls)):
            group.create_task(work())
    cpu, clock = time.process_time() - cpu, time.perf_counter() - clock
    found = [] if samples is None else samples.end()
    return {"cpu": cpu / calls, "clock": clock / calls, "samples": found}


async def main(options: dict[str, Any]) -> None:
    if options["memory"]:
        install = importlib.import_module("_in_memory").install
        install(options["answered"], packed=options["packed"])
    made = importlib.import_module(f"_call_{options['by']}")
    async with contextlib.AsyncExitStack() as stack:
        call = await stack.enter_async_context(made.caller(options))
        await call()
        print("{}", flush=True)
        samples = Samples(options["sampled"]) if options["sampled"] else None
        for line in sys.stdin:
            done = await block(call, int(line), options["tasks"], samples)
            print(json.dumps(done), flush=True)


def run(options: dict[str, Any]) -> None:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    sys.path.insert(0, options["package"])
    factory: Any = None
    if options["uvloop"]:
        factory = importlib.import_module("uvloop").new_event_loop
    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(main(options))


if __name__ == "__main__":
    run(json.loads(sys.argv[1]))
