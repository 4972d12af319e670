"""A lock on a file, so that one process at a time fills a target."""

import sys
from pathlib import Path
from typing import IO


class FileLock:
    """A lock that ends with the process that holds it, however that ends."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._held: IO[bytes] | None = None

    def take(self) -> bool:
        """Take the lock, unless another process holds it."""
        held = self._file.open("ab")
        try:
            if sys.platform == "win32":
                import msvcrt

                msvcrt.locking(held.fileno(), msvcrt.LK_NBLCK, 1)
            else:
                import fcntl

                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError):  # the latter on Windows
            held.close()
            return False
        except BaseException:
            held.close()
            raise
        self._held = held
        return True

    def release(self) -> None:
        """Release the lock."""
        if self._held is not None:
            self._held.close()
            self._held = None
