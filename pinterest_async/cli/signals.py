"""Signals that end a command: a service manager sends another one than a terminal."""

import signal
from collections.abc import Generator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def terminated_like_interrupted() -> Generator[None]:
    """Let SIGTERM end what runs meanwhile as Ctrl-C does: tidily, with what is finished kept."""

    def interrupt(_number: int, frame: FrameType | None) -> None:
        # While a loop runs, asyncio's own; a shell may have told us to ignore Ctrl-C.
        handler = signal.getsignal(signal.SIGINT)
        if not callable(handler):
            raise KeyboardInterrupt
        handler(signal.SIGINT, frame)

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
