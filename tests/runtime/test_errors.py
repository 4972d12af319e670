"""The error tree: one root, pickles, advice, no secrets."""

import asyncio
import copy
import inspect
import pickle
from collections.abc import Callable
from typing import Any, get_args

import msgspec
import pytest
from msgspec.structs import replace

import pinterest_async
from pinterest_async import errors
from pinterest_async._core.drift import Drift
from pinterest_async._core.item_failures import ItemFailure
from pinterest_async._core.operation import Operation, Parameter
from pinterest_async._core.outcomes import Phase, RawResponse
from pinterest_async._core.problems import Problem
from pinterest_async._core.ratelimit_headers import RateState
from pinterest_async._core.retry_rules import RULES, classify
from pinterest_async._request.failed_requests import ANSWER_ERRORS, api_error
from pinterest_async.errors import PinterestError

OPERATION: Operation[Any] = Operation(
    id="ads/get",
    namespace="ads",
    name="get",
    method="POST",
    path="/ads",
    answer=None,
    category="ads_read",
    query=(Parameter(name="q", type=str),),
    scopes=(("ads:read",), ("ads:write", "pins:read")),
)
FACTS: dict[str, Any] = {
    "status": 400,
    "code": 7,
    "request_id": "rid",
    "body": b"raw \xff",
    "operation": OPERATION,
    "attempts": 2,
}


def answered(kind: type[errors.APIError]) -> errors.APIError:
    return kind("went wrong", **FACTS, wait=2.5)


def samples() -> list[PinterestError]:
    drift = Drift("items[].id", "str", "int")
    problem = Problem("page_size", "is too small", "pass 1 to 250")
    facts = {name: FACTS[name] for name in ("status", "request_id", "body", "operation")}
    special: list[PinterestError] = [
        PinterestError("plain", advice="Do this."),
        errors.ConfigurationError("wrong", advice="Set it right."),
        errors.InvalidCallError([problem], operation=OPERATION),
        errors.InvalidCallError([problem, problem], operation=OPERATION),
        errors.NotInSandboxError("no", operation=OPERATION),
        errors.PoolClosedError("closed"),
        errors.PoolClosedError("closed", phase="maybe_sent", operation=OPERATION, attempts=1),
        errors.LoginError("refused"),
        errors.MissingScopeError(["ads:write"], ["ads:read"], operation=OPERATION),
        errors.TokenStoreError("the disk is full"),
        errors.LoginTimeoutError("nobody came"),
        errors.NotLoggedInError("nobody has logged in"),
        errors.LimiterUnavailableError("away", operation=OPERATION),
        errors.DeadlineExceededError("late", doing="requesting", operation=OPERATION),
        errors.RateLimitWaitError("ads_read", wait=9.2, max_wait=1, operation=OPERATION),
        errors.BookmarkError("it is a list", operation=OPERATION),
        errors.RepeatedBookmarkError("abc", pages=3, operation=OPERATION),
        errors.DriftError([drift], data=None, **facts),
        errors.ItemsFailedError(
            [ItemFailure(index=1, code=2, message="no", item=None)], data=None, **facts
        ),
    ]
    phases: tuple[Phase, ...] = get_args(Phase)
    special += [
        kind("broke", phase=phase, operation=OPERATION, attempts=3)
        for kind in (
            errors.ConnectionFailedError,
            errors.ConnectTimeoutError,
            errors.ReadTimeoutError,
        )
        for phase in phases
    ]
    made = {type(error) for error in special}
    return special + [
        answered(value)
        for value in vars(errors).values()
        if inspect.isclass(value) and issubclass(value, errors.APIError) and value not in made
    ]


def pickled(error: PinterestError) -> PinterestError:
    again: PinterestError = pickle.loads(pickle.dumps(error))  # noqa: S301  (our own bytes)
    return again


def test_every_error_has_a_sample() -> None:
    classes = {
        value
        for value in vars(errors).values()
        if inspect.isclass(value) and issubclass(value, PinterestError)
    }
    assert {type(error) for error in samples()} == classes


@pytest.mark.parametrize("way", [pickled, copy.copy, copy.deepcopy])
@pytest.mark.parametrize("error", samples(), ids=lambda error: type(error).__name__)
def test_survives_pickling_and_copying(
    error: PinterestError, way: Callable[[PinterestError], PinterestError]
) -> None:
    again = way(error)
    assert type(again) is type(error)
    assert (str(again), repr(again)) == (str(error), repr(error))
    state = dict(error.__dict__)
    if error.operation is not None:
        assert again.operation is not None
        assert (again.operation.id, again.operation.method) == ("ads/get", "POST")
        state["operation"] = again.operation
    assert again.__dict__ == state


@pytest.mark.parametrize("error", samples(), ids=lambda error: type(error).__name__)
def test_says_what_to_do_next(error: PinterestError) -> None:
    assert (
        error.advice or isinstance(error, errors.InvalidCallError) or type(error) is errors.APIError
    )
    assert str(error).endswith(error.advice)
    if error.operation is not None:
        assert str(error).startswith("ads.get: ")


@pytest.mark.parametrize("error", samples(), ids=lambda error: type(error).__name__)
async def test_can_be_caught_out_of_a_group_of_tasks(error: PinterestError) -> None:
    async def fails() -> None:
        await asyncio.sleep(0)
        raise error

    caught: list[BaseException] = []
    others: list[asyncio.Task[bool]] = []
    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(fails())
            others.append(tasks.create_task(asyncio.Event().wait()))
    except* PinterestError as group:
        caught.extend(group.exceptions)
    assert caught == [error]
    assert others[0].cancelled()


def test_every_error_is_public_and_below_the_root() -> None:
    classes = {
        name: value
        for name, value in vars(errors).items()
        if inspect.isclass(value)
        and issubclass(value, Exception)
        and value.__module__ == errors.__name__
    }
    assert set(classes) <= set(pinterest_async.__all__)
    warnings = {name for name, value in classes.items() if issubclass(value, Warning)}
    assert warnings == {"DriftWarning"}
    assert all(issubclass(classes[name], PinterestError) for name in set(classes) - warnings)


def test_timeouts_are_timeouts() -> None:
    for kind in (
        errors.ConnectTimeoutError,
        errors.ReadTimeoutError,
        errors.DeadlineExceededError,
        errors.RateLimitWaitError,
    ):
        assert issubclass(kind, TimeoutError)
        assert issubclass(kind, asyncio.TimeoutError)
    assert issubclass(errors.ConnectionFailedError, ConnectionError)
    assert issubclass(errors.InvalidCallError, TypeError)
    assert issubclass(errors.InvalidCallError, ValueError)


def test_an_api_error_says_all_it_knows() -> None:
    error = answered(errors.RateLimitError)
    assert str(error).startswith(
        "ads.get: went wrong (status 400, code 7, wait 2.5 s, request id rid, after 2 attempts). "
    )
    assert (error.status, error.code, error.request_id) == (400, 7, "rid")
    assert (error.category, error.wait, error.body) == ("ads_read", 2.5, b"raw \xff")


def test_without_words_the_body_is_shown_cut_short() -> None:
    error = errors.ServerError("", status=500, body=b"x" * 2000)
    assert "x" * 500 + " [...]" in str(error)
    assert len(str(error)) < 700
    assert error.body == b"x" * 2000
    assert "without a body" in str(errors.ServerError("", status=500))


def test_problems_are_all_listed() -> None:
    problems = [Problem("a", "is required", "pass a"), Problem("", "is odd", "")]
    error = errors.InvalidCallError(problems, operation=OPERATION)
    assert str(error).splitlines() == [
        "ads.get: 2 arguments are wrong, nothing was sent:",
        "- a: is required; pass a",
        "- is odd",
    ]
    assert error.problems == tuple(problems)
    alone = errors.InvalidCallError(problems[:1], operation=OPERATION)
    assert str(alone) == "ads.get: a: is required; pass a"


def test_tokens_are_blanked_out() -> None:
    text = "sent pina_ABC-def_123 and pinr_x.y"
    for error in (
        PinterestError(text, advice=text),
        errors.BadRequestError("", status=400, body=text.encode()),
        errors.InvalidCallError([Problem("a", text, text)]),
    ):
        assert "ABC" not in str(error) + repr(error)
        assert "x.y" not in str(error) + repr(error)
        assert "pina_[redacted]" in str(error)


def test_every_kind_of_answer_has_an_error() -> None:
    assert {rule.kind for rule in RULES} == {"ok", *ANSWER_ERRORS}


def advice(status: int, code: int, message: str, **changes: Any) -> str:
    """What the error for an answer to a call of the operation advises."""
    operation = replace(OPERATION, **changes)
    answer = RawResponse(status, {}, msgspec.json.encode({"code": code, "message": message}))
    verdict = classify(operation, answer, RateState())
    return api_error(operation, answer, verdict, attempts=1).advice


def test_a_missing_permission_names_the_scopes() -> None:
    for status, code in ((401, 3), (403, 29)):
        assert "ads:read or ads:write, pins:read" in advice(status, code, "no")
        trial = advice(status, code, "Apps with Trial access may not create Pins")
        assert "environment='sandbox'" in trial
        assert "Ask for the scopes" in advice(status, code, "no", scopes=())


def test_the_error_of_a_write_that_may_have_worked_says_so() -> None:
    assert "may have taken effect" in advice(400, 2787, "Sorry")
    assert "may have taken effect" not in advice(400, 2787, "Sorry", method="GET")
    assert "may have taken effect" in str(
        errors.ConnectionFailedError("lost", phase="maybe_sent", operation=OPERATION)
    )
    assert "may have taken effect" in str(
        errors.DeadlineExceededError("late", doing="requesting", operation=OPERATION)
    )
