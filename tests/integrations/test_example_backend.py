"""The example of a backend under uvicorn, in a process of its own, with two people's browsers."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, ExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from aiohttp import ClientSession
from emulator.bench import Clock
from integrations.consent import come_back
from programs import EXAMPLES, STRICT

from pinterest_async.emulator import Emulator
from pinterest_async.emulator.faults import Late

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no signals for another process")

QUOTA = 30
"""Calls that a user has, for an hour."""


class Backend:
    """A program that serves, and what it has said."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.said = ""

    async def until(self, words: str) -> None:
        """Wait until it has said something."""
        assert self.process.stdout is not None
        while words not in self.said:
            line = await self.process.stdout.readline()
            assert line, self.said
            self.said += line.decode()

    async def end(self, how: signal.Signals) -> int:
        """Send a signal and wait for the end."""
        self.process.send_signal(how)
        said, _ = await self.process.communicate()
        self.said += said.decode()
        assert self.process.returncode is not None
        return self.process.returncode


@asynccontextmanager
async def program(
    folder: Path, *arguments: str, environment: Mapping[str, str], fds: tuple[int, ...] = ()
) -> AsyncGenerator[Backend]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, *STRICT, *arguments),
        cwd=folder,
        env={**os.environ, **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        pass_fds=fds,
    )
    backend = Backend(process)
    try:
        await backend.until("Uvicorn running")
        yield backend
    finally:
        if process.returncode is None:
            await backend.end(signal.SIGKILL)


class Browser:
    """What a person sees."""

    def __init__(self, session: ClientSession, base: str) -> None:
        self.session = session
        self.base = base

    async def log_in(self, user: str = "") -> Any:
        """Go the whole way, and return the page at the end of it."""
        login = f"{self.base}/pinterest/login"
        async with self.session.get(login, allow_redirects=False) as sent:
            assert sent.status == 303, await sent.text()
            url = sent.headers["Location"]
        back = await asyncio.to_thread(come_back, url, user=user)
        async with self.session.get(back) as page:
            assert (page.status, page.url.path) == (200, "/"), await page.text()
            return await page.json()

    async def get(self, path: str) -> tuple[int, Any, Any]:
        """Status, headers and content of a page."""
        async with self.session.get(self.base + path) as page:
            return page.status, page.headers, await page.json()


Start: TypeAlias = tuple[str, Callable[[], AbstractAsyncContextManager[Backend]]]
"""Where a process of a backend listens, and what starts it."""


@asynccontextmanager
async def backends(folder: Path, emulator: Emulator, count: int) -> AsyncGenerator[list[Start]]:
    """Processes of a backend, which share a store of tokens."""
    with ExitStack() as listeners:
        starts: list[Start] = []
        first = ""
        for _ in range(count):
            listener = listeners.enter_context(socket.create_server(("localhost", 0)))
            base = f"http://localhost:{listener.getsockname()[1]}"
            first = first or base
            fd = listener.fileno()
            command = ("-m", "uvicorn", "--factory", "--app-dir", str(EXAMPLES), "--fd", str(fd))
            environment = {
                "PINTEREST_APP_ID": emulator.client[0],
                "PINTEREST_APP_SECRET": emulator.client[1],
                "PINTEREST_BASE_URL": emulator.url,
                "REDIRECT_URI": f"{first}/pinterest/callback",
                "SESSION_KEY": "k" * 40,
            }
            app = "fastapi_backend:create_app"
            start = partial(program, folder, *command, app, fds=(fd,), environment=environment)
            starts.append((base, start))
        yield starts


async def test_two_users(tmp_path: Path) -> None:
    quotas = {"org_read": (QUOTA, 3600.0)}
    async with (
        Emulator(strict=True, accounts=2, quotas=quotas, now=Clock()) as emulator,
        backends(tmp_path, emulator, 1) as [(base, serve)],
        ClientSession() as first,
        ClientSession() as second,
    ):
        ann, bob = Browser(first, base), Browser(second, base)
        ids = [*emulator.users][:2]
        names = [emulator.users[id] for id in ids]

        async with serve() as backend:
            assert (await first.get(f"{base}/pinterest/ready")).status == 200
            assert (await ann.get("/boards"))[0] == 401
            for person, id, name in zip((ann, bob), ids, names, strict=True):
                assert (await person.log_in(id))["username"] == name

            # Each has a quota of their own; the one who has used it up is told how long.
            asked = (ann.get("/boards") for _ in range(QUOTA + 10))
            his = (bob.get("/boards") for _ in range(10))
            answers = await asyncio.gather(*asked, *his)
            hers, his_answers = answers[: QUOTA + 10], answers[QUOTA + 10 :]
            assert {status for status, *_ in his_answers} == {200}
            assert {status for status, *_ in hers} == {200, 429}
            refused = [headers for status, headers, _ in hers if status == 429]
            assert len(refused) >= 10
            assert all(int(one["Retry-After"]) > 600 for one in refused)
            assert [one.status for one in emulator.calls() if one.status == 429] == []

            # His token expires meanwhile.
            calls = asyncio.gather(*(bob.get("/boards") for _ in range(5)))
            emulator.expire()
            assert {status for status, *_ in await calls} == {200}
            forms = [one.body["grant_type"] for one in emulator.calls("oauth.token")]
            assert forms == ["authorization_code"] * 2 + ["refresh_token"]

            assert await backend.end(signal.SIGKILL) == -signal.SIGKILL
            assert "Traceback" not in backend.said

        emulator.advance(3600)
        async with serve() as backend:
            for person, name in zip((ann, bob), names, strict=True):
                status, _, page = await person.get("/")
                assert (status, page["username"]) == (200, name)

            # What is under way when it is told to end is finished.
            seen = len(emulator.calls("boards.list"))
            late = emulator.faults.add(Late(2.0, operation="boards.list"))
            under_way = asyncio.gather(*(bob.get("/boards") for _ in range(5)))
            while late.hits < 5:  # noqa: ASYNC110  (a fault tells nobody that it hit)
                await asyncio.sleep(0.01)
            ended = await backend.end(signal.SIGTERM)
            assert {status for status, *_ in await under_way} == {200}
            assert len(emulator.calls("boards.list")) == seen + 5
            assert ended in (0, -signal.SIGTERM)
            assert "Application shutdown complete" in backend.said
            for word in ("Traceback", "Unclosed", "ERROR", "WARNING"):
                assert word not in backend.said
            for secret in (*emulator.auth.tokens.grants, *emulator.auth.tokens.refresh):
                assert secret not in backend.said


async def test_processes_share_logins(tmp_path: Path) -> None:
    async with (
        Emulator(strict=True, accounts=1) as emulator,
        backends(tmp_path, emulator, 3) as starts,
        AsyncExitStack() as running,
        ClientSession() as session,
    ):
        processes = [await running.enter_async_context(start()) for _, start in starts]
        # Cookies know no ports, so the browser is logged in at all of them.
        people = [Browser(session, base) for base, _ in starts]
        await people[0].log_in()
        for _ in range(3):
            emulator.expire()
            calls = (person.get("/boards") for person in people for _ in range(10))
            assert {status for status, *_ in await asyncio.gather(*calls)} == {200}
        forms = [one.body["grant_type"] for one in emulator.calls("oauth.token")]
        assert forms == ["authorization_code"] + ["refresh_token"] * 3
        for process in processes:
            assert await process.end(signal.SIGTERM) in (0, -signal.SIGTERM)
            assert "Traceback" not in process.said


async def test_one_command_runs_it_against_an_emulator(tmp_path: Path) -> None:
    with socket.create_server(("localhost", 0)) as free:
        port = free.getsockname()[1]
    base = f"http://localhost:{port}"
    script = str(EXAMPLES / "fastapi_backend.py")
    redirect = f"{base}/pinterest/callback"
    async with (
        program(tmp_path, script, environment={"REDIRECT_URI": redirect}) as backend,
        ClientSession() as session,
    ):
        browser = Browser(session, base)
        assert (await browser.log_in())["username"]
        status, _, page = await browser.get("/boards")
        assert (status, len(page["items"])) == (200, 12)
        assert await backend.end(signal.SIGINT) == 0
        assert "Traceback" not in backend.said
