"""Quotas: what each window lets through, who shares it, and the headers that tell."""

from typing import Any

import pytest
from aiohttp import ClientSession
from emulator.bench import Caller, Clock
from hypothesis import given
from hypothesis import strategies as st

from pinterest_async._core import ratelimit_headers
from pinterest_async.emulator import Emulator
from pinterest_async.emulator.model.quotas import FixedWindow, RefillingWindow, SlidingWindow

NAMED = '100, 100;w=1;name="safety_net_app_id_user_id", 1000;w=60;name="org_read_app_id_user_id"'

times = st.lists(st.floats(0, 30, allow_nan=False), max_size=60)


def let_through(counter: Any, asked: list[float]) -> list[float]:
    """Ask at these moments, as often as it goes; the moments that were granted."""
    granted: list[float] = []
    for now in sorted(asked):
        if counter.left(now) > 0:
            counter.take(now)
            granted.append(now)
    return granted


def most(granted: list[float], window: float) -> int:
    """The most in any window that begins with one of them."""
    return max(
        (sum(start <= one < start + window for one in granted) for start in granted), default=0
    )


@given(times, st.integers(1, 9), st.floats(0.5, 10))
def test_sliding_never_exceeds_in_any_window(asked: list[float], limit: int, window: float) -> None:
    counter = SlidingWindow(limit, window, 0)
    assert most(let_through(counter, asked), window - 1e-6) <= limit


@given(times, st.integers(1, 9), st.floats(0.5, 10), st.floats(0, 1))
def test_fixed_gives_all_back_at_the_end(
    asked: list[float], limit: int, window: float, part: float
) -> None:
    phase = part * window
    counter = FixedWindow(limit, window, phase)
    granted = let_through(counter, asked)
    counts: dict[int, int] = {}
    for one in granted:
        index = int((one - phase) // window)
        counts[index] = counts.get(index, 0) + 1
    assert max(counts.values(), default=0) <= limit
    assert most(granted, window) <= 2 * limit


@given(times, st.integers(1, 9), st.floats(0.5, 10))
def test_a_bucket_refills_evenly(asked: list[float], limit: int, window: float) -> None:
    counter = RefillingWindow(limit, window, 0)
    granted = let_through(counter, asked)
    for start in granted:
        for end in granted:
            if end >= start:
                among = sum(start <= one <= end for one in granted)
                assert among <= limit + (end - start) * limit / window + 1e-6


@pytest.mark.parametrize("kind", [FixedWindow, SlidingWindow, RefillingWindow])
@given(st.integers(1, 9), st.floats(0.5, 10), st.floats(0, 100))
def test_the_reset_is_when_there_is_more(
    kind: type[FixedWindow] | type[SlidingWindow] | type[RefillingWindow],
    limit: int,
    window: float,
    now: float,
) -> None:
    counter = kind(limit, window, 0.3 * window)
    while counter.left(now) > 0:
        counter.take(now)
    reset = counter.reset(now)
    assert 0 < reset <= window + 1e-6
    assert counter.left(now + reset * 0.99) == 0
    assert counter.left(now + reset + 1e-6) > 0


async def test_the_headers_are_those_of_the_live_api(call: Caller) -> None:
    headers = (await call("GET", "/user_account")).headers
    assert headers["X-RateLimit-Limit"] == NAMED
    assert headers["X-RateLimit-Remaining"] == "99"
    assert headers["X-RateLimit-Reset"] == "1"


@pytest.mark.parametrize(
    ("options", "limit"),
    [
        ({"headers": "nameless"}, "100, 100;w=1, 1000;w=60"),
        ({"headers": "bare"}, "100"),
        ({"headers": "none"}, None),
        ({"quotas": None}, None),
        ({"quotas": {"org_read": (5, 10.0)}, "headers": "nameless"}, "5, 100;w=1, 5;w=10"),
        ({"access": "trial", "headers": "nameless"}, "1000, 1000;w=86400, 1000;w=86400"),
    ],
)
async def test_the_shapes_of_headers(
    session: ClientSession, clock: Clock, options: dict[str, Any], limit: str | None
) -> None:
    async with Emulator(now=clock, **options) as emulator:
        headers = (await Caller(emulator, session)("GET", "/user_account")).headers
    assert headers.get("X-RateLimit-Limit") == limit
    assert ("X-RateLimit-Remaining" in headers) == (limit is not None)
    if limit:
        state = ratelimit_headers.parse(headers)
        assert state.remaining == int(limit.split(",")[0]) - 1


async def test_what_is_over_is_refused_until_the_reset(
    session: ClientSession, clock: Clock
) -> None:
    async with Emulator(now=clock, quotas={"org_read": (3, 60.0)}) as emulator:
        call = Caller(emulator, session)
        lefts = [
            (await call("GET", "/user_account")).headers["X-RateLimit-Remaining"] for _ in range(3)
        ]
        assert lefts == ["2", "1", "0"]
        over = await call("GET", "/user_account")
        assert over.error == (429, 8)
        assert over.headers["X-RateLimit-Remaining"] == "0"
        assert over.headers["x-envoy-ratelimited"] == "true"
        # Another category, another user.
        assert (await call("GET", "/ad_accounts")).status == 200
        assert (await call("GET", "/boards", token=emulator.issue_token("1"))).status == 200
        clock.now += int(over.headers["X-RateLimit-Reset"])
        assert (await call("GET", "/user_account")).status == 200


async def test_the_safety_net_counts_every_category(session: ClientSession, clock: Clock) -> None:
    async with Emulator(now=clock, quotas={"safety_net": 2}) as emulator:
        call = Caller(emulator, session)
        assert (await call("GET", "/user_account")).status == 200
        assert (await call("GET", "/ad_accounts")).status == 200
        assert (await call("GET", "/trends/topics/featured?region=US")).status == 429
        clock.now += 1
        assert (await call("GET", "/user_account")).status == 200


async def test_conversions_count_for_the_ad_account(session: ClientSession, clock: Clock) -> None:
    async with Emulator(now=clock, quotas={"ads_conversions": 1}) as emulator:
        call = Caller(emulator, session)
        for account, status in (("1", 400), ("1", 429), ("2", 400)):
            said = await call("POST", f"/ad_accounts/{account}/events", json={})
            assert said.status == status
            limit = '1, 1;w=60;name="ads_conversions_ad_account_id"'
            assert said.headers["X-RateLimit-Limit"] == limit


async def test_trial_access_counts_for_the_app(session: ClientSession, clock: Clock) -> None:
    """All users together, conversions too, which have a window for each ad account besides."""
    options: dict[str, Any] = {"access": "trial", "quotas": {"trial": 4, "ads_conversions": 1}}
    async with Emulator(now=clock, **options) as emulator:
        call = Caller(emulator, session)
        other = emulator.issue_token("806000000000000002")
        assert (await call("GET", "/user_account")).status == 200
        assert (await call("GET", "/user_account", token=other)).status == 200
        for account, status in (("1", 400), ("1", 429), ("2", 400)):
            said = await call("POST", f"/ad_accounts/{account}/events", json={})
            assert said.status == status
        assert 'name="ads_conversions_ad_account_id"' in said.headers["X-RateLimit-Limit"]
        assert (await call("GET", "/boards", token=other)).status == 429
        clock.now += 86_400
        assert (await call("GET", "/boards", token=other)).status == 200


async def test_bulk_pin_analytics_have_a_window_of_their_own(call: Caller) -> None:
    limit = (await call("GET", "/pins/analytics")).headers["X-RateLimit-Limit"]
    assert limit.startswith('60, 100;w=1;name="safety_net_app_id_user_id", 60;w=60;')
    assert limit.endswith('100;w=1;name="multi_pins_analytics"')


async def test_a_trial_counts_for_the_app(session: ClientSession, clock: Clock) -> None:
    async with Emulator(now=clock, access="trial", quotas={"trial": 2}) as emulator:
        call = Caller(emulator, session)
        tokens = [emulator.token, emulator.issue_token("1"), emulator.issue_token("2")]
        said = [await call("GET", "/user_account", token=token) for token in tokens]
    assert [one.status for one in said] == [200, 200, 429]
    assert 0 < int(said[2].headers["X-RateLimit-Reset"]) <= 86_400


async def test_phases_follow_from_the_seed(session: ClientSession, clock: Clock) -> None:
    async def reset(seed: int) -> str:
        async with Emulator(now=clock, seed=seed, quotas={"org_read": (3, 9e5)}) as emulator:
            said = await Caller(emulator, session)("GET", "/user_account")
            return str(said.headers["X-RateLimit-Reset"])

    assert await reset(1) == await reset(1)
    assert await reset(1) != await reset(2)


async def test_states_can_be_read(call: Caller, clock: Clock) -> None:
    await call("GET", "/user_account")
    quotas = call.emulator.api.quotas
    assert quotas is not None
    (net, reads) = quotas.states(clock.now)
    assert (net.name, net.left, reads.limit) == ("safety_net_app_id_user_id", 99, 1000)
    assert reads.seconds == 60
