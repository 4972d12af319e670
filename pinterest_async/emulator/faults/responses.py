"""Faults that answer instead of the API, or change the headers of its answers."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from pinterest_async.emulator.contract.messages import HttpResponse, json_response
from pinterest_async.emulator.contract.wire import is_object
from pinterest_async.emulator.faults.base import Fault, FaultContext, require
from pinterest_async.emulator.model.quotas import (
    STANDARD,
    UNPUBLISHED,
    HeaderStyle,
    rate_limit_headers,
)

_CODES: Final[Mapping[int, int]] = {400: 1, 401: 2, 403: 29, 405: 5, 429: 8}
"""Pinterest's code for a status; for others, the status itself."""

_MESSAGES: Final[Mapping[int, str]] = {
    1: "Invalid request.",
    2: "Authentication failed.",
    3: "The token may not do this.",
    8: "Too many requests: wait until the window ends.",
    12: "Something went wrong here.",
    29: "You may not do this.",
    2726: "The reports cost too much. Retry after 1 seconds",
    2787: "Something went wrong here, maybe after the Pin was made.",
}


class Error(Fault, frozen=True, tag="error"):
    """An error of the API, with `extra` fields in its body (`details`, `message_detail`).

    With `applied` the API does its work first, and only then the answer says that it failed.
    """

    status: int = 500
    code: int | None = None
    message: str | None = None
    headers: dict[str, str] = msgspec.field(default_factory=dict[str, str])
    extra: dict[str, Any] = msgspec.field(default_factory=dict[str, Any])
    applied: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        require(300 <= self.status <= 599, f"status is {self.status}: use one from 300 to 599")

    def before(self, context: FaultContext) -> HttpResponse | None:
        """Answer with the error."""
        if self.applied:
            return None
        context.hit()
        return self._answer()

    def after(self, context: FaultContext, answer: HttpResponse) -> None:
        """Replace the answer of the API by the error."""
        if self.applied:
            context.hit()
            error = self._answer()
            answer.status, answer.body = error.status, error.body
            answer.headers.update(error.headers)

    def _answer(self) -> HttpResponse:
        code = _CODES.get(self.status, self.status) if self.code is None else self.code
        message = (
            _MESSAGES.get(code, "Something went wrong.") if self.message is None else self.message
        )
        return json_response(
            self.status, {"code": code, "message": message, **self.extra}, self.headers
        )


class HtmlError(Fault, frozen=True, tag="html"):
    """A page of HTML, as proxies and gateways in front of the API send."""

    status: int = 502

    def before(self, context: FaultContext) -> HttpResponse | None:
        """Answer with the page."""
        context.hit()
        return HttpResponse(
            status=self.status,
            body=_PAGE.format(status=self.status).encode(),
            headers={"Content-Type": "text/html; charset=utf-8"},
        )


_PAGE: Final = (
    "<!DOCTYPE html><html><head><title>{status}</title></head>"
    "<body><h1>{status}</h1><p>The service cannot be reached.</p></body></html>"
)


class RateLimited(Fault, frozen=True, tag="rate_limited"):
    """A 429, with the headers of a window that is used up and ends in `reset` seconds."""

    reset: int = 30
    headers: HeaderStyle = "named"
    retry_after: int | None = None

    def fits(self, context: FaultContext) -> bool:
        """Whether a quota counts the request: requests for files are not counted."""
        return bool(context.operation.category)

    def before(self, context: FaultContext) -> HttpResponse | None:
        """Answer that the quota is used up."""
        context.hit()
        category = context.operation.category
        limit, seconds = STANDARD.get(category, UNPUBLISHED["standard"])
        windows = [
            (*STANDARD["safety_net"], "safety_net_app_id_user_id"),
            (limit, seconds, f"{category}_app_id_user_id"),
        ]
        headers = rate_limit_headers(self.headers, windows, limit, 0, self.reset)
        headers["x-envoy-ratelimited"] = "true"
        if self.retry_after is not None:
            headers["Retry-After"] = str(self.retry_after)
        return json_response(429, {"code": 8, "message": _MESSAGES[8]}, headers)


class JobState(Fault, frozen=True, tag="job"):
    """A job that is in another state at this poll: failed, expired, still running.

    `state` is Pinterest's word in the answer to a poll (of a report, a bulk job, a batch, an
    upload), such as FAILED; without one it is null. No address of a file goes with it, so that
    `FINISHED` is a report without data. `message` is added where one is given.
    """

    state: str | None = None
    message: str | None = None

    def after(self, context: FaultContext, answer: HttpResponse) -> None:
        """Change the state in the answer."""
        try:
            document = msgspec.json.decode(answer.body)
        except msgspec.DecodeError:
            return
        inner = document.get("data") if is_object(document) else None
        for part in (inner, document):
            names = [name for name in _STATES if is_object(part) and name in part]
            if is_object(part) and names:
                context.hit()
                # Around the job's own facts, there may be a status of the answer.
                part[names[0]] = self.state
                part.update({name: None for name in _ADDRESSES if name in part})
                if self.message is not None:
                    part["message"] = self.message
                answer.body = msgspec.json.encode(document)
                return


_STATES: Final = ("report_status", "export_status", "status", "state")
_ADDRESSES: Final = ("url", "result_url", "download_url", "size")


class ChangedHeaders(Fault, frozen=True, tag="headers"):
    """Headers of the answer that are replaced (`put`) or removed (`drop`)."""

    put: dict[str, str] = msgspec.field(default_factory=dict[str, str])
    drop: tuple[str, ...] = ()

    def after(self, context: FaultContext, answer: HttpResponse) -> None:
        """Change the headers."""
        context.hit()
        dropped = {name.lower() for name in (*self.drop, *self.put)}
        others = {
            name: value for name, value in answer.headers.items() if name.lower() not in dropped
        }
        answer.headers = others | self.put


class ExpiredToken(Fault, frozen=True, tag="expired_token"):
    """The token of the request expires now; the API then rejects it as usual."""

    def fits(self, context: FaultContext) -> bool:
        """Whether the request has a token that is still good."""
        grant = context.auth.tokens.grants.get(_token(context))
        return grant is not None and grant.expires > context.incoming.now

    def before(self, context: FaultContext) -> HttpResponse | None:
        """End the token's life."""
        context.hit()
        context.auth.expire(_token(context))
        return None


def _token(context: FaultContext) -> str:
    return context.incoming.headers.get("Authorization", "").partition(" ")[2].strip()
