"""Token files that break, and what others may have put in their place."""

import errno
import os
import stat
import sys
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

from pinterest_async import (
    ConfigurationError,
    FileStore,
    KeyringStore,
    PinterestError,
    RedisStore,
    Tokens,
    TokenStoreError,
)

if sys.platform == "win32":
    pytest.skip("files have owners on POSIX", allow_module_level=True)

PAIR: Final = Tokens(access_token="pina_SECRET", refresh_token="pinr_SECRET")


async def use(store: FileStore) -> None:
    """Whatever a store is used for."""
    async with store.exclusive():
        await store.load()
        await store.save(PAIR)


def files(folder: Path) -> dict[str, int]:
    """What is in a folder, and when each was changed."""
    return {one.name: one.lstat().st_mtime_ns for one in folder.iterdir()}


@pytest.mark.parametrize(
    "content",
    [
        b"\xff\xfe",
        b"",
        b'{"access_token": "pina_',
        b"[" * 100_000,
        b"null",
        b"{}",
        b'"\\ud800"',
        b'{"access_token": "pina_1\\r\\nX: 1", "refresh_token": "pinr_1"}',
    ],
)
async def test_a_file_with_something_else_in_it(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "tokens.json"
    path.write_bytes(content)
    with pytest.raises(ConfigurationError, match="Delete it and log in again"):
        await FileStore(path).load()


def a_folder(path: Path) -> None:
    path.mkdir()


def a_link(path: Path) -> None:
    target = path.with_name("target")
    target.write_text('{"access_token": "pina_1", "refresh_token": "pinr_1"}', "utf-8")
    path.symlink_to(target)


def a_link_to_nothing(path: Path) -> None:
    path.symlink_to(path.with_name("nothing"))


def a_pipe(path: Path) -> None:
    os.mkfifo(path)


def anothers(path: Path) -> None:
    path.write_text("{}", "utf-8")
    os.chown(path, 12345, 12345)


PLANTS: Final = [a_folder, a_link, a_link_to_nothing, a_pipe, anothers]


@pytest.mark.parametrize("name", ["tokens.json", ".tokens.json.lock"])
@pytest.mark.parametrize("plant", PLANTS)
async def test_what_stands_in_the_place_of_a_file_is_refused(
    plant: Callable[[Path], None], name: str, tmp_path: Path
) -> None:
    if plant is anothers and os.geteuid() != 0:
        pytest.skip("only root gives files away")
    plant(tmp_path / name)
    before = files(tmp_path)
    store = FileStore(tmp_path / "tokens.json")
    with pytest.raises(TokenStoreError) as caught:
        await use(store)
    assert caught.value.advice
    if name == "tokens.json" and plant is not anothers:
        with pytest.raises(TokenStoreError):
            await store.save(PAIR)
    after = files(tmp_path)
    assert {one: after[one] for one in before} == before
    assert set(after) <= {*before, ".tokens.json.lock"}


@pytest.mark.parametrize(("mode", "good"), [(0o700, True), (0o755, True), (0o777, False)])
async def test_a_folder_that_others_may_write_to_is_refused(
    mode: int, good: bool, tmp_path: Path
) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    folder.chmod(mode)
    if good:
        return await use(FileStore(folder / "tokens.json"))
    for doing in (use, FileStore.load):
        with pytest.raises(TokenStoreError, match="can be written to by others"):
            await doing(FileStore(folder / "tokens.json"))
    # In a folder of their own, nobody can replace them.
    return await use(FileStore(folder / "mine" / "tokens.json"))


def open_to_all(folder: Path) -> Path:
    """Make a folder as /tmp is."""
    folder.chmod(0o1777)
    return folder


async def test_a_folder_of_all_that_keeps_to_each_what_is_theirs_will_do(tmp_path: Path) -> None:
    await use(FileStore(open_to_all(tmp_path) / "tokens.json"))


async def test_missing_folders_are_made_for_the_owner_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        await use(FileStore(tmp_path / "a" / "b" / "tokens.json"))
    finally:
        os.umask(before)
    for folder in (tmp_path / "a", tmp_path / "a" / "b"):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES, errno.EROFS, errno.EDQUOT])
@pytest.mark.parametrize("what", ["open", "fsync", "mkstemp"])
async def test_a_disk_that_fails_is_an_error_of_ours(
    what: str, number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = FileStore(tmp_path / "tokens.json")

    def fails(*_: Any, **__: Any) -> Any:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(tempfile if what == "mkstemp" else os, what, fails)
    with pytest.raises(TokenStoreError, match=os.strerror(number)) as caught:
        await use(store)
    monkeypatch.undo()
    assert "SECRET" not in str(shown(caught.value))
    assert set(files(tmp_path)) <= {".tokens.json.lock"}


@pytest.mark.parametrize("path", ["tokens\0.json", "x" * 300, "/dev/null/tokens.json"])
async def test_a_path_that_can_be_none_is_an_error_of_ours(path: str, tmp_path: Path) -> None:
    with pytest.raises(TokenStoreError):
        await use(FileStore(tmp_path / path))


def test_a_home_that_is_not_known_is_reported() -> None:
    with pytest.raises(ConfigurationError, match="Give the whole path"):
        FileStore("~nobody-of-this-name/tokens.json")


class Broken:
    """A keyring or a Redis that repeats what it was told to keep."""

    def __getattr__(self, name: str) -> Any:
        def fails(*arguments: Any, **_: Any) -> Any:
            raise RuntimeError(f"{name} of {arguments}")

        async def fails_later(*arguments: Any, **_: Any) -> Any:
            raise ConnectionError(f"{name} of {arguments}")

        return fails if name.endswith("password") else fails_later


@pytest.mark.parametrize("kind", ["keyring", "redis"])
async def test_a_place_that_is_away_is_an_error_of_ours(kind: str) -> None:
    broken: Any = Broken()
    store = KeyringStore("me", keyring=broken) if kind == "keyring" else RedisStore(broken, "me")
    for work in (store.load(), store.save(PAIR)):
        with pytest.raises(TokenStoreError, match=r"Store\(.*could not") as caught:
            await work
        assert "SECRET" not in str(shown(caught.value))


def shown(error: PinterestError) -> list[str]:
    """An error with the variables of all its frames, and those of what led to it."""
    found: list[str] = []
    one: BaseException | None = error
    while one is not None:
        whole = traceback.TracebackException.from_exception(one, capture_locals=True)
        found += [str(frame.locals) for frame in whole.stack if frame.filename != __file__]
        found += whole.format_exception_only()
        one = one.__cause__ or one.__context__
    return found
