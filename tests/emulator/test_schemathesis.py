"""schemathesis makes requests, valid ones and broken ones: nothing fails, every answer fits."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import pytest
import schemathesis
from contract.bench import OPERATIONS
from contract.document import Described
from emulator.judge import ask, judged
from emulator.requests import Wire
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from requests import Request
from schemathesis.generation import GenerationMode

from pinterest_async.emulator import Emulator

BASE = "http://emulator/v5"
_SCHEMA: Any = schemathesis.openapi.from_dict(dict(OPERATIONS[0].document.raw))
_MADE: Mapping[str, Any] = {
    one.ok().definition.raw["operationId"]: one.ok() for one in _SCHEMA.get_all_operations()
}


@pytest.fixture(scope="module")
def emulator() -> Emulator:
    return Emulator(quotas=None, now=lambda: 1_781_006_400.0, strict=True)


def wire(case: Any) -> Wire:
    """What schemathesis would send."""
    sent = Request(**case.as_transport_kwargs(base_url=BASE)).prepare()
    parts = urlsplit(str(sent.url))
    target = parts.path.removeprefix("/v5") + (f"?{parts.query}" if parts.query else "")
    body: Any = sent.body or b""
    return Wire(
        str(sent.method),
        target,
        str(sent.headers.get("Content-Type", "")),
        body.encode() if isinstance(body, str) else body,
    )


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.id)
def test_nothing_fails_and_every_answer_fits(
    operation: Described, mode: GenerationMode, emulator: Emulator
) -> None:
    made = _MADE[operation.id]

    @settings(
        max_examples=2,
        database=None,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )
    @given(case=made.as_strategy(generation_mode=mode))
    def check(case: Any) -> None:
        sent = wire(case)
        answer = ask(emulator, operation, sent)
        assert answer.status < 500, (sent, answer.body)
        assert judged(operation, answer) == [], (sent, answer.body)

    try:
        check()
    except Unsatisfiable:
        assert mode is GenerationMode.NEGATIVE
        pytest.skip("any text will do")
