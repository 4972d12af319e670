"""Faults that answer in the API's place, or change what it tells beside the body."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from pinterest_async.emulator.contract.messages import Answer
from pinterest_async.emulator.faults.base import Fault, Moment, json_answer, require
from pinterest_async.emulator.model.quotas import STANDARD, UNPUBLISHED, Headers, told

_CODES: Final[Mapping[int, int]] = {400: 1, 401: 2, 403: 29, 405: 5, 429: 8}
"""The code that comes with a status; where none is known, the status itself."""

_WORDS: Final[Mapping[int, str]] = {
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

    def before(self, moment: Moment) -> Answer | None:
        """Answer with the error."""
        if self.applied:
            return None
        moment.hit()
        return self._answer()

    def after(self, moment: Moment, answer: Answer) -> None:
        """Put the error in the place of what the API answered."""
        if self.applied:
            moment.hit()
            error = self._answer()
            answer.status, answer.body = error.status, error.body
            answer.headers.update(error.headers)

    def _answer(self) -> Answer:
        code = _CODES.get(self.status, self.status) if self.code is None else self.code
        message = (
            _WORDS.get(code, "Something went wrong.") if self.message is None else self.message
        )
        return json_answer(
            self.status, {"code": code, "message": message, **self.extra}, self.headers
        )


class HtmlError(Fault, frozen=True, tag="html"):
    """A page of HTML from something that stands before the API."""

    status: int = 502

    def before(self, moment: Moment) -> Answer | None:
        """Answer with the page."""
        moment.hit()
        return Answer(
            status=self.status,
            body=_PAGE.format(status=self.status).encode(),
            headers={"Content-Type": "text/html; charset=utf-8"},
        )


_PAGE: Final = (
    "<!DOCTYPE html><html><head><title>{status}</title></head>"
    "<body><h1>{status}</h1><p>The service cannot be reached.</p></body></html>"
)


class RateLimited(Fault, frozen=True, tag="rate_limited"):
    """A 429, with headers that tell of a window that is used up and ends in `reset` seconds."""

    reset: int = 30
    headers: Headers = "named"
    retry_after: int | None = None

    def fits(self, moment: Moment) -> bool:
        """Whether the request is one that a quota counts: files outside the API are not."""
        return bool(moment.operation.category)

    def before(self, moment: Moment) -> Answer | None:
        """Answer that the quota is used up."""
        moment.hit()
        category = moment.operation.category
        limit, seconds = STANDARD.get(category, UNPUBLISHED["standard"])
        windows = [
            (*STANDARD["safety_net"], "safety_net_app_id_user_id"),
            (limit, seconds, f"{category}_app_id_user_id"),
        ]
        headers = told(self.headers, windows, limit, 0, self.reset)
        headers["x-envoy-ratelimited"] = "true"
        if self.retry_after is not None:
            headers["Retry-After"] = str(self.retry_after)
        return json_answer(429, {"code": 8, "message": _WORDS[8]}, headers)


class ChangedHeaders(Fault, frozen=True, tag="headers"):
    """Headers of the answer that are other ones (`put`) or missing (`drop`)."""

    put: dict[str, str] = msgspec.field(default_factory=dict[str, str])
    drop: tuple[str, ...] = ()

    def after(self, moment: Moment, answer: Answer) -> None:
        """Change the headers."""
        moment.hit()
        gone = {name.lower() for name in (*self.drop, *self.put)}
        kept = {name: value for name, value in answer.headers.items() if name.lower() not in gone}
        answer.headers = kept | self.put


class ExpiredToken(Fault, frozen=True, tag="expired_token"):
    """The token of the request is past its end from now on; the API refuses it by itself."""

    def fits(self, moment: Moment) -> bool:
        """Whether the request has a token that is still good."""
        grant = moment.auth.ledger.grants.get(_token(moment))
        return grant is not None and grant.expires > moment.incoming.now

    def before(self, moment: Moment) -> Answer | None:
        """End the token's life."""
        moment.hit()
        moment.auth.expire(_token(moment))
        return None


def _token(moment: Moment) -> str:
    return moment.incoming.headers.get("Authorization", "").partition(" ")[2].strip()
