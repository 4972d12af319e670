"""Events in any number: hashed, checked, cut, sent again where that does no harm, and matched."""

import asyncio
import hashlib
import json
from collections.abc import Callable, Sequence
from typing import Any, Final

import pytest
from msgspec.structs import replace

from pinterest_async import (
    InvalidCallError,
    JobProgress,
    PermissionDeniedError,
    Pinterest,
    Polling,
    ServerError,
    hash_user_data,
)
from pinterest_async.emulator import Emulator
from pinterest_async.emulator.contract.description import ApiOperation
from pinterest_async.emulator.contract.messages import HttpRequest, HttpResponse
from pinterest_async.emulator.faults import Error, Reset
from pinterest_async.jobs.conversions import AT_A_TIME

ANN: Final = hashlib.sha256(b"ann@example.com").hexdigest()


class Sent:
    """The events that arrive, request by request; and what is to be answered to one."""

    def __init__(self) -> None:
        self.requests: list[list[dict[str, Any]]] = []
        self.targets: list[str] = []
        self.answers: dict[int, Callable[[HttpResponse], HttpResponse]] = {}

    def before(self, operation: ApiOperation, incoming: HttpRequest) -> None:
        if operation.name == "send":
            self.targets.append(incoming.target)
            self.requests.append(json.loads(incoming.body)["data"])

    def after(
        self, operation: ApiOperation, incoming: HttpRequest, answer: HttpResponse
    ) -> HttpResponse:
        assert incoming.method == operation.method
        change = self.answers.get(len(self.requests))
        return answer if change is None or operation.name != "send" else change(answer)

    def ids(self) -> list[list[str]]:
        return [[one["event_id"] for one in request] for request in self.requests]


@pytest.fixture
def sent(emulator: Emulator) -> Sent:
    watching = Sent()
    emulator.hooks.append(watching)
    return watching


def event(number: int, emulator: Emulator, **more: Any) -> Any:
    return {
        "event_name": "checkout",
        "action_source": "web",
        "event_id": f"order-{number}",
        "event_time": int(emulator.now()) - 60,
        "user_data": {"em": ["Ann@Example.com"]},
        **more,
    }


def counted(emulator: Emulator) -> int:
    return len(list(emulator.world.table("conversion_events")))


async def test_events_are_hashed_cut_and_matched(
    account: Pinterest, emulator: Emulator, sent: Sent
) -> None:
    events = [event(number, emulator) for number in range(2100)]
    events[1500]["event_time"] += 10_000_000
    events[2000]["event_name"] = "lamp_lit"
    steps: list[JobProgress] = []
    outcomes = await account.conversions.send_all(events, progress=steps.append)
    assert [len(request) for request in sent.requests] == [1000, 1000, 100]
    assert [id for ids in sent.ids() for id in ids] == [one["event_id"] for one in events]
    assert sent.requests[0][0]["user_data"] == {"em": [ANN]}
    assert events[0]["user_data"] == {"em": ["Ann@Example.com"]}  # the caller's are as they were
    assert [(one.index, one.item["event_id"]) for one in outcomes.failed] == [(1500, "order-1500")]
    assert "lies in the future" in str(outcomes.failed[0].failed)
    assert len(outcomes.results) == 2099
    warned = outcomes[2000].result
    assert warned is not None
    assert warned.warning == "event_name: lamp_lit is not a standard event"
    assert outcomes[0].result is not None
    assert outcomes[0].result.warning is None
    assert [(one.sent, one.size) for one in steps if one.step == "sending"] == [
        (1000, 2100),
        (2000, 2100),
        (2100, 2100),
    ]
    assert counted(emulator) == 2099


async def test_a_test_looks_at_all_and_records_none(
    account: Pinterest, emulator: Emulator, sent: Sent
) -> None:
    events = [event(number, emulator) for number in range(50)]
    outcomes = await account.conversions.send_all(iter(events), test=True)
    assert [len(request) for request in sent.requests] == [20, 20, 10]
    assert all("test=true" in target for target in sent.targets)
    assert len(outcomes.results) == 50
    assert counted(emulator) == 0


async def test_nothing_to_send(account: Pinterest, sent: Sent) -> None:
    assert len(await account.conversions.send_all([])) == 0
    assert sent.requests == []


async def test_wrong_events_are_named_by_their_places_and_nothing_is_sent(
    account: Pinterest, emulator: Emulator, sent: Sent
) -> None:
    events = [event(number, emulator) for number in range(1200)]
    events[7]["user_data"] = {"em": "SECRET", "st": "California"}
    events[1100]["user_data"] = {}
    with pytest.raises(InvalidCallError) as caught:
        await account.conversions.send_all(events)
    assert [(one.field, one.message) for one in caught.value.problems] == [
        ("events[7].user_data.em", "is no e-mail address"),
        ("events[7].user_data.st", "is no code of two letters"),
        ("events[1100].user_data", "has nothing to match a person by"),
    ]
    assert "SECRET" not in str(caught.value)
    events = [event(number, emulator) for number in range(1200)]
    del events[1100]["event_id"], events[1150]["user_data"]
    events[3]["nmae"] = "x"
    with pytest.raises(InvalidCallError) as caught:
        await account.conversions.send_all(events[1:])
    assert [one.field for one in caught.value.problems] == ["events[2].nmae"]
    with pytest.raises(InvalidCallError) as caught:
        await account.conversions.send_all(events[1000:])
    assert [one.field for one in caught.value.problems] == [
        "events[100].event_id",
        "events[150].user_data",
    ]
    events = [event(number, emulator) for number in range(1200)]
    events[1100]["action_source"] = "webb"
    with pytest.raises(InvalidCallError) as caught:
        await account.conversions.send_all(events)
    (problem,) = caught.value.problems
    assert problem.field == "events[1100].action_source"
    assert problem.message == "unknown value 'webb'"
    assert problem.fix.startswith("did you mean 'web'?")
    nothing: Any = {"data": []}
    with pytest.raises(InvalidCallError, match="expected a list, got dict"):
        await account.conversions.send_all(nothing)
    assert sent.requests == []


@pytest.mark.parametrize(
    "fault",
    [
        Reset(operation="conversions.send", applied=True, times=2),
        Error(500, operation="conversions.send", applied=True, times=2),
    ],
)
async def test_a_lost_answer_is_asked_for_again_with_the_same_ids(
    fault: Any, account: Pinterest, emulator: Emulator, sent: Sent, polling: Polling
) -> None:
    emulator.faults.add(fault)
    events = [event(number, emulator) for number in range(3)]
    events[1]["action_source"] = "offline"
    outcomes = await account.conversions.send_all(events, polling=polling)
    assert sent.ids() == [
        ["order-0", "order-1", "order-2"],
        ["order-0", "order-2"],
        ["order-0", "order-2"],
    ]
    assert [one.index for one in outcomes.failed] == [1]
    assert "may have been counted" in str(outcomes.failed[0].failed)
    assert counted(emulator) == 2


async def test_a_fault_that_lasts_is_raised_and_the_rest_can_be_sent_later(
    account: Pinterest, emulator: Emulator, sent: Sent, polling: Polling
) -> None:
    emulator.faults.add(Error(500, operation="conversions.send", applied=True, skip=1, times=4))
    job = await account.conversions.start_send_all(
        event(number, emulator) for number in range(1500)
    )
    with pytest.raises(ServerError):
        await job.result(polling=polling)
    assert [len(one) for one in sent.requests] == [1000, 500, 500, 500, 500]
    outcomes = await job.result(polling=polling)
    assert [len(one) for one in sent.requests[5:]] == [500]
    assert len(outcomes.results) == 1500
    assert counted(emulator) == 1500


async def test_a_request_that_is_refused_fails_its_own_events_only(
    account: Pinterest, emulator: Emulator
) -> None:
    emulator.faults.add(Error(422, 4196, operation="conversions.send", skip=1, times=1))
    events = [event(number, emulator) for number in range(2500)]
    outcomes = await account.conversions.send_all(events)
    assert [one.index for one in outcomes.failed] == list(range(1000, 2000))
    assert {one.failed.code for one in outcomes.failed if one.failed} == {4196}
    assert counted(emulator) == 1500


async def test_a_missing_permission_is_raised(account: Pinterest, emulator: Emulator) -> None:
    emulator.faults.add(Error(403, 29, operation="conversions.send"))
    with pytest.raises(PermissionDeniedError):
        await account.conversions.send_all([event(1, emulator)])


@pytest.mark.parametrize(
    "body",
    [b'{"events": [], "num_events_received": 2, "num_events_processed": 2}', b"{}", b"[]", b"null"],
)
@pytest.mark.filterwarnings("ignore::pinterest_async.DriftWarning")
async def test_an_answer_without_an_entry_for_each_event(
    body: bytes, account: Pinterest, emulator: Emulator, sent: Sent
) -> None:
    sent.answers[1] = lambda answer: replace_body(answer, body)
    outcomes = await account.conversions.send_all([event(n, emulator) for n in range(2)])
    assert [str(one.failed) for one in outcomes.failed] == [
        "item 0: Pinterest has said nothing of this event",
        "item 1: Pinterest has said nothing of this event",
    ]


@pytest.mark.filterwarnings("ignore::pinterest_async.DriftWarning")
async def test_what_is_said_of_an_event_is_bounded_and_readable(
    account: Pinterest, emulator: Emulator, sent: Sent
) -> None:
    long = json.dumps("x\x1b[2J" * 5_000)
    entries = [f'{{"status": "failed", "error_message": {long}}}', '{"status": 7}', "8"]
    body = f'{{"events": [{", ".join(entries)}], "num_events_received": 3}}'
    sent.answers[1] = lambda answer: replace_body(answer, body.encode())
    outcomes = await account.conversions.send_all([event(n, emulator) for n in range(3)])
    messages = [str(one.failed) for one in outcomes]
    assert len(messages[0]) < 5000  # escapes take more room
    assert messages[0].isprintable()
    assert messages[1:] == ["item 1: ended as no state", "item 2: ended as no state"]


def replace_body(answer: HttpResponse, body: bytes) -> HttpResponse:
    return replace(answer, body=body)


async def test_a_saved_job_tells_nothing_in_clear_and_is_taken_up(
    account: Pinterest, emulator: Emulator, sent: Sent, polling: Polling
) -> None:
    events = [event(number, emulator) for number in range(1100)]
    events[1]["action_source"] = "offline"
    begun = await account.conversions.start_send_all(events)
    assert "xample" not in repr(begun)
    saved = json.dumps(begun.save())
    assert "Ann" not in saved
    await begun.result(polling=polling)
    again = account.job(json.loads(saved))
    outcomes = await again.result(polling=polling)
    assert [one.index for one in outcomes.failed] == [1]  # it could count twice
    assert [len(one) for one in sent.requests] == [1000, 100, 999, 100]
    assert counted(emulator) == 1099


async def test_after_two_days_nothing_is_sent_again(
    account: Pinterest, emulator: Emulator, sent: Sent, polling: Polling
) -> None:
    job = await account.conversions.start_send_all([event(1, emulator)])
    later = replace(polling, now=lambda: polling.now() + 47 * 3600 + 1)
    outcomes = await account.job(job.save()).result(polling=later)
    assert "may have been counted" in str(outcomes.failed[0].failed)
    assert sent.requests == []


async def test_status_looks_at_what_is_known(
    account: Pinterest, emulator: Emulator, sent: Sent
) -> None:
    job = await account.conversions.start_send_all([event(1, emulator)])
    assert not (await job.status()).done
    await job.result()
    assert (await job.status()).done
    assert len(sent.requests) == 1


async def test_a_cancelled_job_goes_on_later(
    account: Pinterest, emulator: Emulator, sent: Sent
) -> None:
    job = await account.conversions.start_send_all(
        [event(number, emulator) for number in range(1001)]
    )
    first = asyncio.Event()
    task = asyncio.ensure_future(job.result(progress=lambda _: first.set()))
    await first.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert len(await job.result()) == 1001
    assert counted(emulator) == 1001
    assert len(sent.requests) in {2, 3}


async def test_send_itself_refuses_user_data_in_clear(
    account: Pinterest, emulator: Emulator, sent: Sent
) -> None:
    clear = [event(1, emulator)]
    with pytest.raises(
        InvalidCallError, match=r"data\[0\]\.user_data\.em\[0\].* is not hashed"
    ) as caught:
        await account.conversions.send(data=clear)
    assert "conversions.send_all" in str(caught.value)
    assert "xample" not in str(caught.value)
    clear[0]["user_data"] = {"em": [ANN.upper()]}
    with pytest.raises(InvalidCallError, match="in capitals"):
        await account.conversions.send(data=clear)
    assert sent.requests == []
    answer = await account.with_options(check="lenient").conversions.send(data=clear)
    assert answer.events[0].status == "failed"
    hashed = event(2, emulator, user_data=hash_user_data({"em": "Ann@Example.com"}))
    assert (await account.conversions.send(data=[hashed])).num_events_processed == 1


def test_user_data_alone() -> None:
    assert hash_user_data({"em": "Ann@Example.com", "fn": ""}) == {"em": [ANN]}
    with pytest.raises(InvalidCallError, match="nothing to match a person by"):
        hash_user_data({"fn": "Ann"})


async def test_any_sequence_of_events_will_do(account: Pinterest, emulator: Emulator) -> None:
    events: Sequence[Any] = tuple(event(number, emulator) for number in range(3))
    job = await account.conversions.start_send_all(events)
    assert len(job.save()["events"]) == 3


async def test_other_tasks_have_their_turn_while_events_are_hashed(
    account: Pinterest, emulator: Emulator
) -> None:
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    task = asyncio.ensure_future(others())
    events = [event(number, emulator) for number in range(10 * AT_A_TIME)]
    await account.conversions.start_send_all(events)
    task.cancel()
    assert turns >= 10
