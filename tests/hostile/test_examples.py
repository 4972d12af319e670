"""Answers that once raised something else than `PinterestError`, or told the wrong one's fault."""

import json
from typing import Any

import msgspec
import pytest

from pinterest_async import (
    BookmarkError,
    ConnectionFailedError,
    ItemsFailedError,
    LoginError,
    Page,
    Pager,
    PinterestError,
    code_from_callback,
    item_failures,
    operations,
    raise_for_items,
    succeeded,
)
from pinterest_async._core.display import plain, readable
from pinterest_async._core.outcomes import RawResponse
from pinterest_async._core.ratelimit_headers import RateState
from pinterest_async._core.retry_rules import classify
from pinterest_async.jobs.errors import JobFailedError
from pinterest_async.jobs.job import Job
from pinterest_async.jobs.polling import Polling
from pinterest_async.jobs.report_job import ReportJob

JOB = ReportJob(ad_account_id="1", tokens=("1",))
POLLING = Polling(timeout=0.0, first=0.0)


def http(value: Any, status: int = 200) -> bytes:
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    return b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n%b" % (status, len(body), body)


# Bookmarks: the server's fault, told when what came before has been delivered


@pytest.mark.parametrize("bookmark", [{"a": 1}, ["b"], [], {}, 7, 0, 1.5, True, False])
async def test_a_bookmark_that_is_no_text(bookmark: Any, bench: Any) -> None:
    bench.peer.answers = [http({"items": [{"id": "1"}], "bookmark": bookmark})]
    walk = aiter(bench.client(on_drift="ignore").pins.list())
    assert (await anext(walk)).id == "1"
    with pytest.raises(BookmarkError, match="the bookmark of page 1 is of type"):
        await anext(walk)


async def test_a_bookmark_without_end() -> None:
    async def fetch(_: str | None) -> Page[int]:
        return Page(items=[1], bookmark="b" * 20_000)

    with pytest.raises(BookmarkError, match="page 1 has more than 16,384 characters"):
        await Pager(fetch).collect()


async def test_a_bookmark_of_a_page_that_ends_the_walk_does_not_matter() -> None:
    async def fetch(_: str | None) -> Page[int]:
        return Page(items=[1, 2], bookmark=7)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]

    assert await Pager(fetch).limit(2).collect() == [1, 2]


# Items


@pytest.mark.parametrize(
    ("message", "shown"),
    [(5, "5"), ({"a": [1]}, '{"a":[1]}'), (["no", 1], '["no",1]'), (True, "true"), (None, "")],
)
def test_a_message_of_an_item_that_is_no_text(message: Any, shown: str) -> None:
    answer = {"events": [{"status": "failed", "error_message": message}]}
    (failure,) = item_failures(answer)
    assert failure.message == shown
    with pytest.raises(ItemsFailedError, match=r"item 0: \S"):
        raise_for_items(answer)


@pytest.mark.parametrize("answer", [{"items": 3}, {"items": True}, {}, "text", 7])
def test_what_succeeded_of_an_answer_that_drifted(answer: Any) -> None:
    with pytest.raises(ItemsFailedError, match="the answer has no items"):
        succeeded(answer)


# Messages


def test_messages_are_short_and_printable() -> None:
    error = PinterestError("\x1b[31mred\0\u202eback\ud800" + "x" * 1_000_000)
    assert str(error).startswith(r"\x1b[31mred\x00\u202eback\ud800xxx")
    assert len(str(error)) < 4100
    assert readable("Fête, 50 %\xa0!\n👩‍👩‍👧", 40) == "Fête, 50 %\xa0!\n👩‍👩‍👧"


def test_a_deep_answer_as_plain_values() -> None:
    deep: Any = msgspec.json.decode(b"[" * 900 + b"]" * 900)
    assert plain({"unknown": deep}) == {"unknown": deep}


# Waits


@pytest.mark.parametrize(
    ("message", "header"), [("", "9" * 400), ("retry after " + "9" * 400 + " h", None)]
)
def test_a_wait_is_no_longer_than_any_window(message: str, header: str | None) -> None:
    operation = next(one for one in operations() if one.id == "pins/get")
    headers = {} if header is None else {"Retry-After": header}
    body = json.dumps({"message": message}).encode()
    verdict = classify(operation, RawResponse(429, headers, body), RateState())
    assert verdict.wait == 31 * 86_400


# Reports


@pytest.mark.parametrize("answer", [[], [[]], 0, 1.5, False, "text", {"report_status": {}}])
async def test_a_report_whose_status_cannot_be_read(answer: Any, bench: Any) -> None:
    bench.peer.answers = [http(answer)]
    client = bench.client(on_drift="ignore")
    with pytest.raises(JobFailedError):
        await Job(client, JOB).result(polling=POLLING)
    with pytest.raises(JobFailedError, match="no report was made"):
        await client.reports.start(
            ad_account_id="1",
            start_date="2026-01-01",
            end_date="2026-01-02",
            granularity="DAY",
            columns=["SPEND_IN_DOLLAR"],
            level="CAMPAIGN",
        )


@pytest.mark.parametrize("url", [7, True, {"a": 1}, ["http://x/"], 1.5])
async def test_an_address_of_a_report_that_is_no_text(url: Any, bench: Any) -> None:
    bench.peer.answers = [http({"report_status": "FINISHED", "url": url})]
    with pytest.raises(JobFailedError, match="the address of the report's file is not text"):
        await Job(bench.client(on_drift="ignore"), JOB).result(polling=POLLING)


@pytest.mark.parametrize(
    "url",
    [
        *("http://[", "http://127.0.0.1:99999/", "//x", "x", "ftp://x/", "file:///etc/passwd"),
        *("http://é/", "http://a b/", "http://x/\r\nX: 1", "unix:///x", "http://"),
    ],
)
async def test_an_address_of_a_report_that_leads_nowhere(url: str, bench: Any) -> None:
    bench.peer.answers = [http({"report_status": "FINISHED", "url": url})]
    report = await Job(bench.client(on_drift="ignore"), JOB).result(polling=POLLING)
    with pytest.raises(ConnectionFailedError, match="is not an http or https address") as caught:
        await anext(report.rows())
    assert caught.value.phase == "not_sent"


# Logins


@pytest.mark.parametrize("url", ["http://[", "http://x/?state=\ud800&code=1", ""])
def test_a_callback_that_is_no_address(url: str) -> None:
    with pytest.raises(LoginError, match="the state is not"):
        code_from_callback(url, state="s")
