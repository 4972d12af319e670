"""Calls that hold ids alone: let through without checks, and only where checks find nothing."""

from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given
from msgspec import UNSET

from pinterest_async import Body, Operation, Parameter, operations
from pinterest_async._core.checks import check_call
from pinterest_async._core.operation import has_only_ids
from pinterest_async._core.types import Id

ALL = list(operations())
values = st.one_of(
    st.text(max_size=20),
    st.text("0123456789", max_size=20),
    st.sampled_from(["", " ", ".", "..", "a/b", "1\n", "٣", "é", "me", "8137", "ab12"]),
    st.none(),
    st.just(UNSET),
    st.integers(),
)


def made(**parts: Any) -> Operation[Any]:
    return Operation("x.y", "GET", "/x/{a}/{b}", None, "ads_read", **parts)


@given(st.sampled_from(ALL), st.data(), st.booleans())
def test_nothing_is_wrong_with_what_is_let_through(
    operation: Operation[Any], data: st.DataObject, strict: bool
) -> None:
    path = [data.draw(values) for _ in operation.path_parameters]
    if has_only_ids(operation, path, {}, UNSET):
        assert check_call(operation, path, {}, strict=strict) == []


@pytest.mark.parametrize("path", [("1", "2"), ("813", "00")])
def test_plain_ids_are_let_through(path: tuple[str, ...]) -> None:
    assert has_only_ids(made(), path, {}, UNSET)


@pytest.mark.parametrize(
    "path", [("1",), ("1", "2", "3"), ("1", ""), ("1", "a"), ("1", 2), ("1", None), ("1", "٣")]
)
def test_other_values_need_a_closer_look(path: tuple[Any, ...]) -> None:
    assert not has_only_ids(made(), path, {}, UNSET)


def test_text_may_have_letters_where_the_description_asks_for_no_digits() -> None:
    parameters = (Parameter("a", str, required=True), Parameter("b", Id, required=True))
    operation = made(path_parameters=parameters)
    assert has_only_ids(operation, ("trend1", "2"), {}, UNSET)
    assert not has_only_ids(operation, ("1", "trend1"), {}, UNSET)
    assert not has_only_ids(operation, ("a-b", "2"), {}, UNSET)


def test_a_query_or_a_body_needs_a_closer_look() -> None:
    path = ("1", "2")
    assert not has_only_ids(made(), path, {"page_size": 5}, UNSET)
    assert not has_only_ids(made(), path, {}, {})
    assert not has_only_ids(made(body=Body("object", dict[str, Any])), path, {}, UNSET)
    needed = Parameter("start_date", str, required=True)
    assert not has_only_ids(made(query=(needed,)), path, {}, UNSET)
    assert has_only_ids(made(query=(Parameter("page_size", int),)), path, {}, UNSET)


def test_another_operation_of_the_same_id_is_looked_at_anew() -> None:
    assert has_only_ids(made(), ("1", "2"), {}, UNSET)
    parameters = (Parameter("a", int, required=True), Parameter("b", Id, required=True))
    assert not has_only_ids(made(path_parameters=parameters), ("1", "2"), {}, UNSET)
