"""Nothing but `PinterestError` leaves any entry point, whatever a server sends over a socket."""

import warnings
from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing
from typing import Any, Final

import pytest
from contract.bench import NAMES, Credentials, first_call
from contract.document import Described
from hostile.answers import (
    FEW,
    GRANT,
    REPORT,
    TOKENS,
    VALUES,
    Raw,
    any_operation,
    bodies,
    good_answers,
    http,
    text_of,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from pinterest_async import (
    AuthorizationCode,
    ClientCredentials,
    DriftWarning,
    Pager,
    PinterestError,
    RefreshToken,
)
from pinterest_async.jobs.job import Job
from pinterest_async.jobs.polling import Polling
from pinterest_async.jobs.report_job import ReportJob

pytestmark = pytest.mark.usefixtures("lane")

PAGES: Final = 4
POLLING: Final = Polling(timeout=0.01, first=0.0, longest=0.0)

Entry = Callable[[Any, Described, st.DataObject], Awaitable[Any]]


def bound(client: Any, operation: Described) -> Any:
    namespace, _, method = NAMES[operation.id].partition(".")
    return getattr(getattr(client, namespace), method)


async def first(pages: Any, number: int = PAGES) -> None:
    """Walk the first few pages."""
    async with aclosing(pages) as walked:
        async for _ in walked:
            number -= 1
            if not number:
                return


async def typed(bench: Any, operation: Described, data: st.DataObject) -> None:
    client = bench.client(Credentials(), on_drift=data.draw(drift), retry=data.draw(st.booleans()))
    call = first_call(operation)
    result = bound(client, operation)(*call.arguments, **call.keywords)
    if isinstance(result, Pager) and data.draw(st.booleans()):
        await first(result.read_ahead(data.draw(st.booleans())).pages())
    else:
        await result


async def whole(bench: Any, operation: Described, data: st.DataObject) -> None:
    client = bench.client(Credentials(), on_drift=data.draw(drift))
    call = first_call(operation)
    answer = await client.send(bound(client, operation), *call.arguments, **call.keywords)
    repr(answer)
    answer.raise_for_items()


async def free(bench: Any, _: Described, data: st.DataObject) -> None:
    method: Any = data.draw(st.sampled_from(("GET", "POST", "DELETE")))
    await bench.client(on_drift=data.draw(drift)).request(method, "/new")


async def free_pages(bench: Any, _: Described, data: st.DataObject) -> None:
    pager = bench.client(on_drift=data.draw(drift)).request("GET", "/new", paged=True)
    await first(pager.pages())


async def refresh(bench: Any, _: Described, __: st.DataObject) -> None:
    await bench.client(RefreshToken("1", "secret-of-app", "refresh-token")).user_account.get()


async def trade(bench: Any, _: Described, __: st.DataObject) -> None:
    auth = AuthorizationCode("1", "secret-of-app", "the-code", redirect_uri="http://localhost/")
    await bench.client(auth).user_account.get()


async def app(bench: Any, _: Described, __: st.DataObject) -> None:
    auth = ClientCredentials("1", "secret-of-app", scopes=["ads:read"])
    await bench.client(auth).user_account.get()


async def report(bench: Any, _: Described, data: st.DataObject) -> None:
    client = bench.client(on_drift=data.draw(drift))
    job = Job(client, ReportJob(ad_account_id="1", tokens=("1",)))
    if data.draw(st.booleans()):
        job = await client.reports.start(
            ad_account_id="1",
            start_date="2026-01-01",
            end_date="2026-01-02",
            granularity="DAY",
            columns=["SPEND_IN_DOLLAR"],
            level="CAMPAIGN",
        )
    found = await job.result(polling=POLLING)
    async with aclosing(found.rows()) as rows:
        async for _row in rows:
            pass


async def file(bench: Any, _: Described, __: st.DataObject) -> None:
    async with bench.client().foreign("GET", f"{bench.peer.url}/file") as response:
        await response.read()


drift = st.sampled_from(("ignore", "warn", "raise"))
grants = st.sampled_from(("access_token", "refresh_token")).flatmap(
    lambda name: st.sampled_from(TOKENS).map(lambda token: {**GRANT, name: Raw(token)})
)
GOOD: Final[Mapping[Entry, tuple[Any, ...]]] = {
    refresh: (GRANT,),
    trade: (GRANT,),
    app: (GRANT,),
    report: (REPORT, *({**REPORT, "url": Raw(value)} for value in VALUES), {"1": [{"DATE": "x"}]}),
    file: ({"1": [{"A": 1}]},),
}


@pytest.mark.parametrize(
    "entry",
    [typed, whole, free, free_pages, refresh, trade, app, report, file],
    ids=lambda one: one.__name__,
)
@settings(FEW, max_examples=100)
@given(operation=any_operation(), data=st.data())
async def test_any_answer_at_any_entry_point(
    entry: Entry, operation: Described, data: st.DataObject, bench: Any
) -> None:
    good = GOOD.get(entry) or good_answers(operation)
    spoilt = bodies(good)
    if good == (GRANT,):
        spoilt |= grants.map(lambda grant: text_of(grant).encode())
    bench.peer.answers = data.draw(st.lists(spoilt.flatmap(http), min_size=1, max_size=PAGES))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DriftWarning)
        warnings.simplefilter("ignore", DeprecationWarning)
        try:
            await entry(bench, operation, data)
        except PinterestError as error:
            text = str(error)
            assert len(text) < 10_000
            assert "\x1b" not in text
            text.encode()
    assert bench.unhandled == []
