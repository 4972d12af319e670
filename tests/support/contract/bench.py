"""Where calls are tried out: a server on loopback that takes requests down, and clients for it."""

import json
import warnings
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from aiohttp import web
from contract.calls import Call, full_calls
from contract.document import Described, Document, load
from contract.samples import Maker, Node
from contract.shapes import Shape, Shapes
from contract.validator import Judge
from contract.wire import Captured

from pinterest_async import Pinterest
from pinterest_async._core.ratelimit_headers import RateState
from pinterest_async.auth import Basic, Exchange
from pinterest_async.limits import BucketState, LimitRequest, Permit
from pinterest_async.options import OnDrift
from pinterest_async.pages import Pager
from pinterest_async.pool import SessionPool

OPERATIONS, NAMES = load()
TOKEN = "pina_contract"
APP = Basic(client_id="1500000", client_secret="app-secret")


class Tools:
    """What one document's operations are tried with."""

    def __init__(self, document: Document) -> None:
        self.shapes = Shapes(document)
        self.requests = Maker(self.shapes, request=True)
        self.answers = Maker(Shapes(document, answers=True), request=False)
        self.judge = Judge(document, request=True)
        self.answer_judge = Judge(document, request=False)


_TOOLS: dict[int, Tools] = {}


def tools(operation: Described) -> Tools:
    """The tools for an operation's document."""
    document = operation.document
    if id(document) not in _TOOLS:
        _TOOLS[id(document)] = Tools(document)
    return _TOOLS[id(document)]


def answer(
    operation: Described, schema: Any, pick: int = 0, *, full: bool = True, call: Call | None = None
) -> Node:
    """An answer as the description has it.

    Analytics rows hold the columns that were asked for. A page has no bookmark where the operation
    takes none.
    """
    rows = call is not None and "columns" in call.in_query  # whose ids and date always come
    node = tools(operation).answers.make(schema, "answer", pick, full=full or rows)
    if is_paged(operation) and not takes_bookmark(operation):
        members = {name: one for name, one in (node.members or {}).items() if name != "bookmark"}
        node = replace(node, members=members)
    if call is None or not rows or not node.items:
        return node
    columns: list[str] = call.in_query["columns"].json()
    if node.items[0].shape.extra is not True:
        return node
    items = tuple(_with_columns(item, columns, index) for index, item in enumerate(node.items))
    return replace(node, items=items)


def _with_columns(row: Node, columns: list[str], index: int) -> Node:
    shape = Shape(facts={"type": "number"}, alternative=True)
    values = {
        name: Node(shape, f"{row.where}/{name}", value=(index + number) * (1, 0.5)[number % 2])
        for number, name in enumerate(columns)
    }
    # The columns that always come are text, whatever they hold: a row's cells are plain.
    always = {
        name: replace(node, shape=replace(node.shape, facts={"type": "string"}, alternative=True))
        for name, node in (row.members or {}).items()
    }
    shape_of_row = replace(row.shape, required=frozenset(always))  # other cells may be empty
    return replace(row, shape=shape_of_row, members={**always, **values})


def first_call(operation: Described) -> Call:
    """A call with everything."""
    return next(full_calls(operation, tools(operation).requests))


class Bench:
    """The server and the clients; one of each kind for the whole session."""

    def __init__(self) -> None:
        self.clients: dict[str, Pinterest] = {}
        self.seen: list[Captured] = []
        self.waiting: list[tuple[int, bytes]] = []

    async def handle(self, request: web.BaseRequest) -> web.Response:
        """Take a request down and give the answer that waits."""
        body = await request.read()
        self.seen.append(Captured(request.method, request.raw_path, request.headers, body))
        if not self.waiting:
            return web.Response(status=418, text="no answer was prepared for this request")
        status, content = self.waiting.pop(0)
        kind = "application/json" if content else None
        return web.Response(status=status, body=content, content_type=kind)

    async def call(
        self, operation: Described, call: Call, *answers: tuple[int, Any], on_drift: str = "raise"
    ) -> tuple[Any, Captured]:
        """Make one call: the decoded answer, and the request. `answers` are (status, JSON)."""
        result = self.start(operation, call, *answers, on_drift=on_drift)
        decoded = await result
        assert len(self.seen) == 1, self.seen
        return decoded, self.seen[0]

    def start(
        self, operation: Described, call: Call, *answers: tuple[int, Any], on_drift: str = "raise"
    ) -> Any:
        """Call the method and return what it returns: a coroutine or a `Pager`."""
        self.seen.clear()
        self.waiting[:] = [
            (status, b"" if content is EMPTY else json.dumps(content).encode())
            for status, content in answers
        ]
        namespace, _, method = NAMES[operation.id].partition(".")
        bound = getattr(getattr(self.clients[on_drift], namespace), method)
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            result = bound(*call.arguments, **call.keywords)
        categories = [one.category for one in warned]
        assert categories == [DeprecationWarning] * operation.deprecated
        assert isinstance(result, Pager) == is_paged(operation), type(result)
        return result


class Empty:
    """The body of an answer that has none."""


EMPTY = Empty()


def is_paged(operation: Described) -> bool:
    """Whether an answer is one page of a list: items, perhaps the way to more, and the like."""
    shape = tools(operation).shapes.of(operation.answers[0].schema or {})
    names = set(shape.properties)
    if "items" not in names:
        return False
    if names == {"items"}:
        return operation.body is None and operation.method != "DELETE"
    return "bookmark" in names and (len(names) == 2 or takes_bookmark(operation))


def takes_bookmark(operation: Described) -> bool:
    """Whether the next page can be asked for."""
    return any(parameter.name == "bookmark" for parameter in operation.in_query)


def always_there(operation: Described) -> frozenset[str]:
    """Fields of the answer that are never None: the items of a page, empty if need be."""
    return frozenset({"items"} if is_paged(operation) else ())


class Credentials:
    """A token, and the credentials of an app for the operations that ask for them."""

    subject = "contract"
    basic = APP

    async def token(self, exchange: Exchange) -> str:  # noqa: ARG002  (of the protocol)
        return TOKEN

    async def refresh(self, rejected: str, exchange: Exchange) -> bool:  # noqa: ARG002
        return False


class Unlimited:
    """A limiter that lets everything pass: the contract is not about quota."""

    async def acquire(self, request: LimitRequest) -> Permit:
        return request

    def finish(self, permit: Permit, late: float = 0.0) -> None:
        pass

    def release(self, permit: Permit) -> None:
        pass

    def observe(self, permit: Permit, state: RateState) -> None:
        pass

    def freeze(self, permit: Permit, seconds: float) -> None:
        pass

    def snapshot(self) -> tuple[BucketState, ...]:
        return ()


@asynccontextmanager
async def opened() -> AsyncGenerator[Bench]:
    """A bench whose server listens."""
    bench = Bench()
    runner = web.ServerRunner(web.Server(bench.handle))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = runner.addresses[0][1]
    async with SessionPool() as pool:
        moods: tuple[OnDrift, ...] = ("raise", "ignore", "warn")
        for on_drift in moods:
            bench.clients[on_drift] = Pinterest(
                Credentials(),
                pool=pool,
                base_url=f"http://127.0.0.1:{port}/v5",
                limiter=Unlimited(),
                retry=False,
                on_drift=on_drift,
            )
        yield bench
    await runner.cleanup()
