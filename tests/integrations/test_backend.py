"""A FastAPI application with users: logins, their clients, and what goes wrong on the way."""

import asyncio
import json
import logging
from collections.abc import AsyncIterable, Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any, Self
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2
import pytest
from emulator.bench import Clock
from fastapi import Depends, FastAPI, Header, HTTPException, WebSocket
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from integrations.consent import come_back

from pinterest_async import (
    App,
    ConfigurationError,
    FileStore,
    Page,
    Pinterest,
    SessionPool,
    Tokens,
    TokenStore,
)
from pinterest_async.emulator import Emulator
from pinterest_async.emulator.faults import Drift, RateLimited
from pinterest_async.emulator.server.threaded import running
from pinterest_async.integrations.fastapi import PinterestBackend
from pinterest_async.types import Account, Board

CALLBACK = "https://app.example/pinterest/callback"
KEY = "session-key-" + "k" * 32


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def emulator(clock: Clock) -> Iterator[Emulator]:
    with running(strict=True, accounts=2, now=clock) as emulator:
        yield emulator


class Application:
    """One process of a backend, and browsers of people who use it."""

    def __init__(
        self,
        emulator: Emulator,
        folder: Path,
        clock: Callable[[], float],
        *,
        stores: Callable[[str], TokenStore] | None = None,
        **options: Any,
    ) -> None:
        login = App(
            *emulator.client,
            redirect_uri=CALLBACK,
            scopes=["user_accounts:read", "boards:read"],
            store=stores or (lambda user: FileStore(folder / f"{user}.json")),
            base_url=emulator.url,
            now=clock,
        )
        self.emulator = emulator
        self.pool = SessionPool()
        options = {"session_key": KEY, "pool": self.pool, **options}
        self.backend = backend = PinterestBackend(login, **options)
        self.app = FastAPI()
        backend.install(self.app)
        client = Depends(backend.client)

        @self.app.get("/me")
        async def me(pinterest: Annotated[Pinterest, client]) -> Account:
            return await pinterest.user_account.get()

        @self.app.get("/boards")
        async def boards(pinterest: Annotated[Pinterest, client]) -> Page[Board]:
            return await pinterest.boards.list()

        @self.app.get("/undeclared")
        async def undeclared(pinterest: Annotated[Pinterest, client]):  # type: ignore[no-untyped-def]  # noqa: ANN202
            return {"boards": [board async for board in pinterest.boards.list().limit(1)]}

        @self.app.get("/stream")
        async def stream(pinterest: Annotated[Pinterest, client]) -> AsyncIterable[Board]:
            async for board in pinterest.boards.list().limit(2):
                yield board

        @self.app.websocket("/socket")
        async def socket(socket: WebSocket, pinterest: Annotated[Pinterest, client]) -> None:
            await socket.accept()
            await socket.send_text((await pinterest.user_account.get()).username)

        self._open = ExitStack()

    def __enter__(self) -> Self:
        self._served = self._open.enter_context(self.browser())
        return self

    def __exit__(self, *exc: object) -> None:
        self._open.close()

    def browser(self) -> TestClient:
        return TestClient(
            self.app,
            base_url="https://app.example",
            follow_redirects=False,
            raise_server_exceptions=False,
        )

    def to_pinterest(self, browser: TestClient, **headers: str) -> str:
        """Where a browser is sent to log in."""
        sent = browser.get("/pinterest/login", headers=headers)
        assert (sent.status_code, sent.headers["Cache-Control"]) == (303, "no-store")
        return sent.headers["Location"]

    def log_in(self, user: str = "", browser: TestClient | None = None) -> TestClient:
        """A browser in which a user has logged in."""
        browser = browser or self.browser()
        back = browser.get(come_back(self.to_pinterest(browser), user=user))
        assert (back.status_code, back.headers["Location"]) == (303, "/"), back.text
        return browser


Applications = Callable[..., Application]


@pytest.fixture
def application(emulator: Emulator, tmp_path: Path, clock: Clock) -> Iterator[Applications]:
    with ExitStack() as running:

        def start(**options: Any) -> Application:
            options = {"clock": clock, **options}
            return running.enter_context(Application(emulator, tmp_path, **options))

        yield start


def detail(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["detail"]


# Logins


def test_two_users_see_what_is_theirs(application: Applications, emulator: Emulator) -> None:
    app = application()
    for id, name in [*emulator.users.items()][:2]:
        browser = app.log_in(id)
        assert browser.get("/me").json()["username"] == name
        boards = browser.get("/boards").json()
        assert "items" in boards
        undeclared = browser.get("/undeclared").json()["boards"]
        assert undeclared == boards["items"][:1]
        lines = browser.get("/stream").text.splitlines()
        assert [json.loads(line) for line in lines] == boards["items"][:2]
        with browser.websocket_connect("wss://app.example/socket") as socket:
            assert socket.receive_text() == name
    stranger = app.browser()
    assert detail(stranger.get("/me")) == (401, "Log in with Pinterest first.")


def test_no_token_reaches_a_browser(application: Applications, emulator: Emulator) -> None:
    browser = application().log_in()
    seen = str(browser.cookies) + str(browser.get("/me").headers)
    for token in (*emulator.auth.tokens.grants, *emulator.auth.tokens.refresh):
        assert token not in seen
    assert emulator.client[1] not in seen


def test_a_state_of_another_login_is_refused(application: Applications, emulator: Emulator) -> None:
    """An attacker's code in the victim's browser, with a state forged, missing or of their own."""
    app = application()
    attacker, victim = app.browser(), app.browser()
    stolen = come_back(app.to_pinterest(attacker))
    app.to_pinterest(victim)
    code = parse_qs(urlsplit(stolen).query)["code"][0]
    for forged in (stolen, f"{CALLBACK}?code={code}", f"{CALLBACK}?code={code}&state="):
        status, words = detail(victim.get(forged))
        assert status == 400
        assert "the state is not the one" in words
    assert detail(app.browser().get(stolen))[0] == 400
    assert emulator.calls("oauth.token") == []
    assert victim.get("/me").status_code == 401
    assert attacker.get(stolen).status_code == 303


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["code", "state", "error", "x"]), st.text(st.characters(codec="utf-8"))
        ),
        max_size=4,
    )
)
def test_whatever_comes_back_is_refused_without_a_call(query: list[tuple[str, str]]) -> None:
    """There is no emulator: a call would be an answer of 502."""
    login = App(
        *("1", "secret"),
        redirect_uri=CALLBACK,
        scopes=["user_accounts:read"],
        store=FileStore,
        base_url="http://localhost:1/v5",
    )
    app = FastAPI()
    PinterestBackend(login, session_key=KEY).install(app)
    browser = TestClient(app, base_url="https://app.example", follow_redirects=False)
    assert browser.get("/pinterest/login").status_code == 303
    assert browser.get(f"/pinterest/callback?{urlencode(query)}").status_code == 400


def test_a_callback_is_good_once(application: Applications, emulator: Emulator) -> None:
    app = application()
    browser = app.browser()
    back = come_back(app.to_pinterest(browser))
    begun = dict(browser.cookies)
    assert browser.get(back).status_code == 303
    status, words = detail(browser.get(back))
    assert (status, "no login was begun here" in words) == (400, True)
    # Somebody who has copied the cookie gets no further than Pinterest, which knows the code.
    thief = app.browser()
    thief.cookies.update(begun)
    status, words = detail(thief.get(back))
    assert (status, "Pinterest refused the login" in words) == (400, True)
    assert [one.status for one in emulator.calls("oauth.token")] == [200, 401]
    assert thief.get("/me").status_code == 401
    assert browser.get("/me").status_code == 200


def test_a_person_may_refuse(application: Applications, emulator: Emulator) -> None:
    app = application()
    browser = app.browser()
    answer = browser.get(come_back(app.to_pinterest(browser), decision="refuse"))
    assert detail(answer) == (400, "the login was refused: The user refused.")
    assert emulator.calls("oauth.token") == []
    assert app.log_in(browser=browser).get("/me").status_code == 200


def test_a_login_takes_ten_minutes_at_most(application: Applications, clock: Clock) -> None:
    app = application()
    browser = app.browser()
    url = app.to_pinterest(browser)
    clock.now += 601
    assert detail(browser.get(come_back(url)))[0] == 400


@pytest.mark.parametrize("id", ["../../etc/x", "x" * 300, "\u0663\u0664", None])
def test_nobody_is_logged_in_under_another_name(
    id: str | None, clock: Clock, tmp_path: Path
) -> None:
    """Pinterest, or what stands in its place, names a user whose id is no id."""
    with running(now=clock, user=id or "7") as emulator:
        if id is None:
            emulator.faults.add(Drift("null", field="id"))
        emulator.consent = "grant"
        with Application(emulator, tmp_path, clock) as app:
            browser = app.browser()
            back = httpx2.get(app.to_pinterest(browser)).headers["Location"]
            answer = browser.get(back)
    assert detail(answer) == (400, "Pinterest did not say who has logged in")
    assert not list(tmp_path.rglob("*.json"))


def test_a_second_login_takes_the_place_of_the_first(
    application: Applications, emulator: Emulator
) -> None:
    app = application()
    first = app.log_in()
    again = app.log_in(browser=first)
    other = app.log_in()
    emulator.expire()
    for browser in (first, again, other):
        assert browser.get("/me").status_code == 200
    forms = [one.body["grant_type"] for one in emulator.calls("oauth.token")]
    assert forms == ["authorization_code"] * 3 + ["refresh_token"]


def test_people_log_out(application: Applications) -> None:
    app = application(after_logout="/bye")
    mine, other = app.log_in(), app.log_in()
    out = mine.post("/pinterest/logout")
    assert (out.status_code, out.headers["Location"]) == (303, "/bye")
    assert mine.get("/me").status_code == 401
    assert other.get("/me").status_code == 200
    # A form of another site comes without the cookie.
    assert "set-cookie" not in app.browser().post("/pinterest/logout").headers
    assert mine.get("/pinterest/logout").status_code == 405


def test_a_session_ends(application: Applications, clock: Clock) -> None:
    browser = application(session_life=3600).log_in()
    clock.now += 3601
    assert browser.get("/me").status_code == 401


# Tokens


def test_an_expired_token_is_renewed_unseen(application: Applications, emulator: Emulator) -> None:
    browser = application().log_in()
    emulator.expire()
    assert browser.get("/me").status_code == 200
    assert browser.get("/me").status_code == 200
    forms = [one.body["grant_type"] for one in emulator.calls("oauth.token")]
    assert forms == ["authorization_code", "refresh_token"]


def test_a_login_that_pinterest_has_ended_is_401(
    application: Applications, emulator: Emulator
) -> None:
    app = application()
    browser = app.log_in()
    emulator.expire()
    emulator.auth.tokens.refresh.clear()
    assert detail(browser.get("/me")) == (401, "Pinterest refuses the login: log in again.")
    assert app.log_in(browser=browser).get("/me").status_code == 200


def test_a_login_that_the_store_has_lost_is_401(application: Applications, tmp_path: Path) -> None:
    app = application()
    browser = app.log_in()
    for file in tmp_path.glob("*.json"):
        file.unlink()
    assert detail(browser.get("/me")) == (401, "Log in with Pinterest first.")
    assert app.log_in(browser=browser).get("/me").status_code == 200


@pytest.mark.parametrize("skew", [-600, 600])
def test_the_clocks_of_servers_differ_by_ten_minutes(
    skew: float, application: Applications, clock: Clock, emulator: Emulator
) -> None:
    ahead = application(clock=lambda: clock.now + skew)
    browser = ahead.log_in()
    cookies = dict(browser.cookies)
    other = application().browser()
    other.cookies.update(cookies)
    for _ in range(3):
        assert browser.get("/me").status_code == 200
        assert other.get("/me").status_code == 200
        clock.now += 30 * 86_400 - 60
        fresh = dict(ahead.log_in(browser=browser).cookies)
        other.cookies.update(fresh)
    assert all(one.status == 200 for one in emulator.calls("oauth.token"))


def test_a_restart_changes_nothing(application: Applications, emulator: Emulator) -> None:
    first = application()
    cookies = dict(first.log_in().cookies)
    emulator.expire()
    again = application().browser()
    again.cookies.update(cookies)
    assert again.get("/me").status_code == 200
    strangers = application(session_key="another-key-" + "k" * 32).browser()
    strangers.cookies.update(cookies)
    assert strangers.get("/me").status_code == 401


def test_ones_quota_is_not_anothers(application: Applications, emulator: Emulator) -> None:
    app = application()
    ann, bob = (app.log_in(id) for id in [*emulator.users][:2])
    emulator.faults.add(RateLimited(times=1, reset=600))
    refused = ann.get("/boards")
    assert refused.status_code == 429
    assert 590 <= int(refused.headers["Retry-After"]) <= 601
    waits = ann.get("/boards")
    assert waits.status_code == 429
    assert 590 <= int(waits.headers["Retry-After"]) <= 601
    assert bob.get("/boards").status_code == 200


# Users of the application's own


async def own_user(x_user: Annotated[str, Header()] = "") -> str:
    if not x_user:
        raise HTTPException(403, "Who are you?")
    return x_user


def test_an_application_has_users_of_its_own(
    application: Applications, emulator: Emulator, tmp_path: Path
) -> None:
    app = application(user=own_user)
    ann, stranger = app.browser(), app.browser()
    assert detail(stranger.get("/pinterest/login")) == (403, "Who are you?")
    assert detail(stranger.get("/me")) == (403, "Who are you?")
    assert ann.post("/pinterest/logout", headers={"X-User": "ann"}).status_code == 404
    assert ann.get("/me", headers={"X-User": "ann"}).status_code == 401
    back = come_back(app.to_pinterest(ann, **{"X-User": "ann"}), user=[*emulator.users][1])
    # Whoever else comes back in this browser is not given the other's tokens.
    assert detail(ann.get(back, headers={"X-User": "bob"}))[0] == 400
    done = ann.get(back, headers={"X-User": "ann"})
    assert done.status_code == 303
    assert "pinterest_session" not in str(done.headers)
    assert [file.name for file in tmp_path.glob("*.json")] == ["ann.json"]
    me = ann.get("/me", headers={"X-User": "ann"}).json()
    assert me["username"] == [*emulator.users.values()][1]
    assert ann.get("/me", headers={"X-User": "bob"}).status_code == 401


def test_an_id_that_is_no_text_is_a_mistake(
    application: Applications, caplog: pytest.LogCaptureFixture
) -> None:
    async def number() -> int:
        return 7

    browser = application(user=number).browser()
    for path in ("/me", "/pinterest/login"):
        assert detail(browser.get(path)) == (500, "Internal Server Error")
    assert "returned int, which is no id" in caplog.text


# Readiness, and the life of the application


def test_ready(application: Applications, caplog: pytest.LogCaptureFixture) -> None:
    app = application()
    with app.browser() as browser:
        answer = browser.get("/pinterest/ready")
        assert (answer.status_code, answer.json()) == (200, {"ready": True})
    assert app.pool.closed
    answer = app.browser().get("/pinterest/ready")
    assert (answer.status_code, answer.json()) == (503, {"ready": False})
    assert "Not ready: the connections are closed" in caplog.text


def test_not_ready_without_the_token_store(
    application: Applications, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken(FileStore):
        async def load(self) -> Tokens | None:
            raise OSError("disk on fire at redis://:password@host")

    def store(user: str) -> FileStore:
        return Broken(f"/{user}")

    browser = application(stores=store).browser()
    answer = browser.get("/pinterest/ready")
    assert (answer.status_code, answer.json()) == (503, {"ready": False})
    assert "could not read the tokens" in caplog.text


def test_not_ready_while_the_token_store_hangs(
    application: Applications, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Hanging(FileStore):
        async def load(self) -> Tokens | None:
            await asyncio.Event().wait()
            return None

    monkeypatch.setattr("pinterest_async.integrations.fastapi.backend._PROBE", 0.01)
    assert application(stores=Hanging).browser().get("/pinterest/ready").status_code == 503
    assert "the token store did not answer within 0.01 s" in caplog.text


def test_it_starts_again(application: Applications) -> None:
    app = application()
    cookies = dict(app.log_in().cookies)
    for _ in range(2):
        with app.browser() as browser:
            browser.cookies.update(cookies)
            assert browser.get("/me").status_code == 200
        assert app.pool.closed


def test_routes_and_answers_are_described(application: Applications) -> None:
    document = application().browser().get("/openapi.json").json()
    assert {"/pinterest/login", "/pinterest/callback", "/me"} <= set(document["paths"])
    schemas = document["components"]["schemas"]
    assert {"Account", "Board", "Page_Board_"} <= set(schemas)
    answer = document["paths"]["/boards"]["get"]["responses"]["200"]["content"]
    assert answer["application/json"]["schema"] == {"$ref": "#/components/schemas/Page_Board_"}


def test_work_without_a_request(application: Applications, emulator: Emulator) -> None:
    app = application()
    app.log_in()
    [user, name] = next(iter(emulator.users.items()))

    async def work() -> str:
        async with app.backend.client_of(user) as pinterest:
            return (await pinterest.user_account.get()).username

    assert asyncio.run(work()) == name
    assert emulator.client[1] not in repr(app.backend)


# Mistakes when it is made


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"session_key": "short"}, "session_key has fewer than 32 characters"),
        ({"prefix": "/elsewhere"}, "the route /elsewhere/callback"),
        ({"auth": "pina_x"}, "auth is given"),
    ],
)
def test_mistakes_are_told(
    options: Mapping[str, Any], words: str, emulator: Emulator, tmp_path: Path, clock: Clock
) -> None:
    with pytest.raises(ConfigurationError, match=words):
        Application(emulator, tmp_path, clock, **options)


def test_the_scope_that_tells_who_it_is_has_to_be_there() -> None:
    login = App("1", "s", redirect_uri=CALLBACK, scopes=["boards:read"], store=FileStore)
    with pytest.raises(ConfigurationError, match="lack user_accounts:read"):
        PinterestBackend(login, session_key=KEY)


def test_logs_hold_no_secret(
    application: Applications, emulator: Emulator, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG, logger="pinterest_async"):
        app = application()
        browser = app.log_in()
        emulator.expire()
        browser.get("/me")
        emulator.expire()
        emulator.auth.tokens.refresh.clear()
        browser.get("/me")
    known = emulator.auth.tokens
    for secret in (*known.grants, *known.refresh, emulator.client[1], KEY):
        assert secret not in caplog.text
