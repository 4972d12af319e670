"""What networks and servers do to a call, over real sockets: one test for each row."""

import asyncio
import gzip
import json
import socket
import ssl
from collections.abc import Callable, Coroutine
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, Final

import aiohttp
import pytest

from pinterest_async import (
    AuthenticationError,
    BadRequestError,
    ConnectionFailedError,
    ConnectTimeoutError,
    DecodeError,
    DriftError,
    DriftWarning,
    NotFoundError,
    PermissionDeniedError,
    Pinterest,
    PinterestError,
    RateLimitError,
    ReadTimeoutError,
    RedirectError,
    RefreshToken,
    Response,
    ServerError,
    SessionPool,
    SpamError,
    Timeout,
)
from pinterest_async._core.operation import Operation

Make = Callable[..., Pinterest]
Op = Callable[..., Operation[Any]]

pytestmark = pytest.mark.usefixtures("lane")

OK: Final = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
CERTIFICATE: Final = Path(__file__).with_name("localhost.pem")


def head(status: str = "200 OK", length: int = 2, more: str = "") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {length}\r\n{more}\r\n".encode()


def says(data: bytes, then: str = "stay") -> Callable[[Any], Coroutine[Any, Any, None]]:
    """Write, and then: stay, close, or reset."""

    async def step(exchange: Any) -> None:
        if data:
            await exchange.say(data)
        if then == "close":
            exchange.close()
        elif then == "reset":
            # The bytes must be on their way before the connection is torn down.
            await asyncio.sleep(0.01)
            exchange.reset()

    return step


def methods(op: Op, method: str) -> Operation[Any]:
    return op(method=method)


async def succeeds(client: Pinterest, operation: Operation[Any]) -> Response[Any]:
    answer = await client.send(operation)
    assert answer.data == {}
    return answer


ROWS: Final = {
    "reset before the headers": (says(b"", "reset"), "maybe_sent"),
    "closed before the headers": (says(b"", "close"), "maybe_sent"),
    "reset in the headers": (says(b"HTTP/1.1 200 OK\r\nContent-", "reset"), "maybe_sent"),
    "closed in the headers": (says(b"HTTP/1.1 200 OK\r\nContent-", "close"), "maybe_sent"),
    "reset in the body": (says(head(length=9) + b"{", "reset"), "truncated_answer"),
    "truncated body": (says(head(length=9) + b"{", "close"), "truncated_answer"),
    "truncated chunks": (
        says(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n{", "close"),
        "truncated_answer",
    ),
    "not HTTP": (says(b"SSH-2.0-OpenSSH_9.6\r\n\r\n", "close"), "maybe_sent"),
    "gzip garbage": (
        says(head(length=5, more="Content-Encoding: gzip\r\n") + b"12345"),
        "truncated_answer",
    ),
}


@pytest.mark.parametrize("row", ROWS)
async def test_a_read_survives(row: str, script: Any, make: Make, op: Op, limiter: Any) -> None:
    script.steps = [ROWS[row][0], says(OK)]
    answer = await succeeds(make(script.url), op())
    assert (answer.attempts, len(script.seen)) == (2, 2)
    assert limiter.done == {"finished": 2}


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("row", ROWS)
async def test_a_write_is_never_doubled(
    row: str, method: str, script: Any, make: Make, op: Op, limiter: Any
) -> None:
    step, phase = ROWS[row]
    script.steps = [step, says(OK)]
    with pytest.raises(ConnectionFailedError, match="read the object back") as caught:
        await make(script.url).send(op(method=method))
    assert (caught.value.phase, caught.value.attempts) == (phase, 1)
    assert len(script.seen) == 1
    assert limiter.done == {"finished": 1}


@pytest.mark.parametrize("row", ROWS)
async def test_a_read_gives_up_in_the_end(row: str, script: Any, make: Make, op: Op) -> None:
    step, phase = ROWS[row]
    script.steps = [step]
    with pytest.raises(ConnectionFailedError, match="call again") as caught:
        await make(script.url).send(op())
    assert (caught.value.phase, caught.value.attempts) == (phase, 4)


def refused_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


BOTH: Final = pytest.mark.parametrize("method", ["GET", "POST"])


@BOTH
async def test_connection_refused(method: str, make: Make, op: Op, limiter: Any) -> None:
    port = refused_port()
    client = make(f"http://127.0.0.1:{port}/v5")
    told = rf"no connection could be made: 127\.0\.0\.1:{port}, Connect call failed"
    with pytest.raises(ConnectionFailedError, match=told) as caught:
        await client.send(op(method=method))
    assert (caught.value.phase, caught.value.attempts) == ("not_sent", 4)
    assert limiter.done == {"released": 4}


async def test_a_write_is_repeated_when_nobody_listened_yet(
    script: Any, make: Make, op: Op, time: Any
) -> None:
    script.steps = [says(OK)]
    port = refused_port()
    servers: list[asyncio.Server] = []

    async def sleep(_: float) -> None:
        servers.append(await asyncio.start_server(script.serve, "127.0.0.1", port))

    time.sleep = sleep
    answer = await make(f"http://127.0.0.1:{port}/v5").send(op(method="POST"))
    assert (answer.attempts, len(script.seen)) == (2, 1)
    servers[0].close()


@BOTH
async def test_dns_failure(
    method: str, make: Make, op: Op, limiter: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(*_: Any, **__: Any) -> None:
        raise OSError(None, "Name or service not known")

    monkeypatch.setattr(aiohttp.DefaultResolver, "resolve", fails)
    told = r"the host name could not be resolved: api\.example:443, Name or service not known"
    with pytest.raises(ConnectionFailedError, match=told) as caught:
        await make("https://api.example/v5").send(op(method=method))
    assert (caught.value.phase, caught.value.attempts) == ("not_sent", 4)
    assert limiter.done == {"released": 4}


@BOTH
async def test_tls_failure(method: str, make: Make, op: Op, limiter: Any) -> None:
    async def plain(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 this is no TLS\r\n")
        writer.close()

    server = await asyncio.start_server(plain, "127.0.0.1", 0)
    url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/v5"
    with pytest.raises(ConnectionFailedError, match="secure connection") as caught:
        await make(url).send(op(method=method))
    assert (caught.value.phase, caught.value.attempts) == ("not_sent", 1)
    assert limiter.done == {"released": 1}
    server.close()


def silent(_: asyncio.AbstractEventLoop, __: dict[str, Any]) -> None:
    """Handle an exception by saying nothing."""


@pytest.mark.parametrize("trusted", [False, True])
async def test_certificates(script: Any, make: Make, op: Op, trusted: bool) -> None:
    script.steps = [says(OK)]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    server = await asyncio.start_server(script.serve, "127.0.0.1", 0, ssl=context)
    url = f"https://localhost:{server.sockets[0].getsockname()[1]}/v5"
    # The handshake that fails is reported to the server's loop too.
    asyncio.get_running_loop().set_exception_handler(silent)
    own = ssl.create_default_context(cafile=str(CERTIFICATE)) if trusted else None
    async with SessionPool(ssl=own) as pool:
        client = make(url, pool=pool)
        if trusted:
            await succeeds(client, op())
        else:
            with pytest.raises(
                ConnectionFailedError, match=r"localhost:\d+, .*CERTIFICATE_VERIFY_FAILED"
            ) as caught:
                await client.send(op())
            assert caught.value.attempts == 1
    server.close()


async def test_connect_timeout(make: Make, op: Op, limiter: Any) -> None:
    with ExitStack() as stack:
        full = stack.enter_context(socket.socket())
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for _ in range(3):  # a full queue makes further handshakes hang
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        client = make(f"http://127.0.0.1:{full.getsockname()[1]}/v5", timeout=Timeout(connect=0.05))
        with pytest.raises(ConnectTimeoutError) as caught:
            await client.send(op(method="POST"))
    assert (caught.value.phase, caught.value.attempts) == ("not_sent", 4)
    assert limiter.done == {"released": 4}


SLOW: Final = {
    "slow headers": (says(b"HTTP/1.1 200"), "maybe_sent"),
    "no headers": (says(b""), "maybe_sent"),
    "slow body": (says(head(length=9) + b"{"), "truncated_answer"),
}


@pytest.mark.parametrize("patience", [Timeout(read=0.05), Timeout(attempt=0.05)])
@pytest.mark.parametrize("row", SLOW)
async def test_slowness(
    row: str, patience: Timeout, script: Any, make: Make, op: Op, loop_time: Any, settle: Any
) -> None:
    step, phase = SLOW[row]

    async def slow(exchange: Any) -> None:
        await step(exchange)
        await settle()
        loop_time.advance(0.05)

    script.steps = [slow, says(OK)]
    client = make(script.url, timeout=patience)
    assert (await succeeds(client, op())).attempts == 2
    script.steps = [slow]
    with pytest.raises(ReadTimeoutError) as caught:
        await client.send(op(method="POST"))
    assert (caught.value.phase, caught.value.attempts) == (phase, 1)


@pytest.mark.parametrize(
    ("step", "late"),
    [
        (says(OK), [0.0]),
        (says(head("500 Internal Server Error", 0)), [0.0]),
        (says(head(length=9) + b"{", "close"), [0.0]),
        (says(b"", "close"), [5.0]),
        (says(b""), [5.0]),
    ],
)
async def test_a_request_without_an_answer_may_arrive_after_its_end(
    step: Any,
    late: list[float],
    script: Any,
    make: Make,
    op: Op,
    limiter: Any,
    loop_time: Any,
    settle: Any,
) -> None:
    async def slow(exchange: Any) -> None:
        await step(exchange)
        await settle()
        loop_time.advance(0.05)

    script.steps = [slow]
    client = make(script.url, timeout=Timeout(attempt=0.05))
    with suppress(PinterestError):
        await client.send(op(method="POST"))
    assert limiter.late == late


async def test_a_request_cancelled_after_it_was_sent_may_arrive_after_its_end(
    script: Any, make: Make, op: Op, limiter: Any
) -> None:
    arrived = asyncio.Event()

    async def silence(_: object) -> None:
        arrived.set()

    script.steps = [silence]
    task = asyncio.ensure_future(make(script.url).send(op()))
    await arrived.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (limiter.done, limiter.late) == ({"finished": 1}, [5.0])


async def test_a_body_in_drops_stays_within_the_time_for_an_attempt(
    script: Any, make: Make, op: Op, loop_time: Any, settle: Any
) -> None:
    async def drops(exchange: Any) -> None:
        await exchange.say(head(length=10_000))
        while not exchange.writer.is_closing():
            await exchange.say(b" ")
            await settle()
            loop_time.advance(0.01)

    script.steps = [drops]
    client = make(script.url, timeout=Timeout(read=0.2, attempt=0.05), retry=False)
    with pytest.raises(ReadTimeoutError, match=r"no answer within 0\.05 s"):
        await client.send(op())


def problem(status: str, code: int, message: str) -> Any:
    body = json.dumps({"code": code, "message": message}).encode()
    return says(head(status, len(body)) + body)


STATUSES: Final = {
    "500": says(head("500 Internal Server Error", 0)),
    "502 with HTML": says(head("502 Bad Gateway", 39) + b"<html><title>502 Bad</title></html>    "),
    "503": says(head("503 Service Unavailable", 0)),
    "520": says(head("520 Origin Error", 0)),
    "500 truncated": says(head("500 Internal Server Error", 99) + b"{", "close"),
    "400 code 12": problem("400 Bad Request", 12, "Something went wrong on our end."),
    "400 code 2787": problem("400 Bad Request", 2787, "Sorry! Something went wrong."),
}


@pytest.mark.parametrize("row", STATUSES)
async def test_faults_of_the_server(row: str, script: Any, make: Make, op: Op) -> None:
    script.steps = [STATUSES[row], says(OK)]
    client = make(script.url)
    assert (await succeeds(client, op())).attempts == 2
    script.steps = [STATUSES[row], says(OK)]
    with pytest.raises(ServerError) as caught:
        await client.send(op(method="POST"))
    assert caught.value.attempts == 1


async def test_the_400_that_goes_away(script: Any, make: Make, op: Op) -> None:
    spurious = problem("400 Bad Request", 1, "You can only get data from the last 90 days")
    client = make(script.url)
    script.steps = [spurious, says(OK)]
    assert (await succeeds(client, op())).attempts == 2
    script.steps = [spurious]
    for method, attempts in (("GET", 2), ("POST", 1)):
        with pytest.raises(BadRequestError, match="90 days") as caught:
            await client.send(op(method=method))
        assert caught.value.attempts == attempts


NAMED: Final = 'w=1;name="safety_net_app_id_user_id", 60;w=60;name="org_read_app_id_user_id"'
SPENT: Final = "X-RateLimit-Remaining: 0\r\nX-RateLimit-Reset: 7\r\n"
COST: Final = b'{"code": 2726, "message": "cost limit exceeded. Retry after 7 seconds"}'
CONTENTION: Final = b'{"code": 8, "message": "if multiple write operations are applied"}'

# headers, body -> how long the bucket stops, how long the call pauses
REFUSALS: Final[dict[str, tuple[str, bytes, list[float], list[float]]]] = {
    "windows with names": (f"X-RateLimit-Limit: 60, 100;{NAMED}\r\n{SPENT}", b"{}", [7.0], []),
    "windows without": (f"X-RateLimit-Limit: 60, 100;w=1, 60;w=60\r\n{SPENT}", b"{}", [7.0], []),
    "a bare number": (f"x-ratelimit-limit: 60\r\n{SPENT.lower()}", b"{}", [7.0], []),
    "no headers": ("", b'{"code": 8, "message": "This request exceeded a rate limit."}', [1.0], []),
    "code 30": (SPENT, b'{"code": 30, "message": "User not found"}', [7.0], []),
    "no body": (f"x-envoy-ratelimited: true\r\n{SPENT}", b"", [7.0], []),
    "HTML": ("", b"<html><title>429 Too Many Requests</title></html>", [1.0], []),
    "a wait in seconds": ("Retry-After: 9\r\n", b"", [9.0], []),
    "a wait as a date": ("Retry-After: Wed, 21 Oct 2026 07:28:00 GMT\r\n", b"", [1.0], []),
    "nonsense": ("X-RateLimit-Limit: many\r\nX-RateLimit-Reset: -1\r\n", b"\xff", [1.0], []),
    "cost of reports": ("", COST, [], [7.5]),
    "contention of writes": ("X-RateLimit-Remaining: 9\r\n", CONTENTION, [], [0.5]),
}


@pytest.mark.parametrize("method", ["GET", "POST", "PATCH"])
@pytest.mark.parametrize("row", REFUSALS)
async def test_a_429_of_every_shape(
    row: str, method: str, script: Any, make: Make, op: Op, limiter: Any, time: Any
) -> None:
    headers, body, frozen, slept = REFUSALS[row]
    if method == "GET" and body == CONTENTION:
        frozen, slept = [1.0], []  # what a read meets is a quota
    script.steps = [says(head("429 Too Many Requests", len(body), headers) + body), says(OK)]
    answer = await succeeds(make(script.url), op(method=method))
    assert (answer.attempts, limiter.frozen, time.slept) == (2, frozen, slept)
    script.steps = [says(head("429 Too Many Requests", len(body), headers) + body)]
    with pytest.raises(RateLimitError) as caught:
        await make(script.url, retry=False).send(op(method=method))
    assert (caught.value.status, caught.value.attempts) == (429, 1)


async def test_spam_is_no_quota(script: Any, make: Make, op: Op, limiter: Any) -> None:
    script.steps = [problem("429 Too Many Requests", 8, "Blocked for spam")]
    with pytest.raises(SpamError) as caught:
        await make(script.url).send(op(method="POST"))
    assert (caught.value.attempts, limiter.frozen) == (1, [])


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_401_code_2_renews_the_token_and_code_3_does_not(
    method: str, script: Any, make: Make, op: Op
) -> None:
    grant = b'{"access_token": "pina_new", "refresh_token": "pinr_new"}'
    expired = problem("401 Unauthorized", 2, "Authentication failed.")
    script.steps = [expired, says(head(length=len(grant)) + grant), says(OK), expired]
    auth = RefreshToken("app", "secret", "pinr_old", access_token="pina_old")
    client = make(script.url, auth=auth)
    answer = await succeeds(client, op(method=method))
    assert answer.attempts == 2
    assert [one.target for one in script.seen] == ["/v5/things", "/v5/oauth/token", "/v5/things"]
    sent = [one.headers["authorization"] for one in script.seen]
    assert (sent[0], sent[2]) == ("Bearer pina_old", "Bearer pina_new")
    # A new token that is refused as well is not replaced for ever.
    script.steps = [expired, says(head(length=len(grant)) + grant), expired]
    with pytest.raises(AuthenticationError) as caught:
        await client.send(op(method=method))
    assert caught.value.attempts == 2
    script.steps = [problem("401 Unauthorized", 3, "restricted feature: pin_edit")]
    script.seen.clear()
    with pytest.raises(PermissionDeniedError, match="pin_edit") as refused:
        await client.send(op(method=method))
    assert (refused.value.code, len(script.seen)) == (3, 1)


@pytest.mark.parametrize("then", ["stay", "close", "reset"])
async def test_a_429_counts_though_its_body_breaks_off(
    then: str, script: Any, make: Make, op: Op, limiter: Any
) -> None:
    length = 2 if then == "stay" else 99
    script.steps = [says(head("429 Too Many", length, SPENT) + b"{}", then), says(OK)]
    answer = await succeeds(make(script.url), op(method="POST"))
    assert answer.attempts == 2
    assert (limiter.frozen, limiter.states[0].remaining) == ([7.0], 0)


@pytest.mark.parametrize("status", [400, 401])
async def test_what_an_error_answer_means_is_not_guessed_when_its_code_is_lost(
    status: int, script: Any, make: Make, op: Op
) -> None:
    broken = says(head(f"{status} Refused", 99) + b"{", "close")
    script.steps = [broken, says(OK)]
    assert (await succeeds(make(script.url), op())).attempts == 2
    script.steps = [broken]
    with pytest.raises(ConnectionFailedError, match="read the object back") as caught:
        await make(script.url).send(op(method="POST"))
    error = caught.value
    assert (error.status, error.phase, error.attempts) == (status, "truncated_answer", 1)


async def test_a_truncated_success_still_teaches_the_limiter(
    script: Any, make: Make, op: Op, limiter: Any
) -> None:
    script.steps = [says(head(length=9, more=SPENT) + b"{", "close"), says(OK)]
    await succeeds(make(script.url), op())
    assert limiter.states[0].remaining == 0


async def test_a_deletion_that_found_nothing_may_have_worked_before(
    script: Any, make: Make, op: Op
) -> None:
    gone = problem("404 Not Found", 50, "Pin not found.")
    script.steps = [says(b"", "close"), gone]
    delete = op(method="DELETE", idempotent=True)
    with pytest.raises(NotFoundError, match="may have deleted it") as caught:
        await make(script.url).send(delete)
    assert caught.value.attempts == 2
    script.steps = [gone]
    with pytest.raises(NotFoundError, match="Check the id"):
        await make(script.url).send(delete)


async def test_garbage_is_reported_in_words(script: Any, make: Make, op: Op) -> None:
    client = make(script.url, retry=False)
    for row, words in (("gzip garbage", "cannot unpack"), ("not HTTP", "it is not HTTP")):
        script.steps = [ROWS[row][0]]
        with pytest.raises(ConnectionFailedError, match=f"the answer was garbled: {words}"):
            await client.send(op())


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_to_another_host_is_an_error(
    method: str, status: int, script: Any, make: Make, op: Op
) -> None:
    elsewhere: list[bytes] = []

    async def thief(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        elsewhere.append(await reader.read(100))
        writer.close()

    server = await asyncio.start_server(thief, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    location = f"Location: http://localhost:{port}/v5/things?secret=1\r\n"
    script.steps = [says(head(f"{status} Moved", 0, location))]
    with pytest.raises(RedirectError, match="redirects to localhost, which") as caught:
        await make(script.url).send(op(method=method))
    assert "secret" not in str(caught.value)
    assert (caught.value.attempts, elsewhere) == (1, [])
    server.close()


@BOTH
async def test_a_body_of_100_mb(method: str, script: Any, make: Make, op: Op) -> None:
    item = b'"' + b"x" * 9_997 + b'"'
    body = b'{"a":[' + b",".join([item] * 10_000) + b"]}"
    size = len(body)

    async def large(exchange: Any) -> None:
        await exchange.say(head(length=size))
        await exchange.say(body)

    script.steps = [large]
    answer = await make(script.url).send(op(method=method))
    assert (len(answer.data["a"]), len(answer.raw), answer.attempts) == (10_000, size, 1)


UNREADABLE: Final = {
    "invalid UTF-8": b"\xff\xfe{}",
    "invalid UTF-8 in a string": b'{"a": "\xff"}',
    "JSON without an end": b'{"a":',
    "no JSON": b"plain",
    "nested too deeply": b"[" * 100_000,
}


@BOTH
@pytest.mark.parametrize("row", UNREADABLE)
async def test_a_body_that_cannot_be_decoded_is_not_retried(
    row: str, method: str, script: Any, make: Make, op: Op
) -> None:
    body = UNREADABLE[row]
    script.steps = [says(head(length=len(body)) + body)]
    with pytest.raises(DecodeError) as caught:
        await make(script.url).send(op(method=method))
    assert (caught.value.body, len(script.seen)) == (body[:65_536], 1)


@BOTH
async def test_an_answer_without_a_body_is_a_success(
    method: str, script: Any, make: Make, op: Op
) -> None:
    """A write took effect: to raise would tell its caller the contrary."""
    for start in (head(length=0), b"HTTP/1.1 204 No Content\r\n\r\n"):
        script.steps = [says(start)]
        client = make(script.url)
        with pytest.warns(DriftWarning, match=r"should be object and is nothing") as caught:
            answer = await client.send(op(method=method))
        assert (answer.data, answer.attempts, caught[0].filename) == (None, 1, __file__)
        with pytest.raises(DriftError):
            await client.with_options(on_drift="raise").send(op(method=method))


async def test_compressed_answers(script: Any, make: Make, op: Op) -> None:
    body = gzip.compress(json.dumps({"a": 1}).encode())
    script.steps = [says(head(length=len(body), more="Content-Encoding: gzip\r\n") + body)]
    assert (await make(script.url).send(op())).data == {"a": 1}
    assert "gzip" in script.seen[0].headers["accept-encoding"]


# A server that closes idle connections at the moment of reuse


def closes_on_reuse(then: str) -> list[Any]:
    return [says(OK), says(b"", then), says(OK)]


@pytest.mark.parametrize("retry", [True, False])
@pytest.mark.parametrize("then", ["close", "reset"])
async def test_a_stale_connection_goes_unnoticed_for_a_read(
    then: str, retry: bool, script: Any, make: Make, op: Op, time: Any
) -> None:
    script.steps = closes_on_reuse(then)
    client = make(script.url, retry=retry)
    await succeeds(client, op())
    await succeeds(client, op())
    assert (len(script.seen), script.connections) == (3, 2)
    assert time.slept == []


@pytest.mark.parametrize("retry", [True, False])
@pytest.mark.parametrize("then", ["close", "reset"])
async def test_any_number_of_stale_connections_goes_unnoticed_for_a_read(
    then: str, retry: bool, script: Any, make: Make, op: Op, time: Any
) -> None:
    connections, together = set[Any](), asyncio.Barrier(8)

    async def once(exchange: Any) -> None:
        if exchange.peer in connections:
            await says(b"", then)(exchange)
            return
        connections.add(exchange.peer)
        if len(connections) <= 8:
            await together.wait()
        await exchange.say(OK)

    script.steps = [once]
    client = make(script.url, retry=retry)
    await asyncio.gather(*(client.send(op()) for _ in range(8)))
    assert (await succeeds(client, op())).attempts == 9
    assert time.slept == []


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("then", ["close", "reset"])
async def test_a_stale_connection_does_not_double_a_write(
    then: str, method: str, script: Any, make: Make, op: Op
) -> None:
    script.steps = closes_on_reuse(then)
    client = make(script.url)
    await succeeds(client, op())
    with pytest.raises(ConnectionFailedError) as caught:
        await client.send(op(method=method))
    assert caught.value.phase == "maybe_sent"
    assert len(script.seen) == 2


async def test_a_connection_that_is_stale_again_and_again_is_an_error(
    script: Any, make: Make, op: Op
) -> None:
    script.steps = [says(OK), says(b"", "close")]
    client = make(script.url, retry=False)
    await succeeds(client, op())
    with pytest.raises(ConnectionFailedError) as caught:
        await client.send(op())
    assert caught.value.attempts == 2


async def test_a_borrowed_session_does_not_double_a_write_either(
    script: Any, make: Make, op: Op
) -> None:
    async with aiohttp.ClientSession() as session, SessionPool(session=session) as pool:
        client = make(script.url, pool=pool)
        for method in ("PUT", "DELETE", "POST"):
            script.steps = closes_on_reuse("close")
            script.seen.clear()
            await succeeds(client, op())
            with pytest.raises(ConnectionFailedError):
                await client.send(op(method=method))
            assert len(script.seen) == 2


@pytest.mark.parametrize("repeats", [False, True])
async def test_a_borrowed_session_that_finds_nobody_has_sent_nothing(
    repeats: bool, make: Make, op: Op, limiter: Any
) -> None:
    async def other(request: Any, handler: Any) -> Any:
        return await handler(request)

    own = (other,) if repeats else ()
    url = f"http://127.0.0.1:{refused_port()}/v5"
    async with (
        aiohttp.ClientSession(middlewares=own) as session,
        SessionPool(session=session) as pool,
    ):
        with pytest.raises(ConnectionFailedError) as caught:
            await make(url, pool=pool).send(op(method="POST"))
    # A middleware may have sent it before, and tried again.
    assert caught.value.phase == ("maybe_sent" if repeats else "not_sent")
    assert limiter.done == ({"finished": 1} if repeats else {"released": 4})


async def test_a_429_wait_is_reported_over_the_wire(script: Any, make: Make, op: Op) -> None:
    more = "x-ratelimit-remaining: 0\r\nx-ratelimit-reset: 99999\r\n"
    script.steps = [says(head("429 Too Many", 0, more))]
    with pytest.raises(RateLimitError) as caught:
        await make(script.url).send(op())
    assert caught.value.wait == 99999.0
