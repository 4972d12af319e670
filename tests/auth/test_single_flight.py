"""One refresh, however many calls, processes and clocks meet an expired token; and kills between.

Over sockets, against an emulator that ends an old pair at once when it gives a new one.
"""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import pytest
import pytest_asyncio

from pinterest_async import (
    App,
    AuthenticationError,
    AuthorizationCode,
    FileStore,
    InMemoryLimiter,
    Pinterest,
    RedisStore,
    RefreshToken,
    TokenStore,
)
from pinterest_async.emulator import Emulator

BACK: Final = "http://localhost:8085/"
TEN_MINUTES: Final = 600.0
DAYS: Final = 86_400.0
QUOTAS: Final = {"safety_net": (100_000, 1.0), "org_read": (100_000, 60.0)}


class Clock:
    """The time of a machine, by which others may be ahead or behind."""

    def __init__(self) -> None:
        self.now = 1_781_006_400.0

    def __call__(self) -> float:
        return self.now

    def ahead(self, seconds: float) -> Any:
        return lambda: self.now + seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest_asyncio.fixture
async def emulator(clock: Clock) -> AsyncIterator[Emulator]:
    async with Emulator(quotas=None, strict=True, now=clock) as emulator:
        yield emulator


def client(emulator: Emulator, auth: Any) -> Pinterest:
    return Pinterest(auth, base_url=emulator.url, limiter=InMemoryLimiter(quotas=QUOTAS))


def refreshes(emulator: Emulator) -> int:
    forms = [one.body["grant_type"] for one in emulator.calls("oauth.token")]
    return forms.count("refresh_token")


async def login(emulator: Emulator, store: TokenStore, now: Any = None) -> AuthorizationCode:
    """A login whose pair is in the store."""
    auth = AuthorizationCode(
        *emulator.client,
        emulator.authorize(BACK),
        redirect_uri=BACK,
        store=store,
        **({} if now is None else {"now": now}),
    )
    async with client(emulator, auth) as pinterest:
        assert await pinterest.user_account.get()
    return auth


def resumed(emulator: Emulator, store: TokenStore, now: Any) -> Pinterest:
    return client(emulator, RefreshToken.from_store(*emulator.client, store, now=now))


@pytest.mark.parametrize("known", [True, False], ids=["by its time", "by a refusal"])
async def test_a_thousand_calls_on_an_expired_token_make_one_refresh(
    known: bool, emulator: Emulator, clock: Clock, tmp_path: Path
) -> None:
    store = FileStore(tmp_path / "tokens.json")
    await login(emulator, store, clock)
    if known:
        clock.now += 31 * DAYS
    else:
        emulator.expire()
    async with resumed(emulator, store, clock) as pinterest:
        users = await asyncio.gather(*(pinterest.user_account.get() for _ in range(1_000)))
    assert {one.username for one in users} == {emulator.users[emulator.user]}
    assert refreshes(emulator) == 1


PROCESS: Final = """
import asyncio, sys
from pinterest_async import InMemoryLimiter, Pinterest

async def main():
    limiter = InMemoryLimiter(quotas={"safety_net": (100_000, 1.0), "org_read": (100_000, 60.0)})
    async with Pinterest.from_env(limiter=limiter) as pinterest:
        await pinterest.user_account.get()
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        users = await asyncio.gather(*(pinterest.user_account.get() for _ in range(50)))
        print(len(users), flush=True)

asyncio.run(main())
"""


async def begun(emulator: Emulator, place: str, program: str) -> asyncio.subprocess.Process:
    app_id, secret = emulator.client
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-W", "error", "-c", program),
        env={
            **{name: text for name, text in os.environ.items() if "PINTEREST_" not in name},
            "PINTEREST_BASE_URL": emulator.url,
            "PINTEREST_APP_ID": app_id,
            "PINTEREST_APP_SECRET": secret,
            "PINTEREST_TOKEN_STORE": place,
        },
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )


@pytest.mark.parametrize("kind", ["file", "redis"])
async def test_four_processes_that_share_a_store_make_one_refresh(
    kind: str, tmp_path: Path, redis: object, redis_socket: str
) -> None:
    assert redis  # which is empty
    async with Emulator(quotas=None, strict=True) as emulator:
        if kind == "file":
            place = str(tmp_path / "tokens.json")
            await login(emulator, FileStore(place))
        else:
            place = f"unix://{redis_socket}"
            await login(emulator, RedisStore.from_url(place, emulator.client[0]))
        processes = [await begun(emulator, place, PROCESS) for _ in range(4)]
        for one in processes:
            assert one.stdout is not None
            assert await one.stdout.readline() == b"ready\n"
        assert refreshes(emulator) == 0
        emulator.expire()
        for one in processes:
            assert one.stdin is not None
            one.stdin.write(b"go\n")
        assert [(await one.communicate())[0] for one in processes] == [b"50\n"] * 4
        assert [one.returncode for one in processes] == [0] * 4
        assert refreshes(emulator) == 1


KILLED: Final = """
import asyncio, os, signal
from pinterest_async import FileStore, Pinterest
from pinterest_async.auth.private_file import PrivateFile

write = PrivateFile.write

def killed(self, content):
    if {before}:
        os.kill(os.getpid(), signal.SIGKILL)
    write(self, content)
    os.kill(os.getpid(), signal.SIGKILL)

PrivateFile.write = killed

async def main():
    async with Pinterest.from_env() as pinterest:
        await pinterest.user_account.get()

asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
@pytest.mark.parametrize("before", [False, True], ids=["saved", "not saved"])
async def test_a_kill_between_answer_and_use_loses_no_login(before: bool, tmp_path: Path) -> None:
    """A pair that was not saved either is lost; the older refresh token works on at Pinterest."""
    place = tmp_path / "tokens.json"
    async with Emulator(quotas=None, strict=not before) as emulator:
        await login(emulator, FileStore(place))
        emulator.expire()
        process = await begun(emulator, str(place), KILLED.format(before=before))
        await process.communicate()
        assert process.returncode == -signal.SIGKILL
        assert refreshes(emulator) == 1
        asked = len(emulator.calls("user_account.get"))
        auth = RefreshToken.from_store(*emulator.client, FileStore(place))
        async with client(emulator, auth) as pinterest:
            assert await pinterest.user_account.get()
        assert refreshes(emulator) == 1 + before
        assert len(emulator.calls("user_account.get")) == asked + 1 + before


@pytest.mark.parametrize("skew", [TEN_MINUTES, -TEN_MINUTES], ids=["ahead", "behind"])
async def test_a_clock_that_is_wrong_by_ten_minutes_fails_no_call(
    skew: float, emulator: Emulator, clock: Clock, tmp_path: Path
) -> None:
    store = FileStore(tmp_path / "tokens.json")
    await login(emulator, store, clock.ahead(skew))
    async with resumed(emulator, store, clock.ahead(skew)) as pinterest:
        for _ in range(3):
            for step in (29.9 * DAYS, 0.1 * DAYS - TEN_MINUTES - 1, 2.0, 2 * TEN_MINUTES):
                clock.now += step
                assert await pinterest.user_account.get()
    assert refreshes(emulator) == 3


async def test_machines_with_different_clocks_share_a_store(
    emulator: Emulator, clock: Clock, tmp_path: Path
) -> None:
    store = FileStore(tmp_path / "tokens.json")
    await login(emulator, store, clock.ahead(TEN_MINUTES))
    async with (
        resumed(emulator, store, clock.ahead(TEN_MINUTES)) as ahead,
        resumed(emulator, store, clock.ahead(-TEN_MINUTES)) as behind,
    ):
        for _ in range(12):
            clock.now += 5 * DAYS
            for pinterest in (behind, ahead, behind):
                assert await pinterest.user_account.get()
        # A pair that ran out by one clock alone is in use by the other one until it has run out.
        assert refreshes(emulator) <= 3


async def test_a_clock_that_is_set_back_while_it_runs_fails_no_call(
    emulator: Emulator, clock: Clock, tmp_path: Path
) -> None:
    own = [0.0]
    store = FileStore(tmp_path / "tokens.json")
    await login(emulator, store, clock)
    async with resumed(emulator, store, lambda: clock.now + own[0]) as pinterest:
        clock.now += 30 * DAYS - 60
        own[0] = -TEN_MINUTES
        assert await pinterest.user_account.get()
        clock.now += 61
        assert await pinterest.user_account.get()
    assert refreshes(emulator) == 1


async def test_a_code_that_was_traded_elsewhere_ends_this_login_only(
    emulator: Emulator, tmp_path: Path
) -> None:
    """Whoever replays a code gets nothing, and takes nothing from those who came first."""
    store = FileStore(tmp_path / "tokens.json")
    code = emulator.authorize(BACK)
    options: dict[str, Any] = {"redirect_uri": BACK, "store": store}
    first = AuthorizationCode(*emulator.client, code, **options)
    async with client(emulator, first) as pinterest:
        assert await pinterest.user_account.get()
        kept = await store.load()
        second = AuthorizationCode(*emulator.client, code, **options)
        async with client(emulator, second) as replayed:
            with pytest.raises(AuthenticationError, match="good once and for minutes"):
                await replayed.user_account.get()
        assert await store.load() == kept
        emulator.expire()
        assert await pinterest.user_account.get()


async def test_a_second_login_of_a_user_leaves_one_pair_for_all_who_act_for_them(
    emulator: Emulator, tmp_path: Path
) -> None:
    app = App(
        *emulator.client,
        redirect_uri=BACK,
        scopes=["user_accounts:read"],
        store=lambda user: FileStore(tmp_path / f"{user}.json"),
        base_url=emulator.url,
    )

    async def logs_in() -> None:
        auth = app.authorization_code(emulator.authorize(BACK, scopes=["user_accounts:read"]))
        async with client(emulator, auth) as pinterest:
            assert await pinterest.user_account.get()
        await app.save("ann", auth)

    await logs_in()
    async with client(emulator, app.user("ann")) as earlier:
        assert await earlier.user_account.get()
        await logs_in()
        async with client(emulator, app.user("ann")) as later:
            assert await later.user_account.get()
            emulator.expire()
            calls = [one.user_account.get() for one in (earlier, later) * 20]
            assert len(await asyncio.gather(*calls)) == 40
            assert refreshes(emulator) == 1
