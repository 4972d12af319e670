"""Namespaces: calls that do not fit are refused in plain words; signatures stay."""

import asyncio
import inspect
import pydoc
import sys
from collections.abc import Mapping
from typing import Any, Final, TypedDict, Unpack

import pytest
from msgspec import UNSET

from pinterest_async import DecodeError, InvalidCallError, Page, Pager, RateState, Response
from pinterest_async._core.operation import Operation, Parameter
from pinterest_async.namespace import Namespace, calls


def make(name: str, answer: Any, **more: Any) -> Operation[Any]:
    return Operation(
        id=f"t/{name}",
        namespace="things",
        name=name,
        method="GET",
        path="/t",
        answer=answer,
        category="org_read",
        **more,
    )


GET: Final = make("get", dict[str, Any])
LIST: Final = make("list", Page[int], paged=True, query=(Parameter(name="bookmark", type=str),))
SHORT: Final = make("short", Page[int])
OLD: Final = make("old", dict[str, Any], deprecated=True)
GONE: Final = make("gone", Page[int], retired=True)


class Change(TypedDict, total=False):
    title: str


class Things(Namespace):
    __slots__ = ()

    @calls(GET)
    async def get(self, thing_id: str, other: str = "", *, wanted: bool | None = None) -> Any:
        """Fetch a thing."""
        return await self._call(GET, thing_id, other, query={"wanted": wanted})

    @calls(LIST)
    def list(self, *, bookmark: str | None = None, page_size: int | None = None) -> Pager[int]:
        """List things."""
        return self._pages(LIST, query={"bookmark": bookmark, "page_size": page_size})

    @calls(GET)
    async def change(self, thing_id: str, **body: Unpack[Change]) -> Any:
        """Change a thing."""
        return await self._call(GET, thing_id, body=body)

    @calls(OLD)
    async def old(self) -> Any:
        """Old."""
        return await self._call(OLD)

    @calls(SHORT)
    def short(self) -> Pager[int]:
        """List things that come on one page."""
        return self._pages(SHORT)

    @calls(GONE)
    def gone(self) -> Pager[int]:
        """Gone."""
        return self._pages(GONE)

    @calls(GET)
    def breaks(self) -> Any:
        """Fail on its own account."""
        seven: Any = 7
        return self._call(GET, len(seven))

    async def by_hand(self, first: str) -> str:
        """Name no operation."""
        return first


def untyped(value: Any) -> Any:
    """The value, for what type checkers would refuse."""
    return value


class Recorder:
    def __init__(self, data: Any = None) -> None:
        self.calls: list[tuple[Any, ...]] = []
        self.scopes: list[tuple[str | None, str | None]] = []
        self.data = data

    async def send(
        self,
        operation: Operation[Any],
        /,
        *path: Any,
        ad_account_id: str | None = None,
        business_id: str | None = None,
        query: Mapping[str, Any] | None = None,
        body: Any = UNSET,
    ) -> Response[Any]:
        self.calls.append((operation, path, query, body))
        self.scopes.append((ad_account_id, business_id))
        data = self.data(query) if callable(self.data) else self.data
        return Response(
            data=data,
            operation=operation,
            status=200,
            headers={},
            request_id="rid",
            rate=RateState(),
            attempts=1,
            raw=b"raw",
        )


async def test_calls_reach_the_sender() -> None:
    sender = Recorder("answer")
    assert await Things(sender).get("1", wanted=True) == "answer"
    assert await Things(sender).change("1", title="x") == "answer"
    assert sender.calls == [
        (GET, ("1", ""), {"wanted": True}, UNSET),
        (GET, ("1",), None, {"title": "x"}),
    ]


REFUSED: list[tuple[str, tuple[Any, ...], dict[str, Any], str]] = [
    ("get", ("1",), {"wantd": True}, "things.get: wantd: unknown argument; did you mean 'wanted'?"),
    ("get", (), {}, "things.get: thing_id: is required; pass thing_id"),
    (
        "get",
        ("1", "2", "3"),
        {},
        (
            "things.get: 3 positional values given; only thing_id, other can stand by position; "
            "pass wanted by keyword"
        ),
    ),
    (
        "get",
        ("1",),
        {"thing_id": "1"},
        "things.get: thing_id: is given twice; pass it once, best by keyword",
    ),
    (
        "list",
        ("x",),
        {},
        (
            "things.list: 1 positional value given; nothing can stand by position; "
            "pass bookmark, page_size by keyword"
        ),
    ),
    (
        "change",
        ("1", {"title": "x"}),
        {},
        (
            "things.get: 2 positional values given; only thing_id can stand by position; "
            "pass the fields of the body by keyword"
        ),
    ),
    (
        "list",
        (),
        {"limit": 5},
        (
            "things.list: limit: unknown argument; "
            "call .limit(...) on the pager that the method returns"
        ),
    ),
    ("list", (), {"pagesize": 1}, "things.list: pagesize: unknown argument; did you mean 'page_s"),
    ("change", (), {"title": "x"}, "things.get: thing_id: is required; pass thing_id"),
    ("old", (), {"x": 1}, "things.old: x: unknown argument; leave it out: there are none here"),
]


@pytest.mark.parametrize(("name", "args", "kwargs", "words"), REFUSED)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_calls_that_do_not_fit(
    name: str, args: tuple[Any, ...], kwargs: dict[str, Any], words: str
) -> None:
    sender = Recorder()
    with pytest.raises(InvalidCallError) as caught:
        getattr(Things(sender), name)(*args, **kwargs)
    assert str(caught.value).startswith(words)
    assert caught.value.__context__ is None
    assert sender.calls == []


def test_several_faults_are_listed_together() -> None:
    with pytest.raises(InvalidCallError) as caught:
        untyped(Things(Recorder())).get(wantd=1, thing="x")
    assert [problem.field for problem in caught.value.problems] == ["wantd", "thing", "thing_id"]


def test_a_type_error_of_another_origin_passes_unchanged() -> None:
    with pytest.raises(TypeError, match="no len") as caught:
        Things(Recorder()).breaks()
    assert not isinstance(caught.value, InvalidCallError)


async def test_methods_that_name_no_operation_are_left_alone() -> None:
    assert await Things(Recorder()).by_hand("x") == "x"
    with pytest.raises(TypeError, match="missing 1 required"):
        untyped(Things(Recorder())).by_hand()


def test_signatures_and_help_stay() -> None:
    things = Things(Recorder())
    assert str(inspect.signature(things.get)).startswith("(thing_id: str, other: str = ")
    assert things.get.__doc__ == "Fetch a thing."
    # Before 3.12, only asyncio could be told that a function is as good as declared `async`.
    judge: Any = inspect if sys.version_info >= (3, 12) else asyncio
    assert judge.iscoroutinefunction(things.get)
    assert not judge.iscoroutinefunction(things.list)
    page = pydoc.plain(pydoc.render_doc(Things))
    assert "list(self, *, bookmark: 'str | None' = None" in page or "list(self, *, bookmark" in page


@pytest.mark.parametrize("name", ["old", "gone"])
def test_deprecated_operations_warn_where_they_are_called(name: str) -> None:
    with pytest.warns(DeprecationWarning, match=rf"things\.{name} is ") as caught:
        result = getattr(Things(Recorder()), name)()
    assert caught[0].filename == __file__
    if asyncio.iscoroutine(result):
        result.close()


async def test_pagers_carry_the_bookmark() -> None:
    pages = {None: Page(items=[1], bookmark="a"), "a": Page(items=[2])}

    def answer(query: dict[str, Any]) -> Page[int]:
        return pages[query["bookmark"]]

    sender = Recorder(answer)
    assert await Things(sender).list(page_size=1).collect() == [1, 2]
    assert [call[2] for call in sender.calls] == [
        {"bookmark": None, "page_size": 1},
        {"bookmark": "a", "page_size": 1},
    ]
    assert await Things(sender).list(bookmark="a").collect() == [2]


async def test_a_bookmark_that_cannot_be_sent_back_ends_the_walk() -> None:
    sender = Recorder(Page(items=[1], bookmark="a"))
    assert await Things(sender).short().collect() == [1]


@pytest.mark.parametrize(
    "data", ["text", 7, {"items": []}, untyped(Page)(items="x"), untyped(Page)(items=None)]
)
async def test_an_answer_that_is_no_page_is_an_error(data: Any) -> None:
    with pytest.raises(DecodeError, match="not a page") as caught:
        await Things(Recorder(data)).list()
    assert (caught.value.body, caught.value.request_id) == (b"raw", "rid")
