"""How much may be in memory at a time: work waits, in order, until its size fits."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import anyio


class MemoryLimit:
    """Admits pieces of work in order, while their sizes together fit; a larger one runs alone."""

    def __init__(self, size: int) -> None:
        self._size = self._free = size
        self._turn = anyio.Lock(fast_acquire=True)
        self._freed = anyio.Event()

    @asynccontextmanager
    async def reserve(self, size: int) -> AsyncGenerator[None]:
        """Wait until a size fits, and give it back at the end of the block."""
        size = min(size, self._size)
        async with self._turn:
            while self._free < size:
                self._freed = anyio.Event()
                await self._freed.wait()
            self._free -= size
        try:
            yield
        finally:
            self._free += size
            self._freed.set()
