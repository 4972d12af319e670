"""A sink whose worker stops itself, once, in the middle of a partition."""

import os
import signal
from pathlib import Path
from typing import Any

import anyio.to_thread

from pinterest_async.harvest import FileSink, LocalStorage, Partition, Plan


class StoppingSink(FileSink):
    """The first of all processes to prepare a file notes its id in `note`, and stops.

    When it goes on, it does so from there, before or after its file is prepared.
    """

    def __init__(self, out: Path, note: Path, *, prepared: bool) -> None:
        super().__init__(LocalStorage(out))
        self._note = note
        self._prepared = prepared

    async def prepare(self, plan: Plan, partition: Partition, table: Any) -> str | None:
        if not self._prepared:
            await anyio.to_thread.run_sync(self._stop)
        name = await super().prepare(plan, partition, table)
        if self._prepared:
            await anyio.to_thread.run_sync(self._stop)
        return name

    def _stop(self) -> None:
        try:
            with self._note.open("x") as file:
                file.write(f"{os.getpid()}")
        except FileExistsError:
            return
        os.kill(os.getpid(), signal.SIGSTOP)
