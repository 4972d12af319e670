"""Group commit: what is to be forced to disk at about the same time goes there together."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

import anyio

T = TypeVar("T")


class WriteGroup(Generic[T]):
    """Items that are written together; `ended` is there once somebody waits for them."""

    def __init__(self) -> None:
        self.items: list[T] = []
        self.ended: anyio.Event | None = None
        self.error: Exception | None = None


class GroupCommit(Generic[T]):
    """Writes items in groups: what comes while one is written, or gathers, makes up the next.

    Whoever first waits for a group writes it, `gathering` seconds later. A cancellation waits until
    that is done, since others wait for it who may not have been cancelled; should the task end all
    the same, they get the error that `interrupted` makes.
    """

    def __init__(
        self,
        write: Callable[[Sequence[T]], Awaitable[None]],
        interrupted: Callable[[], Exception],
        *,
        gathering: float = 0.0,
    ) -> None:
        self._write = write
        self._interrupted = interrupted
        self._gathering = gathering
        self._turn = anyio.Lock(fast_acquire=True)
        self._next = WriteGroup[T]()

    def add(self, item: T) -> WriteGroup[T]:
        """Have an item written with the others that wait; return their group."""
        self._next.items.append(item)
        return self._next

    async def done(self, group: WriteGroup[T]) -> None:
        """Return when a group is written; raise what prevented it."""
        if group.ended is None:
            group.ended = anyio.Event()
            with anyio.CancelScope(shield=True):
                await self._lead(group, group.ended)
        elif not group.ended.is_set():
            await group.ended.wait()
        if group.error is not None:
            raise group.error

    async def flush(self) -> None:
        """Return when all items are written that were added and are not being written."""
        if self._next.items:
            await self.done(self._next)

    async def _lead(self, group: WriteGroup[T], ended: anyio.Event) -> None:
        try:
            async with self._turn:
                await anyio.sleep(self._gathering)
                self._next = WriteGroup[T]()
                await self._write(group.items)
        except BaseException as error:
            if self._next is group:
                self._next = WriteGroup[T]()
            group.error = error if isinstance(error, Exception) else self._interrupted()
            if error is not group.error:
                raise
        finally:
            ended.set()
