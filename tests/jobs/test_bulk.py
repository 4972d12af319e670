"""Bulk downloads and upserts over real sockets: states, files in each form, outcomes by item."""

import json
from typing import Any

import msgspec
import pytest

from pinterest_async import (
    ConnectionFailedError,
    InvalidCallError,
    ItemsFailedError,
    JobFailedError,
    JobTimeoutError,
    Pinterest,
    Polling,
)
from pinterest_async.emulator import Emulator
from pinterest_async.emulator.faults import read
from pinterest_async.jobs import bulk as module
from pinterest_async.jobs.bulk import matched, parsed


@pytest.fixture
def pinterest(emulator: Emulator, client: Pinterest) -> Pinterest:
    (first, *_) = emulator.world.table("ad_accounts")
    return client.with_options(ad_account_id=first["id"])


STATUSES: Any = ["ACTIVE", "PAUSED", "ARCHIVED"]
SUMMER: Any = {"name": "Summer", "objective_type": "AWARENESS", "daily_spend_cap": 10_000_000}
CAMPAIGN: Any = {"name": "Spring", "objective_type": "AWARENESS", "daily_spend_cap": 10_000_000}


@pytest.mark.parametrize("format", ["JSON", "CSV"])
async def test_a_download_is_parsed(
    format: str, emulator: Emulator, pinterest: Pinterest, polling: Polling
) -> None:
    rows = await pinterest.bulk.download(
        entity_types=["CAMPAIGN", "AD"], output_format=format, polling=polling
    )
    campaigns = [one.id async for one in pinterest.campaigns.list(entity_statuses=STATUSES)]
    assert [row.data["id"] for row in rows if row.entity_type == "CAMPAIGN"] == campaigns
    assert {row.entity_type for row in rows} == {"CAMPAIGN", "AD"}
    assert len(emulator.calls("bulk.get")) == 3


async def test_outcomes_of_an_upsert_match_the_items(
    pinterest: Pinterest, polling: Polling
) -> None:
    [old] = await pinterest.campaigns.list(entity_statuses=STATUSES).limit(1).collect()
    outcomes = await pinterest.bulk.upsert(
        create={"campaigns": [CAMPAIGN, SUMMER]},
        update={
            "campaigns": [
                {"id": old.id, "ad_account_id": old.ad_account_id, "name": "Renamed"},
                {"id": "999", "ad_account_id": old.ad_account_id, "name": "Nobody"},
            ]
        },
        polling=polling,
    )
    assert [one.index for one in outcomes] == [0, 1, 2, 3]
    assert [one.item["name"] for one in outcomes] == ["Spring", "Summer", "Renamed", "Nobody"]
    assert [one.result["name"] for one in outcomes if one.result] == ["Spring", "Summer", "Renamed"]
    assert [one.index for one in outcomes.failed] == [3]
    with pytest.raises(ItemsFailedError) as caught:
        outcomes.raise_for_failures()
    assert [failure.index for failure in caught.value.failures] == [3]
    assert (await pinterest.campaigns.get(old.id)).name == "Renamed"


async def test_an_upsert_goes_on_in_another_process(
    emulator: Emulator, pinterest: Pinterest, polling: Polling
) -> None:
    emulator.faults.add(read("job:operation=bulk.get,state=RUNNING,times=3"))
    job = await pinterest.bulk.start_upsert(create={"campaigns": [CAMPAIGN]})
    assert (await job.status()).done is False
    with pytest.raises(JobTimeoutError):
        await job.result(timeout=0, polling=polling)
    saved = json.loads(json.dumps(job.save()))
    assert "http" not in json.dumps(saved)
    outcomes = await pinterest.job(saved).result(polling=polling)
    assert outcomes[0].result["name"] == "Spring"
    assert len(emulator.calls("bulk.create_upsert")) == 1


async def test_a_failed_job_is_told(
    emulator: Emulator, pinterest: Pinterest, polling: Polling
) -> None:
    emulator.faults.add(read("job:operation=bulk.get,state=FAILED"))
    with pytest.raises(JobFailedError, match="the bulk download ended as FAILED"):
        await pinterest.bulk.download(polling=polling)
    with pytest.raises(JobFailedError, match="the bulk upsert ended as FAILED"):
        await pinterest.bulk.upsert(create={"campaigns": [CAMPAIGN]}, polling=polling)


async def test_a_job_without_a_file_has_no_entities(
    emulator: Emulator, pinterest: Pinterest, polling: Polling
) -> None:
    emulator.faults.add(read("job:operation=bulk.get,state=SUCCEEDED"))
    assert await pinterest.bulk.download(polling=polling) == []
    outcomes = await pinterest.bulk.upsert(create={"campaigns": [CAMPAIGN]}, polling=polling)
    assert [one.result for one in outcomes] == [None]
    with pytest.raises(ItemsFailedError, match="said nothing of this item"):
        outcomes.raise_for_failures()


async def test_a_lapsed_address_is_asked_for_again(
    emulator: Emulator, pinterest: Pinterest, polling: Polling
) -> None:
    emulator.faults.add(read("error:operation=downloads.bulk_download,status=403,times=2"))
    assert await pinterest.bulk.download(polling=polling)
    assert len(emulator.calls("bulk.get")) == 5


@pytest.mark.parametrize("text", ["[1]", '{"a":', '[{"a":1}', 'a,"b\n'])
async def test_a_file_that_is_none_is_told(
    text: str, emulator: Emulator, pinterest: Pinterest, polling: Polling, monkeypatch: Any
) -> None:
    from pinterest_async.emulator.handlers.downloads import FILE_WRITERS

    def written(_world: Any, _job: Any) -> bytes:
        return text.encode()

    monkeypatch.setitem(FILE_WRITERS, "bulk_download", written)
    with pytest.raises(ConnectionFailedError, match="cannot be read"):
        await pinterest.bulk.download(polling=polling)
    assert emulator.calls("bulk.get")


async def test_a_file_has_a_bound(
    pinterest: Pinterest, polling: Polling, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_MEMORY", 100)
    with pytest.raises(ConnectionFailedError, match="would take more than 100 bytes"):
        await pinterest.bulk.download(polling=polling)


async def test_wrong_arguments_are_refused_before_anything_is_sent(
    emulator: Emulator, client: Pinterest, pinterest: Pinterest
) -> None:
    with pytest.raises(InvalidCallError, match="unknown value 'CAMPAIN'"):
        await pinterest.bulk.download(entity_types=["CAMPAIN"])
    with pytest.raises(InvalidCallError, match="ad_account_id: is required"):
        await client.bulk.download()
    assert emulator.calls() == []


ROWS = [{"entity_type": "CAMPAIGN", "id": "1"}, {"entity_type": "AD", "id": "2"}]


@pytest.mark.parametrize(
    "raw",
    [
        msgspec.json.encode(ROWS),
        b'{"CAMPAIGN": [{"id": "1"}], "AD": [{"id": "2"}]}',
        b"\n".join(msgspec.json.encode(row) for row in ROWS),
        b"entity_type,id\r\nCAMPAIGN,1\r\nAD,2\r\n",
        b"\xef\xbb\xbfentity_type,id\nCAMPAIGN,1\nAD,2",
    ],
)
def test_each_form_of_a_file_has_the_same_entities(raw: bytes) -> None:
    assert list(parsed(raw)) == ROWS


def test_entries_are_matched_by_place_by_id_or_not_at_all() -> None:
    sent = {"create": {"ads": [{"name": "a"}]}, "update": {"ads": [{"id": "1"}, {"id": "2"}]}}
    in_order = [{"data": {"n": n}} for n in range(3)]
    assert [one.result for one in matched(sent, in_order)] == [{"n": 0}, {"n": 1}, {"n": 2}]
    one_lacks = [{"operation": "UPDATE", "entity": "ads", "data": {"id": "2"}}]
    assert [one.result for one in matched(sent, one_lacks)] == [None, None, {"id": "2"}]
    twice = [*one_lacks, *one_lacks, *one_lacks]
    assert [one.result for one in matched(sent, twice)] == [None, None, None]
    assert [one.result for one in matched(sent, [])] == [None, None, None]
