"""The emulator in a thread of its own, for programs that have no event loop or have several."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from anyio.from_thread import start_blocking_portal

from pinterest_async.emulator.server.emulator import Emulator


@contextmanager
def running(**options: Any) -> Generator[Emulator]:
    """Run an `Emulator` with these options for the length of a `with` block.

    Other threads may read and change its state while it answers no request.
    """
    emulator = Emulator(**options)
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(emulator):
        yield emulator
