"""OpenTelemetry: spans of calls and requests, and metrics of requests, waits, quotas and refreshes.

    from pinterest_async.integrations.opentelemetry import OpenTelemetry

    pinterest = Pinterest("pina_...", observers=[OpenTelemetry()])

Needs the extra `otel`, and somebody who collects: providers of `opentelemetry-sdk`, or of an agent.
"""

from contextvars import Token
from typing import Final
from urllib.parse import urlsplit

from opentelemetry import context as otel_context
from opentelemetry import metrics, trace
from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind, StatusCode
from opentelemetry.util.types import AttributeValue

from pinterest_async._core.operation import Operation
from pinterest_async._core.version import VERSION
from pinterest_async.errors import APIError
from pinterest_async.observers import (
    CallEvent,
    EndEvent,
    Observer,
    RefreshEvent,
    RequestEvent,
    ResponseEvent,
    WaitEvent,
)

_NAME: Final = "pinterest_async"
_SCHEMA: Final = "https://opentelemetry.io/schemas/1.23.0"
"""The first version of the semantic conventions in which those of HTTP are stable."""

_REQUEST_SECONDS: Final = (
    *(0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0),
)
"""Those that the conventions ask for."""
_LONG_SECONDS: Final = (0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0, 10_800.0)
_SHARES: Final = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)
_FIRST_ERROR: Final = 400
_PORTS: Final = {"http": 80, "https": 443}


class OpenTelemetry(Observer):
    """Makes spans and metrics of what clients do; one may serve all clients of a process.

    Spans: for each call one of kind INTERNAL, named like `boards.get`, current while it runs; in it
    one of kind CLIENT for each request, by the conventions for HTTP, named like
    `GET /v5/boards/{board_id}`. The attribute `url.full` lacks the query, which may hold people's
    data; no span holds a token, a header or content. The context of a trace is not sent to
    Pinterest. What is cancelled ends as an error of type `CancelledError`.

    | metric | unit | what |
    |---|---|---|
    | `http.client.request.duration` | s | each request, by the conventions |
    | `pinterest.client.call.duration` | s | each call, with all attempts and waits |
    | `pinterest.client.wait.duration` | s | waits, by `pinterest.wait.reason`: quota, pause |
    | `pinterest.client.quota.used` | 1 | share of the quota that was used, as each answer says |
    | `pinterest.client.retries` | {retry} | attempts after the first, by `error.type` before |
    | `pinterest.client.token.refreshes` | {refresh} | requests for tokens, by `error.type` |

    Args:
        tracer_provider: Makes the spans; None means the global one.
        meter_provider: Makes the metrics; None means the global one.
    """

    def __init__(
        self,
        *,
        tracer_provider: trace.TracerProvider | None = None,
        meter_provider: metrics.MeterProvider | None = None,
    ) -> None:
        self._tracer = trace.get_tracer(_NAME, VERSION, tracer_provider, _SCHEMA)
        meter = metrics.get_meter(_NAME, VERSION, meter_provider, _SCHEMA)
        self._requests = meter.create_histogram(
            "http.client.request.duration",
            "s",
            "Duration of requests.",
            explicit_bucket_boundaries_advisory=_REQUEST_SECONDS,
        )
        self._durations = meter.create_histogram(
            "pinterest.client.call.duration",
            "s",
            "Duration of calls, with all attempts and waits.",
            explicit_bucket_boundaries_advisory=_LONG_SECONDS,
        )
        self._waits = meter.create_histogram(
            "pinterest.client.wait.duration",
            "s",
            "Duration of waits for quota, and of pauses before another attempt.",
            explicit_bucket_boundaries_advisory=_LONG_SECONDS,
        )
        self._used = meter.create_histogram(
            "pinterest.client.quota.used",
            "1",
            "Share of the quota nearest to exhaustion that was used, as answers say.",
            explicit_bucket_boundaries_advisory=_SHARES,
        )
        self._retries = meter.create_counter(
            "pinterest.client.retries", "{retry}", "Attempts after the first of a call."
        )
        self._refreshes = meter.create_counter(
            "pinterest.client.token.refreshes", "{refresh}", "Requests for tokens."
        )
        self._calls: dict[int, _Call] = {}

    def on_call(self, event: CallEvent) -> None:
        """Begin the span of a call, and make it the current one."""
        span = self._tracer.start_span(
            _name(event.operation),
            attributes={
                "pinterest.operation": _name(event.operation),
                "pinterest.category": event.operation.category,
            },
        )
        self._calls[event.call] = _Call(span)

    def on_request(self, event: RequestEvent) -> None:
        """Begin the span of a request."""
        call = self._calls[event.call]
        operation, url = event.operation, urlsplit(event.url)
        call.server = {
            "http.request.method": operation.method,
            "server.address": url.hostname or "",
            "server.port": url.port or _PORTS[url.scheme],
        }
        attributes = {**call.server, "url.full": event.url}
        name: str = operation.method
        if operation.namespace:
            base = url.path.rsplit("/", operation.path.count("/"))[0]
            template = attributes["url.template"] = base + operation.path
            name = f"{operation.method} {template}"
        if event.attempt > 1:
            attributes["http.request.resend_count"] = event.attempt - 1
            self._retries.add(1, {"pinterest.operation": _name(operation), **call.failure})
        call.request = self._tracer.start_span(
            name, call.context, SpanKind.CLIENT, attributes=attributes
        )

    def on_response(self, event: ResponseEvent) -> None:
        """End the span of a request."""
        call, rate = self._calls[event.call], event.rate
        call.failure = {}
        if event.failure is not None or (event.status or 0) >= _FIRST_ERROR:
            call.failure = {"error.type": event.failure or str(event.status)}
        outcome: dict[str, AttributeValue] = {**call.failure}
        if event.status is not None:
            outcome["http.response.status_code"] = event.status
        self._requests.record(event.seconds, {**call.server, **outcome})
        if rate.limit and rate.remaining is not None:
            used = 1 - min(rate.remaining, rate.limit) / rate.limit
            self._used.record(used, {"pinterest.category": event.operation.category})
        span, call.request = call.request, None
        if span is not None:
            if event.request_id is not None:
                outcome["pinterest.request_id"] = event.request_id
            _end(span, outcome, failed=bool(call.failure))

    def on_wait(self, event: WaitEvent) -> None:
        """Count a wait to its call."""
        waits = self._calls[event.call].waits
        waits[event.reason] = waits.get(event.reason, 0.0) + event.seconds
        self._waits.record(
            event.seconds,
            {
                "pinterest.wait.reason": event.reason,
                "pinterest.category": event.operation.category,
            },
        )

    def on_refresh(self, event: RefreshEvent) -> None:
        """Count a request for tokens."""
        attributes: dict[str, AttributeValue] = {"pinterest.grant_type": event.grant_type}
        self._refreshes.add(1, {**attributes, **_failure(event.error)})

    def on_end(self, event: EndEvent) -> None:
        """End the span of a call."""
        call = self._calls.pop(event.call)
        failure = _failure(event.error)
        self._durations.record(
            event.seconds, {"pinterest.operation": _name(event.operation), **failure}
        )
        outcome = {**failure, "pinterest.attempts": event.attempts}
        for reason, seconds in call.waits.items():
            outcome[f"pinterest.wait.{reason}"] = seconds
        if isinstance(event.error, APIError) and event.error.code is not None:
            outcome["pinterest.error.code"] = event.error.code
        otel_context.detach(call.token)
        _end(call.span, outcome, failed=bool(failure))


class _Call:
    """What is open of a call: its span, that of its request, and what its attempts have in common.

    `failure` is how the latest request failed, `waits` the seconds waited by reason.
    """

    __slots__ = ("context", "failure", "request", "server", "span", "token", "waits")

    def __init__(self, span: Span) -> None:
        self.span = span
        self.context: Context = trace.set_span_in_context(span)
        self.token: Token[Context] = otel_context.attach(self.context)
        self.request: Span | None = None
        self.server: dict[str, AttributeValue] = {}
        self.failure: dict[str, AttributeValue] = {}
        self.waits: dict[str, float] = {}


def _name(operation: Operation[object]) -> str:
    """The name of an operation; one for all that have no method here, whose paths have ids."""
    return operation.full_name if operation.namespace else "request"


def _failure(error: BaseException | None) -> dict[str, AttributeValue]:
    return {} if error is None else {"error.type": type(error).__qualname__}


def _end(span: Span, attributes: dict[str, AttributeValue], *, failed: bool) -> None:
    span.set_attributes(attributes)
    if failed:
        span.set_status(StatusCode.ERROR)
    span.end()
