"""What a route answers when a call to Pinterest fails: a status and a sentence for each error."""

import logging
import math
from typing import Final, cast

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response

from pinterest_async import errors
from pinterest_async.jobs.errors import (
    JobError,
    JobExpiredError,
    JobFailedError,
    JobTimeoutError,
)

_LOG: Final = logging.getLogger("pinterest_async")

_UPSTREAM: Final = "Pinterest cannot be reached."
_LATE: Final = "Pinterest did not answer in time."
_UNUSABLE: Final = "Pinterest's answer cannot be used."
_BUSY: Final = "Pinterest's quota is used up: try again later."
_UNAVAILABLE: Final = "This service cannot do its work now: try again later."

ANSWERS: Final[dict[type[errors.PinterestError], tuple[int, str | None]]] = {
    # A mistake of the application: the log has it, the browser does not.
    errors.PinterestError: (500, "Internal Server Error"),
    errors.ConfigurationError: (500, "Internal Server Error"),
    errors.InvalidCallError: (500, "Internal Server Error"),
    errors.NotInSandboxError: (500, "Internal Server Error"),
    # The person.
    errors.NotLoggedInError: (401, "Log in with Pinterest first."),
    errors.AuthenticationError: (401, "Pinterest refuses the login: log in again."),
    errors.LoginError: (400, None),
    errors.LoginTimeoutError: (400, None),
    # What Pinterest says about the request, in its own words.
    errors.BadRequestError: (400, None),
    errors.SpamError: (400, None),
    errors.MissingScopeError: (403, None),
    errors.PermissionDeniedError: (403, None),
    errors.NotFoundError: (404, None),
    errors.ConflictError: (409, None),
    errors.UnprocessableError: (422, None),
    errors.ItemsFailedError: (422, None),
    errors.WriteContentionError: (429, None),
    # Quotas.
    errors.RateLimitWaitError: (429, _BUSY),
    errors.RateLimitError: (429, _BUSY),
    errors.ReportCostError: (429, _BUSY),
    # What we depend on.
    errors.TokenStoreError: (503, _UNAVAILABLE),
    errors.LimiterUnavailableError: (503, _UNAVAILABLE),
    errors.PoolClosedError: (503, _UNAVAILABLE),
    errors.ConnectionFailedError: (502, _UPSTREAM),
    errors.ConnectTimeoutError: (504, _LATE),
    errors.ReadTimeoutError: (504, _LATE),
    errors.DeadlineExceededError: (504, _LATE),
    errors.ServerError: (502, "Pinterest has failed."),
    errors.APIError: (502, _UNUSABLE),
    errors.RedirectError: (502, _UNUSABLE),
    errors.DecodeError: (502, _UNUSABLE),
    errors.AnswerTooLargeError: (502, _UNUSABLE),
    errors.DriftError: (502, _UNUSABLE),
    JobError: (502, None),
    JobFailedError: (502, None),
    JobExpiredError: (502, None),
    JobTimeoutError: (504, None),
    errors.BookmarkError: (502, _UNUSABLE),
    errors.RepeatedBookmarkError: (502, _UNUSABLE),
}
"""Status and words by kind of error; None stands for the error's own message."""

_LONGEST_WAIT: Final = 86_400


def add_error_handlers(app: FastAPI) -> None:
    """Let an application answer every `PinterestError` with a status and `{"detail": ...}`.

    A wait for quota is 429 with `Retry-After` in seconds; no login, or one that Pinterest refuses,
    401; a Pinterest that is not reached 502, one that is late 504; what Pinterest says against the
    request keeps its status and message. A mistake of the application is 500 and tells nothing. An
    answer of Pinterest's brings `request_id` along. From 500 on, the error is logged. Of an
    `ExceptionGroup` with nothing else in it, as an `asyncio.TaskGroup` raises, the first counts.
    A handler of the application's own for one of these classes goes first.
    """
    app.add_exception_handler(errors.PinterestError, _answer)
    app.exception_handlers.setdefault(ExceptionGroup, _answer_group)


async def _answer_group(request: Request, error: Exception) -> Response:
    ours, others = cast("ExceptionGroup[Exception]", error).split(errors.PinterestError)
    if ours is None or others is not None:
        raise error
    first: Exception = ours
    while isinstance(first, ExceptionGroup):
        first = cast("ExceptionGroup[Exception]", first).exceptions[0]
    return await _answer(request, first)


async def _answer(request: Request, error: Exception) -> Response:
    if not isinstance(error, errors.PinterestError) or request.scope["type"] != "http":
        raise error
    status, words = next(ANSWERS[kind] for kind in type(error).__mro__ if kind in ANSWERS)
    if status >= 500:
        _LOG.error("%s", error, exc_info=error if status == 500 else None)
    content = {"detail": error.message if words is None else words}
    headers: dict[str, str] = {}
    if isinstance(error, errors.APIError) and error.request_id and status != 500:
        content["request_id"] = error.request_id
    wait = getattr(error, "wait", None)
    if status == 429 and wait is not None:
        headers["Retry-After"] = str(max(1, math.ceil(min(wait, _LONGEST_WAIT))))
    if status == 401:
        headers["WWW-Authenticate"] = "Cookie"
    return JSONResponse(content, status, headers)
