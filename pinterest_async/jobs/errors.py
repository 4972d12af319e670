"""The errors of jobs, with Pinterest's own words for what became of one."""

from typing import Final

from pinterest_async.errors import (
    ConnectionFailedError,
    DeadlineExceededError,
    DecodeError,
    PinterestError,
    ServerError,
)

DOUBTFUL: Final = (ServerError, ConnectionFailedError, DeadlineExceededError, DecodeError)
"""Errors of requests that may have taken effect all the same, as `in_doubt` says."""


def in_doubt(error: PinterestError) -> bool:
    """Whether a request may have taken effect though its call raised one of `DOUBTFUL`."""
    if isinstance(error, ConnectionFailedError):
        return error.phase != "not_sent"
    return not isinstance(error, DeadlineExceededError) or error.doing == "requesting"


class JobError(PinterestError):
    """A job has no result; `state` is the last one that Pinterest told, in its own word."""

    def __init__(
        self, message: str, *, state: str | None = None, advice: str | None = None
    ) -> None:
        self.state = state
        super().__init__(message, advice=advice)


class JobFailedError(JobError):
    """A job ended at Pinterest without a result."""

    ADVICE = "Start the job again; ask for less at a time if it fails again."


class JobExpiredError(JobFailedError):
    """Pinterest keeps neither the job nor its result any more."""

    ADVICE = "Start the job again, and fetch its result sooner."


class JobTimeoutError(JobError, TimeoutError):
    """A job was not done before the deadline; it may still be going on."""

    ADVICE = (
        "Pinterest may still be at work: wait for the same job again, with more time in "
        "result(timeout=...)."
    )
