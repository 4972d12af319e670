"""What the commands that harvest have in common: exit codes, progress, and how they end."""

import sys
from typing import Final

from pinterest_async.cli.harvest_options import ProgressFormat
from pinterest_async.cli.live_progress import Display
from pinterest_async.cli.progress import JsonProgress, NoOutput, View, error_facts, write_event
from pinterest_async.cli.terminal import terminal
from pinterest_async.harvest import Progress, ProgressListener

COMPLETE: Final = 0
NOTHING: Final = 1
MISTAKEN: Final = 2
PARTIAL: Final = 3


class HarvestRun:
    """One run of a command that harvests."""

    def __init__(self, progress_format: ProgressFormat) -> None:
        self._console = terminal()
        self._progress_format: ProgressFormat = progress_format
        self._json = progress_format == "json"
        self._listener: ProgressListener = NoOutput()
        self._harvested = False

    def update(self, progress: Progress) -> None:
        """Pass on how far it is, and remember whether anything is there."""
        self._harvested = progress.done + progress.skipped > 0
        self._listener.update(progress)

    def _view(self) -> View:
        if self._json:
            return JsonProgress(sys.stdout)
        if self._progress_format == "none":
            return NoOutput()
        return Display(terminal(stderr=True))

    def _failed(self, error: Exception) -> int:
        say_why(error, as_json=self._json)
        return PARTIAL if self._harvested else NOTHING


def say_why(error: Exception, *, as_json: bool) -> None:
    """Say why a command ends."""
    if as_json:
        write_event(sys.stdout, "error", **error_facts(error))
    else:
        terminal(stderr=True).say("\n".join([str(error), *getattr(error, "__notes__", ())]))
