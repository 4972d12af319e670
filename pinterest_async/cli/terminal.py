"""The terminal, or whatever stands in its place: it may go away, and a harvest goes on."""

import os
from typing import IO

from rich.console import Console


class Terminal(Console):
    """A console that falls silent when nobody reads it any more, as behind `| head`."""

    def on_broken_pipe(self) -> None:
        """Say nothing more; the work that is told of is worth more than the telling."""
        self.quiet = True
        silence(self.file)


def terminal(*, stderr: bool = False) -> Terminal:
    """A console for lines that are not cut or folded where they are read by programs."""
    return Terminal(stderr=stderr, highlight=False, soft_wrap=True)


def silence(stream: IO[str]) -> None:
    """Let what is written to a stream that nobody reads go nowhere, at the end of Python too."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, stream.fileno())
    finally:
        os.close(nowhere)
