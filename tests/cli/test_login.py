"""`pinterest login`, `whoami` and `logout` as a person runs them, against the emulator."""

import asyncio
import os
import re
import socket
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Final, NamedTuple

import pytest
import pytest_asyncio
from aiohttp import ClientSession
from programs import browser, free_address

from pinterest_async.emulator import Emulator

pytest.importorskip("click")
if sys.platform == "win32":
    pytest.skip("terminals of another kind", allow_module_level=True)

COMMAND: Final = (sys.executable, "-W", "error", "-m", "pinterest_async.cli")
SCRIPT: Final = """
import asyncio
from pinterest_async import Pinterest

async def main():
    async with Pinterest.from_env() as pinterest:
        print((await pinterest.user_account.get()).username)

asyncio.run(main())
"""


@pytest_asyncio.fixture
async def emulator() -> AsyncIterator[Emulator]:
    async with Emulator() as emulator:
        yield emulator


class Ran(NamedTuple):
    code: int | None
    said: str


class Desk:
    """A machine of its own: its variables and files, and all that programs said there."""

    def __init__(self, emulator: Emulator, folder: Path) -> None:
        self.emulator = emulator
        self.folder = folder
        self.variables = {
            **{name: text for name, text in os.environ.items() if "PINTEREST_" not in name},
            "XDG_CONFIG_HOME": str(folder / "config"),
            "PINTEREST_BASE_URL": emulator.url,
            "BROWSER": browser(folder),
            "COLUMNS": "100",
        }
        self.app = dict(
            zip(("PINTEREST_APP_ID", "PINTEREST_APP_SECRET"), emulator.client, strict=True)
        )
        self.heard: list[str] = []

    @property
    def saved(self) -> set[str]:
        """The files that a login left, below the folder of its host."""
        return {one.name for one in (self.folder / "config").rglob("*.json")}

    async def begun(self, *words: str, **variables: str) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *words,
            cwd=self.folder,
            env={**self.variables, **variables},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )

    async def run(self, *words: str, said: str = "", **variables: str) -> Ran:
        """Run a command of `pinterest` to its end."""
        return await self.ended(await self.begun(*COMMAND, *words, **variables), said)

    async def ended(self, process: asyncio.subprocess.Process, said: str = "") -> Ran:
        out, _ = await process.communicate(said.encode())
        self.heard.append(out.decode())
        assert "Traceback" not in self.heard[-1]
        return Ran(process.returncode, self.heard[-1])

    async def script(self) -> str:
        process = await self.begun(sys.executable, "-W", "error", "-c", SCRIPT)
        return (await self.ended(process)).said

    def secrets(self) -> Iterator[str]:
        """Whatever nobody may read."""
        tokens = self.emulator.auth.tokens
        yield from (*tokens.grants, *tokens.refresh, *tokens.codes, self.emulator.client[1])


@pytest.fixture
def desk(emulator: Emulator, tmp_path: Path) -> Iterator[Desk]:
    made = Desk(emulator, tmp_path)
    yield made
    assert made.heard
    said = "".join(made.heard)
    assert [one for one in made.secrets() if one in said] == []


def back() -> tuple[str, ...]:
    """An address to come back to at a port that is free."""
    return "--redirect-uri", free_address() + "back"


async def test_logged_in_once_for_all_commands_and_scripts(emulator: Emulator, desk: Desk) -> None:
    emulator.consent = "grant"
    name = emulator.users[emulator.user]
    ran = await desk.run("login", *back(), **desk.app)
    assert ran.code == 0, ran.said
    assert f"Logged in as {name}, with the app {emulator.client[0]}." in ran.said
    assert "Scopes: ads:read, boards:read, catalogs:read, pins:read, user_accounts:read" in ran.said
    assert desk.saved == {"app.json", "tokens.json"}

    # The next processes know nothing but where Pinterest is.
    ran = await desk.run("whoami")
    assert ran.code == 0, ran.said
    lines = dict(line.split(": ", 1) for line in ran.said.splitlines())
    assert lines["user"].startswith(f"{name} (")
    assert lines["app"] == emulator.client[0]
    assert "boards:read" in lines["scopes"]
    assert re.match(r"The access token is good until \d{4}-\d\d-\d\d \d\d:\d\d UTC", lines["token"])
    # The headers tell what is left of another window, and what this process counted is no answer.
    assert lines["quota org_read"] == "1,000 requests in 60 s"
    assert await desk.script() == f"{name}\n"
    assert len(emulator.calls("oauth.token")) == 1
    emulator.expire()
    assert await desk.script() == f"{name}\n"
    assert len(emulator.calls("oauth.token")) == 2
    assert (await desk.run("harvest", "accounts", "--dry-run")).code == 0

    ran = await desk.run("logout")
    assert (ran.code, "Logged out" in ran.said) == (0, True)
    assert "app.json" not in desk.saved
    for kept in (desk.folder / "config").rglob("*"):
        if kept.is_file():
            text = kept.read_text("utf-8")
            assert [one for one in desk.secrets() if one in text] == []
    ran = await desk.run("whoami")
    assert ran.code == 1
    assert "Run `pinterest login`" in ran.said
    assert "Nobody is logged in here" in (await desk.run("logout")).said


async def test_what_is_left_of_a_quota_is_what_the_server_says(
    emulator: Emulator, desk: Desk
) -> None:
    token = {"PINTEREST_ACCESS_TOKEN": emulator.token}
    said: list[str] = []
    async with Emulator(quotas={"org_read": 10}) as emulator:
        for _ in range(2):
            variables = {**token, "PINTEREST_BASE_URL": emulator.url}
            said.append((await desk.run("whoami", **variables)).said)
    assert "quota org_read: 9 of 10 requests in 60 s left" in said[0]
    assert "quota org_read: 8 of 10 requests in 60 s left" in said[1]


async def test_a_login_for_another_address_is_told(emulator: Emulator, desk: Desk) -> None:
    emulator.consent = "grant"
    await desk.run("login", *back(), **desk.app)
    host = emulator.url.split("/")[2]
    elsewhere = {"PINTEREST_BASE_URL": "http://localhost:9/v5"}
    for words in (("whoami",), ("harvest", "ads", "--dry-run")):
        ran = await desk.run(*words, **elsewhere)
        assert ran.code != 0
        assert f"There is a login for {host}" in ran.said
        assert "PINTEREST_BASE_URL" in ran.said
    await desk.run("logout")
    assert "There is a login" not in (await desk.run("whoami", **elsewhere)).said


async def pasted(desk: Desk, *answers: str, consent: str = "grant") -> Ran:
    """Log in without a browser on the machine; a person pastes `answers`, `{}` is where they go."""
    desk.emulator.consent = "grant" if consent == "grant" else "refuse"
    process = await desk.begun(*COMMAND, "login", "--no-browser", **desk.app)
    assert process.stdout is not None
    while b"http" not in (line := await process.stdout.readline()):
        desk.heard.append(line.decode())
        assert line
    async with (
        ClientSession() as session,
        session.get(line.decode().strip(), allow_redirects=False) as page,
    ):
        location = page.headers["Location"]
    return await desk.ended(process, "".join(f"{one.replace('{}', location)}\n" for one in answers))


async def test_without_a_browser_the_address_is_pasted(desk: Desk) -> None:
    ran = await pasted(desk, "c0de", " {} ")
    assert ran.code == 0, ran.said
    assert "That is not the whole address" in ran.said
    assert "Logged in as" in ran.said
    assert (await desk.run("whoami")).code == 0


@pytest.mark.parametrize(
    ("consent", "answers", "error"),
    [
        ("refuse", ["{}"], "the login was refused: The user refused"),
        ("grant", ["{}x"], "the state is not the one that the login began with"),
        ("grant", ["http://localhost:8085/?code=abc&state=forged"], "the state is not the one"),
        ("grant", ["1", "2", "3"], "no address was pasted"),
    ],
)
async def test_what_is_no_consent_to_this_login_is_refused(
    consent: str, answers: list[str], error: str, desk: Desk
) -> None:
    ran = await pasted(desk, *answers, consent=consent)
    assert ran.code == 1
    assert error in ran.said
    assert "app.json" not in desk.saved
    assert (await desk.run("whoami")).code == 1


async def test_the_secret_is_asked_for_and_not_shown(emulator: Emulator, desk: Desk) -> None:
    app_id, secret = emulator.client
    emulator.consent = "grant"
    ours, theirs = os.openpty()
    process = await asyncio.create_subprocess_exec(
        *(*COMMAND, "login", *back()),
        env=desk.variables,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    shown = ""

    async def until(prompt: str) -> None:
        nonlocal shown
        while prompt not in shown:
            shown += (await asyncio.to_thread(os.read, ours, 4096)).decode()

    await until("App id: ")
    os.write(ours, f"{app_id}\n".encode())
    await until("App secret (not shown): ")
    os.write(ours, f"{secret}\n".encode())
    await until("The tokens are in")
    desk.heard.append(shown)
    os.close(ours)
    await process.wait()
    assert app_id in shown
    assert secret not in shown
    # It is kept with the login, and not asked for again.
    assert (await desk.run("login", *back())).code == 0


async def test_a_login_that_died_names_the_command(emulator: Emulator, desk: Desk) -> None:
    emulator.consent = "grant"
    await desk.run("login", *back(), **desk.app)
    emulator.expire()
    emulator.auth.tokens.refresh.clear()
    ran = await desk.run("whoami")
    assert ran.code == 1
    assert "log in again, as by `pinterest login`" in ran.said
    ran = await desk.run("whoami", PINTEREST_ACCESS_TOKEN="pina_dead")
    assert ran.code == 1
    assert "as by `pinterest login`" in ran.said
    assert (await desk.run("login", *back())).code == 0
    assert (await desk.run("whoami")).code == 0


async def test_a_call_without_its_scope_names_the_login_that_helps(
    emulator: Emulator, desk: Desk
) -> None:
    emulator.consent = "grant"
    await desk.run("login", *back(), "--scope", "boards:read", **desk.app)
    process = await desk.begun(
        *(sys.executable, "-c", SCRIPT.replace("user_account.get()).u", "pins.list()).u"))
    )
    out, _ = await process.communicate()
    [command] = re.findall(r"`(pinterest login --scope [\w:,]+)`", out.decode())
    ran = await desk.run(*command.split()[1:], *back())
    assert "Scopes: boards:read, pins:read, user_accounts:read" in ran.said


async def test_the_sandbox_is_one_switch(emulator: Emulator, desk: Desk) -> None:
    emulator.consent = "grant"
    store = {"PINTEREST_TOKEN_STORE": str(desk.folder / "tokens.json"), **desk.app}
    sandbox = {**store, "PINTEREST_ENVIRONMENT": "sandbox"}
    assert (await desk.run("login", *back(), "--environment", "sandbox", **store)).code == 0
    assert [one.name for one in desk.folder.glob("*.json")] == ["tokens.sandbox.json"]
    assert desk.saved == set()
    assert (await desk.run("whoami", **store)).code == 1
    for options, variables in ((("--environment", "sandbox"), store), ((), sandbox)):
        assert (await desk.run("whoami", *options, **variables)).code == 0
    assert (await desk.run("logout", **sandbox)).code == 0
    assert (await desk.run("whoami", **sandbox)).code == 1


async def test_what_goes_before_the_login_is_told(emulator: Emulator, desk: Desk) -> None:
    token = {"PINTEREST_ACCESS_TOKEN": emulator.token}
    emulator.consent = "grant"
    ran = await desk.run("login", *back(), **desk.app, **token)
    assert "PINTEREST_ACCESS_TOKEN is set, and goes before the login." in ran.said
    assert "nothing renews it" in (await desk.run("whoami", **token)).said
    app_id, secret = emulator.client
    store = {"PINTEREST_TOKEN_STORE": "tokens.json"}
    ran = await desk.run("login", *back(), "--app-id", app_id, "--app-secret", secret, **store)
    assert "need PINTEREST_APP_ID and PINTEREST_APP_SECRET as well" in ran.said


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (("login", "--scope", "board:read"), "--scope: unknown scope 'board:read'. Did you mean"),
        (("login", "--redirect-uri", "https://example.com/"), "Use a port of this machine"),
        (("login", "--environment", "sand"), "environment is 'sand'"),
        (("login", "--base-url", "nonsense"), "base_url is not an http or https address"),
        (("login", "--ca-file", "none.pem"), "--ca-file: none.pem: No such file"),
        (("login", "--proxy", "nonsense"), "--proxy"),
        (("whoami", "--environment", "sand"), "environment is 'sand'"),
        (("logout", "--base-url", "nonsense"), "base_url is not an http or https address"),
    ],
)
async def test_mistakes_are_named_before_anything_is_sent(
    words: tuple[str, ...], error: str, emulator: Emulator, desk: Desk
) -> None:
    ran = await desk.run(*words, **desk.app)
    assert ran.code == 1
    assert error in ran.said
    assert emulator.calls() == []


async def test_a_wrong_secret_leaves_no_login(emulator: Emulator, desk: Desk) -> None:
    emulator.consent = "grant"
    app = {**desk.app, "PINTEREST_APP_SECRET": "wrong-secret"}
    ran = await desk.run("login", *back(), **app)
    assert ran.code == 1
    assert "Check the app's id and secret" in ran.said
    assert "wrong-secret" not in ran.said
    assert "app.json" not in desk.saved


async def test_a_place_that_cannot_be_used_is_told_before_the_login(
    emulator: Emulator, desk: Desk
) -> None:
    ran = await desk.run("login", *back(), **desk.app, PINTEREST_TOKEN_STORE="/dev/null/tokens")
    assert ran.code == 1
    assert "FileStore('/dev/null/tokens') does not use '/dev/null'" in ran.said
    assert "PINTEREST_TOKEN_STORE names another place" in ran.said
    (desk.folder / "file").write_text("")
    ran = await desk.run("login", *back(), **desk.app, XDG_CONFIG_HOME=str(desk.folder / "file"))
    assert ran.code == 1
    assert "XDG_CONFIG_HOME another folder" in ran.said
    with socket.create_server(("localhost", 0)) as taken:
        port = taken.getsockname()[1]
        address = f"http://localhost:{port}/"
        ran = await desk.run("login", "--redirect-uri", address, **desk.app)
    assert ran.code == 1
    assert f"cannot listen on localhost:{port}: another program uses it" in ran.said
    assert "--redirect-uri" in ran.said
    assert "client_id" not in ran.said
    assert emulator.calls() == []
