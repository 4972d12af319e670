"""The contract's own instruments: the samples are valid, and what is wrong is noticed."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from contract import variations, wire
from contract.bench import OPERATIONS, Bench, always_there, answer, first_call, tools
from contract.document import Described, described_version, list_in
from contract.wire import Captured

every_operation = pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.id)

BY_ID = {operation.id: operation for operation in OPERATIONS}

OLDER = described_version() < (5, 23)
"""An older description lacks some of what is spoilt here."""


@every_operation
def test_samples_of_answers_are_valid(operation: Described) -> None:
    own = tools(operation)
    for described in operation.answers:
        if described.schema is None:
            continue
        for pick in range(own.answers.variants(described.schema)):
            for full in (True, False):
                value = answer(operation, described.schema, pick, full=full).json()
                assert own.answer_judge.problems(value, described.schema) == []


@every_operation
def test_broken_samples_are_invalid(operation: Described) -> None:
    own = tools(operation)
    described = operation.answers[0]
    if described.schema is None or described.either:
        return
    full = answer(operation, described.schema)
    for variation, node in variations.broken(full, always_there(operation)).items():
        assert not own.answer_judge.accepts(node.json(), described.schema), variation


Spoil = Callable[[Captured], Captured]


def target(old: str, new: str) -> Spoil:
    """Replace a part of the target, the first one found."""

    def spoil(seen: Captured) -> Captured:
        spoilt = re.sub(old, new, seen.target, count=1)
        if spoilt == seen.target and OLDER:
            pytest.skip("this description has no such part")
        assert spoilt != seen.target, seen.target
        return replace(seen, target=spoilt)

    return spoil


def body(**changes: Any) -> Spoil:
    """Set fields of the body, or of its first item; None takes a field away."""

    def spoil(seen: Captured) -> Captured:
        value: Any = json.loads(seen.body)
        first: dict[str, Any] = (list_in(value) or [value])[0]
        first.update(changes)
        for name in [name for name, one in changes.items() if one is None]:
            del first[name]
        return replace(seen, body=json.dumps(value).encode())

    return spoil


SPOILT: list[tuple[str, Spoil]] = [
    ("ads/analytics", lambda seen: replace(seen, method="POST")),
    ("ads/analytics", target("/v5/", "/v6/")),
    ("ads/analytics", target("/ad_accounts/", "/ad_accounts/1")),
    ("ads/analytics", target("columns=([^&,]+),", r"columns=\1&columns=")),
    ("ads/analytics", target("start_date=[^&]+&", "")),
    ("ads/analytics", target("start_date=20", "start_date=30")),
    ("ads/analytics", target("$", "&zz_unknown=1")),
    ("ads/analytics", target("campaign_ids=([^&]+)&campaign_ids=", r"campaign_ids=\1,")),
    ("reports/stats", target(r"(\[|%5B)([^=]+?)(\]|%5D)=", r".\2=")),
    ("pins/get", target("pin_metrics=(true|false)", "pin_metrics=1")),
    ("search_partner_pins", target("term=([0-9]+)%20", r"term=\1+")),
    ("search_partner_pins", target("%20", " ")),
    ("pins/create", body(board_id="1")),
    ("pins/create", body(board_id=None)),
    ("pins/create", body(id="1")),
    ("pins/create", lambda seen: replace(seen, headers={"Content-Type": "text/plain"})),
    ("campaigns/create", body(ad_account_id=None)),
    ("campaigns/create", body(name=7)),
    ("pins/get", lambda seen: replace(seen, body=b"{}")),
]


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize(("operation_id", "spoil"), SPOILT)
async def test_a_spoilt_request_is_noticed(operation_id: str, spoil: Spoil, bench: Bench) -> None:
    if operation_id not in BY_ID and OLDER:
        pytest.skip("this description has no such operation")
    operation = BY_ID[operation_id]
    own, call = tools(operation), first_call(operation)
    described = operation.answers[0]
    content = answer(operation, described.schema, full=False).json()
    _, seen = await bench.call(operation, call, (described.status, content), on_drift="ignore")
    assert wire.problems(operation, call, seen, own.shapes, own.judge) == []
    assert wire.problems(operation, call, spoil(seen), own.shapes, own.judge) != []
