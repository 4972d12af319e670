"""A job: work at Pinterest that takes more than one call, as one value to wait for and to save.

A kind of job is a subclass of `SavedJob`: its fields are what another process needs to go on, and
`step` does the next piece of the work. `Job` waits, counts, tells of progress and keeps the result;
it is the same for all kinds. `kinds.py` lists the kinds by name.
"""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, aclosing
from typing import Any, ClassVar, Generic, Protocol, TypeVar

import msgspec
from aiohttp import ClientResponse
from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from pinterest_async._core.display import shorten
from pinterest_async._core.item_failures import field_of
from pinterest_async._core.operation import Operation
from pinterest_async._core.problems import Problem
from pinterest_async.errors import InvalidCallError, PinterestError
from pinterest_async.jobs.errors import JobFailedError, JobTimeoutError
from pinterest_async.jobs.polling import Polling
from pinterest_async.namespace import Sender

T = TypeVar("T")

VERSION = 1
"""Of what `Job.save` returns."""
_SHOWN = 200
LAST_LOOK = 10.0
"""Seconds beyond the deadline for a step that began before it: the last look is at its end."""


class JobClient(Sender, Protocol):
    """What jobs need of a client: to send calls, also to other hosts than the API."""

    def foreign(
        self, method: str, url: str, *, headers: Any = None, data: Any = None
    ) -> AbstractAsyncContextManager[ClientResponse]:
        """Send a request to another host, and read its answer as a stream."""
        ...

    @property
    def ad_account_id(self) -> str | None:
        """The ad account of calls that name none."""
        ...

    def check(
        self,
        operation: Operation[Any],
        /,
        *path: Any,
        ad_account_id: str | None = None,
        query: Any = None,
        body: Any = UNSET,
    ) -> None:
        """Check the arguments of a call, and send nothing."""
        ...


class JobProgress(msgspec.Struct, frozen=True, kw_only=True):
    """How far a job has come.

    `step` is what it does now, such as uploading or waiting; `state` is Pinterest's own word at the
    latest look, None before; `looks` counts these. `sent` of `size` bytes are uploaded.
    """

    step: str = "waiting"
    state: str | None = None
    looks: int = 0
    sent: int = 0
    size: int | None = None


ProgressFunction = Callable[[JobProgress], Any]
"""Is called with the progress of a job; what it raises ends the wait."""


class JobStatus(msgspec.Struct, frozen=True, kw_only=True):
    """A job at one look: Pinterest's own word for its state, and whether its result is there."""

    state: str | None
    done: bool


class Look(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """What one step of a job has found.

    With a `result`, the job is done. With `then`, it has moved on, and the next step follows at
    once. With neither, Pinterest is still at work, and the same step follows after a pause.
    """

    state: str | None = None
    result: T | UnsetType = UNSET
    then: "SavedJob[T] | None" = None


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """What a step works with.

    `resumed` says that an earlier run, in this process or another, may have sent what this step is
    about to send. `tell` tells of progress.
    """

    client: JobClient
    polling: Polling
    tell: ProgressFunction
    resumed: bool = False


class SavedJob(msgspec.Struct, Generic[T], frozen=True, kw_only=True, tag_field="job"):
    """What a job is, and how far it has come: all that another process needs to go on with it.

    Subclasses have a `tag`, the name by which `kinds.py` lists them. Fields are plain JSON, and
    none is a secret: addresses with a signature are asked for again. A subclass has `look`, and
    `step` as well if it does more than look.
    """

    WHAT: ClassVar[str] = "the job"
    POLLING: ClassVar[Polling] = Polling()

    @property
    def at_once(self) -> bool:
        """Whether the first step is to be done at once, since Pinterest is not at work yet."""
        return False

    async def look(self, client: JobClient) -> Look[T]:
        """Look at the job once, and change nothing.

        Raises:
            JobFailedError: The job has ended without a result.
        """
        raise NotImplementedError

    async def step(self, run: Run) -> Look[T]:
        """Do the next piece of the work; here: look."""
        return await self.look(run.client)


class Job(Generic[T]):
    """Work at Pinterest that takes more than one call.

    `start` methods of namespaces return one. It holds no connection and no task: work goes on only
    while `result` is awaited, and a wait that is cancelled or times out can be taken up again.
    """

    def __init__(self, client: JobClient, saved: SavedJob[T], *, resumed: bool = False) -> None:
        self._client = client
        self._saved = saved
        self._resumed = resumed
        self._result: T | UnsetType = UNSET
        self._state: str | None = None
        self._running = asyncio.Lock()

    def __repr__(self) -> str:
        return f"<Job {shorten(repr(self._saved), _SHOWN)}>"

    @property
    def saved(self) -> SavedJob[T]:
        """What the job is, and how far it has come."""
        return self._saved

    async def status(self) -> JobStatus:
        """Look at the job once, whatever else waits for it; a job with a result is done.

        Raises:
            JobFailedError: The job has ended without a result, in Pinterest's words.
        """
        if self._result is not UNSET:
            return JobStatus(state=self._state, done=True)
        look = await self._saved.look(self._client)
        return JobStatus(state=look.state, done=look.result is not UNSET)

    async def result(
        self,
        *,
        timeout: float | UnsetType | None = UNSET,  # noqa: ASYNC109  (several steps share it)
        progress: ProgressFunction | None = None,
        polling: Polling | None = None,
    ) -> T:
        """Wait until the job is done, and return its result; later calls return the same.

        Args:
            timeout: Seconds for all of it, None without bound; by default 30 minutes. What is under
                way then gets ten more.
            progress: Is called with a `JobProgress` at each step.
            polling: Pauses between two looks; each kind of job has its own by default.

        Raises:
            JobTimeoutError: The time is over; the job may still be going on.
            JobExpiredError: Pinterest has the job or its result no more.
            JobFailedError: The job has ended without a result, in Pinterest's words.
        """
        polling = self._saved.POLLING if polling is None else polling
        if timeout is not UNSET:
            polling = replace(polling, timeout=timeout)
        async with self._running:
            if self._result is UNSET:
                self._result = await self._wait(polling, progress or ignore)
        return self._result

    async def _wait(self, polling: Polling, tell: ProgressFunction) -> T:
        scope = asyncio.timeout(None if polling.timeout is None else polling.timeout + LAST_LOOK)
        try:
            async with scope:
                return await self._steps(polling, tell)
        except TimeoutError as error:
            if isinstance(error, PinterestError) or not scope.expired():
                raise
        raise JobTimeoutError(f"{self._saved.WHAT} is not done after {polling.timeout:g} s")

    async def _steps(self, polling: Polling, tell: ProgressFunction) -> T:
        at_once = self._resumed or self._saved.at_once
        run = Run(client=self._client, polling=polling, tell=tell, resumed=self._resumed)
        self._resumed = True  # whatever ends this run, the next one takes up where it was
        async with aclosing(polling.looks(self._saved.WHAT, at_once=at_once)) as looks:
            async for number in looks:
                while True:
                    look = await self._saved.step(run)
                    self._state = self._state if look.state is None else look.state
                    if look.then is None:
                        break
                    self._saved = look.then
                tell(JobProgress(state=self._state, looks=number))
                if look.result is not UNSET:
                    return look.result
        raise AssertionError("looking has no other end")

    def save(self) -> dict[str, Any]:
        """The job as plain JSON values, for `Pinterest.job` in this or another process.

        It holds no access token, and no address that Pinterest has signed.
        """
        return {"version": VERSION, **msgspec.to_builtins(self._saved)}


def text_of(answer: Any, name: str) -> str | None:
    """A text in an answer, which may be of any kind where it was decoded leniently."""
    value = field_of(answer, name)
    return value if isinstance(value, str) else None


def id_of(answer: Any, name: str, missing: str) -> str:
    """An id in an answer.

    Raises:
        JobFailedError: It has none; `missing` says so.
    """
    id = text_of(answer, name)
    if not id:
        raise JobFailedError(missing)
    return id


def account_of(client: JobClient, ad_account_id: str | None) -> str:
    """The ad account of a job, which is saved with it.

    Raises:
        InvalidCallError: Neither the call nor the client names one.
    """
    account = ad_account_id if ad_account_id is not None else client.ad_account_id
    if account is None:
        fix = "pass ad_account_id=..., or call with_options(ad_account_id=...) once"
        raise InvalidCallError([Problem("ad_account_id", "is required", fix)])
    return account


def ignore(_progress: JobProgress) -> None:
    """Nobody wants to know."""
