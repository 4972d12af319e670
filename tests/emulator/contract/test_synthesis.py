"""Made-up answers: plausible, repeatable, and fit for schemas that today's description lacks."""

import datetime as dt
import re
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinterest_async.emulator.contract.calls import ApiCall
from pinterest_async.emulator.contract.contract import contract
from pinterest_async.emulator.contract.description import ApiOperation, Description
from pinterest_async.emulator.contract.dialect import Dialect
from pinterest_async.emulator.contract.synthesis import Synthesis
from pinterest_async.emulator.contract.validation import Validators

NOW = dt.datetime(2026, 6, 9, 12, tzinfo=dt.UTC)


def made(
    schema: dict[str, Any],
    *,
    seed: int = 7,
    path: str = "/things",
    values: dict[str, str] | None = None,
    body: Any = None,
    query: dict[str, Any] | None = None,
    **schemas: Any,
) -> Any:
    """An answer for an operation with this answer schema, held against it."""
    description = Description(version="1", operations=(), schemas=schemas)
    operation = ApiOperation(
        id="things/get",
        namespace="things",
        name="get",
        method="GET",
        path=path,
        category="org_read",
        sandbox=True,
        schemes=(),
        scopes=(),
        parameters=(),
        answers={"200": schema},
    )
    call = ApiCall(
        operation="things/get", path=values or {}, query=query or {}, body=body, user="1", now=NOW
    )
    validators = Validators(Dialect(description, request=False))
    answer = Synthesis(description, validators).answer(operation, call, seed)
    assert [one.message for one in validators.of(schema).iter_errors(answer)] == []
    return answer


def ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


def test_the_same_request_gets_the_same_answer() -> None:
    schema = {"type": "object", "properties": {"name": {"type": "string"}}}
    assert made(schema) == made(schema)
    assert len({made(schema, seed=seed)["name"] for seed in range(9)}) > 1
    assert made(schema, body={"a": 1}) != made(schema, body={"a": 2})


@given(st.integers(0, 1000))
def test_values_keep_their_limits(seed: int) -> None:
    made(
        {
            "type": "object",
            "required": ["a", "b", "c", "d", "e", "f"],
            "properties": {
                "a": {"type": "integer", "minimum": 3, "maximum": 4},
                "b": {"type": "integer", "maximum": -5},
                "c": {"type": "number", "minimum": 0, "exclusiveMinimum": True, "maximum": 1},
                "d": {"type": "string", "minLength": 30, "maxLength": 31},
                "e": {"type": "array", "minItems": 3, "items": {"type": "string", "maxLength": 4}},
                "f": {"type": "string", "enum": ["X", None], "nullable": True},
            },
        },
        seed=seed,
    )


@pytest.mark.parametrize(
    "pattern",
    [r"^\d+$", r"^[A-F]{3}-\d{2}$", r"^(a|b)c*$", r"^x{2,5}$", r"(?!^\d+$)^.+$", r"^\w+@\w+\.com$"],
)
@given(seed=st.integers(0, 200))
def test_text_matches_patterns_of_any_kind(pattern: str, seed: int) -> None:
    assert re.search(pattern, made({"type": "string", "pattern": pattern}, seed=seed))


def test_names_decide_what_is_plausible() -> None:
    names = ["id", "board_id", "image_url", "start_date"]
    answer = made(
        {
            "type": "object",
            "properties": {
                **{name: {"type": "string"} for name in names},
                "created_time": {"type": "integer"},
                "created_at": {"type": "string", "format": "date-time"},
            },
        }
    )
    assert answer["id"].isdigit()
    assert len(answer["board_id"]) == 18
    assert answer["image_url"].startswith("https://example.com/")
    assert dt.date.fromisoformat(answer["start_date"]) < NOW.date()
    assert dt.datetime.fromisoformat(answer["created_at"]) < NOW
    assert 0 < NOW.timestamp() - answer["created_time"] < 301 * 86_400


def test_what_the_request_names_comes_back() -> None:
    schema = {
        "type": "object",
        "properties": {
            "id": {"type": "string"},
            "ad_account_id": {"type": "string"},
            "name": {"type": "string"},
            "count": {"type": "integer"},
            "owner": {"type": "object", "properties": {"id": {"type": "string"}}},
        },
    }
    answer = made(
        schema,
        path="/ad_accounts/{ad_account_id}/things/{thing_id}",
        values={"ad_account_id": "11", "thing_id": "22"},
        body={"name": "mine", "count": "not a number", "ad_account_id": "33"},
    )
    assert (answer["id"], answer["ad_account_id"], answer["name"]) == ("22", "11", "mine")
    assert isinstance(answer["count"], int)
    assert answer["owner"]["id"] != "22"


def test_the_first_item_of_a_list_comes_back_as_well() -> None:
    schema = {
        "type": "object",
        "properties": {
            "items": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "data": {"type": "object", "properties": {"name": {"type": "string"}}}
                    },
                },
            }
        },
    }
    assert made(schema, body=[{"name": "mine"}])["items"][0]["data"]["name"] == "mine"


def test_a_page_is_the_last_one() -> None:
    page = {
        "type": "object",
        "properties": {
            "items": {"type": "array", "items": {"type": "string"}},
            "bookmark": {"type": "string", "nullable": True},
        },
    }
    assert made(page)["bookmark"] is None
    assert len(made(page)["items"]) == 2


@given(st.integers(0, 100))
def test_unions_say_which_they_are(seed: int) -> None:
    kinds = {"cat": ref("Cat"), "dog": ref("Dog")}
    answer = made(
        {
            "type": "object",
            "oneOf": [*kinds.values()],
            "discriminator": {
                "propertyName": "kind",
                "mapping": {name: one["$ref"] for name, one in kinds.items()},
            },
        },
        seed=seed,
        Cat={"type": "object", "properties": {"kind": {"type": "string"}, "lives": {"enum": [9]}}},
        Dog={"type": "object", "properties": {"kind": {"type": "string"}, "tail": {"enum": [1]}}},
    )
    assert answer in ({"kind": "cat", "lives": 9}, {"kind": "dog", "tail": 1})


def test_a_schema_may_hold_itself() -> None:
    tree = {"type": "object", "properties": {"branches": {"type": "array", "items": ref("Tree")}}}
    assert len(msgspec.json.encode(made(ref("Tree"), Tree=tree))) < 100_000


@given(st.integers(0, 10_000))
def test_every_answer_of_the_api_fits(seed: int) -> None:
    rules = contract()
    synthesis = Synthesis(rules.description, rules.answers)
    operation = rules.description.operations[seed % len(rules.description.operations)]
    path = {one.name: "12" for one in operation.parameters if one.place == "path"}
    call = ApiCall(operation=operation.id, path=path, query={}, body=None, user="1", now=NOW)
    answer = synthesis.answer(operation, call, seed)
    schema = operation.answer(operation.status)
    if schema is None:
        assert answer is None
    else:
        assert rules.mismatch(operation, operation.status, answer) == ""


def test_series_are_by_date_and_shares_are_parts_of_one() -> None:
    numbers = {"type": "object", "additionalProperties": {"type": "number"}}
    answer = made({"type": "object", "properties": {"predicted_time_series": numbers}})
    assert all(map(dt.date.fromisoformat, answer["predicted_time_series"]))
    shares = {"type": "object", "properties": {"ratio": {"type": "number"}}}
    ratios = {made(shares, seed=seed)["ratio"] for seed in range(20)}
    assert len(ratios) > 5
    assert all(0 <= one < 1 for one in ratios)


def test_a_parameter_comes_back_under_its_name() -> None:
    schema = {"type": "object", "properties": {"period": {"type": "string", "enum": ["1d", "9d"]}}}
    for period in ("1d", "9d"):
        assert made(schema, query={"period": period})["period"] == period
