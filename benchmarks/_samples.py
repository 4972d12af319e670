"""Samples of what a process does, taken again and again while it uses CPU."""

import signal
from collections import Counter
from types import FrameType

DEEPEST = 12
"""Functions of a sample that are told, from the innermost on."""


class Samples:
    """Which functions were found to run, and how often."""

    def __init__(self, every: float) -> None:
        self._every = every
        self._found: Counter[tuple[str, ...]] = Counter()

    def begin(self) -> None:
        """Take one each time that the process has used so many seconds of CPU."""
        self._found.clear()
        signal.signal(signal.SIGPROF, self._take)
        signal.setitimer(signal.ITIMER_PROF, self._every, self._every)

    def end(self) -> list[tuple[tuple[str, ...], int]]:
        """Stacks, as `file:function` from the innermost on, and how often each was found."""
        signal.setitimer(signal.ITIMER_PROF, 0)
        return list(self._found.items())

    def _take(self, _: int, frame: FrameType | None) -> None:
        stack: list[str] = []
        while frame is not None and len(stack) < DEEPEST:
            code = frame.f_code
            stack.append(f"{code.co_filename}:{code.co_qualname}")
            frame = frame.f_back
        self._found[tuple(stack)] += 1
