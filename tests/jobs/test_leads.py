"""Exports of leads, and requests to erase conversions: asked for, waited for, read, taken up."""

import datetime as dt
import json
from typing import Any, Final

import pytest

from pinterest_async import (
    ConnectionFailedError,
    InvalidCallError,
    JobFailedError,
    Pinterest,
    Polling,
)
from pinterest_async.emulator import Emulator
from pinterest_async.emulator.contract.description import ApiOperation
from pinterest_async.emulator.contract.messages import HttpRequest, HttpResponse
from pinterest_async.emulator.faults import JobState, read

DAY: Final = dt.date(2026, 1, 31)


class File:
    """Puts another content into the files of exports."""

    def __init__(self) -> None:
        self.content: bytes | None = None

    def before(self, operation: ApiOperation, incoming: HttpRequest) -> None:
        assert operation.method
        assert incoming.method

    def after(
        self, operation: ApiOperation, incoming: HttpRequest, answer: HttpResponse
    ) -> HttpResponse:
        assert incoming.method
        if operation.namespace == "downloads" and self.content is not None:
            return HttpResponse(status=200, body=self.content)
        return answer


@pytest.fixture
def ad(emulator: Emulator) -> str:
    (account, *_) = emulator.world.table("ad_accounts")
    (ad, *_) = emulator.world.table("ads").by("ad_account_id", account["id"])
    return str(ad["id"])


@pytest.fixture
def file(emulator: Emulator) -> File:
    made = File()
    emulator.hooks.append(made)
    return made


async def test_leads_come_as_rows(account: Pinterest, ad: str, polling: Polling) -> None:
    leads = await account.lead_exports.run(ad, start_date=DAY, end_date=DAY, polling=polling)
    assert len(leads) >= 3
    first = leads[0]
    assert first.ad_id == ad
    assert first.lead_id is not None
    assert first.lead_id.isdigit()
    assert first.fields["email"] == "lead1@shop.example"
    assert "shop.example" not in repr(first)  # a person's data


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", []),
        (b'\xef\xbb\xbflead_id,What is your name?\r\n7,"Ann, Lee"\r\n', [("7", None)]),
        (b'[{"lead_id": 7, "ad_id": "8"}, {}]', [("7", "8"), (None, None)]),
        (b'{"lead_id": "7"}\n{"lead_id": "8"}\n', [("7", None), ("8", None)]),
    ],
)
async def test_files_of_any_form(
    content: bytes, found: Any, account: Pinterest, ad: str, file: File, polling: Polling
) -> None:
    file.content = content
    leads = await account.lead_exports.run(ad, start_date=DAY, end_date=DAY, polling=polling)
    assert [(one.lead_id, one.ad_id) for one in leads] == found


@pytest.mark.parametrize("content", [b"[1]", b"{", b"\xff\xfe,", b"[" * 100_000])
async def test_a_file_that_is_none_is_an_error(
    content: bytes, account: Pinterest, ad: str, file: File, polling: Polling
) -> None:
    file.content = content
    with pytest.raises(ConnectionFailedError, match="cannot be read"):
        await account.lead_exports.run(ad, start_date=DAY, end_date=DAY, polling=polling)


async def test_an_export_that_is_done_without_a_file(
    account: Pinterest, ad: str, emulator: Emulator, polling: Polling
) -> None:
    emulator.faults.add(JobState("FINISHED", operation="lead_exports.get"))
    assert await account.lead_exports.run(ad, start_date=DAY, end_date=DAY, polling=polling) == []


@pytest.mark.parametrize("state", ["FAILED", None])
@pytest.mark.filterwarnings("ignore::pinterest_async.DriftWarning")
async def test_an_export_that_fails_says_so(
    state: str | None, account: Pinterest, ad: str, emulator: Emulator, polling: Polling
) -> None:
    emulator.faults.add(JobState(state, operation="lead_exports.get", skip=1))
    with pytest.raises(JobFailedError, match=f"ended as {state or 'no state'}") as caught:
        await account.lead_exports.run(ad, start_date=DAY, end_date=DAY, polling=polling)
    assert caught.value.state == state


async def test_an_address_that_lapses_is_asked_for_again(
    account: Pinterest, ad: str, emulator: Emulator, polling: Polling
) -> None:
    emulator.faults.add(read("error:operation=downloads.leads_export,status=403,times=2"))
    leads = await account.lead_exports.run(ad, start_date=DAY, end_date=DAY, polling=polling)
    assert len(leads) >= 3


async def test_a_saved_export_is_taken_up(account: Pinterest, ad: str, polling: Polling) -> None:
    begun = await account.lead_exports.start(ad, start_date=DAY, end_date=DAY)
    saved = json.loads(json.dumps(begun.save()))
    assert len(await account.job(saved).result(polling=polling)) >= 3
    assert (await begun.status()).done


async def test_wrong_arguments_are_named(client: Pinterest, account: Pinterest, ad: str) -> None:
    with pytest.raises(InvalidCallError, match="ad_account_id: is required"):
        await client.lead_exports.run(ad, start_date=DAY, end_date=DAY)
    with pytest.raises(InvalidCallError, match="start_date"):
        await account.lead_exports.run(ad, start_date="31.1.", end_date=DAY)


async def test_a_deletion_request_is_followed(
    account: Pinterest, emulator: Emulator, polling: Polling
) -> None:
    targets = [{"event_id": "order-1"}]
    done = await account.conversion_deletion_requests.run(deletion_targets=targets, polling=polling)
    assert done.status == "SUBMITTED"
    job = await account.conversion_deletion_requests.start(deletion_targets=targets)
    taken_up = account.job(json.loads(json.dumps(job.save())))
    emulator.faults.add(JobState("PENDING", operation="conversion_deletion_requests.get", times=3))
    assert (await taken_up.result(polling=polling)).status == "SUBMITTED"
    listed = [one.request_id async for one in account.conversion_deletion_requests.list()]
    assert done.request_id in listed
    assert len(listed) == 2


async def test_a_deletion_request_that_is_cancelled_says_so(
    account: Pinterest, polling: Polling
) -> None:
    job = await account.conversion_deletion_requests.start(deletion_targets=[{"event_id": "1"}])
    request: Any = job.saved
    cancelled = await account.conversion_deletion_requests.cancel(request.request_id)
    assert cancelled is not None
    assert cancelled.status == "CANCELLED"
    with pytest.raises(JobFailedError, match="ended as CANCELLED"):
        await job.result(polling=polling)
