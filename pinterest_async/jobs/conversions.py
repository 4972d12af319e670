"""Conversions on the client: any number of events, people's data hashed, each with its outcome.

Pinterest counts an event of the web or an app once, however often it arrives with the same id and
name within 48 hours: these are sent again where an answer is lost. Events that happened offline are
not, so one that may have arrived is never sent again.
"""

import asyncio
import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Final, TypeAlias, TypedDict, cast

import msgspec
from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from pinterest_async._core.display import plain, readable
from pinterest_async._core.guards import is_items, is_iterable, is_mapping
from pinterest_async._core.item_failures import ItemFailure, field_of
from pinterest_async._core.problems import MOST, Problem, kind, under
from pinterest_async._core.user_data import hashed_user_data
from pinterest_async.errors import (
    BadRequestError,
    InvalidCallError,
    UnprocessableError,
)
from pinterest_async.jobs import JobNamespace
from pinterest_async.jobs.chunks import placed
from pinterest_async.jobs.errors import DOUBTFUL, in_doubt
from pinterest_async.jobs.job import (
    Job,
    JobClient,
    JobProgress,
    Look,
    ProgressFunction,
    Run,
    SavedJob,
    account_of,
    text_of,
)
from pinterest_async.jobs.outcomes import Outcome, Outcomes
from pinterest_async.jobs.polling import Polling
from pinterest_async.resources.conversions import (
    CONVERSIONS_SEND,
    Conversions,
)

if TYPE_CHECKING:  # types that another version of the API may call otherwise
    from pinterest_async.types import ConversionEvent, ConversionEventsUserDataProperties

MOST_EVENTS: Final = 1000
"""Events of one request."""
AT_A_TIME: Final = 200
"""Events that are hashed before other tasks have a turn: about 20 ms."""
TESTED: Final = 20
"""Events of one request that a test looks at."""
TRIES: Final = 4
"""How often a request is sent whose answer is lost."""

_ONCE: Final = 47 * 3600.0
"""Seconds in which an event may arrive again and counts once: 48 hours, and one to be sure."""
_LONGEST: Final = 1000
"""Characters that are kept of what Pinterest says of an event."""
_COUNTED_ONCE: Final = frozenset({"web", "app_android", "app_ios"})

Days: TypeAlias = str | dt.date


class UserData(TypedDict, total=False):
    """What a person is known by, in clear or hashed: one value of each or several.

    `em`, or `hashed_maids`, or `client_ip_address` with `client_user_agent` is needed. The last
    four are sent as they are.
    """

    em: str | Sequence[str]
    """E-mail addresses."""
    ph: str | Sequence[str]
    """Telephone numbers, with country code."""
    ge: str | Sequence[str]
    """f, m or n."""
    db: Days | Sequence[Days]
    """Birthdays: year, month, day."""
    fn: str | Sequence[str]
    """First names."""
    ln: str | Sequence[str]
    """Last names."""
    ct: str | Sequence[str]
    """Cities."""
    st: str | Sequence[str]
    """States, as codes of two letters."""
    zp: str | Sequence[str]
    """Postal codes of digits."""
    country: str | Sequence[str]
    """Countries, as ISO 3166-1 codes of two letters."""
    external_id: str | Sequence[str]
    """Your own ids of the person, hashed exactly as they are."""
    hashed_maids: str | Sequence[str]
    """Advertising ids of Google or Apple, hashed exactly as they are."""
    client_ip_address: str
    client_user_agent: str
    click_id: str | None
    partner_id: str | None


def hash_user_data(data: UserData) -> "ConversionEventsUserDataProperties":
    """User data as they go on the wire: normalised, and SHA-256 in hex where Pinterest asks for it.

    `conversions.send_all` does this for each event. What is hashed already stays as it is; empty
    values are left out.

    Raises:
        InvalidCallError: A value is nothing that its field can hold, or nothing is left to match
            a person by. No value is repeated.
    """
    made, problems = hashed_user_data(data)
    if problems:
        raise InvalidCallError(problems)
    return cast("ConversionEventsUserDataProperties", made)


class SentEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An event that Pinterest has processed; `warning` is what it did not like about it."""

    warning: str | None = None


class EventResult(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one event: why it `failed`, with Pinterest's code, or a warning."""

    failed: str | None = None
    code: int | None = None
    warning: str | None = None


_IN_DOUBT: Final = EventResult(
    failed="it may have been counted: an earlier request with it has no answer, and sent again it "
    "could count twice"
)
_NOTHING_SAID: Final = EventResult(failed="Pinterest has said nothing of this event")


class EventsJob(SavedJob[Outcomes[SentEvent]], frozen=True, kw_only=True, tag="events"):
    """Events that are sent, up to 1,000 at a time; the result is what became of each.

    `events` are as they go on the wire, `results` what became of the first of them. `began` is the
    Unix time before which none was sent.
    """

    WHAT: ClassVar[str] = "the sending of events"

    events: list[dict[str, Any]]
    began: float
    results: tuple[EventResult, ...] = ()
    ad_account_id: str | None = None
    test: bool = False

    def __post_init__(self) -> None:
        """Refuse results of events that it does not have."""
        if len(self.results) > len(self.events):
            raise ValueError("`results` is longer than `events`")

    def __repr__(self) -> str:
        """Without people's data."""
        return f"EventsJob({len(self.results)} of {len(self.events)} events are done)"

    @property
    def at_once(self) -> bool:
        """There is nothing to wait for."""
        return True

    async def look(self, client: JobClient) -> Look[Outcomes[SentEvent]]:  # noqa: ARG002
        """Say whether all are sent; Pinterest keeps no state to look at."""
        if len(self.results) < len(self.events):
            return Look()
        return Look(result=Outcomes([*self._outcomes()]))

    async def step(self, run: Run) -> Look[Outcomes[SentEvent]]:
        """Send the next events."""
        done, size = len(self.results), TESTED if self.test else MOST_EVENTS
        some = self.events[done : done + size]
        if not some:
            return await self.look(run.client)
        results = await self._sent(run, some)
        run.tell(JobProgress(step="sending", sent=done + len(some), size=len(self.events)))
        return Look(then=replace(self, results=(*self.results, *results)))

    async def _sent(self, run: Run, events: Sequence[dict[str, Any]]) -> list[EventResult]:
        """Send some events, and say what became of each; where that is in doubt, again."""
        once = frozenset(at for at, one in enumerate(events) if self._counts_once(one, run))
        results: dict[int, EventResult] = {}
        if run.resumed:
            results = {at: _IN_DOUBT for at in range(len(events)) if at not in once}
        pause = run.polling.first
        for left in reversed(range(TRIES)):
            places = [at for at in range(len(events)) if at not in results]
            if not places:
                break
            try:
                answer = await self._answer(run.client, [events[at] for at in places])
            except (BadRequestError, UnprocessableError) as error:
                refused = EventResult(failed=error.message, code=error.code)
                results.update(dict.fromkeys(places, refused))
            except DOUBTFUL as error:
                if not in_doubt(error):
                    raise
                results.update((at, _IN_DOUBT) for at in places if at not in once)
                if len(results) < len(events):
                    if not left:
                        raise
                    await run.polling.sleep(pause)
                    pause = min(pause * run.polling.factor, run.polling.longest)
            else:
                results.update(zip(places, _results(answer, len(places)), strict=True))
        return [results[at] for at in range(len(events))]

    async def _answer(self, client: JobClient, events: Sequence[dict[str, Any]]) -> Any:
        answer = await client.send(
            CONVERSIONS_SEND,
            ad_account_id=self.ad_account_id,
            query={"test": True if self.test else None},
            body={"data": events},
        )
        return answer.data

    def _counts_once(self, event: Mapping[str, Any], run: Run) -> bool:
        """Whether an event may arrive a second time without harm."""
        recent = run.polling.now() - self.began < _ONCE
        return self.test or (recent and text_of(event, "action_source") in _COUNTED_ONCE)

    def _outcomes(self) -> Iterator[Outcome[SentEvent]]:
        for index, (event, known) in enumerate(zip(self.events, self.results, strict=True)):
            if known.failed is None:
                sent = SentEvent(warning=known.warning)
                yield Outcome(index=index, item=event, result=sent)
            else:
                failed = ItemFailure(index=index, code=known.code, message=known.failed, item=event)
                yield Outcome(index=index, item=event, failed=failed)


def _results(answer: Any, count: int) -> list[EventResult]:
    """What an answer says of each event of its request, in their order."""
    entries = field_of(answer, "events")
    if not is_items(entries) or len(entries) != count:
        return [_NOTHING_SAID] * count
    return [_result(one) for one in entries]


def _result(entry: Any) -> EventResult:
    state = text_of(entry, "status")
    if state == "processed":
        warning = text_of(entry, "warning_message")
        return EventResult(warning=readable(warning, _LONGEST) if warning else None)
    reason = text_of(entry, "error_message") or f"ended as {state or 'no state'}"
    return EventResult(failed=readable(reason, _LONGEST))


class ConversionsJobs(JobNamespace, Conversions):
    """Conversions: events sent from your server, hashed and in any number, and how they match."""

    __slots__ = ()

    async def send_all(
        self,
        events: "Iterable[ConversionEvent]",
        *,
        ad_account_id: str | None = None,
        test: bool = False,
        timeout: float | UnsetType | None = UNSET,  # noqa: ASYNC109
        progress: ProgressFunction | None = None,
        polling: Polling | None = None,
    ) -> Outcomes[SentEvent]:
        """Report any number of conversion events, and return what became of each.

        User data may be in clear: they are normalised and hashed as `hash_user_data` does. Events
        are sent in requests of up to 1,000. Where an answer is lost, they are sent again with the
        same ids, which Pinterest counts once; offline ones are not, and their outcome says so. A
        request that is refused as a whole fails its own events only.

        Args:
            events: As in `send`.
            ad_account_id: The ad account.
            test: True: checked but not recorded, all of them, in requests of 20.
            timeout: Seconds for all of it, by default 30 minutes.
            progress: Is called with a `JobProgress` after each request.
            polling: Pauses before an event is sent again.

        Raises:
            InvalidCallError: Events are wrong, with their places; nothing was sent.
            JobTimeoutError: Not all were sent in time.
        """
        job = await self.start_send_all(events, ad_account_id=ad_account_id, test=test)
        return await job.result(timeout=timeout, progress=progress, polling=polling)

    async def start_send_all(
        self,
        events: "Iterable[ConversionEvent]",
        *,
        ad_account_id: str | None = None,
        test: bool = False,
    ) -> Job[Outcomes[SentEvent]]:
        """Check and hash events as `send_all` does; its job sends them.

        A job that is taken up in another process sends all events again that it does not know to
        have an answer, except those that could count twice. What it saves has no user data in
        clear but addresses of the network, user agents and ids of clicks.
        """
        prepared = await _prepared(events)
        account = account_of(self._jobs, ad_account_id)
        for first in range(0, len(prepared), MOST_EVENTS):
            body = {"data": prepared[first : first + MOST_EVENTS]}
            try:
                self._jobs.check(CONVERSIONS_SEND, ad_account_id=account, body=body)
            except InvalidCallError as error:
                raise _of_events(placed(error, "data", first)) from None
            await asyncio.sleep(0)
        began = EventsJob.POLLING.now()
        return Job(
            self._jobs,
            EventsJob(events=prepared, began=began, ad_account_id=account, test=test),
        )


async def _prepared(events: object) -> list[dict[str, Any]]:
    """Events with their user data hashed; other tasks have their turn in between.

    Raises:
        InvalidCallError: User data are wrong.
    """
    if not is_iterable(events) or is_mapping(events):
        found = [Problem("events", f"expected a list, got {kind(events)}", "pass a list of events")]
        raise InvalidCallError(found, operation=CONVERSIONS_SEND)
    prepared: list[Any] = []
    problems: list[Problem] = []
    for index, event in enumerate(events):
        if is_mapping(event) and "user_data" in event:
            data, wrong = hashed_user_data(event["user_data"])
            problems += under(f"events[{index}].user_data", wrong)
            prepared.append(plain({**event, "user_data": data}))
        else:
            prepared.append(plain(event))
        if index % AT_A_TIME == AT_A_TIME - 1:
            await asyncio.sleep(0)
        if len(problems) >= MOST:
            break
    if problems:
        raise InvalidCallError(problems, operation=CONVERSIONS_SEND)
    return prepared


def _of_events(error: InvalidCallError) -> InvalidCallError:
    """The same problems at places of `events`, which `send` calls `data`."""
    problems = [
        replace(one, field=one.field.replace("data", "events", 1)) for one in error.problems
    ]
    return InvalidCallError(problems, operation=error.operation)
