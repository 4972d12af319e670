"""Starts calls that are never answered, and prints how much memory each takes, in bytes."""

import asyncio
import gc
import importlib
import json
import os
import sys
from pathlib import Path
from typing import Any

from _neutral_server import allow_files


def resident() -> int:
    """Bytes of this process that are in RAM."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


async def main(options: dict[str, Any]) -> float:
    made = importlib.import_module(f"_call_{options['by']}")
    pending = options["pending"]
    async with made.caller({**options, "views": False}) as call:
        await call()
        gc.collect()
        before = resident()
        tasks = [asyncio.create_task(call()) for _ in range(pending)]
        size = 0
        while (now := resident()) > size:  # until nothing is added any more
            size = now
            gc.collect()
            await asyncio.sleep(0.5)
        if any(task.done() for task in tasks):
            raise RuntimeError("a call has ended that was not answered")
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
    return (size - before) / pending


if __name__ == "__main__":
    given = json.loads(sys.argv[1])
    allow_files()
    sys.path.insert(0, given["package"])
    print(asyncio.run(main(given)))
