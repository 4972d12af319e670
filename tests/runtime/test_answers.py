"""From successful answers to data: what is reported, and that a success stays one."""

import asyncio
import contextlib
import inspect
import itertools
import logging
import warnings
from collections.abc import AsyncGenerator, Callable
from typing import Any, Final

import msgspec
import pytest

from pinterest_async import (
    DecodeError,
    DriftError,
    DriftWarning,
    Page,
    Pinterest,
    RateState,
    Response,
    unknown_fields,
)
from pinterest_async._core.operation import Operation
from pinterest_async._core.outcomes import RawResponse
from pinterest_async._core.rows import Row
from pinterest_async._core.types import Model
from pinterest_async._core.unknown_fields import MOST_FIELDS
from pinterest_async._request.answers_in_steps import read
from pinterest_async._request.decoding import at_once
from pinterest_async.options import OnDrift

NUMBERS: Final = itertools.count()


class Thing(Model, frozen=True, kw_only=True):
    id: str
    parts: "list[Thing]" = msgspec.field(default_factory=list["Thing"])


class Line(Row, frozen=True, gc=False):
    """A row."""


def operation(answer: Any = Thing, method: Any = "GET", **changes: Any) -> Operation[Any]:
    return Operation(
        id=f"answers/{next(NUMBERS)}",
        namespace="things",
        name="get",
        method=method,
        path="/things",
        answer=answer,
        category="org_read",
        **changes,
    )


def answered(
    one: Operation[Any], body: bytes, on_drift: OnDrift = "warn", reported: Any = None
) -> Response[Any]:
    return at_once(
        read(
            one,
            {},
            RawResponse(200, {"x-pinterest-rid": "rid"}, body),
            RateState(),
            attempts=1,
            on_drift=on_drift,
            reported=set() if reported is None else reported,
        )
    )


# Unknown fields


def test_unknown_fields_are_logged_once_and_are_no_drift(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "pinterest_async")
    one, reported = operation(Page[Thing], paged=True), set[tuple[str, str]]()
    body = b'{"items": [{"id": "1", "note": 1, "parts": [{"id": "2", "note": 3}]}], "total": 1}'
    for on_drift in ("raise", "warn", "ignore", "raise"):
        data = answered(one, body, on_drift, reported).data
        assert unknown_fields(data) == {"total": 1}
        assert unknown_fields(data[0].parts[0]) == {"note": 3}
    assert [(record.name, record.levelname) for record in caplog.records] == [
        ("pinterest_async", "INFO")
    ] * 3
    assert sorted(record.getMessage() for record in caplog.records) == [
        "things.get: the answer has a field that this version does not know: "
        f"{place}; read it with unknown_fields()"
        for place in ("items[].note", "items[].parts[].note", "total")
    ]


def test_too_many_unknown_fields_are_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "pinterest_async")
    one = operation()
    for start in range(5):
        fields = "".join(f', "f{start}_{number}": 1' for number in range(30))
        answered(one, b'{"id": "1"%s}' % fields.encode(), "raise")
    messages = [record.getMessage() for record in caplog.records]
    assert len(messages) == MOST_FIELDS + 1
    assert sum("more fields" in message for message in messages) == 1


def test_names_in_the_log_are_printable(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "pinterest_async")
    answered(operation(), '{"id": "1", "a\u2028b\x9b": 1}'.encode())
    assert "this version does not know: 'a\\u2028b\\x9b';" in caplog.text


# A success without a body


@pytest.mark.parametrize("body", [b"", b" \r\n\t"])
@pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "DELETE"])
@pytest.mark.parametrize(
    ("answer", "more", "data", "words"),
    [
        (Thing, {}, None, "object"),
        (dict[str, int], {}, None, "object"),
        (list[Thing], {}, [], "list of object"),
        (list[Line], {"row_columns": "columns"}, [], "list of object"),
        (Page[Thing], {"paged": True}, Page[Thing](items=[]), "object"),
    ],
)
def test_an_answer_without_content_is_a_success(
    body: bytes, method: Any, answer: Any, more: Any, data: Any, words: str
) -> None:
    one = operation(answer, method, **more)
    with pytest.warns(DriftWarning, match=f"the answer should be {words} and is nothing") as warned:
        assert answered(one, body).data == data
    assert len(warned) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert answered(one, body, "ignore").data == data
    with pytest.raises(DriftError, match="and is nothing") as caught:
        answered(one, body, "raise")
    assert (caught.value.data, caught.value.drifts[0].field) == (data, "")


def test_what_is_no_json_stays_an_error() -> None:
    for body in (b"<html>", b"{", b"\xff"):
        with pytest.raises(DecodeError):
            answered(operation(), body, "ignore")
    assert answered(operation(None), b"").data is None


# Where warnings point


@pytest.fixture
def client(api: Any, make: Callable[..., Pinterest]) -> Pinterest:
    api.get("https://api.test/v5/boards/1", payload={"id": 5}, repeat=True)
    api.get("https://api.test/v5/boards", payload={"items": [{"id": 5}]}, repeat=True)
    return make()


class Lines(list[int]):
    """Lines of this file that have passed."""

    def note(self) -> Any:
        frame = inspect.currentframe()
        assert frame is not None
        assert frame.f_back is not None
        self.append(frame.f_back.f_lineno)


def only(caught: Any) -> tuple[str, int]:
    places = {(one.filename, one.lineno) for one in caught if one.category is DriftWarning}
    assert len(places) == 1, places
    return places.pop()


async def test_a_warning_points_at_the_line_that_made_the_call(client: Pinterest) -> None:
    lines = Lines()
    with pytest.warns(DriftWarning) as caught:
        await client.boards.get(lines.note() or "1")
    assert only(caught) == (__file__, *lines)


async def test_a_warning_points_at_the_loop_that_walks(client: Pinterest) -> None:
    lines = Lines()

    async def walk() -> None:
        async for _ in lines.note() or client.boards.list():
            pass

    with pytest.warns(DriftWarning) as caught:
        await walk()
    assert only(caught) == (__file__, *lines)


async def test_a_warning_passes_over_the_standard_library(client: Pinterest) -> None:
    lines = Lines()

    @contextlib.asynccontextmanager
    async def board() -> AsyncGenerator[Any]:
        yield await client.boards.get(lines.note() or "1")

    with pytest.warns(DriftWarning) as caught:
        async with asyncio.timeout(60), board():
            pass
    assert only(caught) == (__file__, *lines)


async def test_a_warning_of_a_task_of_ours_points_at_the_method(client: Pinterest) -> None:
    async def both() -> None:
        await asyncio.create_task(client.boards.get("1"))
        await asyncio.gather(client.boards.get("1"))

    with pytest.warns(DriftWarning) as caught:
        await both()
    file, _ = only(caught)
    assert file.endswith(("boards.py", "namespace.py"))
