"""Answers of the live API, with personal details replaced, as a client reads them from a socket.

`bodies.json` holds them as they came: which fields are there and which are missing, nulls, empty
objects, kinds of values, how dates are written.
"""

import datetime as dt
import json
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from contract.bench import OPERATIONS, Bench, first_call, opened

from pinterest_async import unknown_fields
from pinterest_async._core.guards import is_items, is_object

BODIES: list[dict[str, Any]] = json.loads((Path(__file__).parent / "bodies.json").read_bytes())
BY_ID = {operation.id: operation for operation in OPERATIONS}

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def bench() -> AsyncGenerator[Bench]:
    async with opened() as made:
        yield made


def plain(value: Any) -> Any:
    """A decoded answer by the names on the wire."""
    if is_items(value):
        return [plain(one) for one in value]
    if is_object(value):
        return {name: plain(one) for name, one in value.items()}
    return value.to_dict() if hasattr(value, "to_dict") else value


def differences(raw: Any, value: Any, at: str = "$") -> Iterator[str]:
    """Where a decoded value is not what was sent."""
    if is_object(raw) and is_object(value):
        for name, one in raw.items():
            if name in value:
                yield from differences(one, value[name], f"{at}.{name}")
            else:
                yield f"{at}: lacks {name}"
    elif is_items(raw) and is_items(value):
        if len(raw) != len(value):
            yield f"{at}: {len(value)} items rather than {len(raw)}"
        for index, (one, other) in enumerate(zip(raw, value, strict=False)):
            yield from differences(one, other, f"{at}[{index}]")
    elif isinstance(value, dt.datetime):
        moment = dt.datetime.fromisoformat(str(raw))
        if value.tzinfo is None or value != moment.replace(tzinfo=moment.tzinfo or dt.UTC):
            yield f"{at}: {value!r} rather than {raw!r}"
    elif isinstance(value, dt.date):
        if value.isoformat() != raw:
            yield f"{at}: {value!r} rather than {raw!r}"
    elif value != raw or isinstance(value, bool) != isinstance(raw, bool):
        yield f"{at}: {value!r} rather than {raw!r}"


@pytest.mark.parametrize("recorded", BODIES, ids=lambda one: f"{one['op']}-{one['status']}")
async def test_a_recorded_answer_is_read_whole_and_without_complaint(
    recorded: dict[str, Any], bench: Bench
) -> None:
    operation = BY_ID[recorded["op"]]
    call = first_call(operation)
    sent = recorded["status"], recorded["body"]
    for _ in range(2):  # the second time, unknown fields are known
        decoded, _ = await bench.call(operation, call, sent, on_drift="raise")
        assert list(differences(recorded["body"], plain(decoded))) == []


async def test_fields_that_the_types_lack_are_found_where_the_docs_say(bench: Bench) -> None:
    recorded = next(one for one in BODIES if one["op"] == "pins/get")
    operation = BY_ID["pins/get"]
    sent = recorded["status"], recorded["body"]
    pin, _ = await bench.call(operation, first_call(operation), sent, on_drift="raise")
    unknown = unknown_fields(pin)
    assert {"is_removable", "product_tags"} <= unknown.keys()  # of no description so far
    assert unknown == {name: recorded["body"][name] for name in unknown}
    assert pin.is_removable is False
