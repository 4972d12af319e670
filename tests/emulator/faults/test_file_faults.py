"""Faults of what lies outside the API: files that are downloaded, files that are uploaded."""

import gzip
from typing import Any

import pytest
from aiohttp import ClientError, ClientPayloadError, FormData
from emulator.bench import Caller, Said, made

from pinterest_async.emulator.faults import (
    ChangedHeaders,
    Drift,
    EmptyPage,
    Error,
    ExpiredToken,
    Garbled,
    HtmlError,
    RateLimited,
    Reset,
    Slow,
    Truncated,
)
from pinterest_async.emulator.server.file_hosts import FILE_OPERATIONS

DAY = "2026-05-01"


async def report(call: Caller) -> str:
    """Where the file of a report is."""
    account = (await call("GET", "/ad_accounts")).json["items"][0]["id"]
    body = {
        "start_date": DAY,
        "end_date": "2026-05-20",
        "granularity": "DAY",
        "columns": ["SPEND_IN_MICRO_DOLLAR"],
        "level": "ADVERTISER",
    }
    said = await call("POST", f"/ad_accounts/{account}/reports", json=body)
    assert said.status == 200, said.text
    while True:
        state = await call("GET", f"/ad_accounts/{account}/reports?token={said.json['token']}")
        if state.json["report_status"] == "FINISHED":
            return str(state.json["url"])


async def got(call: Caller, url: str, **options: Any) -> Said:
    async with call.session.get(url, **options) as answer:
        return Said(answer.status, answer.headers, await answer.read())


async def test_each_file_has_a_name_that_faults_know(call: Caller) -> None:
    names = [f"{one.namespace}.{one.name}" for one in FILE_OPERATIONS]
    assert {"downloads.report", "downloads.bulk_download", "uploads.media"} <= set(names)
    for name in (*names, "downloads.*", "uploads/media"):
        call.emulator.faults.add(Error(operation=name))
    with pytest.raises(ValueError, match="fits none"):
        call.emulator.faults.add(Error(operation="downloads.other"))


async def test_an_address_that_is_refused_and_lapses(call: Caller) -> None:
    url = await report(call)
    page = f"{call.emulator.page}/faults"
    fault = {"kind": "error", "status": 403, "operation": "downloads.report", "times": 1}
    added = await call("POST", page, json=fault)
    assert added.json[0]["hits"] == 0
    assert [(await got(call, url)).status for _ in range(2)] == [403, 200]
    assert (await call("GET", page)).json[0]["hits"] == 1
    call.emulator.advance(301)
    assert (await got(call, url)).status == 403


async def test_files_that_break_off(call: Caller) -> None:
    url = await report(call)
    whole = (await got(call, url)).text
    faults = call.emulator.faults
    with faults.add(Truncated(at=10, operation="downloads.*")), pytest.raises(ClientPayloadError):
        await got(call, url)
    with faults.add(Truncated(at=10, announced=False, operation="downloads.*")):
        assert (await got(call, url)).text == whole[:10]
    for at in (0, 20, 200):
        with faults.add(Reset(at, operation="downloads.*")), pytest.raises(ClientError):
            await got(call, url)
    with faults.add(HtmlError(503, operation="downloads.*")):
        assert (await got(call, url)).status == 503
    naps: list[float] = []

    async def nap(seconds: float) -> None:
        naps.append(seconds)

    faults.sleep = nap
    with faults.add(Slow(8.0, pieces=4, operation="downloads.*")):
        assert (await got(call, url)).text == whole
    assert naps == [2.0] * 4


async def test_noise_that_is_called_gzip(call: Caller) -> None:
    url = await report(call)
    whole = (await got(call, url)).text
    packed = gzip.compress(whole, mtime=0)
    for at in (0, len(packed) // 2):
        with call.emulator.faults.add(Garbled(at)):
            raw = await got(call, url, auto_decompress=False)
            assert raw.headers["Content-Encoding"] == "gzip"
            assert raw.text[:at] == packed[:at]
            assert raw.text != packed
    with call.emulator.faults.add(Garbled(0)), pytest.raises(ClientPayloadError):
        await got(call, url)
    assert (await got(call, url)).text == whole


async def test_what_only_the_api_can_do_leaves_files_alone(call: Caller) -> None:
    url = await report(call)
    faults: list[Any] = [RateLimited(), ExpiredToken(), EmptyPage(), Drift()]
    active = [call.emulator.faults.add(fault) for fault in faults]
    call.emulator.faults.add(ChangedHeaders(put={"X-Own": "1"}))
    said = await got(call, url)
    assert (said.status, said.headers["X-Own"]) == (200, "1")
    assert [one.hits for one in active[:3]] == [0, 0, 0]


@pytest.mark.parametrize("applied", [True, False])
async def test_an_upload_that_breaks_before_or_after_the_deed(
    call: Caller, *, applied: bool
) -> None:
    media = await made(call, "/media", media_type="video")
    form = FormData()
    for field, value in media["upload_parameters"].items():
        form.add_field(field, value)
    form.add_field("file", b"moving", filename="a.mp4")
    fault = call.emulator.faults.add(Reset(0, operation="uploads.*", applied=applied))
    with pytest.raises(ClientError):
        await call.session.post(media["upload_url"], data=form)
    state = (await call("GET", f"/media/{media['media_id']}")).json["status"]
    assert state == ("processing" if applied else "registered")
    assert fault.hits == 1
