"""The terminal, or what replaces it: the reader may go away, and a harvest goes on."""

import os
import textwrap
from typing import IO

from rich.console import Console


class Terminal(Console):
    """A console that stops writing when nobody reads it any more, as behind `| head`."""

    def on_broken_pipe(self) -> None:
        """Write nothing more; the harvest itself goes on."""
        self.quiet = True
        discard_output(self.file)

    def say(self, text: str) -> None:
        """Print lines as they are, folded between words where a person reads them."""
        for line in text.splitlines() or [""]:
            if self.is_terminal:
                indent = line[: len(line) - len(line.lstrip())]
                line = textwrap.fill(
                    line,
                    self.width,
                    subsequent_indent=f"{indent}  ",
                    break_long_words=False,
                    break_on_hyphens=False,
                )
            self.print(line, markup=False, soft_wrap=True)


def terminal(*, stderr: bool = False) -> Terminal:
    """A console for lines that are not cut where they are read by programs."""
    return Terminal(stderr=stderr, highlight=False, soft_wrap=True)


def discard_output(stream: IO[str]) -> None:
    """Send what is written to a stream that nobody reads to nowhere, also when Python ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, stream.fileno())
    finally:
        os.close(nowhere)
