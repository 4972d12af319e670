"""Has jobs done by forks of a program, each of which may kill itself at a step of its work."""

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Self

import msgspec

from pinterest_async.emulator import Emulator

PROGRAM = Path(__file__).with_name("dying_harvester.py")


class Forker:
    """Has jobs done by forks of a program."""

    def __init__(self, process: Process, emulator: Emulator) -> None:
        self._process = process
        self._emulator = emulator

    @classmethod
    @asynccontextmanager
    async def started(cls, emulator: Emulator) -> AsyncGenerator[Self]:
        """Start the program; it ends with the block."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, str(PROGRAM), stdin=PIPE, stdout=PIPE
        )
        yield cls(process, emulator)
        assert process.stdin is not None
        process.stdin.close()
        await process.wait()

    async def __call__(self, folder: Path, die: int = 0, **job: Any) -> Any:
        """Do a job that dies at a step; say how that ended."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        where = {"url": self._emulator.url, "token": self._emulator.token}
        line = msgspec.json.encode({"folder": str(folder), "die": die, **where, **job})
        self._process.stdin.write(line + b"\n")
        answer = msgspec.json.decode(await self._process.stdout.readline(), type=dict[str, Any])
        assert "error" not in (answer["said"] or ()), answer
        return answer
