"""The errors of jobs, with Pinterest's own words for what became of one."""

from pinterest_async.errors import PinterestError


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
