"""Customer lists and audiences: records hashed, cut, sent once, and waited for until matched."""

import hashlib
import json
from typing import Any, Final

import pytest

from pinterest_async import (
    InvalidCallError,
    JobFailedError,
    JobProgress,
    Pinterest,
    Polling,
    ServerError,
)
from pinterest_async.emulator import Emulator
from pinterest_async.emulator.contract.description import ApiOperation
from pinterest_async.emulator.contract.messages import HttpRequest, HttpResponse
from pinterest_async.emulator.faults import Error, JobState, Reset

PEOPLE: Final = [f"Person{number}@Example.com" for number in range(250)]


def of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


class Sent:
    """The records that arrive, request by request."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, list[str]]] = []
        self.lists: bytes | None = None

    def before(self, operation: ApiOperation, incoming: HttpRequest) -> None:
        if operation.namespace == "customer_lists" and incoming.body:
            records = json.loads(incoming.body)["records"].split(",")
            self.requests.append((operation.name, records))

    def after(
        self, operation: ApiOperation, incoming: HttpRequest, answer: HttpResponse
    ) -> HttpResponse:
        assert incoming.method == operation.method
        if self.lists is not None and operation.name == "list":
            return HttpResponse(status=200, body=self.lists)
        return answer

    def counts(self) -> list[tuple[str, int]]:
        return [(name, len(records)) for name, records in self.requests]


@pytest.fixture
def sent(emulator: Emulator) -> Sent:
    watching = Sent()
    emulator.hooks.append(watching)
    return watching


async def test_a_list_is_made_of_hashes_in_parts_and_waited_for(
    account: Pinterest, sent: Sent, polling: Polling
) -> None:
    steps: list[JobProgress] = []
    records = [*PEOPLE, "", "  ", PEOPLE[0].upper(), of("person0@example.com").upper()]
    found = await account.customer_lists.run(
        "Buyers", iter(records), part=100, progress=steps.append, polling=polling
    )
    assert (found.name, found.status, found.num_uploaded_user_records) == ("Buyers", "READY", 250)
    assert sent.counts() == [("create", 100), ("update", 100), ("update", 50)]
    assert sent.requests[0][1][0] == of("person0@example.com")
    assert [one.sent for one in steps if one.step == "sending"] == [100, 200, 250]
    assert [one.state for one in steps if one.step == "waiting"] == ["PROCESSING", "READY"]


async def test_records_are_added_and_removed(
    account: Pinterest, sent: Sent, polling: Polling
) -> None:
    made = await account.customer_lists.run("Buyers", PEOPLE, polling=polling)
    more = [f"other{number}@example.com" for number in range(10)]
    grown = await account.customer_lists.add(made.id, more, polling=polling)
    assert grown.num_uploaded_user_records == 260
    left = await account.customer_lists.remove(made.id, PEOPLE, part=200, polling=polling)
    assert (left.status, left.num_removed_user_records) == ("TOO_SMALL", 250)
    assert sent.counts()[1:] == [("update", 10), ("update", 200), ("update", 50)]


async def test_hashes_of_other_kinds_and_advertising_ids(
    account: Pinterest, sent: Sent, polling: Polling
) -> None:
    md5, sha1 = "A" * 32, "b" * 40
    with pytest.raises(JobFailedError, match="ended as TOO_SMALL") as caught:
        await account.customer_lists.run("Few", [md5, sha1], polling=polling)
    assert caught.value.state == "TOO_SMALL"
    ids = [f"EA7583CD-A667-48BC-B806-42ECB2B4{number:04}" for number in range(100)]
    await account.customer_lists.run("Phones", ids, list_type="IDFA", polling=polling)
    assert sent.requests[0][1] == [md5.lower(), sha1]
    assert sent.requests[1][1][0] == of(ids[0])


@pytest.mark.parametrize(
    ("records", "options", "field"),
    [
        (["ann@example.com", "SECRET"], {}, "records[1]"),
        ([7], {}, "records[0]"),
        (["a@b"], {"list_type": "LR_ID"}, "list_type"),
        (["a@b"], {"part": 0}, "part"),
        ([], {}, "records"),
        ("ann@example.com", {}, "records"),
        (["", " "], {}, "records"),
        (["\ud800"], {}, "records[0]"),
    ],
)
async def test_wrong_records_are_named_and_nothing_is_sent(
    records: Any, options: Any, field: str, account: Pinterest, sent: Sent
) -> None:
    with pytest.raises(InvalidCallError) as caught:
        await account.customer_lists.run("Buyers", records, **options)
    assert [one.field for one in caught.value.problems] == [field]
    assert "SECRET" not in str(caught.value)
    with pytest.raises(InvalidCallError):
        await account.customer_lists.remove("7", records, **options)
    assert sent.requests == []


@pytest.mark.parametrize(
    "fault",
    [
        Reset(operation="customer_lists.create", applied=True, times=1),
        Error(500, operation="customer_lists.create", applied=True, times=1),
    ],
    ids=["lost", "500"],
)
async def test_a_list_that_may_have_been_made_is_looked_for(
    fault: Any, account: Pinterest, emulator: Emulator, polling: Polling
) -> None:
    emulator.faults.add(fault)
    found = await account.customer_lists.run("Buyers", PEOPLE, part=100, polling=polling)
    assert found.num_uploaded_user_records == 250
    assert [one.name async for one in account.customer_lists.list()].count("Buyers") == 1


async def test_a_list_that_was_not_made_is_an_error(
    account: Pinterest, emulator: Emulator, polling: Polling
) -> None:
    await account.customer_lists.create(name="Others", records="a@example.com")
    emulator.faults.add(Error(500, operation="customer_lists.create"))
    with pytest.raises(ServerError):
        await account.customer_lists.run("Buyers", PEOPLE, polling=polling)


@pytest.mark.parametrize("body", [b'{"items": 7}', b'{"items": [7, {"created_time": "x"}]}', b"[]"])
@pytest.mark.filterwarnings("ignore::pinterest_async.DriftWarning")
async def test_odd_lists_are_none_that_was_made(
    body: bytes, account: Pinterest, emulator: Emulator, sent: Sent, polling: Polling
) -> None:
    sent.lists = body
    emulator.faults.add(Error(500, operation="customer_lists.create"))
    with pytest.raises(ServerError):
        await account.customer_lists.run("Buyers", PEOPLE, polling=polling)


async def test_a_change_whose_answer_is_lost_is_sent_again(
    account: Pinterest, emulator: Emulator, sent: Sent, polling: Polling
) -> None:
    emulator.faults.add(Error(500, operation="customer_lists.update", applied=True, times=2))
    await account.customer_lists.run("Buyers", PEOPLE, part=200, polling=polling)
    assert sent.counts() == [("create", 200), *[("update", 50)] * 3]


async def test_a_saved_job_goes_on_with_the_list_it_made(
    account: Pinterest, sent: Sent, polling: Polling
) -> None:
    begun = await account.customer_lists.start("Buyers", PEOPLE, part=100)
    assert "xample" not in repr(begun)
    saved = json.dumps(begun.save())
    assert "xample" not in saved
    made = await begun.result(polling=polling)
    again = await account.job(json.loads(saved)).result(polling=polling)
    assert again.id == made.id
    assert sent.counts()[3:] == [("update", 100), ("update", 50)]  # a set, so nothing is doubled


async def test_an_audience_is_made_and_waited_for(
    account: Pinterest, emulator: Emulator, polling: Polling
) -> None:
    people = await account.customer_lists.run("Buyers", PEOPLE, polling=polling)
    audience = await account.audiences.run(
        name="Buyers",
        audience_type="CUSTOMER_LIST",
        rule={"customer_list_id": people.id},
        polling=polling,
    )
    assert (audience.status, audience.size) == ("READY", 250)
    job = account.audiences.ready(audience.id)
    emulator.faults.add(JobState("INITIALIZING", operation="audiences.get", times=3))
    taken_up = account.job(json.loads(json.dumps(job.save())))
    assert (await taken_up.result(polling=polling)).id == audience.id
    assert (await job.status()).done


async def test_an_audience_that_is_too_small_says_so(account: Pinterest, polling: Polling) -> None:
    few = await account.customer_lists.create(name="Few", records="ann@example.com")
    with pytest.raises(JobFailedError, match="the audience ended as TOO_SMALL") as caught:
        await account.audiences.run(
            name="Few",
            audience_type="CUSTOMER_LIST",
            rule={"customer_list_id": few.id},
            polling=polling,
        )
    assert caught.value.state == "TOO_SMALL"
    assert "at least 100 people" in caught.value.advice
