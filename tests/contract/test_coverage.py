"""The contract tests leave no operation out: counted in the documents, not in our own code."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from contract.bench import NAMES, OPERATIONS
from contract.document import SPEC, Described, described_version, list_in, object_in

import pinterest_async

FLOOR = 269
"""Operations of 5.13.0 to 5.23.0 and of 5.28 together; what is dropped moves to retired.json."""
SINCE = (5, 23)
"""An older description may have been imported in place of it, which has fewer."""
SINCE_ADDITIONS = (5, 28)
"""From here on a description tells itself of what `additions.json` adds to an older one."""

WALKS = {
    "test_requests": {
        "test_required_arguments_only",
        "test_all_arguments",
        "test_null_for_whatever_may_be_null",
    },
    "test_answers": {
        "test_exact",
        "test_drifted",
        "test_broken",
        "test_no_body",
        "test_broken_altogether",
    },
}


def operation_ids(document: Any) -> Iterator[str]:
    """Every operationId that stands anywhere in a document."""
    members = object_in(document) or {}
    if isinstance(members.get("operationId"), str):
        yield members["operationId"]
    for value in (*members.values(), *(list_in(document) or ())):
        yield from operation_ids(value)


def described() -> list[str]:
    found = [*ids_in("openapi.json"), *ids_in("retired.json")]
    if described_version() < SINCE_ADDITIONS:
        more = [one for one in ids_in("additions.json") if one not in found]
        # An older description lacks schemas that some of them need.
        found += [one for one in more if described_version() >= SINCE or one in NAMES]
    return found


def ids_in(file: str) -> list[str]:
    return list(operation_ids(json.loads((SPEC / file).read_bytes())))


def test_no_operation_is_lost() -> None:
    found = described()
    floor = FLOOR if described_version() >= SINCE else 1
    assert len(found) == len(set(found)) >= floor
    assert sorted(operation.id for operation in OPERATIONS) == sorted(found)
    assert NAMES.keys() == set(found)


def test_each_walk_takes_every_operation(request: pytest.FixtureRequest) -> None:
    """Counts what was collected beside this test, per walk."""
    for module, names in WALKS.items():
        for name in names:
            walked = [
                item.callspec.params["operation"]
                for item in request.session.items
                if isinstance(item, pytest.Function)
                and item.originalname == name
                and item.path.stem == module
            ]
            ids = {one.id for one in walked if isinstance(one, Described)}
            if not ids:
                pytest.fail(f"{module}::{name} was not collected: run the whole folder")
            assert ids == set(described()), name


def test_operations_are_the_described_ones() -> None:
    """`operations()` tells the same facts as the documents."""
    ours = {operation.id: operation for operation in pinterest_async.operations()}
    assert ours.keys() == {operation.id for operation in OPERATIONS}
    for operation in OPERATIONS:
        own = ours[operation.id]
        assert f"{own.namespace}.{own.name}" == NAMES[operation.id]
        assert (own.method, own.path) == (operation.method, operation.path)
        assert [one.name for one in own.path_parameters] == [p.name for p in operation.in_path]
        assert {one.name: one.required for one in own.query} == {
            p.name: p.required for p in operation.in_query
        }
        assert set(own.schemes) == operation.schemes
