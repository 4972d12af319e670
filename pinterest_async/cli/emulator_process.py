"""An emulated Pinterest in a process of its own, so that it takes no time from its client."""

import asyncio
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, Final

import msgspec

from pinterest_async.errors import PinterestError

PATIENCE: Final = 30.0
"""Seconds for the process to start, and again to end."""


class Emulated(msgspec.Struct, frozen=True, kw_only=True):
    """Where the emulator answers, and the token that it accepts."""

    url: str
    token: str


@asynccontextmanager
async def emulated(**options: Any) -> AsyncGenerator[Emulated]:
    """Run an `Emulator` with these options in another process for the length of a block.

    Ctrl-C in the terminal does not reach it; it ends with the block, and with this process however
    that dies, since its standard input ends then. Faults are data or text:
    `emulated(faults=["error:status=503,rate=0.05"])`.

    Raises:
        PinterestError: where it does not start.
    """
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", __name__, msgspec.json.encode(options).decode()),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    try:
        if process.stdout is None or process.stdin is None:
            raise PinterestError("the emulator's process has no pipes")
        line = await asyncio.wait_for(process.stdout.readline(), PATIENCE)
        if not line:
            raise PinterestError("the emulator did not start", advice="Its error message is above.")
        yield msgspec.json.decode(line, type=Emulated)
        process.stdin.close()
        await asyncio.wait_for(process.wait(), PATIENCE)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def _serve(options: dict[str, Any]) -> None:
    from pinterest_async.emulator import Emulator

    async with Emulator(**options) as emulator:
        place = Emulated(url=emulator.url, token=emulator.token)
        sys.stdout.write(msgspec.json.encode(place).decode() + "\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    try:
        asyncio.run(_serve(msgspec.json.decode(sys.argv[1], type=dict[str, Any])))
    except ImportError as error:
        sys.exit(str(error))
