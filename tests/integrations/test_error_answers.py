"""What routes answer when a call fails, for every kind of error there is."""

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI, WebSocket
from fastapi.testclient import TestClient

from pinterest_async import (
    APIError,
    ConnectionFailedError,
    DeadlineExceededError,
    DriftError,
    InvalidCallError,
    ItemsFailedError,
    LimiterUnavailableError,
    MissingScopeError,
    NotFoundError,
    Pinterest,
    PinterestError,
    PoolClosedError,
    RateLimitError,
    RateLimitWaitError,
    RepeatedBookmarkError,
    ServerError,
    errors,
)
from pinterest_async.integrations.fastapi import add_error_handlers
from pinterest_async.integrations.fastapi.error_answers import ANSWERS
from pinterest_async.jobs import errors as jobs_errors

TOKEN = "pina_" + "SECRET" * 3
KINDS: list[type[PinterestError]] = [
    one
    for one in (*vars(errors).values(), *vars(jobs_errors).values())
    if isinstance(one, type) and issubclass(one, PinterestError)
]


def named(kind: type[PinterestError]) -> str:
    return kind.__name__


def made(kind: type[PinterestError]) -> PinterestError:
    """An error of a kind, with words that only some readers are to see."""
    said: dict[str, Any] = {}
    if issubclass(kind, RateLimitWaitError):
        return kind("ads_read", wait=61.2, max_wait=5.0)
    if issubclass(kind, MissingScopeError):
        return kind(["ads:read"], ["boards:read"])
    if issubclass(kind, RepeatedBookmarkError):
        return kind("inner words", pages=2)
    if issubclass(kind, InvalidCallError | DriftError | ItemsFailedError):
        said = {} if issubclass(kind, InvalidCallError) else {"data": None}
    if issubclass(kind, DriftError):
        said["status"] = 200
    elif issubclass(kind, APIError) and not issubclass(kind, ItemsFailedError):
        said = {"status": 418, "request_id": "rid-1"}
    elif issubclass(kind, ConnectionFailedError):
        said = {"phase": "not_sent"}
    elif issubclass(kind, DeadlineExceededError):
        said = {"doing": "requesting"}
    several = issubclass(kind, InvalidCallError | DriftError | ItemsFailedError)
    what: Any = [] if several else "inner words"
    return kind(what, **said)


@pytest.fixture
def browser() -> Iterator[TestClient]:
    app = FastAPI()
    add_error_handlers(app)
    app.state.error = None

    @app.get("/")
    async def fail() -> None:
        raise app.state.error

    @app.get("/call")
    async def call(wrong: str) -> None:
        await Pinterest(TOKEN).boards.get(wrong, ad_account_id=wrong)

    @app.websocket("/socket")
    async def socket(socket: WebSocket) -> None:
        await socket.accept()
        raise app.state.error

    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


def answered(browser: TestClient, error: Exception) -> Any:
    browser.app.state.error = error  # type: ignore[attr-defined]
    return browser.get("/")


def test_every_kind_of_error_has_its_answer() -> None:
    assert set(ANSWERS) == set(KINDS)


@pytest.mark.parametrize("kind", dict.fromkeys(KINDS), ids=named)
def test_answers(
    kind: type[PinterestError], browser: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    error = made(kind)
    status, words = ANSWERS[kind]
    answer = answered(browser, error)
    assert answer.status_code == status
    assert answer.json()["detail"] == (error.message if words is None else words)
    assert words is None or "inner words" not in answer.text
    logged = [record for record in caplog.records if record.name == "pinterest_async"]
    assert len(logged) == (status >= 500)
    assert all(record.levelno == logging.ERROR for record in logged)
    if isinstance(error, APIError) and error.request_id and status != 500:
        assert answer.json()["request_id"] == "rid-1"
    assert (status == 401) == ("WWW-Authenticate" in answer.headers)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (RateLimitWaitError("ads_read", wait=5, max_wait=1), 429),
        (RateLimitError("", status=429), 429),
        (NotFoundError("no such board", status=404, request_id="r"), 404),
        (ConnectionFailedError("refused", phase="not_sent"), 502),
        (errors.ConnectTimeoutError("late", phase="not_sent"), 504),
        (errors.ReadTimeoutError("late", phase="maybe_sent"), 504),
        (DeadlineExceededError("late", doing="requesting"), 504),
        (ServerError("oops", status=500), 502),
        (LimiterUnavailableError("no Redis"), 503),
        (PoolClosedError("closed"), 503),
        (errors.AuthenticationError("expired", status=401), 401),
        (errors.NotLoggedInError("nobody"), 401),
        (errors.LoginError("the state is not the one"), 400),
        (errors.ConfigurationError("wrong"), 500),
    ],
    ids=lambda one: type(one).__name__,
)
def test_statuses_are_those_that_are_promised(
    error: PinterestError, status: int, browser: TestClient
) -> None:
    assert answered(browser, error).status_code == status


@pytest.mark.parametrize(
    ("wait", "seconds"),
    [(0.0, "1"), (0.2, "1"), (61.2, "62"), (1e9, "86400"), (float("inf"), "86400"), (None, None)],
)
def test_a_wait_for_quota_says_how_long(
    wait: float | None, seconds: str | None, browser: TestClient
) -> None:
    refused = answered(browser, RateLimitError("", status=429, wait=wait))
    assert (refused.status_code, refused.headers.get("Retry-After")) == (429, seconds)
    if wait is not None and wait < float("inf"):
        waited = answered(browser, RateLimitWaitError("ads_read", wait=wait, max_wait=1))
        assert (waited.status_code, waited.headers.get("Retry-After")) == (429, seconds)


def test_an_invalid_call_tells_nothing(
    browser: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    answer = browser.get("/call", params={"wrong": "not an id"})
    assert answer.status_code == 500
    assert answer.json() == {"detail": "Internal Server Error"}
    assert "board_id: must be digits only" in caplog.text
    assert "Traceback" in caplog.text
    assert TOKEN not in caplog.text


def test_an_error_of_its_own_is_an_answer_as_well(browser: TestClient) -> None:
    class OwnError(NotFoundError):
        """An application's own kind."""

    answer = answered(browser, OwnError("no such shelf", status=404))
    assert (answer.status_code, answer.json()) == (404, {"detail": "no such shelf"})


def test_an_application_may_answer_itself() -> None:
    app = FastAPI()
    add_error_handlers(app)

    @app.exception_handler(NotFoundError)
    async def own(*_: Any) -> Any:
        from fastapi.responses import PlainTextResponse

        return PlainTextResponse("gone", 410)

    @app.exception_handler(ValueError)
    async def too_wide(*_: Any) -> Any:
        raise AssertionError("an invalid call is a ValueError, and not to be answered as one")

    @app.get("/{kind}")
    async def fail(kind: str) -> None:
        raise InvalidCallError([]) if kind == "invalid" else NotFoundError("", status=404)

    with TestClient(app, raise_server_exceptions=False) as browser:
        assert browser.get("/missing").status_code == 410
        assert browser.get("/invalid").json() == {"detail": "Internal Server Error"}


def test_tasks_of_a_group(browser: TestClient) -> None:
    missing = NotFoundError("no such board", status=404)
    nested = ExceptionGroup("", [ExceptionGroup("", [missing]), ServerError("", status=500)])
    answer = answered(browser, nested)
    assert (answer.status_code, answer.json()) == (404, {"detail": "no such board"})
    for mixed in ([missing, ZeroDivisionError()], [ZeroDivisionError()]):
        assert answered(browser, ExceptionGroup("", mixed)).text == "Internal Server Error"


def test_a_websocket_ends_as_it_would_without_us(browser: TestClient) -> None:
    browser.app.state.error = NotFoundError("", status=404)  # type: ignore[attr-defined]
    with pytest.raises(NotFoundError), browser.websocket_connect("/socket") as socket:
        socket.receive_text()
