"""Every operation, answered with bodies made from the description, in three variations."""

import pytest
from contract import variations
from contract.bench import (
    EMPTY,
    OPERATIONS,
    Bench,
    always_there,
    answer,
    first_call,
    is_paged,
    tools,
)
from contract.document import Described
from contract.typed import differences

from pinterest_async.errors import DecodeError, DriftError, DriftWarning

pytestmark = pytest.mark.asyncio(loop_scope="session")

every_operation = pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.id)


@every_operation
async def test_exact(operation: Described, bench: Bench) -> None:
    """What the description promises arrives typed, all of it, and no drift is seen."""
    call = first_call(operation)
    for described in operation.answers:
        if described.schema is None:
            decoded, _ = await bench.call(operation, call, (described.status, EMPTY))
            assert decoded is None
            continue
        for pick in range(tools(operation).answers.variants(described.schema)):
            node = answer(operation, described.schema, pick, call=call)
            decoded, _ = await bench.call(operation, call, (described.status, node.json()))
            assert list(differences(node, decoded)) == []


@every_operation
async def test_drifted(operation: Described, bench: Bench) -> None:
    """Unknown fields, values and kinds and missing optionals are no misfits: nothing is raised."""
    call = first_call(operation)
    described = operation.answers[0]
    if described.schema is None:
        decoded, _ = await bench.call(operation, call, (described.status, {"zz_new_field": 1}))
        assert decoded is None
        return
    for pick in range(tools(operation).answers.variants(described.schema)):
        full = answer(operation, described.schema, pick, call=call)
        bare = answer(operation, described.schema, pick, full=False, call=call)
        varied = {
            **variations.drifted(full, bare, always_there(operation)),
            "kinds": variations.new_kinds(full),
        }
        for variation, node in varied.items():
            decoded, _ = await bench.call(operation, call, (described.status, node.json()))
            assert list(differences(node, decoded, f"{variation}: $")) == []


@every_operation
async def test_broken(operation: Described, bench: Bench) -> None:
    """A misfit is kept raw, all else is typed; who wants to know of it gets a `DriftError`."""
    call = first_call(operation)
    described = operation.answers[0]
    if described.schema is None:
        decoded, _ = await bench.call(operation, call, (described.status, ["not", "empty"]))
        assert decoded is None
        return
    if described.either:
        return
    full = variations.without_failures(answer(operation, described.schema, call=call))
    for variation, node in variations.broken(full, always_there(operation)).items():
        sent = (described.status, node.json())
        items = (node.members or {}).get("items")
        if is_paged(operation) and items and items.mark == "misfit" and items.value is not None:
            # There is nothing to walk over, so a pager cannot go on; `send` hands it over raw.
            with pytest.raises(DecodeError):
                await bench.call(operation, call, sent, on_drift="ignore")
        else:
            decoded, _ = await bench.call(operation, call, sent, on_drift="ignore")
            assert list(differences(node, decoded, f"{variation}: $")) == []
        with pytest.raises(DriftError):
            await bench.call(operation, call, sent)


@every_operation
async def test_no_body(operation: Described, bench: Bench) -> None:
    """A success without a body is one: nothing, or an empty page or list, and a warning."""
    call = first_call(operation)
    described = operation.answers[0]
    for status in (204, described.status):
        decoded, _ = await bench.call(operation, call, (status, EMPTY), on_drift="ignore")
        assert list(decoded or ()) == []
    may_be_nothing = described.schema and tools(operation).shapes.of(described.schema).nullable
    if all(one.schema is not None for one in operation.answers) and not may_be_nothing:
        with pytest.raises(DriftError):
            await bench.call(operation, call, (204, EMPTY))


@every_operation
async def test_broken_altogether(operation: Described, bench: Bench) -> None:
    """An answer of another kind is handed over as it came, unless it should have been a page."""
    call = first_call(operation)
    described = operation.answers[0]
    if not described.schema or is_paged(operation):
        return
    text = tools(operation).shapes.of(described.schema).type == "string"
    sent = (described.status, 7 if text else "another kind of answer")
    decoded, _ = await bench.call(operation, call, sent, on_drift="ignore")
    assert decoded == sent[1]
    with pytest.raises(DriftError):
        await bench.call(operation, call, sent)


async def test_warned_once(bench: Bench) -> None:
    """The same misfit is reported the first time only."""
    operation = next(one for one in OPERATIONS if one.id == "pins/get")
    described, call = operation.answers[0], first_call(operation)
    sent = (described.status, {"id": 7, "zz_new_field": 1})
    with pytest.warns(DriftWarning, match="pins.get") as caught:
        first, _ = await bench.call(operation, call, sent, on_drift="warn")
    fields = ["id", "board_id", "board_owner", "created_at", "media"]
    assert sorted(str(one.message).split()[1] for one in caught) == sorted(fields)
    second, _ = await bench.call(operation, call, sent, on_drift="warn")
    assert first.id == second.id == 7
