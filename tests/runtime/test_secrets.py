"""A peer that echoes what it was sent: no secret reaches an error, its pickle, a log or a repr."""

import base64
import json
import pickle
import traceback
from collections.abc import Callable, Iterator
from typing import Any, Final
from urllib.parse import quote

import pytest

from pinterest_async import (
    AuthorizationCode,
    BadRequestError,
    ConnectionFailedError,
    DriftError,
    ItemsFailedError,
    Pinterest,
    PinterestError,
    RefreshToken,
)
from pinterest_async._core.operation import Operation

Make = Callable[..., Pinterest]
Op = Callable[..., Operation[Any]]

TOKEN: Final = "my/SECRETaccess+token%1"
APP: Final = "my/SECRETapp+secret&1"
REFRESH: Final = "my/SECRETrefresh+token&1"
NEW: Final = "a/SECRETnew+token-that.nobody~knew1"

ENCODERS: Final[dict[str, Callable[[bytes], bytes]]] = {
    "plain": bytes,
    "json": lambda raw: json.dumps(raw.decode("latin-1")).replace("/", "\\/").encode(),
    "percent": lambda raw: quote(raw, safe="").encode(),
    "base64": base64.b64encode,
    "base64 later": lambda raw: base64.b64encode(b"x" + raw),
    "hex": lambda raw: raw.hex().encode(),
}


def answers(kind: str, echo: bytes) -> bytes:
    """An answer with the echo somewhere in it."""
    one_line = b" ".join(echo.split())
    message = b'{"code": 1, "message": %s}' % json.dumps(echo.decode("latin-1")).encode()
    match kind:
        case "message":
            return b"HTTP/1.1 400 Bad\r\nContent-Length: %d\r\n\r\n" % len(message) + message
        case "page":
            page = b"<html><title>" + one_line + b"</title>" + echo
            return b"HTTP/1.1 500 Bad\r\nContent-Length: %d\r\n\r\n" % len(page) + page
        case "cut in the secret":
            page = echo[: echo.find(b"SECRET") + 9] if b"SECRET" in echo else echo[:-5]
            return b"HTTP/1.1 403 Bad\r\nContent-Length: %d\r\n\r\n" % len(page) + page
        case "broken off":
            return b"HTTP/1.1 503 Bad\r\nContent-Length: 99999\r\n\r\n" + message
        case "headers":
            head = b"HTTP/1.1 403 Bad\r\nContent-Length: 0\r\n"
            return head + b"X-Pinterest-Rid: %b\r\nX-Echo: %b\r\n\r\n" % (one_line, one_line)
        case "redirect":
            return (
                b"HTTP/1.1 302 No\r\nContent-Length: 0\r\nLocation: https://%b/\r\n\r\n"
            ) % quote(one_line, safe="").encode()
        case "success, unreadable":
            return b"HTTP/1.1 200 OK\r\nX-Pinterest-Rid: %b\r\nContent-Length: %d\r\n\r\n" % (
                one_line,
                len(echo) + 1,
            ) + (b"{" + echo)
        case _:
            return one_line + b"\r\n\r\n"


KINDS: Final = (
    "message",
    "page",
    "cut in the secret",
    "broken off",
    "headers",
    "redirect",
    "success, unreadable",
    "no HTTP",
)


def variables(error: BaseException | None) -> Iterator[str]:
    """The variables of all frames of an error and of what led to it, but for the tests'."""
    while error is not None:
        whole = traceback.TracebackException.from_exception(error, capture_locals=True)
        yield from (str(one.locals) for one in whole.stack if "tests" not in one.filename)
        error = error.__cause__ or error.__context__


def traces(secret: str) -> tuple[str, ...]:
    """What gives a secret away: ten characters of its middle, in each encoding."""
    raw = secret.encode()
    cores = [base64.b64encode(bytes(offset) + raw).decode()[6:18] for offset in range(3)]
    return (secret[4:14], quote(secret, safe="")[4:16], raw.hex()[8:28], *cores)


def assert_nothing_told(error: PinterestError, log: str, *secrets: str) -> None:
    shown = [*traceback.format_exception(error), repr(error), repr(vars(error)), log]
    shown += (pickle.dumps(error).decode("latin-1"), *variables(error))
    for secret in secrets:
        for trace in traces(secret):
            assert [one for one in shown if trace.lower() in one.lower()] == []


@pytest.mark.parametrize("encoder", ENCODERS)
@pytest.mark.parametrize("kind", KINDS)
async def test_no_echo_of_a_token_is_shown(
    kind: str, encoder: str, script: Any, make: Make, op: Op, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(0)

    async def answer(exchange: Any) -> None:
        headers = "\r\n".join(f"{name}: {value}" for name, value in exchange.headers.items())
        assert TOKEN in headers
        await exchange.say(answers(kind, ENCODERS[encoder](headers.encode())))
        exchange.close()

    script.steps = [answer]
    with pytest.raises(PinterestError) as caught:
        await make(script.url, auth=TOKEN, retry=False).send(op())
    assert_nothing_told(caught.value, caplog.text, TOKEN)


@pytest.mark.parametrize("encoder", ENCODERS)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("trade", [True, False])
async def test_no_echo_of_a_refresh_is_shown(
    trade: bool,
    kind: str,
    encoder: str,
    script: Any,
    make: Make,
    op: Op,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(0)

    async def answer(exchange: Any) -> None:
        headers = "\r\n".join(f"{name}: {value}" for name, value in exchange.headers.items())
        echo = headers.encode() + b" " + exchange.body
        await exchange.say(answers(kind, ENCODERS[encoder](echo)))
        exchange.close()

    script.steps = [answer]
    auth = (
        AuthorizationCode("1234567", APP, REFRESH, redirect_uri="https://me/back")
        if trade
        else RefreshToken("1234567", APP, REFRESH)
    )
    with pytest.raises(PinterestError) as caught:
        await make(script.url, auth=auth, retry=False).send(op())
    assert_nothing_told(caught.value, caplog.text, APP, REFRESH)


@pytest.mark.parametrize("new", [NEW, "pina_AKEEPthis4nobodyKnewITbefore"])
@pytest.mark.parametrize("kind", KINDS)
async def test_no_new_token_is_shown_where_the_endpoint_errs(
    new: str, kind: str, script: Any, make: Make, op: Op, caplog: pytest.LogCaptureFixture
) -> None:
    """Nobody has seen these tokens before, and the long one has no prefix."""
    caplog.set_level(0)
    pair = b'{"access_token": "%b", "refresh_token": "%b"' % (new.encode(), new.encode())

    async def answer(exchange: Any) -> None:
        await exchange.say(answers(kind, pair))
        exchange.close()

    script.steps = [answer]
    with pytest.raises(PinterestError) as caught:
        await make(script.url, auth=RefreshToken("1", APP, REFRESH), retry=False).send(op())
    assert_nothing_told(caught.value, caplog.text, new)


@pytest.mark.usefixtures("lane")
@pytest.mark.parametrize(
    ("fields", "says"),
    [
        (b"Set-Cookie: session=SECRET\r\nX-Half", "the answer broke off in its head"),
        (b"Set-Cookie: session=SECRET\x00\r\n\r\n", "it is not HTTP: Invalid HTTP header"),
        (b"Set Cookie: session=SECRET\r\n\r\n", "it is not HTTP: Invalid header token"),
    ],
)
async def test_headers_of_a_spoilt_head_are_not_shown(
    script: Any, make: Make, op: Op, fields: bytes, says: str
) -> None:
    """A cookie, say, which is as good as a token."""

    async def say(exchange: Any) -> None:
        await exchange.say(b"HTTP/1.1 200 OK\r\n" + fields)
        exchange.close()

    script.steps = [say]
    with pytest.raises(ConnectionFailedError, match=says) as caught:
        await make(script.url, retry=False).send(op())
    assert "SECRET" not in "".join(traceback.format_exception(caught.value))


async def test_an_ordinary_error_answer_stays_readable(script: Any, make: Make, op: Op) -> None:
    body = b'{"code": 1, "message": "board_id: Not a valid board id, at 50% \\u00fc"}'

    async def answer(exchange: Any) -> None:
        await exchange.say(
            b"HTTP/1.1 400 Bad\r\nX-Pinterest-Rid: 123\r\nContent-Length: %d\r\n\r\n" % len(body)
        )
        await exchange.say(body)

    script.steps = [answer]
    with pytest.raises(PinterestError) as caught:
        await make(script.url, auth=TOKEN).send(op())
    error: Any = caught.value
    assert error.message == "board_id: Not a valid board id, at 50% ü"
    assert (error.body, error.request_id) == (body, "123")


BULK: Final[Any] = dict[str, Any]


@pytest.mark.parametrize("encoder", ENCODERS)
@pytest.mark.parametrize("size", [0, 100_000])
async def test_no_echo_in_an_answer_whose_items_failed_is_told(
    encoder: str, size: int, script: Any, make: Make, op: Op
) -> None:
    async def answer(exchange: Any) -> None:
        echo = ENCODERS[encoder](exchange.headers["authorization"].encode()).decode("latin-1")
        fault = {"code": 7, "message": f"no: {echo}", "more": echo}
        body = json.dumps({"items": [{"exceptions": [fault]}], "filling": "x" * size}).encode()
        await exchange.say(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

    script.steps = [answer]
    client = make(script.url, auth="mySECRETaccesstoken1" if size else TOKEN)
    whole = await client.send(op(method="POST", answer=BULK))
    with pytest.raises(ItemsFailedError, match="no: ") as caught:
        whole.raise_for_items()
    assert_nothing_told(caught.value, repr(whole), "mySECRETaccesstoken1" if size else TOKEN)


@pytest.mark.parametrize("encoder", ENCODERS)
async def test_no_echo_in_a_drifted_answer_is_told(
    encoder: str, script: Any, make: Make, op: Op
) -> None:
    async def answer(exchange: Any) -> None:
        echo = ENCODERS[encoder](exchange.headers["authorization"].encode()).decode("latin-1")
        body = json.dumps({"one": 1, "two": echo}).encode()
        await exchange.say(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

    script.steps = [answer]
    with pytest.raises(DriftError) as caught:
        await make(script.url, auth=TOKEN, on_drift="raise").send(op(answer=dict[str, int]))
    assert_nothing_told(caught.value, "", TOKEN)
    assert caught.value.data["one"] == 1


async def test_a_refusal_of_nothing_but_escapes_is_cut(script: Any, make: Make, op: Op) -> None:
    body = b"%25" * 20_000

    async def answer(exchange: Any) -> None:
        await exchange.say(b"HTTP/1.1 400 Bad\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

    script.steps = [answer]
    with pytest.raises(BadRequestError) as caught:
        await make(script.url, auth=TOKEN).send(op())
    assert caught.value.body == body[:16_384]
