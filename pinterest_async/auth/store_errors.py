"""Calls of token stores: an error of theirs becomes one of ours, without the tokens it may show."""

import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from typing import Final, TypeVar

from pinterest_async._core.redaction import blanked_text
from pinterest_async.errors import PinterestError, TokenStoreError

T = TypeVar("T")

_LONGEST: Final = 300


async def result_or_error(
    store: object, action: str, work: Callable[[], Awaitable[T]], secrets: Iterable[str] = ()
) -> T | PinterestError:
    """Call a store, and return its result, or the error that the caller is to raise or log.

    An error that is returned has no context: it does not lead to the frames of the store, whose
    variables may be tokens.
    """
    try:
        return await work()
    except PinterestError as error:
        return error
    except Exception as error:  # noqa: BLE001  (a store may raise anything)
        text = blanked_text(" ".join(str(error).split()), secrets)[:_LONGEST]
        kind = type(error).__name__
        return TokenStoreError(
            f"{store_name(store)} could not {action} the tokens: "
            f"{kind}{f': {text}' if text else ''}"
        )


async def guarded(
    store: object, action: str, work: Callable[[], Awaitable[T]], secrets: Iterable[str] = ()
) -> T:
    """Call a store; its errors are raised as ours."""
    result = await result_or_error(store, action, work, secrets)
    if isinstance(result, PinterestError):
        raise result
    return result


@contextlib.asynccontextmanager
async def guarded_lock(
    store: object, lock: contextlib.AbstractAsyncContextManager[object]
) -> AsyncGenerator[None, None]:
    """Hold a lock; its own errors are raised as ours, those of the block stay what they are."""
    await guarded(store, "lock", lock.__aenter__)
    try:
        yield
    finally:
        await guarded(store, "unlock", lambda: lock.__aexit__(None, None, None))


def store_name(store: object) -> str:
    """A store in words. The repr of others' stores may show what they keep."""
    ours = type(store).__module__.partition(".")[0] == __name__.partition(".")[0]
    return repr(store) if ours else f"the token store {type(store).__qualname__}"
