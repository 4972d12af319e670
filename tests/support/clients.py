"""Other people's clients: their environments, and what they say of an emulator."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
from emulator.known import known

from pinterest_async.emulator import Emulator
from pinterest_async.emulator.contract.contract import contract
from pinterest_async.emulator.server.threaded import running

ROOT = Path(__file__).parents[2]
ENVIRONMENTS = ROOT / "build" / "clients"
PROGRAMS = ROOT / "tests" / "clients" / "programs"
LIMIT = 1200
"""Seconds after which an installation or a program hangs."""


class NotInstalledError(Exception):
    """A client's packages cannot be had: there is no network, or this Python is not theirs."""


class Client(msgspec.Struct, frozen=True):
    """A client: the name of its package, and of its list in `.ci/clients`; its programs."""

    package: str
    programs: tuple[str, ...]
    newest: tuple[int, int] = (99, 0)
    """The newest Python that it can be installed with."""

    @property
    def pins(self) -> Path:
        """What is installed, exactly."""
        return ROOT / ".ci" / "clients" / f"{self.package}.txt"

    @property
    def version(self) -> str:
        """The version of the package itself."""
        lines = self.pins.read_text("utf-8").splitlines()
        return next(
            version
            for name, _, version in (line.partition("==") for line in lines)
            if name == self.package
        )

    @property
    def _stamp(self) -> Path:
        """What was installed."""
        return ENVIRONMENTS / self.package / "installed"

    @property
    def installed(self) -> bool:
        """Whether its environment is there, with these versions."""
        stamp = self._stamp
        return stamp.exists() and stamp.read_text("utf-8") == self.pins.read_text("utf-8")

    def python(self) -> Path:
        """The interpreter of its environment, which is made where it is missing.

        Raises:
            NotInstalledError: where it cannot be made.
        """
        home = ENVIRONMENTS / self.package
        python = home / ("Scripts" if sys.platform == "win32" else "bin") / "python"
        if self.installed:
            return python
        if sys.version_info[:2] > self.newest:
            raise NotInstalledError(f"needs Python {'.'.join(map(str, self.newest))} or older")
        make = [sys.executable, "-m", "venv", "--clear", "--without-pip", str(home)]
        pip = [sys.executable, "-m", "pip", "--python", str(python), "--disable-pip-version-check"]
        for command in (make, [*pip, "install", "--quiet", "--retries=1", "-r", str(self.pins)]):
            ran = subprocess.run(
                command, capture_output=True, text=True, timeout=LIMIT, check=False
            )
            if ran.returncode:
                raise NotInstalledError(f"is not installed: {ran.stderr.strip().splitlines()[-1:]}")
        self._stamp.write_text(self.pins.read_text("utf-8"), "utf-8")
        return python


CLIENTS = (
    Client("pinterest-api-sdk", ("official_reads", "official_flows")),
    Client("pinterestsdk", ("pinterestsdk_reads",)),
    Client("python-pinterest", ("python_pinterest",)),
    Client("airbyte-source-pinterest", ("airbyte",), newest=(3, 11)),
)


class Call(msgspec.Struct, frozen=True):
    """A call that a program made: its name, what the client does wrong, and how it failed."""

    call: str
    theirs: str
    error: str

    @property
    def passed(self) -> bool:
        """Whether it succeeded."""
        return not self.error

    @property
    def unexplained(self) -> bool:
        """Whether it failed by no fault of the client, or succeeded in spite of one."""
        return self.passed == bool(self.theirs)


def task(emulator: Emulator) -> dict[str, Any]:
    """What a program gets on its standard input."""
    redirect = "https://localhost/"
    app, secret = emulator.client
    form = {
        "grant_type": "authorization_code",
        "code": emulator.authorize(redirect),
        "redirect_uri": redirect,
    }
    pair = emulator.auth.exchange(app, emulator.user, form, emulator.now())
    return {
        "url": emulator.url,
        "token": emulator.token,
        "conversion_token": emulator.issue_token(kind="conversion_token"),
        "refresh_token": pair["refresh_token"],
        "app": [app, secret],
        "user": emulator.user,
        "redirect_uri": redirect,
        "code": emulator.authorize(redirect),
        "known": known(emulator),
        "paths": [one.path for one in contract().description.operations],
    }


def calls(client: Client) -> list[Call]:
    """All calls of a client's programs, each with an emulator of its own.

    Raises:
        NotInstalledError: where the client cannot be installed.
    """
    python = client.python()
    return [one for program in client.programs for one in _ran(python, program)]


def _ran(python: Path, program: str) -> Iterator[Call]:
    with (
        running(accounts=1, ads=50, seed=7, quotas=None) as emulator,
        tempfile.TemporaryDirectory() as cwd,
    ):
        ran = subprocess.run(
            [str(python), str(PROGRAMS / f"{program}.py")],
            input=msgspec.json.encode(task(emulator)),
            capture_output=True,
            cwd=cwd,
            env={"PATH": "", "HOME": cwd, "PYTHONDONTWRITEBYTECODE": "1", "NO_PROXY": "*"},
            timeout=LIMIT,
            check=False,
        )
    said = [msgspec.json.decode(line, type=Call) for line in ran.stdout.splitlines()]
    yield from said
    if ran.returncode or not said:
        yield Call(program, "", f"ended with {ran.returncode}: {ran.stderr.decode()[-600:]}")


def table(results: Sequence[tuple[Client, list[Call]]]) -> str:
    """The table of all clients, in Markdown."""
    lines = [
        "| client | calls | passed | the client's fault | the emulator's fault |",
        "|---|---|---|---|---|",
    ]
    for client, said in results:
        theirs = sum(bool(one.theirs and one.error) for one in said)
        ours = sum(one.unexplained for one in said)
        passed = len(said) - theirs - ours
        lines.append(
            f"| {client.package} {client.version} | {len(said)} | {passed} | {theirs} | {ours} |"
        )
    return "\n".join(lines)
