"""Async reports of every kind: created, looked at, and read from their files while they arrive."""

import os
import secrets
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from functools import cache, lru_cache
from importlib import import_module
from pathlib import Path
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    ClassVar,
    Final,
    Generic,
    Literal,
    NamedTuple,
    TypeAlias,
    TypeVar,
    cast,
)

import msgspec

from pinterest_async._core.guards import is_object
from pinterest_async._core.item_failures import field_of
from pinterest_async._core.operation import Operation
from pinterest_async._core.report_body import ReportBody
from pinterest_async._core.report_table import ReportTable
from pinterest_async._core.rows import row_type
from pinterest_async.errors import BadRequestError
from pinterest_async.jobs.content import in_thread, wrong
from pinterest_async.jobs.downloads import beginning_with, file_pieces, unpacked, unreadable
from pinterest_async.jobs.errors import JobExpiredError, JobFailedError
from pinterest_async.jobs.job import (
    JobClient,
    JobProgress,
    Look,
    ProgressFunction,
    Run,
    SavedJob,
    account_of,
    text_of,
)
from pinterest_async.jobs.polling import Polling
from pinterest_async.jobs.report_arrow import Batches
from pinterest_async.resources.reports import Reports
from pinterest_async.types import AnalyticsRow

R = TypeVar("R")

Source: TypeAlias = Literal["reports", "mmm", "products", "catalogs"]
"""Which kind of report: of ads analytics, for mix models, of products bought, on catalogs."""

ROWS_AT_A_TIME: Final = 50_000
LIFETIME: Final = 3600.0
"""Seconds that Pinterest keeps a report."""

_LAPSED: Final = 1104
"""Pinterest's code for a token of a report that it does not keep any more."""


class ReportRow(AnalyticsRow, frozen=True, gc=False):
    """A row of a report: the columns that were asked for, and those that come unasked.

    Without a value, and where a report has no such column, they are None.
    """

    __always__: ClassVar[tuple[str, ...]] = ("DATE", "TARGETING_TYPE", "TARGETING_VALUE")

    if TYPE_CHECKING:
        DATE: str | None
        """First day of the row's span, UTC; None where the report is in total."""
        TARGETING_TYPE: str | None
        TARGETING_VALUE: str | None


class _Operations(NamedTuple):
    create: Operation[Any]
    get: Operation[Any]


_NAMESPACES: Final[Mapping[Source, str]] = {
    "reports": "reports:Reports",
    "mmm": "mmm_reports:MmmReports",
    "products": "conversion_product_reports:ConversionProductReports",
    "catalogs": "catalog_reports:CatalogReports",
}


@cache
def _operations(source: Source) -> _Operations:
    """The operations of a source, imported when they are needed: not every API has them all."""
    module, _, name = _NAMESPACES[source].partition(":")
    namespace: Any = getattr(import_module(f"pinterest_async.resources.{module}"), name)
    return _Operations(namespace.create.operation, namespace.get.operation)


class ReportJob(SavedJob["Report[Any]"], frozen=True, kw_only=True, tag="report"):
    """A report that was asked for; Pinterest keeps it for an hour. The result is the `Report`.

    `tokens` has one for each part, where a long range was split. `columns` are those asked for. A
    report on catalogs need not be of an ad account.
    """

    WHAT: ClassVar[str] = "the report"
    POLLING: ClassVar[Polling] = Polling(first=3.0, factor=1.7)

    ad_account_id: str | None
    tokens: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]
    source: Source = "reports"
    csv: bool = False
    columns: tuple[str, ...] = ()

    async def look(self, client: JobClient) -> "Look[Report[Any]]":
        """Look at all parts."""
        return await self._look(client, self.POLLING, _nobody)

    async def step(self, run: Run) -> "Look[Report[Any]]":
        """Look at all parts; whoever waits is told of later looks for addresses too."""
        return await self._look(run.client, run.polling, run.tell)

    async def _look(
        self, client: JobClient, polling: Polling, tell: ProgressFunction
    ) -> "Look[Report[Any]]":
        urls: list[str | None] = []
        for token in self.tokens:
            state, url = await self.part(client, token)
            if state != "FINISHED":
                return Look(state=state)
            urls.append(url)
        return Look(state="FINISHED", result=Report(client, self, urls, polling, tell))

    async def part(self, client: JobClient, token: str) -> tuple[str, str | None]:
        """The state of one part, and the address of its file, which is None without data.

        Raises:
            JobFailedError: It has ended without a result.
        """
        operation, query, scope = _operations(self.source).get, {"token": token}, self.ad_account_id
        if self.source == "catalogs":
            query, scope = {**query, **_acting(self.ad_account_id)}, None
        try:
            response = await client.send(operation, ad_account_id=scope, query=query)
        except BadRequestError as error:
            if error.code != _LAPSED:
                raise
            raise JobExpiredError(f"the report has expired: {error.message}") from error
        answer = _flat(response.data)
        state = text_of(answer, "report_status")
        if state in ("EXPIRED", "DOES_NOT_EXIST"):
            raise JobExpiredError(f"the report ended as {state}", state=state)
        if state == "FINISHED":
            return state, _address(answer)
        if state == "IN_PROGRESS":
            return state, None
        words = text_of(answer, "message")
        because = f": {words}" if words else ""
        # No status at all means that the report took Pinterest too long.
        raise JobFailedError(f"the report ended as {state or 'timed out'}{because}", state=state)


def _acting(ad_account_id: str | None) -> dict[str, str]:
    return {} if ad_account_id is None else {"ad_account_id": ad_account_id}


async def created_of_catalogs(client: JobClient, ad_account_id: str | None, body: Any) -> ReportJob:
    """Ask for a report on catalogs.

    Raises:
        JobFailedError: The answer names no report.
    """
    operation, query = _operations("catalogs").create, _acting(ad_account_id)
    answer = (await client.send(operation, query=query, body=body)).data
    saved = ReportJob(ad_account_id=ad_account_id, tokens=(_token(answer),), csv=True)
    return msgspec.structs.replace(saved, source="catalogs")


def _token(answer: Any) -> str:
    """The token of a report that was asked for."""
    token = text_of(answer, "token")
    if not token:
        words = text_of(answer, "message") or "the answer has no token"
        state = text_of(answer, "report_status")
        raise JobFailedError(f"no report was made: {words}", state=state)
    return token


async def created(
    client: JobClient,
    source: Source,
    ad_account_id: str | None,
    bodies: Sequence[Mapping[str, Any]],
    *,
    template_id: str | None = None,
    query: Mapping[str, Any] | None = None,
) -> ReportJob:
    """Ask for the parts of a report; all of them are checked before the first is sent.

    Raises:
        InvalidCallError: An argument is wrong; nothing was sent.
        JobFailedError: An answer names no report.
    """
    account = account_of(client, ad_account_id)
    operation = _operations(source).create
    path: tuple[str, ...] = ()
    if template_id is not None:
        operation, path = Reports.create_from_template.operation, (template_id,)
    sent: list[Any] = [msgspec.UNSET] if template_id is not None else list(bodies)
    for body in sent:
        client.check(operation, *path, ad_account_id=account, query=query, body=body)
    tokens: list[str] = []
    for body in sent:
        response = await client.send(
            operation, *path, ad_account_id=account, query=query, body=body
        )
        tokens.append(_token(_flat(response.data)))
    first: Mapping[str, Any] = bodies[0] if bodies else {}
    return ReportJob(
        ad_account_id=account,
        tokens=tuple(tokens),
        source=source,
        csv=first.get("report_format") == "CSV",
        columns=tuple(first.get("columns") or ()),
    )


class Report(Generic[R]):
    """A report that is done: its rows, read from its file while they arrive.

    Memory holds one entity of a JSON report at a time, or some rows of a CSV one. Each way of
    reading begins anew. An address that lapses meanwhile is asked for again, and the file is gone
    on with where it broke off; Pinterest keeps a report for an hour. A report without data has no
    rows, and no file.
    """

    def __init__(
        self,
        client: JobClient,
        job: ReportJob,
        urls: Sequence[str | None],
        polling: Polling,
        tell: ProgressFunction,
    ) -> None:
        self._client = client
        self._job = job
        self._urls = list(urls)
        self._polling = polling
        self._tell = tell

    def __repr__(self) -> str:
        return f"<Report of {self._job.ad_account_id}, {len(self._urls)} parts>"

    @property
    def empty(self) -> bool:
        """Whether Pinterest has said that there are no data; a file may be empty as well."""
        return not any(self._urls)

    async def rows(self) -> AsyncGenerator[R]:
        """Walk the rows, of all parts one after the other.

        Rows of ads analytics are structs, with the columns that were asked for and those that the
        first rows have; rows of other reports are dicts.

        Raises:
            ConnectionFailedError: The file cannot be fetched or read to its end.
            JobExpiredError: Pinterest does not keep the report any more.
        """
        typed = self._job.source == "reports"
        row: Any = None if typed else dict[str, Any]
        chunks = self._tables() if self._job.csv else self._raw()
        async with aclosing(chunks):
            async for _, chunk in chunks:
                rows: Any = chunk
                if row is None:
                    plain = _decoded(_PLAIN, chunk) if isinstance(chunk, bytes) else chunk
                    row = row_type(ReportRow, self._names(plain))
                if isinstance(chunk, bytes):
                    rows = _decoded(_decoder(row), chunk)
                elif typed:
                    rows = _converted(chunk, row)
                for one in rows:
                    yield one

    async def entities(self, row: Any = dict[str, Any]) -> AsyncGenerator[tuple[str, list[Any]]]:
        """Walk a JSON report by entity: the key, which is an id, and its rows.

        `row` is the type of a row; rows that do not fit it come as they were sent.

        Raises:
            ConnectionFailedError: The file cannot be fetched or read to its end.
        """
        if self._job.csv:
            raise wrong("report_format", "is CSV, which has rows only", "walk rows() instead")
        decoder = _decoder(row)
        async with aclosing(self._raw()) as entities:
            async for entity, raw in entities:
                yield entity, _decoded(decoder, raw)

    async def _raw(self) -> AsyncGenerator[tuple[str, bytes]]:
        """The entities of all parts, each with its rows as they were sent."""
        for part in range(len(self._urls)):
            body = ReportBody()
            async with aclosing(self._unpacked(part)) as pieces:
                async for piece in pieces:
                    try:
                        found = body.feed(piece)
                    except (msgspec.DecodeError, UnicodeDecodeError) as error:
                        raise unreadable(error) from None
                    for one in found:
                        yield one
                try:
                    body.close()
                except (msgspec.DecodeError, UnicodeDecodeError) as error:
                    raise unreadable(error) from None

    async def batches(self, size: int = ROWS_AT_A_TIME) -> AsyncGenerator[Any]:
        """Walk the rows as Arrow record batches of one schema, each of up to `size` rows.

        Days are dates, counts and micro-currency int64, ratios and currency float64, all else
        strings. What does not fit its column, or has none, is in the column `_REST` as JSON.

        Raises:
            ConfigurationError: pyarrow is not installed.
            ConnectionFailedError: The file cannot be fetched or read to its end.
        """
        batches: Batches | None = None
        waiting: list[Mapping[str, Any]] = []
        async with aclosing(self._tables() if self._job.csv else self.entities()) as chunks:
            async for _, rows in chunks:
                waiting += [one for one in rows if is_object(one)]
                batches = batches or Batches(self._job.columns, waiting)
                while len(waiting) >= size:
                    yield batches.batch(waiting[:size])
                    del waiting[:size]
        if batches is not None and waiting:
            yield batches.batch(waiting)

    async def save(self, path: str | os.PathLike[str]) -> int:
        """Write the file as Pinterest has it, unpacked, and return its size in bytes.

        The file appears whole or not at all. Of a report in several parts, each part but the first
        has its number in the name: `report.json`, `report.2.json`.

        Raises:
            ConnectionFailedError: The file cannot be fetched to its end.
        """
        size = 0
        for part in range(len(self._urls)):
            target = Path(path)
            if part:
                target = target.with_suffix(f".{part + 1}{target.suffix}")
            aside = target.with_name(f"{target.name}.{secrets.token_hex(4)}.part")
            file = await in_thread(aside.open, "wb")
            try:
                async with aclosing(self._unpacked(part)) as pieces:
                    async for piece in pieces:
                        size += await in_thread(file.write, piece)
                await in_thread(file.close)
                await in_thread(aside.replace, target)
            finally:
                file.close()
                aside.unlink(missing_ok=True)
        return size

    async def _tables(self) -> AsyncGenerator[tuple[str, list[Any]]]:
        """Some rows of a CSV report at a time, as plain dicts."""
        for part in range(len(self._urls)):
            table = ReportTable(typed=self._job.source != "catalogs")
            async with aclosing(self._unpacked(part)) as pieces:
                async for piece in pieces:
                    try:
                        rows = table.feed(piece)
                    except ValueError as error:
                        raise unreadable(error) from None
                    if rows:
                        yield "", rows
                try:
                    rows = table.close()
                except ValueError as error:
                    raise unreadable(error) from None
                if rows:
                    yield "", rows

    def _names(self, rows: Sequence[Any]) -> tuple[str, ...]:
        """The columns of rows: those of the first ones, and those that were asked for."""
        found: dict[str, None] = {}
        for row in rows:
            found |= dict.fromkeys(row if is_object(row) else ())
        return (*(name for name in found if name not in self._job.columns), *self._job.columns)

    async def _unpacked(self, part: int) -> AsyncGenerator[bytes]:
        async def ask() -> str | None:
            self._tell(JobProgress(step="asking for the address", state="FINISHED", looks=1))
            _, url = await self._job.part(self._client, self._job.tokens[part])
            return url

        address = beginning_with(self._urls[part], ask)
        raw = file_pieces(self._client, address, self._polling)
        async with aclosing(unpacked(raw)) as pieces:
            async for piece in pieces:
                yield piece


def _flat(answer: Any) -> Any:
    """An answer about a report, whose facts may be within `data`."""
    inner = field_of(answer, "data")
    return answer if inner is None else inner


def _address(answer: Any) -> str | None:
    """The address of a finished report's file; None where it has no data."""
    if field_of(answer, "url") not in (None, "") and not text_of(answer, "url"):
        raise JobFailedError("the address of the report's file is not text", state="FINISHED")
    return text_of(answer, "url") or None


_PLAIN: Final = msgspec.json.Decoder()


@lru_cache(maxsize=64)
def _decoder(row: Any) -> "msgspec.json.Decoder[Any]":
    return msgspec.json.Decoder(list[row])


def _decoded(decoder: "msgspec.json.Decoder[Any]", raw: bytes) -> list[Any]:
    """The rows of an entity; plain where they do not fit, an error where they are no JSON."""
    try:
        try:
            return cast("list[Any]", decoder.decode(raw))
        except msgspec.ValidationError:
            return cast("list[Any]", msgspec.json.decode(raw))
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise unreadable(error) from None


def _converted(rows: list[Any], row: Any) -> list[Any]:
    """Plain rows as structs; one that does not fit stays as it is."""
    try:
        return msgspec.convert(rows, list[row])
    except msgspec.ValidationError:
        return rows


def _nobody(_progress: JobProgress) -> None:
    """A single look has nobody to tell."""
