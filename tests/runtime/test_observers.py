"""Observers are told of each call what happened, in order, whatever ends it, and break none."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import pytest

from pinterest_async import (
    AuthenticationError,
    CallEvent,
    ConfigurationError,
    ConnectionFailedError,
    DeadlineExceededError,
    EndEvent,
    InvalidCallError,
    Observer,
    Pinterest,
    RateState,
    RefreshEvent,
    RefreshToken,
    RequestEvent,
    ResponseEvent,
    ServerError,
    WaitEvent,
)
from pinterest_async._core.operation import Operation

Make = Callable[..., Pinterest]
Op = Callable[..., Operation[Any]]

OK = b"HTTP/1.1 200 OK\r\nX-Pinterest-Rid: 123\r\nContent-Length: 2\r\n\r\n{}"
FAULT = b"HTTP/1.1 500 Bad\r\nX-Pinterest-Rid: 124\r\nContent-Length: 0\r\n\r\n"


class Notes(Observer):
    """Keeps every event."""

    def __init__(self) -> None:
        self.events: list[Any] = []

    def on_call(self, event: CallEvent) -> None:
        self.events.append(event)

    def on_request(self, event: RequestEvent) -> None:
        self.events.append(event)

    def on_response(self, event: ResponseEvent) -> None:
        self.events.append(event)

    def on_wait(self, event: WaitEvent) -> None:
        self.events.append(event)

    def on_refresh(self, event: RefreshEvent) -> None:
        self.events.append(event)

    def on_end(self, event: EndEvent) -> None:
        self.events.append(event)

    def names(self, *, call: int | None = None) -> list[str]:
        return [
            type(one).__name__.removesuffix("Event")
            for one in self.events
            if call is None or getattr(one, "call", None) == call
        ]

    def last(self, kind: type[Any]) -> Any:
        return [one for one in self.events if type(one) is kind][-1]


@pytest.fixture
def notes() -> Notes:
    return Notes()


def says(data: bytes) -> Callable[[Any], Any]:
    async def step(exchange: Any) -> None:
        await exchange.say(data)

    return step


async def hangs_up(exchange: Any) -> None:
    exchange.close()


async def test_a_call_from_begin_to_end(script: Any, make: Make, notes: Notes) -> None:
    headers = b"X-RateLimit-Limit: 100, 100;w=1\r\nX-RateLimit-Remaining: 99\r\n"
    script.steps = [says(OK.replace(b"\r\n", b"\r\n" + headers, 1))]
    await make(script.url, observers=[notes]).request("GET", "/things", query={"q": "people"})
    call, request, response, end = notes.events
    assert notes.names() == ["Call", "Request", "Response", "End"]
    assert len({one.call for one in notes.events}) == 1
    assert {one.operation.path for one in notes.events} == {"/things"}
    assert isinstance(call, CallEvent)
    assert (request.attempt, request.url) == (1, f"{script.url}/things")
    assert (response.attempt, response.status, response.failure) == (1, 200, None)
    assert (response.request_id, response.rate.remaining) == ("123", 99)
    assert (end.error, end.attempts) == (None, 1)


async def test_each_attempt_and_the_pause_between(
    script: Any, make: Make, op: Op, notes: Notes, time: Any
) -> None:
    async def slow_fault(exchange: Any) -> None:
        time.now += 7
        await exchange.say(FAULT)

    script.steps = [slow_fault, says(OK)]
    await make(script.url, observers=[notes]).send(op())
    assert notes.names() == ["Call", "Request", "Response", "Wait", "Request", "Response", "End"]
    responses = [one for one in notes.events if isinstance(one, ResponseEvent)]
    assert [(one.attempt, one.status, one.request_id, one.seconds) for one in responses] == [
        (1, 500, "124", 7),
        (2, 200, "123", 0),
    ]
    wait, end = notes.last(WaitEvent), notes.last(EndEvent)
    assert (wait.reason, wait.seconds) == ("pause", 0.5)
    assert (end.attempts, end.seconds) == (2, 7.5)


async def test_calls_of_views_and_pages_are_told_too(script: Any, make: Make, notes: Notes) -> None:
    page = b'{"items": [], "bookmark": %s}'
    steps = [page % b'"b"', page % b"null"]
    script.steps = [
        says(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(one) + one) for one in steps
    ]
    client = make(script.url, observers=[notes])
    assert await client.with_options(retry=False).boards.list().collect() == []
    assert notes.names() == 2 * ["Call", "Request", "Response", "End"]
    first, second = {one.call for one in notes.events}
    assert first != second


async def test_a_wait_for_quota(
    script: Any, make: Make, op: Op, notes: Notes, limiter: Any, time: Any
) -> None:
    script.steps = [says(OK)]
    limiter.gate = asyncio.Event()
    task = asyncio.ensure_future(make(script.url, observers=[notes]).send(op()))
    await limiter.waited_for.wait()
    time.now += 40
    limiter.gate.set()
    await task
    assert notes.names() == ["Call", "Wait", "Request", "Response", "End"]
    wait = notes.last(WaitEvent)
    assert (wait.reason, wait.seconds, wait.operation.category) == ("quota", 40, "org_read")


async def test_a_wait_for_quota_that_is_cancelled(
    make: Make, op: Op, notes: Notes, limiter: Any, time: Any
) -> None:
    limiter.gate = asyncio.Event()
    task = asyncio.ensure_future(make(observers=[notes]).send(op()))
    await limiter.waited_for.wait()
    time.now += 3
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert notes.names() == ["Call", "Wait", "End"]
    assert notes.last(WaitEvent).seconds == 3
    assert isinstance(notes.last(EndEvent).error, asyncio.CancelledError)
    assert notes.last(EndEvent).attempts == 0


async def test_a_request_that_is_cut_off_by_the_deadline(
    script: Any, make: Make, op: Op, notes: Notes, loop_time: Any
) -> None:
    begun = asyncio.Event()

    async def hangs(_: Any) -> None:
        begun.set()

    script.steps = [hangs]
    task = asyncio.ensure_future(make(script.url, observers=[notes], timeout=9).send(op()))
    await begun.wait()
    loop_time.advance(9)
    with pytest.raises(DeadlineExceededError):
        await task
    assert notes.names() == ["Call", "Request", "Response", "End"]
    response = notes.last(ResponseEvent)
    assert (response.status, response.failure) == (None, "CancelledError")
    assert response.rate == RateState()
    assert isinstance(notes.last(EndEvent).error, DeadlineExceededError)


async def test_a_connection_that_breaks(script: Any, make: Make, op: Op, notes: Notes) -> None:
    script.steps = [hangs_up]
    with pytest.raises(ConnectionFailedError):
        await make(script.url, observers=[notes], retry=False).send(op())
    response = notes.last(ResponseEvent)
    assert (response.status, response.failure, response.request_id) == (None, "lost", None)
    assert isinstance(notes.last(EndEvent).error, ConnectionFailedError)


async def test_an_answer_that_breaks_off_has_its_status(
    script: Any, make: Make, op: Op, notes: Notes
) -> None:
    async def breaks_off(exchange: Any) -> None:
        await exchange.say(b"HTTP/1.1 503 Bad\r\nContent-Length: 9\r\n\r\nx")
        exchange.close()

    script.steps = [breaks_off]
    with pytest.raises(ServerError):
        await make(script.url, observers=[notes], retry=False).send(op())
    response = notes.last(ResponseEvent)
    assert (response.status, response.failure) == (503, "lost")


async def test_a_call_that_is_wrong_is_none(make: Make, notes: Notes) -> None:
    client = make(observers=[notes])
    with pytest.raises(InvalidCallError):
        await client.boards.get("no id")
    assert notes.events == []


class Api:
    """Knows the token that it granted last, or grants none."""

    def __init__(self, *, grants: bool) -> None:
        self.grants = grants

    async def __call__(self, exchange: Any) -> None:
        status, body = "401 No", b'{"code": 2, "message": "expired"}'
        if exchange.target.endswith("/oauth/token"):
            if self.grants:
                status, body = "200 OK", b'{"access_token": "pina_new", "expires_in": 9999}'
        elif exchange.headers["authorization"] == "Bearer pina_new":
            status, body = "200 OK", b"{}"
        head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n"
        await exchange.say(head.encode() + body)


@pytest.mark.parametrize("grants", [True, False])
async def test_a_refresh(script: Any, make: Make, op: Op, notes: Notes, *, grants: bool) -> None:
    script.steps = [Api(grants=grants)]
    auth = RefreshToken("app", "secret", "pinr_SECRET", access_token="pina_old")
    client = make(script.url, observers=[notes], auth=auth)
    if grants:
        await client.send(op())
    else:
        with pytest.raises(AuthenticationError):
            await client.send(op())
    first, second = dict.fromkeys(
        one.call for one in notes.events if not isinstance(one, RefreshEvent)
    )
    once = ["Request", "Response"]
    assert notes.names(call=first) == ["Call", *once, *(once if grants else []), "End"]
    assert notes.names(call=second) == ["Call", *once, "End"]
    refresh = notes.last(RefreshEvent)
    assert refresh.grant_type == "refresh_token"
    assert (refresh.error is None) == grants
    assert "SECRET" not in repr(notes.events)


async def test_nothing_that_a_server_echoes_is_told(
    script: Any, make: Make, op: Op, notes: Notes
) -> None:
    token = "pina_SECRETsecretSECRET123"
    headers = f'X-RateLimit-Limit: 9, 9;w=1;name="{token}"\r\nX-Pinterest-Rid: {token}\r\n'
    script.steps = [says(f"HTTP/1.1 200 OK\r\n{headers}Content-Length: 2\r\n\r\n{{}}".encode())]
    await make(script.url, observers=[notes], auth=token).send(op())
    [(limit, seconds, name)] = notes.last(ResponseEvent).rate.windows
    assert (limit, seconds, name is not None) == (9, 1.0, True)
    assert "SECRET" not in repr(notes.events)


class Broken(Notes):
    """Fails in every method, after it has noted the event."""

    def __getattribute__(self, name: str) -> Any:
        found = super().__getattribute__(name)
        if not name.startswith("on_"):
            return found

        def fails(event: Any) -> None:
            found(event)
            raise ZeroDivisionError(name)

        fails.__qualname__ = f"Broken.{name}"
        return fails


async def test_one_that_fails_changes_nothing_and_is_logged_once(
    script: Any, make: Make, op: Op, notes: Notes, caplog: pytest.LogCaptureFixture
) -> None:
    script.steps = [says(FAULT), says(OK), says(OK)]
    broken = Broken()
    client = make(script.url, observers=[broken, notes])
    with caplog.at_level(logging.ERROR, "pinterest_async"):
        assert (await client.send(op())).attempts == 2
        assert (await client.send(op())).attempts == 1
    logged = [one.getMessage().partition(" ")[0] for one in caplog.records]
    names = ("on_call", "on_request", "on_response", "on_wait", "on_end")
    assert logged == [f"Broken.{name}" for name in names]
    assert all(one.exc_info for one in caplog.records)
    assert [*map(type, broken.events)] == [*map(type, notes.events)]


def test_what_is_no_observer_is_refused(make: Make) -> None:
    with pytest.raises(ConfigurationError, match=r"observers\[1\] is of type str"):
        make(observers=[Observer(), "log"])


def test_coroutine_functions_are_refused(make: Make) -> None:
    class Late(Observer):
        async def on_end(self, event: EndEvent) -> None:  # type: ignore[override]
            assert event.attempts

    with pytest.raises(ConfigurationError, match=r"Late\.on_end is a coroutine function"):
        make(observers=[Late()])
