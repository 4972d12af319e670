"""Spans and metrics of calls, as an SDK of OpenTelemetry collects them, over real sockets."""

import asyncio
import base64
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

import pytest
from opentelemetry.context import Context
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import HistogramDataPoint, InMemoryMetricReader
from opentelemetry.sdk.trace import Span, SpanProcessor, TracerProvider
from opentelemetry.trace import INVALID_SPAN, SpanKind, get_current_span

from pinterest_async import NotFoundError, Pinterest, PinterestError, RefreshToken
from pinterest_async._core.operation import Operation
from pinterest_async.integrations.opentelemetry import OpenTelemetry

Make = Callable[..., Pinterest]
Op = Callable[..., Operation[Any]]


class InOrder(SpanProcessor):
    """Keeps the spans in the order in which they began."""

    def __init__(self) -> None:
        self.begun: list[Span] = []

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:  # noqa: ARG002
        self.begun.append(span)


class Collected:
    """What the observer made so far."""

    def __init__(self) -> None:
        self.order = InOrder()
        self.tracers = TracerProvider()
        self.tracers.add_span_processor(self.order)
        self.reader = InMemoryMetricReader()
        self.meters = MeterProvider([self.reader])
        self.observer = OpenTelemetry(tracer_provider=self.tracers, meter_provider=self.meters)

    def spans(self) -> list[Span]:
        """All of them, each of which has ended."""
        assert all(span.end_time for span in self.order.begun)
        return self.order.begun

    def one(self, name: str) -> Span:
        [found] = [span for span in self.spans() if span.name == name]
        return found

    def points(self) -> dict[str, list[tuple[Mapping[str, Any], Any]]]:
        """For each metric the attributes of each series, with its sum."""
        data = self.reader.get_metrics_data()
        return {
            metric.name: [
                (dict(point.attributes or {}), _sum(point)) for point in metric.data.data_points
            ]
            for resource in (data.resource_metrics if data else ())
            for scope in resource.scope_metrics
            for metric in scope.metrics
        }

    def shown(self) -> str:
        """All that leaves the process."""
        data = self.reader.get_metrics_data()
        spans = [span.to_json() + str(span.status.description) for span in self.spans()]
        return "".join([*spans, data.to_json() if data else ""])


def _sum(point: object) -> Any:
    return point.sum if isinstance(point, HistogramDataPoint) else vars(point)["value"]


@pytest.fixture
def collected() -> Collected:
    return Collected()


def says(status: str, body: bytes = b"{}", headers: str = "") -> Callable[[Any], Any]:
    async def step(exchange: Any) -> None:
        head = f"HTTP/1.1 {status}\r\n{headers}Content-Length: {len(body)}\r\n\r\n"
        await exchange.say(head.encode("latin-1") + body)

    return step


BOARD = b'{"id": "7", "name": "Lamps", "privacy": "PUBLIC", "owner": {"username": "ann"}}'


async def test_the_spans_of_a_call(script: Any, make: Make, collected: Collected) -> None:
    script.steps = [says("200 OK", BOARD, "X-Pinterest-Rid: 123\r\n")]
    client = make(script.url, observers=[collected.observer])
    with collected.tracers.get_tracer("mine").start_as_current_span("mine"):
        await client.boards.get("7")
    mine, call, request = collected.spans()
    assert call.name == "boards.get"
    assert request.name == "GET /v5/boards/{board_id}"
    assert call.parent == mine.context
    assert request.parent == call.context
    assert (call.kind, request.kind) == (SpanKind.INTERNAL, SpanKind.CLIENT)
    assert call.status.is_unset
    assert request.status.is_unset
    assert dict(call.attributes or {}) == {
        "pinterest.operation": "boards.get",
        "pinterest.category": "org_read",
        "pinterest.attempts": 1,
    }
    assert dict(request.attributes or {}) == {
        "http.request.method": "GET",
        "server.address": "127.0.0.1",
        "server.port": script.port,
        "url.full": f"{script.url}/boards/7",
        "url.template": "/v5/boards/{board_id}",
        "http.response.status_code": 200,
        "pinterest.request_id": "123",
    }
    scope = call.instrumentation_scope
    assert scope is not None
    assert (scope.name, bool(scope.version), bool(scope.schema_url)) == (
        "pinterest_async",
        True,
        True,
    )


async def test_attempts_waits_and_the_error_in_the_end(
    script: Any, make: Make, collected: Collected
) -> None:
    missing = b'{"code": 40, "message": "Board not found."}'
    script.steps = [says("503 Bad"), says("404 No", missing)]
    with pytest.raises(NotFoundError):
        await make(script.url, observers=[collected.observer]).boards.get("7")
    call, first, second = collected.spans()
    facts = [dict(one.attributes or {}) for one in (call, first, second)]
    assert [one.status.status_code.name for one in (call, first, second)] == 3 * ["ERROR"]
    assert [one.status.description for one in (call, first, second)] == 3 * [None]
    assert facts[0]["error.type"] == "NotFoundError"
    assert (facts[0]["pinterest.attempts"], facts[0]["pinterest.error.code"]) == (2, 40)
    assert facts[0]["pinterest.wait.pause"] == 0.5
    assert [one["error.type"] for one in facts[1:]] == ["503", "404"]
    assert [one.get("http.request.resend_count") for one in facts[1:]] == [None, 1]
    points = collected.points()
    operation = {"pinterest.operation": "boards.get"}
    assert points["pinterest.client.retries"] == [({**operation, "error.type": "503"}, 1)]
    assert points["pinterest.client.call.duration"] == [
        ({**operation, "error.type": "NotFoundError"}, 0.5)
    ]
    assert points["pinterest.client.wait.duration"] == [
        ({"pinterest.wait.reason": "pause", "pinterest.category": "org_read"}, 0.5)
    ]
    statuses = [one["http.response.status_code"] for one, _ in points[DURATION]]
    assert sorted(statuses) == [404, 503]


DURATION = "http.client.request.duration"


async def test_metrics_of_requests_and_quotas(
    script: Any, make: Make, collected: Collected, time: Any
) -> None:
    headers = "X-RateLimit-Limit: 1000\r\nX-RateLimit-Remaining: 250\r\n"
    answer = says("200 OK", BOARD, headers)

    async def slow(exchange: Any) -> None:
        time.now += 2
        await answer(exchange)

    script.steps = [slow]
    await make(script.url, observers=[collected.observer]).boards.get("7")
    points = collected.points()
    server = {"server.address": "127.0.0.1", "server.port": script.port}
    assert points[DURATION] == [
        ({"http.request.method": "GET", "http.response.status_code": 200, **server}, 2)
    ]
    assert points["pinterest.client.quota.used"] == [({"pinterest.category": "org_read"}, 0.75)]
    assert points["pinterest.client.call.duration"] == [({"pinterest.operation": "boards.get"}, 2)]


@pytest.mark.parametrize(("limit", "remaining"), [(0, 0), (10, 50), ("x", 5), (5, "x")])
async def test_odd_quotas(
    limit: object, remaining: object, script: Any, make: Make, collected: Collected
) -> None:
    headers = f"X-RateLimit-Limit: {limit}\r\nX-RateLimit-Remaining: {remaining}\r\n"
    script.steps = [says("200 OK", BOARD, headers)]
    await make(script.url, observers=[collected.observer]).boards.get("7")
    used = [share for _, share in collected.points().get("pinterest.client.quota.used", [])]
    assert used == ([0] if remaining == 50 else [])


async def test_a_call_beyond_the_description_has_no_ids_in_its_names(
    script: Any, make: Make, collected: Collected
) -> None:
    script.steps = [says("200 OK")]
    client = make(script.url, observers=[collected.observer])
    await client.request("GET", "/boards/8137/new")
    call, request = collected.spans()
    assert (call.name, request.name) == ("request", "GET")
    assert "url.template" not in (request.attributes or {})
    assert "8137" not in str(collected.points())


async def test_a_refresh_is_in_the_call_that_needs_it(
    script: Any, make: Make, collected: Collected
) -> None:
    async def api(exchange: Any) -> None:
        if exchange.target.endswith("/oauth/token"):
            await says("200 OK", b'{"access_token": "pina_n", "expires_in": 9999}')(exchange)
        elif exchange.headers["authorization"] == "Bearer pina_n":
            await says("200 OK", BOARD)(exchange)
        else:
            await says("401 No", b'{"code": 2, "message": "expired"}')(exchange)

    script.steps = [api]
    auth = RefreshToken("app", "secret", "pinr_0", access_token="pina_0")
    await make(script.url, observers=[collected.observer], auth=auth).boards.get("7")
    call, refresh = collected.one("boards.get"), collected.one("oauth.token")
    assert refresh.parent == call.context
    assert collected.points()["pinterest.client.token.refreshes"] == [
        ({"pinterest.grant_type": "refresh_token"}, 1)
    ]


async def test_cancellation_ends_all_spans(script: Any, make: Make, collected: Collected) -> None:
    begun = asyncio.Event()

    async def hangs(_: Any) -> None:
        begun.set()

    script.steps = [hangs]
    client = make(script.url, observers=[collected.observer])
    task = asyncio.ensure_future(client.boards.get("7"))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    call, request = collected.spans()
    for span in (call, request):
        assert (span.attributes or {})["error.type"] == "CancelledError"
        assert not span.status.is_ok
    assert get_current_span() is INVALID_SPAN
    assert vars(collected.observer)["_calls"] == {}


async def test_calls_at_the_same_time_keep_their_spans_apart(
    script: Any, make: Make, collected: Collected
) -> None:
    script.steps = [says("200 OK", BOARD)]
    client = make(script.url, observers=[collected.observer])
    await asyncio.gather(*(client.boards.get(str(number)) for number in range(20)))
    calls = [span.context for span in collected.spans() if span.name == "boards.get"]
    parents = [span.parent for span in collected.spans() if span.name != "boards.get"]
    assert len(calls) == 20
    assert sorted(one.span_id for one in calls if one) == sorted(
        one.span_id for one in parents if one
    )
    assert get_current_span() is INVALID_SPAN


TOKEN = "pina_my/SECRETaccess+token1"


@pytest.mark.parametrize("status", ["200 OK", "400 Bad", "401 No", "429 Slow", "503 Bad"])
async def test_no_secret_and_nobodys_data_is_in_spans_or_metrics(
    status: str, script: Any, make: Make, collected: Collected
) -> None:
    encoded = (TOKEN, quote(TOKEN, safe=""), base64.b64encode(TOKEN.encode()).decode())
    echoes = " ".join(encoded)
    body = b'{"code": 1, "message": "%b"}' % echoes.encode()
    headers = f'X-Pinterest-Rid: {TOKEN}\r\nX-RateLimit-Limit: 9, 9;w=1;name="{TOKEN}"\r\n'
    script.steps = [says(status, body, headers)]
    client = make(script.url, auth=TOKEN, observers=[collected.observer], retry=False)
    try:
        await client.request("POST", "/things", query={"q": "Ann"}, json={"name": "Bob"})
    except PinterestError:
        assert status != "200 OK"
    shown = collected.shown()
    assert len(collected.spans()) == 2
    for secret in (*encoded, "SECRET", "Ann", "Bob"):
        assert secret not in shown
