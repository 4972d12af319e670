"""Logins that outlive their process: resumed from a store, by name or by variable."""

import asyncio
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pytest
from redis.asyncio import Redis

from pinterest_async import (
    App,
    AuthenticationError,
    AuthorizationCode,
    ConfigurationError,
    FileStore,
    KeyringStore,
    MemoryStore,
    Pinterest,
    RedisStore,
    RefreshToken,
    Tokens,
    TokenStore,
    TokenStoreError,
)
from pinterest_async.auth import Grant
from pinterest_async.auth.environment import from_environment
from pinterest_async.emulator import Emulator
from pinterest_async.options import HOSTS

NOW: Final = 1_000_000.0
KEPT: Final = Tokens(access_token="pina_kept", refresh_token="pinr_kept", expires_at=NOW)


class Endpoint:
    """A token endpoint that knows one refresh token or code at a time, and replaces it."""

    def __init__(self, good: str) -> None:
        self.good = good
        self.forms: list[Mapping[str, Any]] = []

    async def __call__(self, form: Mapping[str, Any]) -> Grant:
        self.forms.append(dict(form))
        await asyncio.sleep(0)
        if self.good not in (form.get("refresh_token"), form.get("code")):
            raise AuthenticationError("Invalid refresh token", status=401)
        number = len(self.forms)
        self.good = f"pinr_{number}"
        return Grant(f"pina_{number}", self.good, 2_592_000.0, 5_184_000.0)


class FailingStore(MemoryStore):
    """Takes nothing."""

    async def save(self, tokens: Tokens) -> None:
        raise OSError(f"no space left for {tokens.access_token}")


class Keyring:
    """A keyring in memory."""

    def __init__(self) -> None:
        self.entries: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.entries.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.entries[service, username] = password


def resumed(store: TokenStore, **options: Any) -> RefreshToken:
    return RefreshToken.from_store("app", "secret", store, now=lambda: NOW, **options)


@pytest.mark.parametrize("kind", ["file", "keyring", "redis", "url"])
async def test_a_login_goes_on_from_its_store_alone(
    kind: str, tmp_path: Path, redis: Redis, redis_socket: str
) -> None:
    keyring = Keyring()

    def store() -> TokenStore:
        if kind == "file":
            return FileStore(tmp_path / "tokens.json")
        if kind == "keyring":
            return KeyringStore("me", keyring=keyring)
        if kind == "redis":
            return RedisStore(redis, "me")
        return RedisStore.from_url(f"unix://{redis_socket}", "me")

    await store().save(KEPT)
    endpoint = Endpoint("pinr_kept")
    first, second = resumed(store()), resumed(store())
    assert first.subject == second.subject
    assert await first.token(endpoint) == "pina_1"
    assert await second.token(endpoint) == "pina_1"
    assert await resumed(store()).token(endpoint) == "pina_1"
    assert len(endpoint.forms) == 1


async def test_a_store_that_holds_nothing_is_no_login(tmp_path: Path) -> None:
    auth = resumed(FileStore(tmp_path / "tokens.json"))
    endpoint = Endpoint("")
    with pytest.raises(ConfigurationError, match=r"tokens\.json.* holds no tokens.*Log in first"):
        await auth.token(endpoint)
    assert endpoint.forms == []


async def test_an_access_token_without_a_refresh_token_ends_with_a_new_login() -> None:
    store = MemoryStore(Tokens(access_token="pina_x", refresh_token="", expires_at=NOW))
    with pytest.raises(ConfigurationError, match="no refresh token"):
        await resumed(store, subject="me").token(Endpoint(""))


def test_whose_tokens_a_store_of_others_holds_has_to_be_said() -> None:
    with pytest.raises(ConfigurationError, match="subject="):
        resumed(MemoryStore())
    assert (
        resumed(MemoryStore(), subject="a").subject != resumed(MemoryStore(), subject="b").subject
    )


async def test_a_new_login_is_not_kept_out_by_an_old_one_in_the_store() -> None:
    store, endpoint = MemoryStore(KEPT), Endpoint("pinr_new")
    auth = RefreshToken("app", "secret", "pinr_new", store=store, now=lambda: NOW)
    assert await auth.token(endpoint) == "pina_2"
    assert [form["refresh_token"] for form in endpoint.forms] == ["pinr_kept", "pinr_new"]
    kept = await store.load()
    assert kept is not None
    assert kept.refresh_token == "pinr_2"


async def test_two_dead_tokens_are_tried_once_each() -> None:
    endpoint = Endpoint("pinr_other")
    auth = RefreshToken("app", "secret", "pinr_new", store=MemoryStore(KEPT), now=lambda: NOW)
    with pytest.raises(AuthenticationError):
        await auth.token(endpoint)
    assert [form["refresh_token"] for form in endpoint.forms] == ["pinr_kept", "pinr_new"]


@pytest.mark.parametrize("store", [None, MemoryStore()])
async def test_a_pair_without_a_lasting_place_is_reported_once(
    store: TokenStore | None, caplog: pytest.LogCaptureFixture
) -> None:
    endpoint = Endpoint("pinr_0")
    auth = RefreshToken("app", "secret", "pinr_0", store=store, now=lambda: NOW)
    with caplog.at_level(logging.WARNING):
        for old in ("", "pina_1"):
            await auth.refresh(old, endpoint)
    messages = [record.getMessage() for record in caplog.records]
    assert len(messages) == (store is None)
    assert all("PINTEREST_TOKEN_STORE" in one and "pinr_" not in one for one in messages)


# A store that is chosen after the login


def with_code(**options: Any) -> AuthorizationCode:
    return AuthorizationCode(
        "app", "secret", "code", redirect_uri="http://localhost/", now=lambda: NOW, **options
    )


async def test_the_store_can_be_named_when_the_user_is_known() -> None:
    auth, endpoint, store = with_code(), Endpoint("code"), MemoryStore()
    with pytest.raises(ConfigurationError, match="no tokens to save yet"):
        await auth.save_to(store)
    await auth.token(endpoint)
    await auth.save_to(store)
    assert (await resumed(store, subject="me").token(endpoint)) == "pina_1"
    await auth.refresh("pina_1", endpoint)
    kept = await store.load()
    assert kept is not None
    assert kept.refresh_token == "pinr_2"


async def test_a_store_that_fails_leaves_the_tokens_where_they_are() -> None:
    store = MemoryStore()
    auth, endpoint = with_code(store=store), Endpoint("code")
    await auth.token(endpoint)
    with pytest.raises(TokenStoreError) as caught:
        await auth.save_to(FailingStore())
    assert "pina_1" not in str(caught.value)
    await auth.refresh("pina_1", endpoint)
    kept = await store.load()
    assert kept is not None
    assert kept.refresh_token == "pinr_2"


async def test_a_refresh_beside_the_move_is_not_lost() -> None:
    moved = asyncio.Event()
    auth, endpoint = with_code(), Endpoint("code")
    await auth.token(endpoint)

    class Slow(MemoryStore):
        async def save(self, tokens: Tokens) -> None:
            if not moved.is_set():
                moved.set()
                await auth.refresh("pina_1", endpoint)
            await super().save(tokens)

    store = Slow()
    await auth.save_to(store)
    kept = await store.load()
    assert kept is not None
    assert kept.refresh_token == endpoint.good == "pinr_2"


# Many users


async def test_one_app_serves_many_users(tmp_path: Path) -> None:
    app = App(
        "app",
        "secret",
        redirect_uri="https://example.com/callback",
        scopes=["ads:read"],
        store=lambda user: FileStore(tmp_path / f"{user}.json"),
        now=lambda: NOW,
    )
    assert "scope=ads%3Aread" in app.authorization_url("state")
    assert "secret" not in repr(app)
    for user in ("ann", "bob"):
        auth, endpoint = app.authorization_code(f"code-{user}"), Endpoint(f"code-{user}")
        await auth.token(endpoint)
        await app.save(user, auth)
    ann, bob = app.user("ann"), app.user("bob")
    assert app.user("ann") is ann
    assert ann.subject != bob.subject
    endpoint = Endpoint("pinr_1")
    results = await asyncio.gather(*(app.user("ann").refresh("pina_1", endpoint) for _ in "abc"))
    assert results == [True] * 3
    assert len(endpoint.forms) == 1
    # A second login of the same user.
    again, endpoint = app.authorization_code("code-2"), Endpoint("code-2")
    await again.token(endpoint)
    await app.save("ann", again)
    assert app.user("ann") is not ann
    assert await app.user("ann").token(endpoint) == "pina_1"
    await app.user("ann").refresh("pina_1", endpoint)
    assert endpoint.forms[-1]["refresh_token"] == "pinr_1"


# Variables


@pytest.fixture
def variables(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    for name in ("ACCESS_TOKEN", "APP_ID", "APP_SECRET", "REFRESH_TOKEN", "TOKEN_STORE"):
        monkeypatch.delenv(f"PINTEREST_{name}", raising=False)
    return monkeypatch


@pytest.mark.parametrize(
    ("place", "store"),
    [
        ("there/tokens.json", "FileStore('there/tokens.json')"),
        ("redis://localhost:1/0", "RedisStore('pinterest:tokens:"),
    ],
)
@pytest.mark.parametrize("refresh_token", ["", "pinr_x"])
def test_a_store_by_variable(
    place: str, store: str, refresh_token: str, variables: pytest.MonkeyPatch
) -> None:
    variables.setenv("PINTEREST_APP_ID", "app")
    variables.setenv("PINTEREST_APP_SECRET", "secret")
    variables.setenv("PINTEREST_REFRESH_TOKEN", refresh_token)
    variables.setenv("PINTEREST_TOKEN_STORE", place)
    auth = from_environment(HOSTS["production"], "production")
    assert isinstance(auth, RefreshToken)
    assert store in repr(auth)


@pytest.mark.parametrize("place", ["t.d/tokens.json", "t.d/tokens", "redis://localhost:1/0"])
def test_the_sandbox_has_tokens_of_its_own_in_the_same_store(
    place: str, variables: pytest.MonkeyPatch
) -> None:
    variables.setenv("PINTEREST_APP_ID", "app")
    variables.setenv("PINTEREST_APP_SECRET", "secret")
    variables.setenv("PINTEREST_TOKEN_STORE", place)
    production, by_argument = Pinterest.from_env(), Pinterest.from_env(environment="sandbox")
    variables.setenv("PINTEREST_ENVIRONMENT", "sandbox")
    by_variable = Pinterest.from_env()
    assert "https://api-sandbox.pinterest.com/v5" in repr(by_variable)
    assert repr(by_variable) == repr(by_argument)
    auths = [repr(one).partition(", ")[2] for one in (production, by_variable)]
    assert auths[0] != auths[1]
    if "tokens" in place:
        assert ".sandbox" in auths[1]


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({}, "Run `pinterest login`, or set PINTEREST_ACCESS_TOKEN, or PINTEREST_APP_ID and "),
        ({"REFRESH_TOKEN": "pinr_x"}, "Set PINTEREST_APP_ID and PINTEREST_APP_SECRET too"),
        ({"TOKEN_STORE": "t.json", "APP_ID": "1"}, "Set PINTEREST_APP_SECRET too"),
        ({"TOKEN_STORE": "s3://b/k", "APP_ID": "1", "APP_SECRET": "s"}, "the scheme 's3'"),
        ({"TOKEN_STORE": "redis://:pw@h:p/0", "APP_ID": "1", "APP_SECRET": "s"}, "URL of Redis"),
    ],
)
def test_what_the_environment_lacks_is_reported(
    given: Mapping[str, str], error: str, variables: pytest.MonkeyPatch
) -> None:
    for name, value in given.items():
        variables.setenv(f"PINTEREST_{name}", value)
    with pytest.raises(ConfigurationError, match=error) as caught:
        Pinterest.from_env()
    assert "pinr_x" not in str(caught.value)
    assert ":pw@" not in str(caught.value)


async def test_process_after_process_goes_on_with_the_variables_alone(
    tmp_path: Path, variables: pytest.MonkeyPatch
) -> None:
    redirect_uri = "http://localhost:8085/"
    async with Emulator() as emulator:
        app_id, secret = emulator.client
        first = AuthorizationCode(
            app_id, secret, emulator.authorize(redirect_uri), redirect_uri=redirect_uri
        )
        async with Pinterest(first, base_url=emulator.url) as pinterest:
            user = (await pinterest.user_account.get()).username
            await first.save_to(FileStore(tmp_path / "tokens.json"))
        variables.setenv("PINTEREST_BASE_URL", emulator.url)
        variables.setenv("PINTEREST_APP_ID", app_id)
        variables.setenv("PINTEREST_APP_SECRET", secret)
        variables.setenv("PINTEREST_TOKEN_STORE", str(tmp_path / "tokens.json"))
        for _ in range(3):
            emulator.advance(31 * 86_400)  # an access token lives for 30 days
            async with Pinterest.from_env() as pinterest:
                assert (await pinterest.user_account.get()).username == user
        assert len(emulator.calls("oauth.token")) == 4
