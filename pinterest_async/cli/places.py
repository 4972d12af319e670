"""Whether files can be written where a command is to write them, told before its work begins."""

import os
from pathlib import Path


def unwritable(path: Path, *, folder: bool) -> str:
    """Why a folder, or else a file, cannot be written, without a full stop; "" where it can.

    What only shows when it is tried, such as a full disk, is not found.
    """
    if not folder and path.is_dir():
        return f"{path} is a folder"
    if folder and path.exists() and not path.is_dir():
        return f"{path} is a file"
    there = path
    while not there.exists() and there != there.parent:
        there = there.parent
    if there != path and not there.is_dir():
        return f"{path} cannot be made, since {there} is a file"
    needed = os.W_OK | (os.X_OK if there.is_dir() else 0)
    if os.access(there, needed):
        return ""
    return f"{path} cannot be written: there is no permission to write {there}"


def reason(error: OSError) -> str:
    """What an error of the system says, without its number."""
    return error.strerror or str(error)
