"""The terminal, or what replaces it: the reader may go away, and a harvest goes on."""

import os
from typing import IO

from rich.console import Console


class Terminal(Console):
    """A console that stops writing when nobody reads it any more, as behind `| head`."""

    def on_broken_pipe(self) -> None:
        """Write nothing more; the harvest itself goes on."""
        self.quiet = True
        discard_output(self.file)


def terminal(*, stderr: bool = False) -> Terminal:
    """A console for lines that are not cut or folded where they are read by programs."""
    return Terminal(stderr=stderr, highlight=False, soft_wrap=True)


def discard_output(stream: IO[str]) -> None:
    """Send what is written to a stream that nobody reads to nowhere, also when Python ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, stream.fileno())
    finally:
        os.close(nowhere)
