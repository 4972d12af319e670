"""Logins and grants from end to end: our own client, real sockets, and the page between them."""

import asyncio
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator, Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import ClientSession
from emulator.bench import Caller, Clock

from pinterest_async import (
    AuthenticationError,
    AuthorizationCode,
    ClientCredentials,
    FileStore,
    InMemoryLimiter,
    LoginError,
    Pinterest,
    RefreshToken,
    authorization_url,
    login,
)
from pinterest_async.emulator import Emulator

BROWSER = shutil.which("chromium") or shutil.which("google-chrome")
SCOPES = ["user_accounts:read", "boards:read"]
BACK = "http://localhost:1/back"


@pytest_asyncio.fixture
async def emulator(clock: Clock) -> AsyncIterator[Emulator]:
    async with Emulator(now=clock, check_answers=True) as emulator:
        yield emulator


class Form(HTMLParser):
    """The form of a page: its fields, and the values of its radio buttons."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self.users: list[str] = []
        self.action = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        match tag, found.get("type"):
            case "form", _:
                self.action = found["action"]
            case "input", "radio":
                self.users.append(found["value"])
            case "input", _:
                self.fields[found["name"]] = found["value"]
            case _:
                pass


def page_of(emulator: Emulator, redirect_uri: str = BACK) -> str:
    """The address of a login at the emulator."""
    return authorization_url(
        emulator.client[0],
        redirect_uri=redirect_uri,
        scopes=SCOPES,
        state="s",
        base_url=emulator.url,
    )


def person(emulator: Emulator, decision: str, user: int = 0) -> Callable[[str], None]:
    """Somebody who chooses a user on the page and decides, in a thread as a browser would."""

    async def visit(url: str) -> None:
        async with ClientSession() as session:
            async with session.get(url) as page:
                assert page.status == 200
                form = Form(await page.text())
            fields = {**form.fields, "user": form.users[user], "decision": decision}
            target = emulator.origin + form.action
            headers = {"Origin": emulator.origin}
            async with session.post(target, data=fields, headers=headers) as back:
                assert back.status == 200
                assert "close this window" in await back.text()

    return lambda url: asyncio.run(visit(url))


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("localhost", 0))
        return int(one.getsockname()[1])


def at_home() -> str:
    return f"http://localhost:{free_port()}/back"


def client(auth: Any, emulator: Emulator) -> Pinterest:
    return Pinterest(auth, base_url=emulator.url, limiter=InMemoryLimiter())


async def test_a_person_logs_in_as_the_user_they_choose(emulator: Emulator, tmp_path: Path) -> None:
    store = FileStore(tmp_path / "tokens.json")
    auth = await login(
        *emulator.client,
        scopes=SCOPES,
        redirect_uri=at_home(),
        store=store,
        show=person(emulator, "grant", user=1),
        base_url=emulator.url,
    )
    chosen, name = [*emulator.users.items()][1]
    async with client(auth, emulator) as pinterest:
        assert (await pinterest.user_account.get()).username == name
        first = await store.load()
        emulator.expire()
        await pinterest.boards.list()
    assert {one.user for one in emulator.calls("boards.list")} >= {chosen}
    second = await store.load()
    assert first is not None
    assert second is not None
    assert first.access_token != second.access_token
    assert first.refresh_token != second.refresh_token


async def test_a_person_refuses(emulator: Emulator) -> None:
    with pytest.raises(LoginError, match="refused"):
        await login(
            *emulator.client,
            scopes=SCOPES,
            redirect_uri=at_home(),
            show=person(emulator, "refuse"),
            base_url=emulator.url,
        )
    assert emulator.auth.tokens.codes == {}


@pytest.mark.skipif(BROWSER is None, reason="no Chromium here")
async def test_a_login_in_a_browser(emulator: Emulator, tmp_path: Path) -> None:
    """The page in a real browser; and the whole way back, where the emulator consents at once."""

    def browse(url: str) -> str:
        options = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage")
        profile = f"--user-data-dir={tmp_path}"
        command = [str(BROWSER), *options, profile, "--dump-dom", url]
        ran = subprocess.run(command, capture_output=True, text=True, timeout=600, check=True)
        return ran.stdout

    page = await asyncio.to_thread(browse, page_of(emulator))
    assert len(Form(page).users) == len(emulator.users)
    emulator.consent = "grant"
    auth = await login(
        *emulator.client,
        scopes=SCOPES,
        redirect_uri=at_home(),
        show=browse,
        base_url=emulator.url,
    )
    async with client(auth, emulator) as pinterest:
        assert await pinterest.user_account.get()


async def test_a_code_is_good_for_one_trade(emulator: Emulator) -> None:
    code = emulator.authorize(BACK, scopes=SCOPES)
    for outcome in (None, AuthenticationError):
        auth = AuthorizationCode(*emulator.client, code, redirect_uri=BACK)
        async with client(auth, emulator) as pinterest:
            if outcome is None:
                assert await pinterest.user_account.get()
            else:
                with pytest.raises(outcome):
                    await pinterest.user_account.get()


async def test_refreshing_goes_on_for_ever_if_used_in_time(
    emulator: Emulator, clock: Clock
) -> None:
    code = emulator.authorize(BACK, scopes=SCOPES)
    auth = AuthorizationCode(*emulator.client, code, redirect_uri=BACK, now=clock)
    async with client(auth, emulator) as pinterest:
        for _ in range(4):
            assert await pinterest.user_account.get()
            clock.now += 59 * 86_400
        clock.now += 2 * 86_400
        with pytest.raises(AuthenticationError):
            await pinterest.user_account.get()
    refused = emulator.calls("oauth.token")[-1]
    assert (refused.status, refused.body["grant_type"]) == (401, "refresh_token")


async def test_an_app_with_a_wrong_secret_gets_nothing(emulator: Emulator) -> None:
    code = emulator.authorize(BACK, scopes=SCOPES)
    auth = AuthorizationCode(emulator.client[0], "wrong", code, redirect_uri=BACK)
    async with client(auth, emulator) as pinterest:
        with pytest.raises(AuthenticationError) as caught:
            await pinterest.user_account.get()
    assert caught.value.code == 2
    assert [one.status for one in emulator.calls()] == [401]


async def test_an_app_acts_for_its_owner(emulator: Emulator) -> None:
    auth = ClientCredentials(*emulator.client, scopes=SCOPES)
    async with client(auth, emulator) as pinterest:
        account = await pinterest.user_account.get()
        assert account.username == emulator.users[emulator.user]


async def test_what_is_revoked_opens_nothing(call: Caller) -> None:
    emulator = call.emulator
    form = {"grant_type": "authorization_code", "redirect_uri": BACK}
    code = emulator.authorize(BACK, scopes=SCOPES)
    pair = (await call.client("/oauth/token", **form, code=code)).json
    auth = RefreshToken(*emulator.client, pair["refresh_token"], access_token=pair["access_token"])
    async with client(auth, emulator) as pinterest:
        assert await pinterest.user_account.get()
        for name in ("access_token", "refresh_token"):
            sent = {"token": pair[name], "token_type_hint": name}
            assert (await call.client("/oauth/token/revoke", **sent)).status == 200
        with pytest.raises(AuthenticationError):
            await pinterest.user_account.get()


async def test_consent_is_asked_for_granted_or_refused_as_told(call: Caller) -> None:
    address = page_of(call.emulator)
    page = await call("GET", address)
    assert page.status == 200
    text = page.text.decode()
    assert all(scope in text for scope in SCOPES)
    assert "form-action 'self' http://localhost:1;" in page.headers["Content-Security-Policy"]
    assert Form(text).users == [*call.emulator.users]
    assert len(call.emulator.users) > 1
    call.emulator.consent = "grant"
    assert "code=" in (await call("GET", address)).headers["Location"]
    call.emulator.consent = "refuse"
    assert "error=access_denied" in (await call("GET", address)).headers["Location"]
    wrong: Any = "maybe"
    with pytest.raises(ValueError, match="consent is 'maybe'"):
        call.emulator.consent = wrong


async def test_a_test_in_another_process_decides_by_http(call: Caller) -> None:
    page = call.emulator.page
    assert (await call("GET", f"{page}/users")).json == call.emulator.users
    address = page_of(call.emulator)
    for consent, said in (("grant", "code="), ("refuse", "error=access_denied")):
        assert (await call("POST", f"{page}/consent", json={"consent": consent})).status == 200
        answer = await call("GET", address)
        assert said in answer.headers["Location"]
    assert (await call("POST", f"{page}/consent", json={"consent": "no"})).status == 400


@pytest.mark.parametrize(
    ("back", "policy", "location"),
    [
        ("http://[::1]:8085/a?b=1", "http://[::1]:8085", "http://[::1]:8085/a?b=1&code="),
        ("https://shop.example", "https://shop.example", "https://shop.example?code="),
        ("shop.app:/login#x", "shop.app:", "shop.app:/login?code="),
    ],
)
async def test_apps_come_back_to_addresses_of_any_kind(
    call: Caller, back: str, policy: str, location: str
) -> None:
    address = page_of(call.emulator, back)
    page = await call("GET", address)
    assert f"form-action 'self' {policy};" in page.headers["Content-Security-Policy"]
    form = Form(page.text.decode())
    sent = {**form.fields, "user": form.users[0], "decision": "grant"}
    said = await call("POST", call.emulator.authorize_url, data=sent)
    assert said.headers["Location"].startswith(location)


async def test_what_cannot_be_consented_to_is_told_as_text(call: Caller) -> None:
    said = await call("GET", f"{call.emulator.authorize_url}?client_id=9")
    assert (said.status, said.text) == (400, b"client_id: there is no such app")
    assert said.headers["Content-Type"].startswith("text/plain")
    said = await call("POST", call.emulator.authorize_url, data=b"a=%FF&" + b"b=1&" * 30)
    assert said.status == 400


@pytest.mark.parametrize("target", ["//[", "//evil.example/oauth/", "///"])
async def test_a_path_of_two_slashes_is_no_path(call: Caller, target: str) -> None:
    place = call.emulator.origin.removeprefix("http://")
    reader, writer = await asyncio.open_connection(*place.split(":"))
    writer.write(f"GET {target} HTTP/1.1\r\nHost: {place}\r\n\r\n".encode())
    assert b" 400 " in await reader.readline()
    writer.close()


async def test_another_site_consents_for_nobody(call: Caller) -> None:
    address = page_of(call.emulator)
    form = {"user": call.emulator.user, "decision": "grant"}
    foreign = {"Origin": "https://example.com"}
    said = await call("POST", address, data=form, headers=foreign)
    assert said.status == 403
    assert call.emulator.auth.tokens.codes == {}


async def test_a_name_that_the_emulator_was_given_is_let_in(session: ClientSession) -> None:
    """Addresses of files begin with it, since others on its network know no other name."""
    async with Emulator(hosts=["pinterest"]) as emulator:
        call = Caller(emulator, session)
        host = {"Host": "pinterest:8800"}
        said = await call("POST", "/media", json={"media_type": "video"}, headers=host)
        assert said.json["upload_url"].startswith("http://pinterest:8800/")
        said = await call("POST", "/media", json={"media_type": "video"})
        assert said.json["upload_url"].startswith(emulator.origin)
        foreign = await call("GET", "/boards", headers={"Host": "other"})
        assert foreign.status == 421
        assert b"--host-name" in foreign.text
    for name in ("a:80", "", "*", "a/b"):
        with pytest.raises(ValueError, match="without a port"):
            Emulator(hosts=[name])
