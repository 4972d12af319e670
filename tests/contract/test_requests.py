"""Every operation, called with arguments made from the description: the wire is as described."""

import base64

import pytest
from contract import wire
from contract.bench import APP, EMPTY, OPERATIONS, TOKEN, Bench, answer, tools
from contract.calls import Call, full_calls, null_call, required_call
from contract.document import Described

pytestmark = pytest.mark.asyncio(loop_scope="session")

APP_PAIR = f"{APP.client_id}:{APP.client_secret}".encode()

every_operation = pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.id)


async def check(bench: Bench, operation: Described, call: Call) -> None:
    described = operation.answers[0]
    content = answer(operation, described.schema, full=False).json() if described.schema else EMPTY
    _, seen = await bench.call(operation, call, (described.status, content), on_drift="ignore")
    own = tools(operation)
    assert wire.problems(operation, call, seen, own.shapes, own.judge) == []
    assert seen.headers["Authorization"] == (
        f"Basic {base64.b64encode(APP_PAIR).decode()}"
        if operation.schemes == frozenset({"basic"})
        else f"Bearer {TOKEN}"
    )


@every_operation
async def test_required_arguments_only(operation: Described, bench: Bench) -> None:
    await check(bench, operation, required_call(operation, tools(operation).requests))


@every_operation
async def test_all_arguments(operation: Described, bench: Bench) -> None:
    for call in full_calls(operation, tools(operation).requests):
        await check(bench, operation, call)


@every_operation
async def test_null_for_whatever_may_be_null(operation: Described, bench: Bench) -> None:
    await check(bench, operation, null_call(operation, tools(operation).requests))
