"""The table that decides what an answer means, row by row."""

import json
from collections.abc import Callable
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinterest_async._core.backoff import backoff, pause
from pinterest_async._core.operation import Operation
from pinterest_async._core.outcomes import Cause, Phase, RawResponse, RequestFailure
from pinterest_async._core.ratelimit_headers import RateState
from pinterest_async._core.retry_rules import (
    FAILURES,
    RULES,
    Again,
    ResponseKind,
    classify,
    classify_failure,
    gone_stale,
    parse_error,
)

Op = Callable[..., Operation[Any]]
QUOTA = "This request exceeded a rate limit."
CONTENTION = QUOTA + " or if multiple write operations are applied to an object"
SPENT = RateState(limit=60, remaining=0, reset=42.0)
LEFT = RateState(limit=60, remaining=12, reset=42.0)
NONE = RateState()


def body(code: int | None = None, message: str = "", **more: Any) -> bytes:
    return json.dumps({"code": code, "message": message, **more}).encode()


READ, WRITE, REPEATABLE, DELETE_AGAIN = "GET", "POST", "repeatable POST", "second DELETE"
#: status, body, headers' state, method -> kind, again, freeze, wait
ROWS: list[tuple[int, bytes, RateState, str, ResponseKind, Again, bool, float | None]] = [
    (200, b"{}", NONE, READ, "ok", "never", False, None),
    (204, b"", NONE, WRITE, "ok", "never", False, None),
    (302, b"", NONE, READ, "redirect", "never", False, None),
    (400, body(1, "bad"), NONE, READ, "bad_request", "never", False, None),
    (400, body(12, "Something went wrong"), NONE, READ, "server", "safe", False, None),
    (400, body(12, "Something went wrong"), NONE, WRITE, "server", "never", False, None),
    (400, body(12, "Something went wrong"), NONE, REPEATABLE, "server", "safe", False, None),
    (400, body(2787, "Sorry!"), NONE, WRITE, "server", "never", False, None),
    (400, body(2787, "Sorry!"), NONE, READ, "server", "safe", False, None),
    (400, body(1, "Retry after 7 seconds"), NONE, WRITE, "report_cost", "always", False, 7.0),
    (
        400,
        body(1, "You can only get data from the last 90 days"),
        NONE,
        READ,
        "bad_request",
        "once",
        False,
        1.0,
    ),
    (
        400,
        body(1, "You can only get data from the last 90 days"),
        NONE,
        WRITE,
        "bad_request",
        "never",
        False,
        None,
    ),
    (
        400,
        body(1, "Sorry we could not fetch the image."),
        NONE,
        WRITE,
        "bad_request",
        "once",
        False,
        2.0,
    ),
    (400, body(9, "blocked"), NONE, WRITE, "spam", "never", False, None),
    (403, body(9, "blocked"), NONE, READ, "spam", "never", False, None),
    (404, body(9, "blocked"), NONE, READ, "spam", "never", False, None),
    (400, body(1, "We blocked it: spam."), NONE, WRITE, "spam", "never", False, None),
    (403, body(None, "This looks like Spam"), NONE, WRITE, "spam", "never", False, None),
    (
        400,
        body(1, "is_spammer must be a boolean"),
        NONE,
        WRITE,
        "bad_request",
        "never",
        False,
        None,
    ),
    (401, body(2, "Authentication failed."), NONE, WRITE, "authentication", "refresh", False, None),
    (401, body(3, "restricted feature"), NONE, READ, "permission", "never", False, None),
    (401, body(7, "not authorized"), NONE, READ, "permission", "never", False, None),
    (401, body(29, "not permitted"), NONE, READ, "permission", "never", False, None),
    (401, b"", NONE, READ, "authentication", "never", False, None),
    (403, body(29, "You are not permitted"), NONE, READ, "permission", "never", False, None),
    (404, body(50, "Pin not found"), NONE, READ, "not_found", "never", False, None),
    (405, body(5, "Method not allowed"), NONE, READ, "bad_request", "never", False, None),
    (408, b"", NONE, READ, "server", "safe", False, None),
    (408, b"", NONE, WRITE, "server", "never", False, None),
    (409, body(4182, "no catalog"), NONE, READ, "conflict", "never", False, None),
    (418, b"", NONE, READ, "bad_request", "never", False, None),
    (422, body(4170, "exists"), NONE, READ, "unprocessable", "never", False, None),
    (429, body(8, QUOTA), SPENT, READ, "rate_limit", "always", True, 42.0),
    (429, body(8, QUOTA), SPENT, WRITE, "rate_limit", "always", True, 42.0),
    (429, body(8, QUOTA), NONE, READ, "rate_limit", "always", True, None),
    (429, body(30, "?"), SPENT, READ, "rate_limit", "always", True, 42.0),
    (429, b"<html>", SPENT, READ, "rate_limit", "always", True, 42.0),
    (429, body(8, CONTENTION), LEFT, WRITE, "contention", "always", False, None),
    (429, body(8, CONTENTION), SPENT, WRITE, "rate_limit", "always", True, 42.0),
    (429, body(8, CONTENTION), LEFT, READ, "rate_limit", "always", True, None),
    (
        429,
        body(2726, "Reporting query cost limit exceeded. Retry after 1 seconds"),
        SPENT,
        WRITE,
        "report_cost",
        "always",
        False,
        1.0,
    ),
    (429, body(8, "looks like spam"), SPENT, WRITE, "spam", "never", False, None),
    (
        429,
        body(8, "x", message_detail="Spam was found"),
        NONE,
        READ,
        "spam",
        "never",
        False,
        None,
    ),
    (403, body(29, "Apps with Trial access"), NONE, WRITE, "permission", "never", False, None),
    (404, body(50, "not found"), NONE, DELETE_AGAIN, "not_found", "never", False, None),
    (500, body(500, "oops"), NONE, READ, "server", "safe", False, None),
    (500, body(500, "oops"), NONE, WRITE, "server", "never", False, None),
    (501, body(4181, "not implemented"), NONE, READ, "server", "never", False, None),
    (502, b"<html>", NONE, READ, "server", "safe", False, None),
    (503, body(4197, "ramped down"), NONE, READ, "server", "never", False, None),
    (503, b"", NONE, READ, "server", "safe", False, None),
    (520, b"", NONE, READ, "server", "safe", False, None),
    (101, b"", NONE, READ, "server", "never", False, None),
    (1000, b"", NONE, READ, "server", "never", False, None),
]


def method(op: Op, name: str) -> Operation[Any]:
    kind = {READ: "GET", DELETE_AGAIN: "DELETE"}.get(name, "POST")
    return op(method=kind, idempotent=name == REPEATABLE)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]}-{row[3]}-{row[4]}")
def test_table(row: Any, op: Op) -> None:
    status, content, rate, kind_of_method, *expected = row
    answer, attempts = RawResponse(status, {}, content), 2 if kind_of_method == DELETE_AGAIN else 1
    verdict = classify(method(op, kind_of_method), answer, rate, attempts)
    assert [verdict.kind, verdict.again, verdict.freeze, verdict.wait] == expected


def test_every_row_of_the_table_is_tested(op: Op) -> None:
    reached = set[int]()
    for status, content, rate, name, *_ in ROWS:
        operation = method(op, name)
        for index, rule in enumerate(RULES):
            trial = classify.__globals__["_holds"](
                rule,
                operation.method,
                status,
                parse_error(content),
                rate,
                1 + (name == DELETE_AGAIN),
            )
            if trial:
                reached.add(index)
                break
    assert reached == set(range(len(RULES)))


def test_every_rule_says_why() -> None:
    assert all(rule.why for rule in RULES)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("Retry after 1 seconds", 1.0),
        ("retry after 2.5 seconds", 2.5),
        ("RETRY AFTER 3", 3.0),
        ("Retry after 2 minutes", 120.0),
        ("Retry after 500 ms", 0.5),
        ("Retry after 250 milliseconds", 0.25),
        ("Retry after 1 hour", 3600.0),
    ],
)
def test_waits_named_in_words(op: Op, text: str, seconds: float) -> None:
    answer = RawResponse(429, {}, body(2726, text))
    assert classify(op(), answer, NONE).wait == seconds


def test_waits_named_in_a_header(op: Op) -> None:
    assert classify(op(), RawResponse(503, {"Retry-After": "9"}, b""), NONE).wait == 9.0
    later = {"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}
    assert classify(op(), RawResponse(503, later, b""), NONE).wait is None
    spent = classify(op(), RawResponse(429, {"Retry-After": "9"}, b""), SPENT)
    assert spent.wait == 9.0


@pytest.mark.parametrize(
    ("content", "code", "message"),
    [
        (body(8, "a\nb"), 8, "a b"),
        (body(None, "x", status="failure", message_detail="y"), None, "x; y"),
        (b'{"error": "invalid_grant", "error_description": "gone"}', None, "gone; invalid_grant"),
        (
            b'{"rejected_logs": [{"log_index": 1, "field": "a", "reason": "too\\nlong"}, {}, 7]}',
            None,
            "a: too long",
        ),
        (b'{"rejected_logs": {"a": 1}}', None, ""),
        (b'{"code": "8", "message": null}', None, ""),
        (b'{"code": true, "message": 7}', None, ""),
        (b"[1]", None, ""),
        (b"", None, ""),
        (b"<html><title>502 Bad\n Gateway</title></html>", None, "502 Bad Gateway"),
        # Patterns that look again and again would take minutes over these.
        (b"<title>" + b" " * 4000, None, ""),
        (b"<title" * 700, None, ""),
        (b"upstream connect error", None, ""),
        (b"\xff\xfe", None, ""),
        (b'{"message": "\xff"}', None, ""),
        (b"[" * 5000, None, ""),
    ],
)
def test_error_bodies_of_every_form(content: bytes, code: int | None, message: str) -> None:
    error = parse_error(content)
    assert (error.code, error.message) == (code, message)


@given(
    status=st.integers(100, 999),
    content=st.one_of(
        st.binary(max_size=60),
        st.builds(body, st.none() | st.integers(), st.text(max_size=40)),
    ),
    remaining=st.none() | st.integers(0, 5),
    write=st.booleans(),
)
def test_any_answer_gets_a_verdict(
    status: int, content: bytes, remaining: int | None, write: bool
) -> None:
    operation: Operation[Any] = Operation(
        id="x",
        namespace="x",
        name="x",
        method="POST" if write else "GET",
        path="/x",
        answer=None,
        category="x",
    )
    rate = RateState(remaining=remaining, reset=3.0)
    verdict = classify(operation, RawResponse(status, {}, content), rate)
    assert (verdict.kind == "ok") == (200 <= status <= 299)
    if write and verdict.again in ("safe", "once"):
        pytest.fail("a write is repeated that may have taken effect")


PHASES: dict[tuple[Phase, Cause], tuple[bool, bool]] = {
    # (phase, cause): (a read is tried again, a write is)
    ("not_sent", "connect_failed"): (True, True),
    ("not_sent", "dns"): (True, True),
    ("not_sent", "connect_timeout"): (True, True),
    ("not_sent", "tls"): (False, False),
    ("not_sent", "proxy"): (False, False),
    ("maybe_sent", "lost"): (True, False),
    ("maybe_sent", "read_timeout"): (True, False),
    ("maybe_sent", "garbled"): (True, False),
    ("truncated_answer", "lost"): (True, False),
    ("truncated_answer", "garbled"): (True, False),
    ("truncated_answer", "read_timeout"): (True, False),
}


@pytest.mark.parametrize("row", PHASES)
def test_failures(row: tuple[Phase, Cause], op: Op) -> None:
    failure = RequestFailure(*row, detail="x")
    read, write = PHASES[row]
    assert classify_failure(op(), failure) == read
    assert classify_failure(op(method="DELETE"), failure) == write
    assert classify_failure(op(method="POST", idempotent=True), failure) == read


def test_a_request_lost_before_it_was_sent_is_always_tried_again(op: Op) -> None:
    assert classify_failure(op(method="POST"), RequestFailure("not_sent", "lost", "x"))
    assert classify_failure(op(method="POST"), RequestFailure("not_sent", "read_timeout", "x"))


def test_every_cause_is_known() -> None:
    assert set(FAILURES) == set(get_args(Cause))
    assert {cause for _, cause in PHASES} == set(FAILURES)


def test_a_stale_connection_is_distinguished_from_a_broken_one(op: Op) -> None:
    stale = RequestFailure("maybe_sent", "lost", "x", reused=True)
    assert gone_stale(op(), stale)
    assert not gone_stale(op(method="POST"), stale)
    assert not gone_stale(op(), RequestFailure("maybe_sent", "lost", "x"))
    assert not gone_stale(op(), RequestFailure("truncated_answer", "lost", "x", 200, reused=True))


@given(st.integers(1, 10_000), st.floats(0, 10), st.floats(0, 100), st.floats(0, 1))
def test_backoff_stays_within_its_bounds(n: int, base: float, cap: float, chance: float) -> None:
    assert 0 <= backoff(n, base=base, cap=cap, chance=chance) <= min(cap, base * 2.0 ** min(n, 99))


def test_pauses_double_up_to_the_cap() -> None:
    assert [backoff(n, base=0.5, cap=3, chance=1) for n in range(1, 6)] == [0.5, 1, 2, 3, 3]
    assert backoff(3, base=0.5, cap=3, chance=0.25) == 0.5


def test_a_named_wait_is_never_cut_short() -> None:
    assert pause(1, base=0.5, cap=3, chance=0, named=60) == 60
    assert pause(9, base=0.5, cap=3, chance=1, named=60) == 60.5
