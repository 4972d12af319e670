"""Nothing but `PinterestError` leaves the functions that read an answer, whatever it is."""

import pickle
import warnings
from typing import Any

import pytest
from contract.bench import OPERATIONS, first_call
from contract.document import Described
from hostile.answers import FEW, HEADERS, STATUSES, bodies, good_answers
from hypothesis import given
from hypothesis import strategies as st

from pinterest_async import (
    DriftWarning,
    PinterestError,
    operations,
    raise_for_items,
    succeeded,
    unknown_fields,
)
from pinterest_async._core import ratelimit_headers
from pinterest_async._core.display import plain
from pinterest_async._core.operation import Operation
from pinterest_async._core.outcomes import RawResponse, RequestFailure
from pinterest_async._core.retry_rules import classify, error_response
from pinterest_async._request.answers_in_steps import read
from pinterest_async._request.decoding import at_once
from pinterest_async._request.failed_requests import api_error, without_echoes
from pinterest_async.options import OnDrift

BY_ID = {operation.id: operation for operation in operations()}
SECRETS = ("pina_SECRETsecretSECRET123",)
DRIFT: tuple[OnDrift, ...] = ("ignore", "warn", "raise")


def as_headers(lines: list[str]) -> dict[str, str]:
    pairs = [line.partition(": ") for line in lines]
    return {name: value for name, _, value in pairs}


headers = st.lists(st.sampled_from(HEADERS), max_size=3).map(as_headers)


def assert_fit_to_show(error: PinterestError) -> None:
    """An error is short, printable in any terminal, and crosses process borders."""
    text = str(error)
    assert len(text) < 10_000
    assert "\x1b" not in text
    assert "\0" not in text
    again = pickle.loads(pickle.dumps(error))  # noqa: S301  (our own bytes)
    assert str(again) == text.encode().decode()
    repr(error)


def use(answer: Any) -> None:
    """Whatever a caller may do with the data of an answer."""
    repr(answer)
    plain(answer)
    unknown_fields(answer)
    for look in (raise_for_items, succeeded):
        try:
            look(answer)
        except PinterestError as error:
            assert_fit_to_show(error)
        except TypeError as error:
            assert "takes the answer to a write of many items" in str(error)  # noqa: PT017


def judge(operation: Operation[Any], query: dict[str, Any], raw: RawResponse) -> None:
    """Everything that is done to an answer between the wire and the caller."""
    clean = without_echoes(raw, SECRETS, tokens=True)
    assert isinstance(clean, RawResponse)
    rate = ratelimit_headers.parse(clean.headers)
    verdict = classify(operation, clean, rate)
    error_response(
        RequestFailure("truncated_answer", "lost", "", clean.status, headers=clean.headers)
    )
    if verdict.kind != "ok":
        assert_fit_to_show(api_error(operation, clean, verdict, attempts=1))
        return
    for on_drift in DRIFT:
        try:
            answer = at_once(
                read(
                    operation,
                    query,
                    clean,
                    rate,
                    attempts=1,
                    on_drift=on_drift,
                    reported=set(),
                    secrets=SECRETS,
                )
            )
        except PinterestError as error:
            assert_fit_to_show(error)
        else:
            repr(answer)
            use(answer.data)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.id)
@FEW
@given(data=st.data())
def test_any_answer_to_any_operation(operation: Described, data: st.DataObject) -> None:
    body = data.draw(bodies(good_answers(operation)))
    raw = RawResponse(data.draw(st.sampled_from(STATUSES)), data.draw(headers), body)
    query = {name: node.json() for name, node in first_call(operation).in_query.items()}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DriftWarning)
        judge(BY_ID[operation.id], query, raw)
