"""The login on this machine: apart for each host, private, and silent about what is in it."""

import os
import stat
import sys
import traceback
from pathlib import Path

import pytest

from pinterest_async import ConfigurationError, Pinterest, PinterestError, TokenStoreError
from pinterest_async.auth import Basic
from pinterest_async.auth.saved_login import SavedLogin
from pinterest_async.options import HOSTS

APP = Basic("app", "SECRETapp")
BASE = HOSTS["production"]


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    for name in ("ACCESS_TOKEN", "APP_ID", "APP_SECRET", "REFRESH_TOKEN", "TOKEN_STORE"):
        monkeypatch.delenv(f"PINTEREST_{name}", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path / "config" / "pinterest-async"


def test_an_app_is_kept_and_removed(home: Path) -> None:
    saved = SavedLogin(BASE)
    assert saved.app() is None
    saved.remove_app()
    saved.save_app(APP)
    assert SavedLogin(BASE).app() == APP
    file = home / "api.pinterest.com" / "app.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    saved.remove_app()
    assert saved.app() is None


def test_no_host_is_sent_the_tokens_of_another(home: Path) -> None:
    SavedLogin(BASE).save_app(APP)
    assert Pinterest.from_env()
    for options in (
        {"environment": "sandbox"},
        {"base_url": "http://127.0.0.1:8800/v5"},
        {"base_url": "https://api.pinterest.com.example/v5"},
        {"base_url": "https://api.pinterest.com:8443/v5"},
    ):
        with pytest.raises(ConfigurationError, match="Run `pinterest login`"):
            Pinterest.from_env(**options)  # type: ignore[arg-type]
    hosts = ["https://../v5", "https://./v5", "http://[::1]:8800/v5", "http://H_o/v5"]
    for host in hosts:
        SavedLogin(host).save_app(APP)
    names = {one.name for one in home.iterdir()}
    assert names == {"api.pinterest.com", "_", "___1__8800", "h_o"}
    assert [one.name for one in home.parent.iterdir()] == [home.name]


def test_an_app_by_variable_is_not_given_the_tokens_of_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    SavedLogin(BASE).save_app(APP)
    monkeypatch.setenv("PINTEREST_APP_ID", "app")
    assert "client_id='app'" in repr(Pinterest.from_env())
    monkeypatch.setenv("PINTEREST_APP_ID", "other")
    with pytest.raises(ConfigurationError, match="Run `pinterest login`"):
        Pinterest.from_env()


def test_a_relative_place_for_settings_is_ignored(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", "here")
    monkeypatch.chdir(tmp_path)
    SavedLogin(BASE).save_app(APP)
    assert not (tmp_path / "here").exists()
    file = tmp_path / "home" / ".config" / "pinterest-async" / "api.pinterest.com" / "app.json"
    assert file.exists()


def shown(error: BaseException) -> str:
    """An error with the variables of the package's frames."""
    whole = traceback.TracebackException.from_exception(error, capture_locals=True)
    frames = [str(one.locals) for one in whole.stack if one.filename != __file__]
    assert frames
    return "".join((*frames, *traceback.format_exception(error)))


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b'{"client_id": "SECRET"}', b'{"client_id": "SECRET', b"\xff", b"[" * 100_000],
)
def test_a_file_with_something_else_in_it(content: bytes, home: Path) -> None:
    file = home / "api.pinterest.com" / "app.json"
    file.parent.mkdir(parents=True, mode=0o700)
    file.write_bytes(content)
    with pytest.raises(ConfigurationError, match="Delete it, and run `pinterest login`") as caught:
        Pinterest.from_env()
    assert "SECRET" not in shown(caught.value)


@pytest.mark.skipif(sys.platform == "win32", reason="files have owners on POSIX")
def test_a_file_that_others_put_there_is_not_used(home: Path, tmp_path: Path) -> None:
    saved = SavedLogin(BASE)
    saved.save_app(APP)
    file = home / "api.pinterest.com" / "app.json"
    file.rename(tmp_path / "elsewhere")
    file.symlink_to(tmp_path / "elsewhere")
    for action in (saved.app, lambda: saved.save_app(APP), Pinterest.from_env):
        with pytest.raises(TokenStoreError, match="which is a link") as caught:
            action()
        assert "SECRET" not in shown(caught.value)
    file.parent.chmod(0o777)
    for action in (saved.app, lambda: saved.save_app(APP), saved.remove_app):
        with pytest.raises(TokenStoreError, match="can be written to by others"):
            action()


def test_a_disk_that_fails_is_an_error_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    saved = SavedLogin(BASE)
    saved.save_app(APP)

    def fails(*_: object, **__: object) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(os, "open", fails)
    monkeypatch.setattr(Path, "unlink", fails)
    for action in (saved.app, lambda: saved.save_app(APP), saved.remove_app):
        with pytest.raises(PinterestError, match=r"SavedLogin\(.* cannot be") as caught:
            action()
        assert "SECRET" not in shown(caught.value)
