"""Tokens: how they are got, renewed and kept."""

import asyncio
import contextlib
import pickle
import socket
import stat
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import pytest
from redis.asyncio import Redis

from pinterest_async import (
    AccessToken,
    APIError,
    App,
    AuthenticationError,
    AuthorizationCode,
    ClientCredentials,
    ConfigurationError,
    DeadlineExceededError,
    FileStore,
    KeyringStore,
    LoginError,
    LoginTimeoutError,
    MemoryStore,
    Pinterest,
    PinterestError,
    RedisStore,
    RefreshToken,
    SessionPool,
    Timeout,
    Tokens,
    TokenStore,
    TokenStoreError,
    authorization_url,
    code_from_callback,
    login,
    new_state,
)
from pinterest_async._core.operation import Operation
from pinterest_async.auth import Grant
from pinterest_async.limits import LimitRequest

Make = Callable[..., Pinterest]
Op = Callable[..., Operation[Any]]

NOW: Final = 1_000_000.0


class Endpoint:
    """The token endpoint: a new pair for each form, as long as the gate is open."""

    def __init__(self, **changes: Any) -> None:
        self.forms: list[Mapping[str, Any]] = []
        self.changes = changes
        self.error: Exception | None = None
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self, form: Mapping[str, Any]) -> Grant:
        self.forms.append(dict(form))
        await self.gate.wait()
        if self.error is not None:
            raise self.error
        number = len(self.forms)
        facts: dict[str, Any] = {
            "access_token": f"pina_{number}",
            "refresh_token": f"pinr_{number}",
            "expires_in": 2_592_000.0,
            "refresh_token_expires_in": 5_184_000.0,
        }
        return Grant(**{**facts, **self.changes})


def refreshing(**options: Any) -> RefreshToken:
    values: dict[str, Any] = {"access_token": "pina_0", "now": lambda: NOW, **options}
    return RefreshToken("app", "secret", "pinr_0", **values)


# Refreshing


async def test_a_good_token_is_used_as_it_is() -> None:
    endpoint = Endpoint()
    assert await refreshing().token(endpoint) == "pina_0"
    assert await refreshing(expires_at=NOW + 301).token(endpoint) == "pina_0"
    assert endpoint.forms == []


async def test_many_tasks_make_one_refresh() -> None:
    auth, endpoint = refreshing(), Endpoint()
    endpoint.gate.clear()
    tasks = [asyncio.ensure_future(auth.refresh("pina_0", endpoint)) for _ in range(100)]
    await asyncio.sleep(0)
    tasks[0].cancel()
    await asyncio.sleep(0)
    endpoint.gate.set()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(results[0], asyncio.CancelledError)
    assert results[1:] == [True] * 99
    assert endpoint.forms == [{"grant_type": "refresh_token", "refresh_token": "pinr_0"}]
    # Who comes late with the old token is given the new one without another refresh.
    assert await auth.refresh("pina_0", endpoint)
    assert await auth.token(endpoint) == "pina_1"
    assert len(endpoint.forms) == 1


async def test_a_token_about_to_expire_is_replaced_before_it_is_used() -> None:
    endpoint = Endpoint()
    auth = refreshing(expires_at=NOW + 299)
    assert await auth.token(endpoint) == "pina_1"
    assert await auth.token(endpoint) == "pina_1"
    assert len(endpoint.forms) == 1


async def test_a_refresh_that_fails_early_can_be_made_up_for_later() -> None:
    endpoint = Endpoint()
    endpoint.error = AuthenticationError("no", status=401)
    assert await refreshing(expires_at=NOW + 299).token(endpoint) == "pina_0"
    with pytest.raises(AuthenticationError):
        await refreshing(expires_at=NOW).token(endpoint)
    with pytest.raises(AuthenticationError):
        await refreshing().refresh("pina_0", endpoint)


async def test_a_refresh_that_fails_early_is_not_tried_for_every_call() -> None:
    endpoint, now = Endpoint(), [NOW]
    endpoint.error = AuthenticationError("no", status=401)
    auth = refreshing(expires_at=NOW + 299, now=lambda: now[0])
    for seconds, tries in ((0, 1), (0, 1), (29, 1), (1, 2), (29, 2), (1, 3)):
        now[0] += seconds
        assert await auth.token(endpoint) == "pina_0"
        assert len(endpoint.forms) == tries
    endpoint.error = None
    now[0] += 30
    assert await auth.token(endpoint) == "pina_4"


async def test_an_expired_token_is_refreshed_however_lately_that_failed() -> None:
    endpoint, now = Endpoint(), [NOW]
    endpoint.error = AuthenticationError("no", status=401)
    auth = refreshing(expires_at=NOW + 10, now=lambda: now[0])
    await auth.token(endpoint)
    now[0] += 10
    with pytest.raises(AuthenticationError):
        await auth.token(endpoint)


async def test_a_refresh_does_not_take_what_a_view_adds_to_its_calls(
    script: Any, make: Make, op: Op
) -> None:
    sent: list[Any] = []

    async def answer(exchange: Any) -> None:
        sent.append(exchange)
        body = b'{"access_token": "pina_1", "refresh_token": "pinr_1", "expires_in": 2592000}'
        await exchange.say(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body))
        await exchange.say(body)

    script.steps = [answer]
    client = make(script.url, auth=refreshing(expires_at=NOW)).with_options(
        extra_query={"new": "1"}
    )
    await client.send(op())
    refresh, call = sent
    assert refresh.target.endswith("/oauth/token")
    assert refresh.body == b"grant_type=refresh_token&refresh_token=pinr_0"
    assert call.target.endswith("?new=1")


@pytest.mark.parametrize("options", [{"timeout": 0.05}, {"timeout": Timeout(attempt=0.05)}])
async def test_a_call_that_gives_up_neither_loses_the_pair_nor_fails_the_others(
    options: dict[str, Any], script: Any, make: Make, op: Op, loop_time: Any, settle: Any
) -> None:
    grant = b'{"access_token": "pina_1", "refresh_token": "pinr_1", "expires_in": 2592000}'
    expired = b'{"code": 2, "message": ""}'
    asked, answering = asyncio.Event(), asyncio.Event()

    async def answer(exchange: Any) -> None:
        status, body = "200 OK", b"{}"
        if exchange.target.endswith("/oauth/token"):
            asked.set()
            await answering.wait()
            body = grant
        elif exchange.headers["authorization"] != "Bearer pina_1":
            status, body = "401 Unauthorized", expired
        await exchange.say(f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode())
        await exchange.say(body)

    script.steps = [answer]
    store = MemoryStore()
    client = make(script.url, auth=refreshing(store=store))
    short = asyncio.ensure_future(client.with_options(retry=False, **options).send(op()))
    await asked.wait()
    patient = asyncio.ensure_future(client.send(op()))
    await settle()
    loop_time.advance(0.1)
    await settle()
    answering.set()
    assert (await patient).status == 200
    if "attempt" not in repr(options):
        with pytest.raises(DeadlineExceededError):
            await short
    else:
        assert (await short).status == 200
    kept = await store.load()
    assert kept is not None
    assert kept.refresh_token == "pinr_1"


async def test_an_answer_without_a_refresh_token_keeps_the_old_one() -> None:
    store = MemoryStore()
    await refreshing(store=store).refresh("pina_0", Endpoint(refresh_token=None))
    assert await store.load() == Tokens(
        access_token="pina_1", refresh_token="pinr_0", expires_at=NOW + 2_592_000
    )


async def test_the_store_takes_precedence() -> None:
    store = MemoryStore(Tokens(access_token="pina_kept", refresh_token="pinr_kept"))
    endpoint = Endpoint()
    auth = refreshing(store=store, scope="ads:read")
    assert await auth.token(endpoint) == "pina_kept"
    await auth.refresh("pina_kept", endpoint)
    assert endpoint.forms == [
        {"grant_type": "refresh_token", "refresh_token": "pinr_kept", "scope": "ads:read"}
    ]


def test_the_subject_stays_while_tokens_change() -> None:
    assert refreshing(subject="user 7").subject == refreshing(subject="user 7").subject
    assert refreshing(subject="user 7").subject != refreshing(subject="user 8").subject
    assert refreshing().subject == refreshing(access_token="pina_other").subject


async def test_an_access_token_has_nothing_to_renew_it_with() -> None:
    assert not await AccessToken("pina_0").refresh("pina_0", Endpoint())


# Stores


class Backend:
    """A keyring in memory."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password


PAIR: Final = Tokens(access_token="pina_SECRET", refresh_token="pinr_SECRET", expires_at=5.0)


def opened(kind: str, tmp_path: Path, redis: Redis) -> TokenStore:
    if kind == "memory":
        return MemoryStore()
    if kind == "file":
        return FileStore(tmp_path / "new" / "tokens.json")
    return KeyringStore("me", keyring=Backend()) if kind == "keyring" else RedisStore(redis, "u7")


async def test_a_refresh_does_not_wait_for_those_who_wait_for_it(
    api: Any, make: Make, op: Op, time: Any
) -> None:
    """All tokens of the quota are out, each to a call that waits for the same refresh."""

    class OneByOne:
        """A limiter that has one token for each user, after a long wait."""

        def __init__(self) -> None:
            self.out: set[str] = set()

        async def acquire(self, request: LimitRequest) -> str:
            time.now += 60
            if request.subject in self.out:
                raise AssertionError("this would wait for itself")
            self.out.add(request.subject)
            return request.subject

        def finish(self, permit: str, _late: float = 0.0) -> None:
            self.out.remove(permit)

        release = finish

        def observe(self, permit: str, state: Any) -> None: ...

    answer = {"access_token": "pina_1", "refresh_token": "pinr_1", "expires_in": 1000}
    api.post("https://api.test/v5/oauth/token", payload=answer)
    api.get("https://api.test/v5/things", payload={})
    expires = time.now + 301
    auth = refreshing(expires_at=expires, now=lambda: time.now)
    await make(auth=auth, limiter=OneByOne()).send(op())
    assert api.sent[-1]["headers"]["Authorization"] == "Bearer pina_1"


@pytest.mark.parametrize("kind", ["memory", "file", "keyring", "redis"])
async def test_a_store_keeps_a_pair(kind: str, tmp_path: Path, redis: Redis) -> None:
    store = opened(kind, tmp_path, redis)
    assert await store.load() is None
    async with store.exclusive():
        await store.save(PAIR)
    assert await store.load() == PAIR
    assert "SECRET" not in repr(store) + repr(PAIR)


@pytest.mark.parametrize("kind", ["file", "redis"])
async def test_those_who_share_a_store_refresh_once(
    kind: str, tmp_path: Path, redis: Redis
) -> None:
    endpoint = Endpoint()
    auths = [refreshing(store=opened(kind, tmp_path, redis)) for _ in range(5)]
    await asyncio.gather(*(auth.refresh("pina_0", endpoint) for auth in auths))
    assert len(endpoint.forms) == 1
    assert [await auth.token(endpoint) for auth in auths] == ["pina_1"] * 5


async def test_a_token_file_is_the_owners_alone_and_replaced_in_one_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "new" / "tokens.json"
    store = FileStore(path)
    await store.save(PAIR)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700

    def fails(*_: object) -> None:
        raise OSError("power cut")

    monkeypatch.setattr(Path, "replace", fails)
    with pytest.raises(TokenStoreError, match="power cut"):
        await store.save(Tokens(access_token="pina_2", refresh_token="pinr_2"))
    assert await store.load() == PAIR
    assert [one.name for one in path.parent.iterdir()] == ["tokens.json"]


@pytest.mark.parametrize("kind", ["file", "keyring", "redis"])
async def test_what_is_not_ours_is_reported(kind: str, tmp_path: Path, redis: Redis) -> None:
    path = tmp_path / "tokens.json"
    path.write_text("{}", "utf-8")
    backend = Backend()
    backend.set_password("pinterest-async", "default", "nonsense")
    stores: dict[str, TokenStore] = {
        "file": FileStore(path),
        "keyring": KeyringStore(keyring=backend),
        "redis": RedisStore(redis, "u7"),
    }
    store = stores[kind]
    if kind == "redis":
        key = repr(store).split("'")[1]
        assert "u7" not in key
        await redis.set(key, "nonsense")
    with pytest.raises(ConfigurationError, match="Delete it and log in again"):
        await store.load()


def test_a_keyring_that_is_not_installed_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(ConfigurationError, match=r"pinterest-async\[keyring\]"):
        KeyringStore()


# Other grants


async def test_client_credentials() -> None:
    endpoint = Endpoint(refresh_token=None, refresh_token_expires_in=None)
    auth = ClientCredentials("app", "secret", scopes=["ads:read", "pins:read"])
    assert await auth.token(endpoint) == "pina_1"
    assert await auth.token(endpoint) == "pina_1"
    assert await auth.refresh("pina_1", endpoint)
    form = {"grant_type": "client_credentials", "scope": "ads:read,pins:read"}
    assert endpoint.forms == [form, form]
    with pytest.raises(ConfigurationError, match="Pass a list"):
        ClientCredentials("app", "secret", scopes="ads:read")


def with_code(**options: Any) -> AuthorizationCode:
    return AuthorizationCode("app", "secret", "c0de", redirect_uri="https://me/back", **options)


async def test_a_code_is_traded_once_and_refreshed_from_then_on() -> None:
    # Tokens of an earlier login do not stand in the way of this one.
    store = MemoryStore(Tokens(access_token="pina_old", refresh_token="pinr_old"))
    auth, endpoint = with_code(store=store), Endpoint()
    assert await asyncio.gather(*(auth.token(endpoint) for _ in range(3))) == ["pina_1"] * 3
    kept = await store.load()
    assert kept is not None
    assert kept.refresh_token == "pinr_1"
    await auth.refresh("pina_1", endpoint)
    assert endpoint.forms == [
        {
            "grant_type": "authorization_code",
            "code": "c0de",
            "redirect_uri": "https://me/back",
            "continuous_refresh": True,
        },
        {"grant_type": "refresh_token", "refresh_token": "pinr_1"},
    ]


async def test_a_code_without_a_refresh_token_ends_with_its_access_token() -> None:
    auth, endpoint = with_code(), Endpoint(refresh_token=None)
    assert await auth.token(endpoint) == "pina_1"
    with pytest.raises(ConfigurationError, match="Log in again"):
        await auth.refresh("pina_1", endpoint)
    assert len(endpoint.forms) == 1


async def test_a_trade_on_the_wire(script: Any, make: Make, op: Op) -> None:
    grant = b'{"access_token": "pina_1", "refresh_token": "pinr_1", "expires_in": 2592000}'

    async def answer(exchange: Any) -> None:
        body = grant if exchange.target.endswith("/oauth/token") else b"{}"
        await exchange.say(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

    script.steps = [answer]
    await make(script.url, auth=with_code()).send(op())
    trade, call = script.seen
    assert parse_qs(trade.body.decode())["continuous_refresh"] == ["true"]
    assert trade.headers["authorization"].startswith("Basic ")
    assert call.headers["authorization"] == "Bearer pina_1"


# Logins


@pytest.mark.parametrize(
    ("status", "content"),
    [
        (200, b'{"access_token": "SECRETaccess", "refresh_token": "SECRETrefresh"'),
        (200, b'{"access_token": 1, "refresh_token": "SECRETrefresh"}'),
        (200, b"SECRETrefresh"),
        (400, b'{"code": 1, "message": "SECRETrefresh of SECRETapp is not known"}'),
        (500, b"<html><title>SECRETrefresh SECRETapp</title></html>"),
    ],
)
async def test_no_error_of_a_refresh_shows_a_secret(
    status: int, content: bytes, api: Any, make: Make, op: Op, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(0)
    api.post("https://api.test/v5/oauth/token", status=status, body=content, repeat=True)
    auth = RefreshToken("app", "SECRETapp", "SECRETrefresh")
    with pytest.raises(APIError) as caught:
        await make(auth=auth).send(op())
    error = caught.value
    shown = [*traceback.format_exception(error), repr(error), repr(error.body), caplog.text]
    assert "SECRET" not in "".join(shown)
    assert b"SECRET" not in pickle.dumps(error)


def frames(error: BaseException | None) -> Iterator[traceback.FrameSummary]:
    """The frames of an error and of what led to it, with their variables, but for the test's."""
    while error is not None:
        whole = traceback.TracebackException.from_exception(error, capture_locals=True)
        yield from (one for one in whole.stack if one.filename != __file__)
        error = error.__cause__ or error.__context__


@pytest.mark.parametrize("end", ["refused", "broken off", "unreadable", "pool closed"])
@pytest.mark.parametrize("renews", [True, False])
async def test_no_variable_in_a_traceback_shows_a_secret(
    end: str, renews: bool, script: Any, make: Make, op: Op
) -> None:
    """Reporters of errors send along the variables of each frame."""
    pool = SessionPool(grace=0)

    async def answer(exchange: Any) -> None:
        match end:
            case "refused":
                await exchange.say(b"HTTP/1.1 400 Bad\r\nContent-Length: 2\r\n\r\n{}")
            case "unreadable":
                await exchange.say(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n{")
            case "broken off":
                exchange.close()
            case _:
                await pool.aclose()

    script.steps = [answer]
    for auth in (
        RefreshToken("app", "SECRETapp", "pinr_SECRET") if renews else "pina_SECRET",
        AuthorizationCode("app", "SECRETapp", "SECRETcode", redirect_uri="https://me/back"),
    ):
        async with pool:
            with pytest.raises(PinterestError) as caught:
                await make(script.url, pool=pool, auth=auth, retry=False).send(op())
        seen = list(frames(caught.value))
        assert any(one.filename.endswith("dispatcher.py") for one in seen)
        assert [one for one in seen if "SECRET" in str(one.locals)] == []


def test_where_to_send_a_person() -> None:
    url = urlsplit(
        authorization_url(
            "app", redirect_uri="https://me/back", scopes=["pins:read", "ads:read"], state="s/1"
        )
    )
    assert url.geturl().startswith("https://www.pinterest.com/oauth/?")
    assert parse_qs(url.query) == {
        "client_id": ["app"],
        "redirect_uri": ["https://me/back"],
        "response_type": ["code"],
        "scope": ["pins:read,ads:read"],
        "state": ["s/1"],
    }
    with pytest.raises(ConfigurationError, match="Pass a list"):
        authorization_url("app", redirect_uri="https://me/back", scopes="pins:read", state="s")
    assert len({new_state() for _ in range(100)}) == 100


@pytest.mark.parametrize(
    ("base_url", "page"),
    [
        (None, "https://www.pinterest.com/oauth/"),
        ("https://api.pinterest.com/v5", "https://www.pinterest.com/oauth/"),
        ("https://api-sandbox.pinterest.com/v5/", "https://www.pinterest.com/oauth/"),
        ("https://API.Pinterest.com/v5", "https://www.pinterest.com/oauth/"),
        ("https://notpinterest.com/v5", "https://notpinterest.com/oauth/"),
        ("http://127.0.0.1:8800/v5", "http://127.0.0.1:8800/oauth/"),
        ("http://[::1]:8800/v5", "http://[::1]:8800/oauth/"),
    ],
)
def test_the_page_of_a_login_is_where_the_api_is(base_url: str | None, page: str) -> None:
    options: dict[str, Any] = {"redirect_uri": "https://me/back", "scopes": ["pins:read"]}
    url = authorization_url("app", **options, state="s", base_url=base_url)
    assert url.startswith(f"{page}?client_id=app&")
    app = App("app", "secret", **options, store=lambda _: MemoryStore(), base_url=base_url)
    assert app.authorization_url("s") == url
    with pytest.raises(ConfigurationError, match="base_url"):
        authorization_url("app", **options, state="s", base_url="nonsense")


def test_how_a_person_comes_back() -> None:
    code = code_from_callback("https://me/back?code=c0de&state=s1", state="s1")
    assert code == "c0de"
    assert "c0de" not in repr(code)
    for query, state in (("code=c&state=s2", "s1"), ("code=c", "s1"), ("code=c&state=", "")):
        with pytest.raises(LoginError, match="the state is not the one"):
            code_from_callback(f"https://me/back?{query}", state=state)
    with pytest.raises(LoginError, match="refused: access_denied"):
        code_from_callback("https://me/back?error=access_denied&state=s1", state="s1")


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


class Browser:
    """Comes back with the queries it is told to, `{state}` filled in."""

    def __init__(self, *targets: str) -> None:
        self.targets = targets
        self.pages: list[str] = []
        self.loop = asyncio.get_running_loop()
        self.done = asyncio.Event()

    def __call__(self, url: str) -> None:
        asyncio.run_coroutine_threadsafe(self.visit(url), self.loop)

    async def visit(self, url: str) -> None:
        query = parse_qs(urlsplit(url).query)
        back = urlsplit(query["redirect_uri"][0])
        _, idle = await asyncio.open_connection(back.hostname, back.port)
        for target in self.targets:
            reader, writer = await asyncio.open_connection(back.hostname, back.port)
            with contextlib.closing(writer):
                path = target.replace("{state}", query["state"][0])
                writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
                self.pages.append((await reader.read()).decode())
        idle.close()
        self.done.set()


def at_home(**options: Any) -> dict[str, Any]:
    uri = f"http://127.0.0.1:{free_port()}/back"
    return {"scopes": ["pins:read"], "redirect_uri": uri, **options}


async def test_a_login_at_this_machine() -> None:
    browser = Browser(
        "/favicon.ico", "/back?code=forged&state=guess", "/back?code=c0de&state={state}"
    )
    options = at_home(show=browser)
    auth = await login("app", "secret", **options)
    endpoint = Endpoint()
    assert await auth.token(endpoint) == "pina_1"
    assert (endpoint.forms[0]["code"], endpoint.forms[0]["redirect_uri"]) == (
        "c0de",
        options["redirect_uri"],
    )
    await browser.done.wait()
    assert [page.split(" ")[1] for page in browser.pages] == ["404", "400", "200"]
    assert "c0de" not in "".join(browser.pages)


async def test_a_login_that_is_refused() -> None:
    browser = Browser("/back?error=access_denied&state={state}")
    with pytest.raises(LoginError, match="access_denied"):
        await login("app", "secret", **at_home(show=browser))
    await browser.done.wait()


async def test_a_login_that_nobody_comes_to() -> None:
    seen: list[str] = []
    with pytest.raises(LoginTimeoutError, match="nobody logged in") as caught:
        await login("app", "secret", **at_home(show=seen.append, patience=0.05))
    assert isinstance(caught.value, TimeoutError)
    assert seen[0].startswith("https://www.pinterest.com/oauth/?client_id=app")


async def test_a_port_that_is_taken_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        uri = f"http://127.0.0.1:{taken.getsockname()[1]}/"
        with pytest.raises(
            LoginError, match=r"cannot listen on 127\.0\.0\.1:.*Free it, or register"
        ):
            await login("app", "secret", scopes=["pins:read"], redirect_uri=uri, show=print)


async def test_a_login_must_come_back_to_this_machine() -> None:
    for uri in (
        "https://me.example/back",
        "http://localhost/",
        "http://localhost:99999/",
        "http://192.168.0.1:80/",
        "http://[::1",
    ):
        with pytest.raises(ConfigurationError, match="a port of this machine"):
            await login("app", "secret", scopes=["pins:read"], redirect_uri=uri)


# Advice that fits


@pytest.mark.parametrize(
    ("code", "advice"),
    [(283, "log in again"), (1, "log in again"), (2, "Check the app's id and secret")],
)
@pytest.mark.parametrize("status", ["400 Bad Request", "401 Unauthorized"])
async def test_a_refresh_token_that_is_dead_says_to_log_in_again(
    script: Any, make: Make, op: Op, status: str, code: int, advice: str
) -> None:
    body = b'{"code": %d, "message": "The grant is not valid."}' % code

    async def refuse(exchange: Any) -> None:
        head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n"
        await exchange.say(head.encode() + body)

    script.steps = [refuse]
    client = make(script.url, auth=refreshing(access_token="", expires_at=None))
    with pytest.raises(APIError) as caught:
        await client.send(op())
    assert advice in caught.value.advice
    assert str(caught.value).endswith(caught.value.advice)
    assert caught.value.operation is not None


@pytest.mark.parametrize("token", ['"pina_x"', "'pina_x'", '"pina_x', "`pina_x`"])
def test_a_token_in_quotes_is_refused_by_name(token: str) -> None:
    with pytest.raises(ConfigurationError, match="the access token is in quotes"):
        AccessToken(token)
