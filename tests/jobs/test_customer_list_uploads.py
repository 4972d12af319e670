"""Files of customers in parts: cut as S3 wants it, sent again where one breaks off, followed."""

import json
from pathlib import Path
from typing import Any

import pytest

from pinterest_async import InvalidCallError, JobFailedError, JobProgress, Pinterest, Polling
from pinterest_async.emulator import Emulator
from pinterest_async.emulator.contract.description import ApiOperation
from pinterest_async.emulator.contract.messages import HttpRequest, HttpResponse
from pinterest_async.emulator.faults import JobState
from pinterest_async.jobs import customer_list_uploads as module


class Storage:
    """What arrives at the storage; it may refuse the first requests."""

    def __init__(self) -> None:
        self.parts: list[HttpRequest] = []
        self.refusals: list[int] = []

    def before(self, operation: ApiOperation, incoming: HttpRequest) -> None:
        if operation.namespace == "uploads":
            self.parts.append(incoming)

    def after(
        self, operation: ApiOperation, incoming: HttpRequest, answer: HttpResponse
    ) -> HttpResponse:
        assert incoming.method
        if operation.namespace == "uploads" and self.refusals:
            return HttpResponse(status=self.refusals.pop(0), body=b"<Error/>")
        return answer


@pytest.fixture
def storage(emulator: Emulator) -> Storage:
    watching = Storage()
    emulator.hooks.append(watching)
    return watching


@pytest.fixture
async def people(account: Pinterest) -> str:
    return (await account.customer_lists.create(name="Buyers", records="a@b.example")).id


LINES = b"".join(b"person%04d@example.com\n" % number for number in range(1000))


async def test_a_small_file_is_one_part(
    account: Pinterest, people: str, storage: Storage, polling: Polling, tmp_path: Path
) -> None:
    path = tmp_path / "people.csv"
    path.write_bytes(LINES)
    steps: list[JobProgress] = []
    done = await account.customer_list_uploads.upload(
        people, path, progress=steps.append, polling=polling
    )
    assert (done.state, done.operation) == ("SUCCEEDED", "ADD")
    assert done.record_counts is not None
    assert done.record_counts.processed == 1000
    assert [part.body for part in storage.parts] == [LINES]
    assert "Authorization" not in storage.parts[0].headers
    assert (steps[0].step, steps[0].sent, steps[0].size) == ("uploading", len(LINES), len(LINES))
    assert (await account.customer_lists.get(people)).num_uploaded_user_records == 1001


async def test_a_large_file_is_cut(
    account: Pinterest,
    people: str,
    storage: Storage,
    polling: Polling,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "LEAST_PART", 5000)
    await account.customer_list_uploads.upload(people, LINES, operation="REMOVE", polling=polling)
    assert [len(part.body) for part in storage.parts] == [5750] * 4
    assert b"".join(part.body for part in storage.parts) == LINES
    storage.parts.clear()
    monkeypatch.setattr(module, "LEAST_PART", 100)
    await account.customer_list_uploads.upload(people, LINES + b"x", polling=polling)
    assert len(storage.parts) == 10
    assert b"".join(part.body for part in storage.parts) == LINES + b"x"


async def test_a_part_that_the_storage_fails_is_sent_again(
    account: Pinterest, people: str, storage: Storage, polling: Polling
) -> None:
    storage.refusals = [500, 503]
    await account.customer_list_uploads.upload(people, LINES, polling=polling)
    assert [part.body for part in storage.parts] == [LINES] * 3


@pytest.mark.parametrize("refusals", [[403], [500, 500, 500]])
async def test_a_part_that_is_refused_is_an_error_without_the_signature(
    refusals: list[int], account: Pinterest, people: str, storage: Storage, polling: Polling
) -> None:
    storage.refusals = list(refusals)
    with pytest.raises(JobFailedError, match="the storage refused a part") as caught:
        await account.customer_list_uploads.upload(people, LINES, polling=polling)
    assert len(storage.parts) == len(refusals)
    assert "Signature" not in str(caught.value)


async def test_an_upload_that_fails_says_so(
    account: Pinterest, people: str, emulator: Emulator, polling: Polling
) -> None:
    emulator.faults.add(JobState("FAILED", operation="customer_list_uploads.get", skip=1))
    with pytest.raises(JobFailedError, match="ended as FAILED"):
        await account.customer_list_uploads.upload(people, LINES, polling=polling)


async def test_a_saved_upload_is_run_by_whoever_takes_it_up(
    account: Pinterest, people: str, emulator: Emulator, polling: Polling
) -> None:
    begun = await account.customer_list_uploads.start_upload(people, LINES)
    assert not (await begun.status()).done
    saved = json.dumps(begun.save())
    assert "Signature" not in saved
    emulator.faults.add(JobState("PAUSED", operation="customer_list_uploads.get", skip=1, times=2))
    done = await account.job(json.loads(saved)).result(polling=polling)
    assert done.state == "SUCCEEDED"
    assert len(emulator.calls("customer_list_uploads.run")) == 1
    assert (await begun.result(polling=polling)).id == done.id


@pytest.mark.parametrize("content", [b"", "/no/such/file", 7])
async def test_what_is_no_file_is_refused(
    content: Any, account: Pinterest, people: str, storage: Storage
) -> None:
    with pytest.raises(InvalidCallError, match="content"):
        await account.customer_list_uploads.upload(people, content)
    assert storage.parts == []
