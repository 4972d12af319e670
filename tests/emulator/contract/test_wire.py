"""Text on the wire -> values, routes, and what no request can do: make the emulator fail."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinterest_async.emulator import Emulator, HttpRequest, RejectedError
from pinterest_async.emulator.contract.contract import contract
from pinterest_async.emulator.contract.description import Description
from pinterest_async.emulator.contract.wire import decoder, nested, pairs, split, typed, unquoted

NOTHING = Description(version="1", operations=(), schemas={"Count": {"type": "integer"}})
EMULATOR = Emulator(quotas=None, accounts=1, strict=True)


@pytest.mark.parametrize(
    ("schema", "text", "value"),
    [
        ({"type": "integer"}, "12", 12),
        ({"type": "integer"}, "-3", -3),
        ({"type": "integer"}, "012", "012"),
        ({"type": "integer"}, "1.0", "1.0"),
        ({"type": "integer"}, "1_0", "1_0"),
        ({"type": "integer"}, "٣", "٣"),
        ({"type": "integer"}, "9" * 5000, "9" * 5000),
        ({"type": "number"}, "1.5e3", 1500.0),
        ({"type": "number"}, "nan", "nan"),
        ({"type": "number"}, "1e999", float("inf")),
        ({"type": "boolean"}, "true", True),
        ({"type": "boolean"}, "True", True),
        ({"type": "boolean"}, "1", "1"),
        ({"type": "string"}, "12", "12"),
        ({"$ref": "#/components/schemas/Count"}, "7", 7),
        ({"allOf": [{"$ref": "#/components/schemas/Count"}]}, "7", 7),
        ({"oneOf": [{"type": "integer"}, {"type": "string"}]}, "7", "7"),
        ({}, "7", "7"),
    ],
)
def test_values_are_read_by_their_schema(schema: dict[str, Any], text: str, value: Any) -> None:
    read = decoder(NOTHING, schema)(text)
    assert (read, type(read)) == (value, type(value))


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("a,b", ["a", "b"]),
        ("a%2Cb", ["a", "b"]),
        ("a%2Cb,c", ["a,b", "c"]),
        ("", []),
        ("a,", ["a", ""]),
        ("a+b", ["a b"]),
    ],
)
def test_lists_are_split(text: str, items: list[str]) -> None:
    assert split(text) == items


def test_pairs_keep_values_encoded() -> None:
    assert [*pairs("a=1&b%5Bc%5D=%2C&&d")] == [("a", "1"), ("b[c]", "%2C"), ("d", "")]


@pytest.mark.parametrize("text", ["%FF", "%C3", "a%80b"])
def test_what_is_no_utf8_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match="utf-8"):
        unquoted(text)


def test_objects_are_nested_and_typed() -> None:
    flat = [("[a]", "1"), ("[b][c]", "2"), ("[b][c]", "3"), ("[d]", "4")]
    schema = {
        "properties": {
            "a": {"type": "integer"},
            "b": {"properties": {"c": {"type": "array", "items": {"type": "integer"}}}},
        }
    }
    assert typed(NOTHING, schema, nested(flat)) == {"a": 1, "b": {"c": [2, 3]}, "d": "4"}


@pytest.mark.parametrize(
    "flat",
    [
        [("", "1")],
        [("[]", "1")],
        [("[a", "1")],
        [("[a]b", "1")],
        [("[a]", "1"), ("[a][b]", "2")],
        [("[a][b]", "1"), ("[a]", "2")],
    ],
)
def test_keys_that_make_no_sense_are_errors(flat: list[tuple[str, str]]) -> None:
    with pytest.raises(ValueError, match=r"no key|a value and an object"):
        nested(flat)


def test_every_operation_has_its_route() -> None:
    rules = contract(strict=True)
    for operation in rules.description.operations:
        found, path = rules.routes.find(operation.method, operation.path.replace("{", "x{"))
        assert found is operation
        assert all(value == f"x{{{name}}}" for name, value in path.items())


@pytest.mark.parametrize("path", ["", "/", "//", "/pins//save", "/pins/1//", "pins"])
def test_other_paths_have_none(path: str) -> None:
    with pytest.raises(RejectedError) as caught:
        contract().routes.find("GET", path)
    assert caught.value.status == 404


targets = st.one_of(
    st.text(max_size=40),
    st.builds(
        "{}?{}".format,
        st.sampled_from([one.path for one in contract().description.operations]).map(
            lambda path: path.replace("{", "").replace("}", "")
        ),
        st.text("abn=&%[],0{}1+", max_size=30),
    ),
)


@given(
    st.sampled_from(["GET", "POST", "PATCH", "PUT", "DELETE", "HEAD", "X"]),
    targets,
    st.dictionaries(
        st.sampled_from(["Authorization", "Content-Type"]),
        st.sampled_from([f"Bearer {EMULATOR.token}", "Basic é", "application/json", "x"]),
    ),
    st.one_of(st.binary(max_size=20), st.sampled_from([b"[[" * 5000, b'{"a":1e999}', b"null"])),
)
def test_no_request_makes_it_fail(
    method: str, target: str, headers: dict[str, str], body: bytes
) -> None:
    incoming = HttpRequest(method=method, target=target, headers=headers, body=body, now=1.0)
    assert EMULATOR.api.answer(incoming).status < 500
