"""`pinterest emulator` as a person runs it: in a process of its own, stopped by Ctrl-C."""

import asyncio
import contextlib
import json
import signal
import socket
import sys
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from click.testing import CliRunner

from pinterest_async import InMemoryLimiter, Pinterest, RateLimitError, Retry, ServerError
from pinterest_async.cli.commands import pinterest as command
from pinterest_async.cli.emulator import accounts, limits
from pinterest_async.cli.emulator_process import emulated

COMMAND = [sys.executable, "-X", "dev", "-W", "error", "-m", "pinterest_async.cli", "emulator"]

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT for another process")


class Served:
    """What a running emulator said of itself."""

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines
        self.url, self.token = (line.partition("=")[2] for line in lines[1:3])
        self.code: int | None = None
        self.complaints = ""

    def client(self) -> Pinterest:
        return Pinterest(
            self.token, base_url=self.url, retry=Retry.off(), limiter=InMemoryLimiter()
        )


@contextlib.asynccontextmanager
async def serving(*options: str, stop: signal.Signals = signal.SIGINT) -> AsyncGenerator[Served]:
    process = await asyncio.create_subprocess_exec(
        *(*COMMAND, "--port", "0", *options),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    lines = [(await process.stdout.readline()).decode().strip() for _ in range(7)]
    served = Served(lines)
    try:
        yield served
    finally:
        process.send_signal(stop)
        _, complaints = await asyncio.wait_for(process.communicate(), 120)
        served.code, served.complaints = process.returncode, complaints.decode()


async def test_it_serves_and_ends_cleanly() -> None:
    async with (
        serving("--scale", "5-accounts", "--seed", "11") as served,
        served.client() as client,
    ):
        assert len(await client.ad_accounts.list().collect()) == 5
    app, secret, logins, end = served.lines[3:]
    assert app == "export PINTEREST_APP_ID=1500001"
    assert secret.startswith("export PINTEREST_APP_SECRET=")
    assert served.url.replace("/v5", "/oauth/;") in logins
    assert "Ctrl-C" in end
    assert (served.code, served.complaints) == (0, "")


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
async def test_state_is_kept(tmp_path: Path, stop: signal.Signals) -> None:
    file = tmp_path / "state.json"
    async with serving("--state", str(file), stop=stop) as served, served.client() as client:
        board = await client.boards.create(name="Kept")
    assert served.code == 0
    assert served.complaints == f"The state is in {file}.\n"
    async with serving("--state", str(file), "--scale", "0") as again, again.client() as client:
        assert (await client.boards.get(board.id)).name == "Kept"
    assert again.token == served.token


async def test_quotas_and_faults_are_taken() -> None:
    options = ("--quotas", "org_read=1/3600", "--fault", "error:status=429,operation=pins.list")
    async with serving(*options, "--headers", "bare") as served, served.client() as client:
        assert await client.user_account.get()
        with pytest.raises(RateLimitError):
            await client.pins.list()
        with pytest.raises(RateLimitError):
            await Pinterest(
                served.token,
                base_url=served.url,
                retry=Retry.off(),
                limiter=InMemoryLimiter(),
                pool=client.pool,
            ).user_account.get()


async def test_the_token_alone(tmp_path: Path) -> None:
    """It is the token of the emulator that is served with the same seed or state."""
    file = tmp_path / "state.json"
    async with serving("--seed", "3", "--state", str(file)) as served:
        token = served.token
    for option in (("--seed", "3"), ("--state", str(file))):
        ran = CliRunner().invoke(command, ["emulator", "--token", *option])
        assert (ran.exit_code, ran.output) == (0, f"{token}\n")


@pytest.mark.parametrize(
    ("options", "code", "named"),
    [
        (["--scale", "many"], 2, "--scale"),
        (["--scale", "999999999"], 2, "--scale"),
        (["--quotas", "ads_read=ten"], 2, "--quotas"),
        (["--fault", "erorr"], 1, "'erorr'"),
        (["--fault", "error:operation=pins.lost"], 1, "pins.lost"),
        (["--windows", "open"], 2, "--windows"),
        (["--host-name", "a:80"], 1, "a:80"),
    ],
)
def test_mistakes_are_named(options: list[str], code: int, named: str) -> None:
    ran = CliRunner().invoke(command, ["emulator", "--port", "0", *options])
    assert ran.exit_code == code
    assert named in ran.output
    assert "Traceback" not in ran.output


def test_a_port_that_is_taken_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ran = CliRunner().invoke(command, ["emulator", "--port", port])
    assert ran.exit_code == 1
    assert f"cannot listen on port {port} of 127.0.0.1: another program uses it" in ran.output
    assert "--port 0" in ran.output
    assert "Errno" not in ran.output


@pytest.mark.parametrize("host", ["192.0.2.1", "no.such.host.invalid"])
def test_a_host_of_another_machine_is_named(host: str) -> None:
    ran = CliRunner().invoke(command, ["emulator", "--port", "0", "--host", host])
    assert ran.exit_code == 1
    assert f"of {host}: " in ran.output
    assert "--host" in ran.output
    assert "bind" not in ran.output


@pytest.mark.parametrize("place", ["folder", "file/state.json", "/dev/null/state.json"])
def test_a_state_that_could_not_be_written_is_named_before_it_serves(
    place: str, tmp_path: Path
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("")
    file = tmp_path / place
    ran = CliRunner().invoke(command, ["emulator", "--port", "0", "--state", str(file)])
    assert ran.exit_code in (1, 2)
    assert "--state" in ran.output
    assert str(file) in ran.output
    assert "export" not in ran.output


def test_a_file_that_holds_no_state_is_named(tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    file.write_text(json.dumps({"a": 1}))
    ran = CliRunner().invoke(command, ["emulator", "--port", "0", "--state", str(file)])
    assert ran.exit_code == 1
    assert "no state of the emulator" in ran.output
    assert json.loads(file.read_text()) == {"a": 1}


def test_scales_and_limits() -> None:
    assert (accounts("7"), accounts("1-account"), accounts("1000-accounts")) == (7, 1, 1000)
    assert limits(()) == {}
    assert limits(("off",)) is None
    assert limits(("ads_read=10", "org_read=5/1.5")) == {"ads_read": 10, "org_read": (5, 1.5)}


async def test_another_process_takes_faults() -> None:
    async with (
        emulated(faults=["error:status=503,operation=pins.list"], quotas=None) as place,
        Pinterest(
            place.token, base_url=place.url, retry=Retry.off(), limiter=InMemoryLimiter()
        ) as client,
    ):
        assert await client.user_account.get()
        with pytest.raises(ServerError):
            await client.pins.list()
