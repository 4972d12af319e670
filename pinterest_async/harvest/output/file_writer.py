"""How files reach a storage from an event loop: together, or several at a time."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final, TypeVar

import anyio
import anyio.to_thread

from pinterest_async.harvest.output.group_commit import GroupCommit
from pinterest_async.harvest.output.storage import LocalStorage, Storage
from pinterest_async.harvest.output.work_thread import WorkThread

T = TypeVar("T")

GATHERING: Final = 0.03
"""Seconds that a file waits for others, to be forced to disk with them.

Most of what a small file costs is to wait for the disk, and to change threads for it."""

AT_A_TIME: Final = 8
"""Files that are written at a time where they do not go together."""


class FileWriter:
    """Writes files in threads: those of a folder of this machine together, others side by side.

    `guarded` calls what works with files, and raises errors of its own for what the disk refuses;
    `interrupted` makes the one for files of which nobody knows whether they are there.
    """

    def __init__(
        self,
        storage: Storage,
        guarded: Callable[..., Any],
        interrupted: Callable[[], Exception],
    ) -> None:
        self._storage = storage
        self._guarded = guarded
        self._places = anyio.CapacityLimiter(AT_A_TIME)
        self._thread = WorkThread()
        self._groups: GroupCommit[tuple[str, Any]] | None = None
        if isinstance(storage, LocalStorage):
            write_all = partial(self._write_all, storage)
            self._groups = GroupCommit(write_all, interrupted, gathering=GATHERING)

    async def existing(self, path: str) -> Callable[[], Any]:
        """What a file has, to be called in a thread; it is read at once where that takes long."""
        if self._groups is not None:
            return partial(self._storage.read, path)
        found = await self.alone(self._storage.read, path)
        return lambda: found

    async def write(self, path: str, content: Any) -> None:
        """Return when a file is in its place, durably."""
        if self._groups is None:
            await self.alone(self._storage.write, path, content)
        else:
            await self._groups.done(self._groups.add((path, content)))

    async def alone(self, work: Callable[..., T], *arguments: Any) -> T:
        """Do something with the storage that waits for nothing else."""
        call = partial(self._guarded, work, *arguments)
        done: T = await anyio.to_thread.run_sync(call, limiter=self._places)
        return done

    async def _write_all(self, storage: LocalStorage, files: Sequence[tuple[str, Any]]) -> None:
        await self._thread.do(self._guarded, storage.write_all, files)
