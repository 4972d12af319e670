"""Every paged operation, walked over two pages."""

import pytest
from contract.bench import OPERATIONS, Bench, answer, first_call, is_paged, takes_bookmark, tools
from contract.calls import required_call
from contract.document import Described
from contract.typed import differences
from contract.wire import bookmark_of

PAGED = [operation for operation in OPERATIONS if is_paged(operation)]
BOOKMARK = "b+/= &é1"


def test_every_bookmark_is_followed_by_a_pager() -> None:
    """An operation that takes a bookmark answers with pages, unless it answers more than these."""
    for one in OPERATIONS:
        if takes_bookmark(one) and one not in PAGED:
            names = set(tools(one).shapes.of(one.answers[0].schema or {}).properties)
            assert names > {"items", "bookmark"}, one


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("operation", PAGED, ids=lambda one: one.id)
async def test_walk(operation: Described, bench: Bench) -> None:
    call = required_call(operation, tools(operation).requests)
    node = answer(operation, operation.answers[0].schema, call=first_call(operation))
    page = node.json()
    status = operation.answers[0].status
    followed = takes_bookmark(operation)
    first, last = {**page, "bookmark": BOOKMARK}, {**page, "bookmark": None}
    pager = bench.start(operation, call, (status, first), (status, last))
    items = [item async for item in pager]
    expected = [*((node.members or {})["items"].items or ())] * (2 if followed else 1)
    assert len(items) == len(expected)
    for item, value in zip(expected, items, strict=True):
        assert list(differences(item, value)) == []
    bookmarks = [bookmark_of(seen) for seen in bench.seen]
    assert bookmarks == ([None, BOOKMARK] if followed else [None])
