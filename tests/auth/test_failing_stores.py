"""A store that fails while a pair is replaced: the new pair is never lost."""

import asyncio
import gc
import logging
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pinterest_async import (
    AuthorizationCode,
    ConfigurationError,
    MemoryStore,
    Pinterest,
    PinterestError,
    RefreshToken,
    SessionPool,
    Tokens,
    TokenStoreError,
)
from pinterest_async.auth import Grant

NOW: Final = 1_000_000.0
FIRST: Final = Tokens(access_token="pina_0", refresh_token="pinr_0")


class Endpoint:
    """Grants a pair for each refresh token once, as Pinterest does."""

    def __init__(self) -> None:
        self.good = "pinr_0"
        self.count = 0

    async def __call__(self, form: Mapping[str, Any]) -> Grant:
        if form.get("refresh_token", self.good) != self.good:
            raise PinterestError("the refresh token was used before")
        self.count += 1
        self.good = f"pinr_SECRET{self.count}"
        return Grant(f"pina_SECRET{self.count}", self.good, 1000.0)


class Failing(MemoryStore):
    """Fails at what it is told to, with what it is told to."""

    def __init__(self, tokens: Tokens | None = None, clock: list[float] | None = None) -> None:
        super().__init__(tokens)
        self.clock = [NOW] if clock is None else clock
        self.tries: list[float] = []
        self.broken: set[str] = set()
        self.error: BaseException = OSError(28, "No space left on device")
        self.saved: list[str] = []

    def check(self, doing: str) -> None:
        if doing in self.broken:
            raise self.error

    async def load(self) -> Tokens | None:
        await asyncio.sleep(0)
        self.check("load")
        return await super().load()

    async def save(self, tokens: Tokens) -> None:
        await asyncio.sleep(0)
        self.tries.append(self.clock[0])
        self.check("save")
        self.saved.append(tokens.access_token)
        await super().save(tokens)

    @asynccontextmanager
    async def exclusive(self) -> AsyncGenerator[None, None]:
        self.check("lock")
        yield
        self.check("unlock")


def refreshing(store: Any, clock: list[float] | None = None, **options: Any) -> RefreshToken:
    clock = [NOW] if clock is None else clock
    return RefreshToken("app", "secret", "pinr_0", store=store, now=lambda: clock[0], **options)


async def settled() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


@pytest.mark.parametrize(
    "error",
    [OSError(28, "No space left"), TimeoutError(), KeyError("x"), ConfigurationError("no")],
)
async def test_a_pair_that_is_not_saved_is_used_and_saved_later(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    store, endpoint, clock = Failing(FIRST), Endpoint(), [NOW]
    store.broken, store.error = {"save"}, error
    auth = refreshing(store, clock)
    assert await auth.token(endpoint) == "pina_0"
    assert await auth.refresh("pina_0", endpoint)
    for _ in range(10):
        assert await auth.token(endpoint) == "pina_SECRET1"
        await settled()
        clock[0] += 0.5
    # And again: the next refresh goes on from the pair in memory, not from the stored one.
    assert await auth.refresh("pina_SECRET1", endpoint)
    store.broken = set()
    clock[0] += 60
    assert await auth.token(endpoint) == "pina_SECRET2"
    await settled()
    assert store.saved == ["pina_SECRET2"]
    assert await auth.token(endpoint) == "pina_SECRET2"
    await settled()
    assert store.saved == ["pina_SECRET2"]
    warnings = [one for one in caplog.records if one.levelno == logging.WARNING]
    assert len(warnings) == 1
    assert "the token store Failing could not save" in caplog.text or isinstance(
        error, PinterestError
    )
    assert "SECRET" not in caplog.text


async def test_the_pauses_between_two_tries_to_save_grow() -> None:
    endpoint, clock = Endpoint(), [NOW]
    store = Failing(FIRST, clock)
    store.broken = {"save"}
    auth = refreshing(store, clock)
    await auth.refresh("pina_0", endpoint)
    store.tries.clear()
    for _ in range(300):
        await auth.token(endpoint)
        await settled()
        clock[0] += 1
    assert [tried - NOW for tried in store.tries] == [1, 3, 7, 15, 31, 63, 123, 183, 243]


async def test_a_store_that_shows_its_tokens_is_not_quoted(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Chatty(Failing):
        async def save(self, tokens: Tokens) -> None:
            raise OSError(f"disk full, no room for {tokens.access_token}, {tokens.refresh_token}")

        def __repr__(self) -> str:
            return f"Chatty({self._tokens and self._tokens.access_token})"

    auth, endpoint = refreshing(Chatty(FIRST)), Endpoint()
    await auth.refresh("pina_0", endpoint)
    assert "disk full, no room for [redacted], [redacted]" in caplog.text
    assert "pina_" not in caplog.text


@pytest.mark.parametrize("broken", [{"load"}, {"lock"}, {"unlock"}, {"load", "lock", "save"}])
async def test_a_refresh_goes_on_without_a_store(broken: set[str]) -> None:
    store, endpoint = Failing(FIRST), Endpoint()
    auth = refreshing(store)
    assert await auth.token(endpoint) == "pina_0"
    store.broken = broken
    for number in range(3):
        old = f"pina_SECRET{number}" if number else "pina_0"
        assert await auth.refresh(old, endpoint)
        assert await auth.token(endpoint) == f"pina_SECRET{number + 1}"
    store.broken = set()
    await auth.save()
    assert await store.load() == Tokens(
        access_token="pina_SECRET3", refresh_token="pinr_SECRET3", expires_at=NOW + 1000
    )


async def test_without_a_pair_in_memory_a_store_that_fails_is_an_error() -> None:
    """What was given may have been replaced long ago, by another process."""
    store, endpoint = Failing(FIRST), Endpoint()
    store.broken, store.error = {"load"}, RuntimeError("a bug")
    with pytest.raises(TokenStoreError, match="could not read the tokens: RuntimeError: a bug"):
        await refreshing(store).token(endpoint)
    with pytest.raises(TokenStoreError, match="could not read"):
        await refreshing(store).refresh("pina_0", endpoint)
    store.broken = {"lock"}
    with pytest.raises(TokenStoreError, match="could not lock"):
        await refreshing(store).refresh("pina_0", endpoint)
    assert endpoint.count == 0


async def test_a_pair_that_somebody_else_put_there_wins() -> None:
    store, endpoint, clock = Failing(FIRST), Endpoint(), [NOW]
    store.broken = {"save"}
    auth = refreshing(store, clock)
    await auth.refresh("pina_0", endpoint)
    store.broken = set()
    await store.save(Tokens(access_token="pina_login", refresh_token="pinr_login"))
    clock[0] += 60
    await auth.token(endpoint)
    await settled()
    assert await auth.token(endpoint) == "pina_login"
    assert store.saved == ["pina_login"]


async def test_the_tokens_of_a_login_are_not_taken_for_those_of_an_earlier_one() -> None:
    store, endpoint, clock = Failing(FIRST), Endpoint(), [NOW]
    store.broken = {"save"}
    auth = AuthorizationCode(
        "app", "secret", "c0de", redirect_uri="https://me/", store=store, now=lambda: clock[0]
    )
    assert await auth.token(endpoint) == "pina_SECRET1"
    store.broken = set()
    clock[0] += 60
    await auth.token(endpoint)
    await settled()
    assert await auth.token(endpoint) == "pina_SECRET1"
    assert store.saved == ["pina_SECRET1"]


async def test_a_transaction_that_does_not_end_is_no_lasting_effect() -> None:
    store, endpoint = Failing(FIRST), Endpoint()
    auth = refreshing(store)
    await auth.token(endpoint)
    store.broken = {"unlock"}
    await auth.refresh("pina_0", endpoint)
    await MemoryStore.save(store, FIRST)  # rolled back
    store.broken = set()
    await auth.save()
    kept = await store.load()
    assert kept is not None
    assert kept.access_token == "pina_SECRET1"


@pytest.mark.parametrize("shared", [True, False])
async def test_a_pair_is_saved_when_the_client_or_its_pool_closes(
    shared: bool, caplog: pytest.LogCaptureFixture
) -> None:
    pools: list[SessionPool] = []
    for broken in (set[str](), {"save"}):
        store, endpoint = Failing(FIRST), Endpoint()
        store.broken = {"save"}
        pools.append(SessionPool())

        async def use(store: Failing = store, broken: set[str] = broken) -> None:
            auth = refreshing(store)
            client = Pinterest(auth, pool=pools[-1] if shared else None)
            await auth.refresh("pina_0", Endpoint())
            if not shared:
                store.broken = broken
                await client.aclose()

        await use()
        gc.collect()
        store.broken = broken
        await pools[-1].aclose()
        assert store.saved == ([] if broken else ["pina_SECRET1"])
    assert "does not take the latest tokens" in caplog.text
    assert endpoint.count == 0


@pytest.mark.parametrize("token", ["pina_1\r\nX-Evil: 1", "pina 1", "pina_\x00", "pina_é", ""])
async def test_a_token_that_no_header_can_hold_is_refused(token: str) -> None:
    async def grants(_: Mapping[str, Any]) -> Grant:
        return Grant(token, "pinr_1")

    with pytest.raises(ConfigurationError, match="the granted access token") as caught:
        await refreshing(MemoryStore(FIRST)).refresh("pina_0", grants)
    assert "X-Evil" not in str(caught.value)
    if token:
        held = MemoryStore(Tokens(access_token=token, refresh_token="pinr_0"))
        with pytest.raises(ConfigurationError, match="is not a token pair"):
            await refreshing(held).token(grants)


@settings(deadline=None)
@given(
    steps=st.lists(
        st.tuples(
            st.sampled_from(["token", "refresh", "wait", "save"]),
            st.sets(st.sampled_from(["load", "save", "lock", "unlock"])),
        ),
        max_size=20,
    )
)
async def test_whatever_fails_the_login_lasts(steps: list[tuple[str, set[str]]]) -> None:
    """Each refresh token is good once: one that is lost or used again ends the login."""
    store, endpoint, clock = Failing(FIRST), Endpoint(), [NOW]
    auth = refreshing(store, clock)
    used = await auth.token(endpoint)
    for step, broken in steps:
        store.broken = broken
        match step:
            case "token":
                used = await auth.token(endpoint)
            case "refresh":
                await auth.refresh(used, endpoint)
                used = await auth.token(endpoint)
            case "wait":
                clock[0] += 400
            case _:
                await auth.save_on_close()
        await settled()
    store.broken = set()
    await auth.save()
    kept = await store.load()
    assert kept is not None
    assert kept.refresh_token == endpoint.good
