"""What goes wrong with a token store, in our own words and without what it was to keep."""

import contextlib
from collections.abc import AsyncGenerator, Awaitable, Iterable
from types import TracebackType
from typing import Final, Self, TypeVar

from pinterest_async._core.echoes import blanked_text
from pinterest_async.errors import PinterestError, TokenStoreError

T = TypeVar("T")

_LONGEST: Final = 300


class Trouble:
    """A block that ends at an error, and remembers it: what follows is outside of any handler.

    An error that is raised there does not lead to the frames of this one, whose variables may be
    tokens.
    """

    __slots__ = ("_error",)

    def __init__(self) -> None:
        self._error: Exception | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        if isinstance(error, Exception):
            self._error = error
            return True
        return False

    def told(self, store: object, doing: str, secrets: Iterable[str] = ()) -> PinterestError | None:
        """What happened, as an error of ours; None when all went well."""
        error = self._error
        if error is None or isinstance(error, PinterestError):
            return error
        words = blanked_text(" ".join(str(error).split()), secrets)[:_LONGEST]
        kind = type(error).__name__
        return TokenStoreError(
            f"{name_of(store)} could not {doing} the tokens: {kind}{f': {words}' if words else ''}"
        )


async def guarded(store: object, doing: str, work: Awaitable[T], secrets: Iterable[str] = ()) -> T:
    """Do something with a store, whose errors become ours."""
    with Trouble() as trouble:
        return await work
    del work  # whose repr is that of its error
    raise trouble.told(store, doing, secrets) or AssertionError


@contextlib.asynccontextmanager
async def guarded_lock(
    store: object, lock: contextlib.AbstractAsyncContextManager[object]
) -> AsyncGenerator[None, None]:
    """Hold a lock, whose own errors become ours; those of the block stay what they are."""
    await guarded(store, "lock", lock.__aenter__())
    try:
        yield
    finally:
        await guarded(store, "unlock", lock.__aexit__(None, None, None))


def name_of(store: object) -> str:
    """A store in words. The repr of others' stores may show what they keep."""
    ours = type(store).__module__.partition(".")[0] == __name__.partition(".")[0]
    return repr(store) if ours else f"the token store {type(store).__qualname__}"
