"""A call whose token lacks a scope is refused before it is sent, where the scopes are known."""

import pickle
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import pytest_asyncio

from pinterest_async import (
    AuthorizationCode,
    ClientCredentials,
    ConfigurationError,
    FileStore,
    InMemoryLimiter,
    MissingScopeError,
    PermissionDeniedError,
    Pinterest,
    RefreshToken,
    authorization_url,
)
from pinterest_async.emulator import Emulator, HttpRequest, HttpResponse

BACK = "http://localhost:1/back"
READ = ["boards:read", "pins:read", "user_accounts:read"]


@pytest_asyncio.fixture
async def emulator() -> AsyncIterator[Emulator]:
    async with Emulator() as emulator:
        yield emulator


def client(emulator: Emulator, auth: Any, **options: Any) -> Pinterest:
    return Pinterest(auth, base_url=emulator.url, limiter=InMemoryLimiter(), **options)


def logged_in(emulator: Emulator, **options: Any) -> AuthorizationCode:
    code = emulator.authorize(BACK, scopes=READ)
    return AuthorizationCode(*emulator.client, code, redirect_uri=BACK, **options)


async def test_a_call_without_its_scope_is_not_sent(emulator: Emulator) -> None:
    async with client(emulator, logged_in(emulator)) as pinterest:
        assert await pinterest.boards.list()
        with pytest.raises(MissingScopeError) as caught:
            await pinterest.boards.create(name="Lamps")
        free = pinterest.limits.snapshot()
    error = caught.value
    assert error.missing == ("boards:write",)
    assert error.granted == tuple(READ)
    assert str(error).startswith("boards.create: the token lacks the scope boards:write, and has")
    assert "pinterest login --scope boards:read,pins:read,user_accounts:read,boards:write`" in str(
        error
    )
    assert "other methods may need more, so name all scopes at once" in str(error)
    assert emulator.calls("boards.create") == []
    assert not [bucket for bucket in free if bucket.name == "org_write"]


async def test_what_the_next_calls_need_is_told_too(emulator: Emulator) -> None:
    auth = ClientCredentials(*emulator.client, scopes=["user_accounts:read"])
    async with client(emulator, auth) as pinterest:
        with pytest.raises(MissingScopeError) as caught:
            await pinterest.boards.list()
    assert caught.value.missing == ("boards:read",)
    assert caught.value.also == ("boards:write", "pins:read")
    assert "other methods of this namespace need boards:write, pins:read too" in str(caught.value)
    again = pickle.loads(pickle.dumps(caught.value))  # noqa: S301
    assert again.also == caught.value.also


async def test_lenient_calls_are_sent_all_the_same(emulator: Emulator) -> None:
    async with client(emulator, logged_in(emulator), check="lenient") as pinterest:
        with pytest.raises(PermissionDeniedError):
            await pinterest.boards.create(name="Lamps")
        with pytest.raises(PermissionDeniedError):
            await pinterest.request("POST", "/boards", json={"name": "Lamps"})
        with pytest.raises(MissingScopeError):
            await pinterest.with_options(check="strict").boards.create(name="Lamps")
    assert len(emulator.calls("boards.create")) == 2


async def test_scopes_that_are_not_known_refuse_nothing(emulator: Emulator) -> None:
    token = emulator.issue_token(scopes=READ)
    async with client(emulator, token) as pinterest:
        with pytest.raises(PermissionDeniedError):
            await pinterest.boards.create(name="Lamps")


async def test_scopes_are_kept_with_the_tokens_and_through_refreshes(
    emulator: Emulator, tmp_path: Path
) -> None:
    store = FileStore(tmp_path / "tokens.json")
    async with client(emulator, logged_in(emulator, store=store)) as pinterest:
        assert await pinterest.user_account.get()
    for expired in (False, True):
        if expired:
            emulator.expire()
        auth = RefreshToken.from_store(*emulator.client, store)
        assert auth.scopes is None
        async with client(emulator, auth) as pinterest:
            await pinterest.user_account.get()
            with pytest.raises(MissingScopeError):
                await pinterest.boards.create(name="Lamps")
        assert auth.scopes == tuple(READ)
    assert len(emulator.calls("oauth.token")) == 2


class Rewritten:
    """A hook that gives the scopes of a grant in other words."""

    def __init__(self, scope: str | None) -> None:
        self.scope = scope

    def before(self, operation: Any, incoming: HttpRequest) -> HttpResponse | None: ...

    def after(self, operation: Any, incoming: HttpRequest, answer: HttpResponse) -> HttpResponse:  # noqa: ARG002
        grant = msgspec.json.decode(answer.body)
        if "access_token" not in grant:
            return answer
        grant.pop("scope")
        body = msgspec.json.encode({**grant, **({"scope": self.scope} if self.scope else {})})
        return msgspec.structs.replace(answer, body=body)


@pytest.mark.parametrize("joint", [",", " ", ", ", None])
async def test_a_grant_joins_scopes_as_it_likes_or_names_none(
    joint: str | None, emulator: Emulator
) -> None:
    emulator.hooks.append(Rewritten(joint.join(READ) if joint else None))
    auth = logged_in(emulator)
    async with client(emulator, auth) as pinterest:
        assert await pinterest.boards.list()
        assert auth.scopes == (tuple(READ) if joint else None)
        with pytest.raises(MissingScopeError if joint else PermissionDeniedError):
            await pinterest.boards.create(name="Lamps")


async def test_a_refresh_may_ask_for_fewer_scopes(emulator: Emulator, tmp_path: Path) -> None:
    store = FileStore(tmp_path / "tokens.json")
    async with client(emulator, logged_in(emulator, store=store)) as pinterest:
        assert await pinterest.user_account.get()
    emulator.expire()
    auth = RefreshToken.from_store(*emulator.client, store, scope="user_accounts:read")
    async with client(emulator, auth) as pinterest:
        assert await pinterest.user_account.get()
        with pytest.raises(MissingScopeError, match="lacks the scopes boards:read, pins:read"):
            await pinterest.pins.list()


async def test_the_first_call_of_a_login_is_refused_too(emulator: Emulator) -> None:
    auth = ClientCredentials(*emulator.client, scopes=["boards:read"])
    async with client(emulator, auth) as pinterest:
        with pytest.raises(MissingScopeError, match="user_accounts:read"):
            await pinterest.user_account.get()
    assert [one.operation for one in emulator.calls()] == ["oauth.token"]


@pytest.mark.parametrize("scopes", ["pins:read", [], ["pins:read,boards:read"], ["a b"], [7], [""]])
def test_what_is_no_list_of_scopes_is_refused(scopes: Any) -> None:
    with pytest.raises(ConfigurationError, match="scopes"):
        authorization_url("app", redirect_uri=BACK, scopes=scopes, state="s")
    with pytest.raises(ConfigurationError, match="scopes"):
        ClientCredentials("app", "secret", scopes=scopes)


def test_a_scope_that_is_newer_than_this_version_can_be_asked_for() -> None:
    url = authorization_url("app", redirect_uri=BACK, scopes=["pins:dream"], state="s")
    assert "scope=pins%3Adream" in url
