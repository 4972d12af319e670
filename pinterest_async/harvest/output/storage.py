"""Where files go: a folder, or any file system that pyarrow or fsspec knows.

A file appears complete or not at all, and what was there under its name stays until then.
"""

import os
import secrets
import shutil
import sys
from collections.abc import Collection, Generator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Final, Protocol

from pinterest_async.harvest.output.arrow import fs

NOTES: Final = "_harvest"
"""Folder of the harvest's own files, where they cannot be beside the target."""
UNFINISHED: Final = "unfinished"


def notes_folder(folder: Path) -> Path:
    """Where a harvest into a folder keeps its own files: `data` has `_data.harvest` beside it.

    A reader that is given the folder finds rows only: polars refuses one with anything else in it,
    whatever its name. They are inside where earlier versions put them, and where the folder is a
    mount or nothing can be put beside it: what is beside a mount is lost with its machine.
    """
    inside = folder / NOTES
    if not folder.name or folder.name == ".." or folder.is_symlink():
        folder = folder.resolve()
    beside = folder.with_name(f"_{folder.name}.harvest") if folder.name else inside
    if inside.is_dir() or beside.is_dir():
        return inside if inside.is_dir() else beside
    alone = os.path.ismount(folder) or (folder.is_dir() and not os.access(folder.parent, os.W_OK))
    return inside if alone else beside


class Storage(Protocol):
    """Files by their paths below a root, with slashes. Called in threads; several at a time."""

    def open(self) -> None:
        """Prepare, and remove what a killed run left unfinished."""
        ...

    def close(self) -> None:
        """Clean up."""
        ...

    def read(self, path: str) -> Any:
        """The content of a file, as bytes or an Arrow buffer; None where there is none."""
        ...

    def write(self, path: str, content: Any) -> None:
        """Put a file in place, durably."""
        ...

    def writing(self, path: str) -> AbstractContextManager[Any]:
        """A binary file to write to, which is put in place, durably, when the block ends well."""
        ...

    def prepare(self, path: str, content: Any) -> str:
        """Write a file durably where no reader sees it; return its name for the time being."""
        ...

    def finish(self, prepared: str, path: str) -> None:
        """Put a file that was prepared in its place, in one step; fail where it was swept away."""
        ...

    def delete(self, path: str) -> None:
        """Remove a file, if it is there."""
        ...

    def sweep(self, folder: str) -> None:
        """Remove a folder with all that is in it, if it is there."""
        ...

    def files(self, folder: str) -> list[str]:
        """The paths of the files below a folder."""
        ...


class LocalStorage:
    """A folder of this machine."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.notes = notes_folder(folder)
        self._all_unfinished = self._unfinished = self.notes / UNFINISHED

    def __str__(self) -> str:
        return str(self.folder)

    def open(self) -> None:
        """Make the folder, and remove what a killed run left unfinished.

        What is unfinished is in a folder of this opening: who writes for an earlier one, such as a
        worker that outlived its run, does not find its folder any more.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        self.close()
        self._unfinished = self._all_unfinished / secrets.token_hex(4)
        self._unfinished.mkdir(parents=True)

    def close(self) -> None:
        """Remove the folder of unfinished files."""
        self.sweep(f"{NOTES}/{UNFINISHED}")

    def read(self, path: str) -> Any:
        """The content of a file; None where there is none."""
        try:
            return self._place(path).read_bytes()
        except FileNotFoundError:
            return None

    def write(self, path: str, content: Any) -> None:
        """Put a file in place, durably."""
        self.write_all([(path, content)])

    def write_all(self, files: Sequence[tuple[str, Any]]) -> None:
        """Put several files in place, durably: what one waits for on the disk helps the others."""
        names = {_temporary(path): path for path, _ in files}
        with self._removed_on_failure(names):
            for name, (_, content) in zip(names, files, strict=True):
                (self._unfinished / name).write_bytes(content)
            for name in names:
                _sync(self._unfinished / name)
            self._place_all(names)

    @contextmanager
    def writing(self, path: str) -> Generator[Any]:
        """Write a temporary file, force it to disk, rename it: safe from a crash at any moment."""
        name = _temporary(path)
        with self._forced_to_disk(name) as file:
            yield file
        self.finish(name, path)

    def prepare(self, path: str, content: Any) -> str:
        """Write a temporary file and force it to disk; return its name."""
        name = _temporary(path)
        with self._forced_to_disk(name) as file:
            file.write(content)
        return name

    @contextmanager
    def _forced_to_disk(self, name: str) -> Generator[Any]:
        with self._removed_on_failure([name]), (self._unfinished / name).open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())

    @contextmanager
    def _removed_on_failure(self, names: Collection[str]) -> Generator[None]:
        try:
            yield
        except BaseException:
            for name in names:
                (self._unfinished / name).unlink(missing_ok=True)
            raise

    def finish(self, prepared: str, path: str) -> None:
        """Rename a temporary file into its place."""
        with self._removed_on_failure([prepared]):
            self._place_all({prepared: path})

    def _place_all(self, names: Mapping[str, str]) -> None:
        """Rename temporary files to their paths, and force that to disk."""
        changed: dict[Path, None] = {}
        for name, path in names.items():
            target = self._place(path)
            if not target.parent.is_dir():
                changed |= dict.fromkeys(self._make(target.parent))
            (self._unfinished / name).replace(target)
            changed[target.parent] = None
        for folder in changed:
            sync_folder(folder)

    def _place(self, path: str) -> Path:
        """Where a path is: one below `_harvest` in the notes, wherever these are."""
        notes = path.removeprefix(f"{NOTES}/")
        return self.folder / path if notes == path else self.notes / notes

    def _make(self, folder: Path) -> list[Path]:
        """Make a folder and those above it; return the folders that have a new one."""
        if folder == self.folder or folder.is_dir():
            return []
        changed = [*self._make(folder.parent), folder.parent]
        folder.mkdir(exist_ok=True)
        return changed

    def delete(self, path: str) -> None:
        """Remove a file, if it is there."""
        self._place(path).unlink(missing_ok=True)

    def sweep(self, folder: str) -> None:
        """Remove a folder with all that is in it, if it is there."""
        shutil.rmtree(self._place(folder), ignore_errors=True)

    def files(self, folder: str) -> list[str]:
        """The paths of the files below a folder."""
        found = (self.folder / folder).rglob("*")
        return [one.relative_to(self.folder).as_posix() for one in found if one.is_file()]


class RemoteStorage:
    """A file system of pyarrow or fsspec.

    Object stores show an object when its upload is complete; on others a file is renamed into place
    (`rename=True`).
    """

    def __init__(self, filesystem: Any, root: str, *, rename: bool | None = None) -> None:
        if not isinstance(filesystem, fs.FileSystem):
            filesystem = fs.PyFileSystem(fs.FSSpecHandler(filesystem))
        self._fs = filesystem
        self._root = root.rstrip("/")
        self._rename = filesystem.type_name not in _STORES if rename is None else rename

    def __str__(self) -> str:
        return self._root

    def open(self) -> None:
        """Make the root, and remove what a killed run left unfinished."""
        self._fs.create_dir(self._root, recursive=True)
        self.close()

    def close(self) -> None:
        """Remove the folder of unfinished files."""
        self.sweep(f"{NOTES}/{UNFINISHED}")

    def read(self, path: str) -> Any:
        """The content of a file; None where there is none."""
        full = f"{self._root}/{path}"
        if self._fs.get_file_info(full).type != fs.FileType.File:
            return None
        with self._fs.open_input_file(full) as file:
            return file.read()

    def write(self, path: str, content: Any) -> None:
        """Put a file in place, durably."""
        if self._rename:
            with self.writing(path) as file:
                file.write(content)
            return
        with self._stream(path) as file:
            file.write(content)

    @contextmanager
    def writing(self, path: str) -> Generator[Any]:
        """Write a file elsewhere and move it: closing a broken upload would complete it."""
        name = _temporary(path)
        with self._stream(f"{NOTES}/{UNFINISHED}/{name}") as file:
            yield file
        self.finish(name, path)

    def prepare(self, path: str, content: Any) -> str:
        """Write a temporary file; return its name."""
        name = _temporary(path)
        with self._stream(f"{NOTES}/{UNFINISHED}/{name}") as file:
            file.write(content)
        return name

    def finish(self, prepared: str, path: str) -> None:
        """Rename a temporary file into its place; object stores copy it there."""
        unfinished, full = f"{self._root}/{NOTES}/{UNFINISHED}/{prepared}", f"{self._root}/{path}"
        self._fs.create_dir(full.rpartition("/")[0], recursive=True)
        if self._rename:
            self._fs.move(unfinished, full)
        else:
            self._fs.copy_file(unfinished, full)
            self._fs.delete_file(unfinished)

    def _stream(self, path: str) -> Any:
        full = f"{self._root}/{path}"
        self._fs.create_dir(full.rpartition("/")[0], recursive=True)
        return self._fs.open_output_stream(full)

    def delete(self, path: str) -> None:
        """Remove a file, if it is there."""
        full = f"{self._root}/{path}"
        if self._fs.get_file_info(full).type == fs.FileType.File:
            self._fs.delete_file(full)

    def sweep(self, folder: str) -> None:
        """Remove a folder with all that is in it, if it is there."""
        full = f"{self._root}/{folder}"
        if self._fs.get_file_info(full).type == fs.FileType.Directory:
            self._fs.delete_dir(full)

    def files(self, folder: str) -> list[str]:
        """The paths of the files below a folder."""
        root = f"{self._root}/{folder}"
        selector = fs.FileSelector(root, allow_not_found=True, recursive=True)
        found = [one.path for one in self._fs.get_file_info(selector) if one.is_file]
        return [f"{folder}{path.partition(root)[2]}" for path in found]


_STORES: Final = ("s3", "gcs", "abfs", "py::fsspec+s3", "py::fsspec+gs", "py::fsspec+abfs")


def _temporary(path: str) -> str:
    """A name that no other attempt to write this file has."""
    return f"{secrets.token_hex(4)}-{path.rpartition('/')[2]}"


def sync_folder(folder: Path) -> None:
    """Make a rename survive a power cut; Windows has no such call and needs none."""
    if sys.platform != "win32":
        _sync(folder)


def _sync(path: Path) -> None:
    """Force a file or folder to disk."""
    # Windows forces only what is open for writing.
    descriptor = os.open(path, os.O_RDWR if sys.platform == "win32" else os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
