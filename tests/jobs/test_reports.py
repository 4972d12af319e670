"""Reports over real sockets: every state, lapsed addresses, broken files, formats, long ranges."""

import datetime as dt
import gzip
import importlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinterest_async import (
    ConnectionFailedError,
    InvalidCallError,
    JobExpiredError,
    JobFailedError,
    JobProgress,
    JobTimeoutError,
    Pinterest,
    Polling,
)
from pinterest_async._core.report_table import ReportTable
from pinterest_async._core.unpacking import Unpacker
from pinterest_async.emulator import Emulator
from pinterest_async.emulator.contract.description import ApiOperation
from pinterest_async.emulator.contract.messages import HttpRequest, HttpResponse
from pinterest_async.emulator.faults import read
from pinterest_async.jobs import reports as module
from pinterest_async.jobs.report_arrow import REST, Batches

DAY = dt.timedelta(days=1)
TODAY = dt.datetime.now(dt.UTC).date()
COLUMNS = ["SPEND_IN_DOLLAR", "TOTAL_CLICKTHROUGH", "CAMPAIGN_NAME"]


@pytest.fixture
def account(emulator: Emulator) -> str:
    (first, *_) = emulator.world.table("ad_accounts")
    return str(first["id"])


@pytest.fixture
def pinterest(client: Pinterest, account: str) -> Pinterest:
    return client.with_options(ad_account_id=account)


def body(days: int = 3, **changes: Any) -> Any:
    return {
        "level": "CAMPAIGN",
        "granularity": "DAY",
        "start_date": TODAY - (days + 1) * DAY,
        "end_date": TODAY - 2 * DAY,
        "columns": COLUMNS,
        **changes,
    }


class Packed:
    """Packs the files that are downloaded, as stored files may be."""

    def before(self, operation: ApiOperation, incoming: HttpRequest) -> None:
        assert operation.name
        assert incoming.method

    def after(
        self, operation: ApiOperation, incoming: HttpRequest, answer: HttpResponse
    ) -> HttpResponse:
        if operation.namespace == "downloads" and answer.status == 200:
            answer.body = gzip.compress(answer.body, mtime=0)
            assert "range" not in {name.lower() for name in incoming.headers}
        return answer


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
@pytest.mark.parametrize("format", ["JSON", "CSV"])
async def test_rows_are_typed_in_each_format(
    format: str, packed: bool, emulator: Emulator, pinterest: Pinterest, polling: Polling
) -> None:
    if packed:
        emulator.hooks.append(Packed())
    steps: list[JobProgress] = []
    report = await pinterest.reports.run(
        **body(report_format=format), polling=polling, progress=steps.append
    )
    rows = [row async for row in report.rows()]
    assert {str(row.DATE) for row in rows} == {str(TODAY - n * DAY) for n in (2, 3, 4)}
    for row in rows:
        assert isinstance(row.SPEND_IN_DOLLAR, float)
        assert isinstance(row.TOTAL_CLICKTHROUGH, int)
        assert isinstance(row.CAMPAIGN_NAME, str)
        assert isinstance(row.CAMPAIGN_ID, str)
    assert [one.state for one in steps] == ["IN_PROGRESS", "IN_PROGRESS", "FINISHED"]
    assert len(emulator.calls("reports.get")) == 3
    assert not report.empty


async def test_batches_have_one_schema(pinterest: Pinterest, polling: Polling) -> None:
    pytest.importorskip("pyarrow")
    pa: Any = importlib.import_module("pyarrow")
    report = await pinterest.reports.run(**body(), polling=polling)
    batches = [batch async for batch in report.batches(size=2)]
    table = pa.Table.from_batches(batches)
    assert [batch.num_rows for batch in batches[:-1]] == [2] * (len(batches) - 1)
    assert table.num_rows == len([row async for row in report.rows()])
    types = {field.name: str(field.type) for field in table.schema}
    assert types["DATE"] == "date32[day]"
    assert types["SPEND_IN_DOLLAR"] == "double"
    assert types["TOTAL_CLICKTHROUGH"] == "int64"
    assert table.column(REST).null_count == table.num_rows


def names(folder: Path) -> list[str]:
    return sorted(one.name for one in folder.iterdir())


async def test_a_file_is_saved_whole_or_not_at_all(
    emulator: Emulator, pinterest: Pinterest, polling: Polling, tmp_path: Path
) -> None:
    report = await pinterest.reports.run(**body(), polling=polling)
    path = tmp_path / "report.json"
    size = await report.save(path)
    assert path.stat().st_size == size
    assert {*json.loads(path.read_text())} == {row.CAMPAIGN_ID async for row in report.rows()}
    emulator.faults.add(read("truncated:operation=downloads.report,at=0"))
    with pytest.raises(ConnectionFailedError):
        await report.save(tmp_path / "other.json")
    assert names(tmp_path) == ["report.json"]


@pytest.mark.parametrize(
    ("state", "error", "words"),
    [
        ("FAILED", JobFailedError, "ended as FAILED: too many rows"),
        ("CANCELLED", JobFailedError, "ended as CANCELLED"),
        ("EXPIRED", JobExpiredError, "ended as EXPIRED"),
        ("DOES_NOT_EXIST", JobExpiredError, "ended as DOES_NOT_EXIST"),
        (None, JobFailedError, "ended as timed out"),
    ],
)
async def test_each_end_without_a_result_is_told(
    state: str | None,
    error: type[JobFailedError],
    words: str,
    emulator: Emulator,
    pinterest: Pinterest,
    polling: Polling,
) -> None:
    fault = {"kind": "job", "operation": "reports.get", "message": "too many rows"}
    emulator.faults.add(read(fault if state is None else {**fault, "state": state}))
    job = await pinterest.reports.start(**body())
    with pytest.raises(error, match=words) as caught:
        await job.result(polling=polling)
    assert caught.value.state == state
    with pytest.raises(error):
        await job.status()


async def test_a_token_that_has_lapsed_is_told(
    emulator: Emulator, pinterest: Pinterest, polling: Polling
) -> None:
    job = await pinterest.reports.start(**body())
    emulator.faults.add(read("error:operation=reports.get,status=400,code=1104"))
    with pytest.raises(JobExpiredError):
        await job.result(polling=polling)
    emulator.faults.clear()
    emulator.advance(3700)
    with pytest.raises(JobExpiredError, match="EXPIRED"):
        await job.result(polling=polling)


async def test_a_slow_report_is_waited_for_and_taken_up_elsewhere(
    emulator: Emulator, pinterest: Pinterest, polling: Polling
) -> None:
    emulator.faults.add(read("job:operation=reports.get,state=IN_PROGRESS,times=5"))
    job = await pinterest.reports.start(**body())
    with pytest.raises(JobTimeoutError, match="the report is not done"):
        await job.result(timeout=0, polling=polling)
    saved = json.loads(json.dumps(job.save()))
    assert "http" not in json.dumps(saved)
    report = await pinterest.job(saved).result(polling=polling)
    assert [row async for row in report.rows()]
    assert len(emulator.calls("reports.create")) == 1


async def test_a_report_without_data_is_empty(
    emulator: Emulator, pinterest: Pinterest, polling: Polling, tmp_path: Path
) -> None:
    emulator.faults.add(read("job:operation=reports.get,state=FINISHED,times=1"))
    report = await pinterest.reports.run(**body(), polling=polling)
    assert report.empty
    assert [row async for row in report.rows()] == []
    assert await report.save(tmp_path / "empty.json") == 0
    # Or there is a file of no bytes.
    other = await pinterest.reports.run(**body(campaign_ids=["1"]), polling=polling)
    assert [row async for row in other.rows()] == []
    assert [batch async for batch in other.batches()] == []


async def test_an_address_that_lapses_is_asked_for_again(
    emulator: Emulator, pinterest: Pinterest, polling: Polling
) -> None:
    report = await pinterest.reports.run(**body(), polling=polling)
    emulator.advance(301)
    asked = len(emulator.calls("reports.get"))
    assert [row async for row in report.rows()]
    assert len(emulator.calls("reports.get")) == asked + 1


async def test_a_file_that_is_garbled_anywhere_is_read_or_refused(
    emulator: Emulator, pinterest: Pinterest, polling: Polling
) -> None:
    report = await pinterest.reports.run(**body(3), polling=polling)
    failures = 0
    for at in range(0, 600, 7):
        for walk in (report.rows, report.entities):
            with emulator.faults.add(read(f"garbled:operation=downloads.report,at={at}")):
                try:
                    async for _ in walk():
                        pass
                except ConnectionFailedError:
                    failures += 1
    assert failures > 20


@pytest.mark.parametrize("ranges", [True, False], ids=["by range", "from the start"])
async def test_a_file_that_breaks_off_is_gone_on_with(
    ranges: bool,
    emulator: Emulator,
    uploads: Any,
    pinterest: Pinterest,
    polling: Polling,
) -> None:
    report = await pinterest.reports.run(**body(20), polling=polling)
    whole = [row async for row in report.rows()]
    again = await pinterest.reports.run(**body(20), polling=polling)
    for skip, at in enumerate((50, 700)):
        fault = f"truncated:operation=downloads.report,at={at},times=1,skip={skip}"
        emulator.faults.add(read(fault))
    if not ranges:
        emulator.hooks.insert(0, WithoutRanges())
    uploads.requests.clear()
    assert [row async for row in again.rows()] == whole
    assert len(uploads.requests) == 3
    asked = [one.headers.get("Range") for one in uploads.requests]
    assert asked[0] is None
    if ranges:
        assert asked[1:] == ["bytes=50-", "bytes=750-"]


class WithoutRanges:
    """A storage host that sends whole files only."""

    def before(self, operation: ApiOperation, incoming: HttpRequest) -> HttpRequest:
        assert operation.name
        headers = {k: v for k, v in incoming.headers.items() if k.lower() != "range"}
        return HttpRequest(
            method=incoming.method,
            target=incoming.target,
            headers=headers,
            body=incoming.body,
            now=incoming.now,
        )

    def after(
        self, operation: ApiOperation, incoming: HttpRequest, answer: HttpResponse
    ) -> HttpResponse:
        assert operation.method == incoming.method
        return answer


async def test_a_file_that_became_another_one_is_not_gone_on_with(
    emulator: Emulator, pinterest: Pinterest, polling: Polling
) -> None:
    report = await pinterest.reports.run(**body(20), polling=polling)
    emulator.faults.add(read("truncated:operation=downloads.report,at=500,times=1"))
    other = {"kind": "headers", "operation": "downloads.report", "skip": 1, "put": {"ETag": "x"}}
    emulator.faults.add(read(other))
    with pytest.raises(ConnectionFailedError, match="changed while it was read"):
        _ = [row async for row in report.rows()]


@pytest.mark.parametrize(
    "fault",
    [
        "truncated:operation=downloads.report,at=0",
        "error:operation=downloads.report,status=403",
        "error:operation=downloads.report,status=503",
        "truncated:operation=downloads.report,at=30,announced=false",
        "garbled:operation=downloads.report,at=30",
    ],
)
async def test_a_file_that_cannot_be_had_ends_in_an_error(
    fault: str, emulator: Emulator, pinterest: Pinterest, polling: Polling
) -> None:
    report = await pinterest.reports.run(**body(), polling=polling)
    emulator.faults.add(read(fault))
    with pytest.raises(ConnectionFailedError):
        _ = [row async for row in report.rows()]
    assert len(emulator.calls("reports.get")) < 70


async def test_a_long_range_is_split_and_joined(
    emulator: Emulator, pinterest: Pinterest, polling: Polling, tmp_path: Path
) -> None:
    job = await pinterest.reports.start(**body(400))
    assert len(emulator.calls("reports.create")) == 3
    report = await pinterest.job(job.save()).result(polling=polling)
    days = [str(row.DATE) async for row in report.rows()]
    assert len({*days}) == 400
    assert {str(TODAY - 2 * DAY), str(TODAY - 401 * DAY)} <= {*days}
    await report.save(tmp_path / "report.json")
    assert names(tmp_path) == ["report.2.json", "report.3.json", "report.json"]


@given(st.integers(1, 1200), st.sampled_from(["CAMPAIGN", "PRODUCT_ITEM"]))
def test_parts_have_each_day_once(days: int, level: str) -> None:
    end = dt.date(2026, 11, 24)
    whole = {
        "level": level,
        "granularity": "DAY",
        "start_date": end - (days - 1) * DAY,
        "end_date": str(end),
    }
    found: list[dt.date] = []
    for one in module.parts(whole):
        day = dt.date.fromisoformat(str(one["start_date"]))
        last = dt.date.fromisoformat(str(one["end_date"]))
        assert (last - day).days < (31 if level == "PRODUCT_ITEM" else 186)
        while day <= last:
            found.append(day)
            day += DAY
    assert found == [end - (days - 1 - n) * DAY for n in range(days)]


async def test_wrong_reports_are_refused_before_anything_is_sent(
    emulator: Emulator, client: Pinterest, pinterest: Pinterest
) -> None:
    with pytest.raises(InvalidCallError, match="TOTAL cannot be cut"):
        await pinterest.reports.run(**body(400, granularity="TOTAL"))
    with pytest.raises(InvalidCallError, match="did you mean 'SPEND_IN_DOLLAR'"):
        await pinterest.reports.run(**body(400, columns=["SPEND_IN_DOLAR"]))
    with pytest.raises(InvalidCallError, match="ad_account_id: is required"):
        await client.reports.run(**body())
    assert emulator.calls() == []


async def test_reports_by_template_for_mix_models_and_of_products(
    emulator: Emulator, pinterest: Pinterest, account: str, polling: Polling
) -> None:
    templates = await pinterest.reports.list_templates()
    report = await pinterest.reports.run_template(templates[0].id, polling=polling)
    assert isinstance([row async for row in report.rows()], list)
    mix = await pinterest.mmm_reports.run(
        report_name="mix",
        start_date=TODAY - 5 * DAY,
        end_date=TODAY - 2 * DAY,
        granularity="DAY",
        level="CAMPAIGN_TARGETING",
        targeting_types=["GENDER"],
        columns=["SPEND_IN_DOLLAR"],
        polling=polling,
    )
    rows = [row async for row in mix.rows()]
    assert {row["TARGETING_TYPE"] for row in rows} == {"GENDER"}
    job = await pinterest.conversion_product_reports.start(
        report_name="products",
        start_date=TODAY - 12 * DAY,
        end_date=TODAY - 3 * DAY,
        granularity="WEEK",
        level="CAMPAIGN",
        columns=["CAMPAIGN_NAME"],
    )
    products = await pinterest.job(job.save()).result(polling=polling)
    assert all(isinstance(row, dict) for row in [row async for row in products.rows()])
    emulator.faults.add(read("job:operation=mmm_reports.get,state=FAILED"))
    mmm = await pinterest.mmm_reports.start(
        report_name="mix",
        start_date=TODAY - 5 * DAY,
        end_date=TODAY - 2 * DAY,
        granularity="DAY",
        level="CAMPAIGN_TARGETING",
        targeting_types=["GENDER"],
        columns=["SPEND_IN_DOLLAR"],
        ad_account_id=account,
    )
    with pytest.raises(JobFailedError, match="ended as FAILED"):
        await mmm.result(polling=polling)


async def test_reports_on_catalogs(emulator: Emulator, client: Pinterest, polling: Polling) -> None:
    job = await client.catalog_reports.start(
        {"catalog_type": "RETAIL", "report": {"report_type": "DISTRIBUTION_ISSUES"}}
    )
    report = await client.job(json.loads(json.dumps(job.save()))).result(polling=polling)
    rows = [row async for row in report.rows()]
    assert all(isinstance(value, str | None) for row in rows for value in row.values())
    whole = await client.catalog_reports.run(
        {"catalog_type": "RETAIL", "report": {"report_type": "DISTRIBUTION_ISSUES"}},
        polling=polling,
    )
    assert [row async for row in whole.rows()] == rows
    emulator.advance(3700)
    with pytest.raises(JobExpiredError, match="the report has expired"):
        await client.job(job.save()).result(polling=polling)


async def test_creation_is_tried_again_where_that_does_no_harm(
    emulator: Emulator, pinterest: Pinterest
) -> None:
    emulator.faults.add(read("error:operation=reports.create,status=500,times=1"))
    emulator.faults.add(read("error:operation=reports.create,status=400,code=12,times=1"))
    await pinterest.reports.start(**body())
    assert len(emulator.calls("reports.create")) == 3


# Pure parts


@given(st.binary(max_size=5000), st.lists(st.integers(1, 300), min_size=1, max_size=30))
def test_what_is_packed_comes_out_whatever_the_pieces_are(content: bytes, sizes: list[int]) -> None:
    for stored in (gzip.compress(content), gzip.compress(content[:50]) + gzip.compress(b"x")):
        unpacker, found, at = Unpacker(), b"", 0
        for size in sizes * 5000:
            if at >= len(stored):
                break
            found += b"".join(unpacker.feed(stored[at : at + size]))
            at += size
        found += b"".join(unpacker.close())
        assert found == gzip.decompress(stored)


def test_a_small_file_may_unpack_to_a_large_one_but_in_small_pieces() -> None:
    pieces = list(Unpacker().feed(gzip.compress(bytes(50 << 20))))
    assert sum(map(len, pieces)) == 50 << 20
    assert max(map(len, pieces)) <= 1 << 20


@given(
    st.lists(st.lists(st.text(st.characters(codec="utf-8")), min_size=2, max_size=2)),
    st.lists(st.integers(1, 40), min_size=1, max_size=20),
)
def test_csv_is_cut_whatever_the_pieces_are(rows: list[list[str]], sizes: list[int]) -> None:
    import csv
    import io

    text = io.StringIO(newline="")
    csv.writer(text).writerows([["A_NAME", "B_NAME"], *rows])
    raw, table, found, at = text.getvalue().encode(), ReportTable(), list[Any](), 0
    for size in sizes * 10_000:
        if at >= len(raw):
            break
        found += table.feed(raw[at : at + size])
        at += size
    found += table.close()
    assert [[row["A_NAME"] or "", row["B_NAME"] or ""] for row in found] == rows


def test_tabs_part_columns_where_there_are_more_of_them() -> None:
    table = ReportTable(typed=False)
    rows = [*table.feed(b"id\tprice\n007\t1,5 EUR\n"), *table.close()]
    assert rows == [{"id": "007", "price": "1,5 EUR"}]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('A,B\n1,"2', "breaks off within a value"),
        ("A,B\n1\n", "more or fewer values"),
        ("A\n" + "x" * 2_000_000, "field limit"),
        ("," * 5000 + "\n", "more than 4,096 columns"),
    ],
)
def test_what_is_no_csv_is_told(text: str, words: str) -> None:
    table = ReportTable()
    with pytest.raises(ValueError, match=words):
        _ = [*table.feed(text.encode()), *table.close()]


def test_values_that_fit_no_column_are_kept_aside() -> None:
    pytest.importorskip("pyarrow")
    rows: list[Any] = [
        {"DATE": "2026-01-02", "SPEND_IN_DOLLAR": 1, "TOTAL_CLICKTHROUGH": 2.0},
        {"DATE": "soon", "SPEND_IN_DOLLAR": "x", "TOTAL_CLICKTHROUGH": 2.5, "NEW": [1]},
        {"DATE": None, "SPEND_IN_DOLLAR": True, "TOTAL_CLICKTHROUGH": 2**70},
    ]
    batches = Batches(["SPEND_IN_DOLLAR", "TOTAL_CLICKTHROUGH"], rows[:1])
    found = batches.batch(rows).to_pylist()
    assert found[0] == {
        "DATE": dt.date(2026, 1, 2),
        "SPEND_IN_DOLLAR": 1.0,
        "TOTAL_CLICKTHROUGH": 2,
        REST: None,
    }
    assert json.loads(found[1][REST]) == {
        "NEW": [1],
        "DATE": "soon",
        "SPEND_IN_DOLLAR": "x",
        "TOTAL_CLICKTHROUGH": 2.5,
    }
    assert json.loads(found[2][REST]) == {"SPEND_IN_DOLLAR": True, "TOTAL_CLICKTHROUGH": 2**70}
