"""Definitions and methods as source text."""

import re
from dataclasses import replace

import pytest
from definitions import Alias, Argument, Expression, Field, Input, RequestBody, Row, Struct
from hypothesis import given
from hypothesis import strategies as st
from method_source import common_parameters, method, operation
from rendering import definition, ordered, vocabulary
from source_text import docstring, packed, quoted
from spec_bench import planned


def test_definitions_come_after_what_they_use() -> None:
    a = Alias("A", Expression("B | C", frozenset({"B", "C"})))
    b = Alias("B", Expression("C", frozenset({"C"})))
    c = Alias("C", Expression("int"))
    assert [one.name for one in ordered([a, b, c])] == ["C", "B", "A"]


def test_recursive_types_are_quoted() -> None:
    kids = Expression("list[Node] | None", frozenset({"Node"}))
    (one,) = ordered([Struct("Node", (Field("kids", "kids", kids, required=False),), "A node.")])
    assert 'kids: "list[Node] | None" = None' in definition(one)


def test_docstrings_wrap_after_the_first_sentence_line() -> None:
    assert docstring("Short.", 4) == '    """Short."""'
    text = docstring("Head.\n\nArgs:\n    page_size: " + "word " * 30, 8)
    assert max(len(line) for line in text.splitlines()) <= 100
    assert "\n            page_size: word" in text


def test_a_struct_as_source() -> None:
    struct = Struct(
        "Image",
        (
            Field("url", "url", Expression("str"), required=True, doc="At most 9 characters."),
            Field("x_date", "x-date", Expression("datetime | None"), required=False),
        ),
        "Part of `Pin`.",
        ("kind", "image"),
        ("x_date",),
    )
    assert definition(struct) == (
        'class Image(Model, frozen=True, kw_only=True, tag_field="kind", tag="image"):\n'
        '    """Part of `Pin`."""\n'
        "\n"
        '    kind: ClassVar[Literal["image"]] = "image"\n'
        "    url: str\n"
        '    """At most 9 characters."""\n'
        '    x_date: dt.datetime | None = field(default=None, name="x-date")\n'
        "\n"
        "    def __post_init__(self) -> None:\n"
        '        assume_utc(self, "x_date")'
    )


def test_a_row_as_source() -> None:
    row = Row(
        "AdsRow",
        "AnalyticsRow",
        (Field("DATE", "DATE", Expression("str | None"), required=False),),
        (),
        "Rows.",
    )
    assert definition(row) == (
        "class AdsRow(AnalyticsRow, frozen=True, gc=False):\n"
        '    """Rows."""\n'
        "\n"
        '    __always__: ClassVar[tuple[str, ...]] = ("DATE",)\n'
        "\n"
        "    if TYPE_CHECKING:\n"
        "        DATE: str | None"
    )


def test_an_input_with_odd_keys_uses_the_functional_form() -> None:
    one = Input("Upload", (Field("x-key", "x-key", Expression("str"), required=True),), "")
    assert definition(one) == (
        'Upload = TypedDict("Upload", {"x-key": Required[str]}, total=False)'
    )


def test_a_method_as_source() -> None:
    assert method(planned()).startswith(
        "    @calls(PINS_LIST)\n"
        "    def list(self, pin_id: str, *, ad_account_id: str | None = None, "
        "columns: Sequence[str], ids: Sequence[str] | None = None) -> Pager[Pin]:\n"
    )
    assert (
        'self._pages(PINS_LIST, pin_id, ad_account_id=ad_account_id, query={"ids": ids'
        in method(planned())
    )


def test_an_operation_as_source() -> None:
    source = operation(planned())
    assert source.startswith('PINS_LIST: Final = Operation[Page[Pin]](\n    "pins.list", "GET", "')
    assert 'Parameter("columns", Sequence[str], required=True, encoding="comma")' in source
    assert "sandbox=False" in source


def test_parameters_that_namespaces_declare_alike_are_constants() -> None:
    size, token = (Argument(name, Expression("str"), required=False) for name in ("size", "token"))
    named = [
        replace(planned(), namespace=namespace, query=(size, token) if with_token else (size,))
        for namespace, with_token in (("pins", True), ("boards", True), ("ads", False))
    ]
    common = common_parameters(named)
    assert common == {'Parameter("size", str)': "SIZE"}  # two are too few, for `token`
    assert 'query=(SIZE, Parameter("token", str))' in operation(named[0], common)
    assert common_parameters([named[0]] * 3) == {}  # one namespace only


_ELEMENTS = st.recursive(
    st.text("abc", min_size=1, max_size=40).map(quoted) | st.sampled_from(["a", "b=1"]),
    lambda inner: st.lists(inner, min_size=1, max_size=6).map(lambda of: f"f({', '.join(of)})"),
    max_leaves=12,
)


@given(st.lists(_ELEMENTS, min_size=1, max_size=8))
def test_packed_arguments_are_the_same_arguments_in_lines_that_fit(items: list[str]) -> None:
    lines = packed(items).split("\n")
    assert max(map(len, lines)) <= 100
    together = "".join(line.strip() for line in lines)
    assert re.sub(r",(?=\)|$)| ", "", together) == re.sub(" ", "", ",".join(items))


@pytest.mark.parametrize(
    ("kind", "brief", "plain"),
    [
        ("Id", "Id", "str"),
        ("Sequence[Id]", "Sequence[Id]", "Sequence[str]"),
        ("Annotated[int, Meta(ge=1, le=250)]", "between(int, 1, 250)", "int"),
        ("Annotated[float, Meta(le=9)]", "between(float, None, 9)", "float"),
        (
            "Annotated[Sequence[Id], Meta(min_length=1, max_length=9)]",
            "several(Id, 1, 9)",
            "Sequence[str]",
        ),
        (
            "Annotated[Sequence[Kind], Meta(max_length=9)]",
            "several(Kind, None, 9)",
            "Sequence[Kind]",
        ),
        (
            'Annotated[str, Meta(max_length=9, pattern=r"^(a|b)$")]',
            'Annotated[str, Meta(max_length=9, pattern=r"^(a|b)$")]',
            "str",
        ),
    ],
)
def test_limits_stand_in_the_operation_and_not_in_the_signature(
    kind: str, brief: str, plain: str
) -> None:
    argument = Argument("pin_ids", Expression(kind), required=True)
    made = replace(planned(), query=(argument,), path_arguments=())
    assert f'Parameter("pin_ids", {brief}, required=True)' in operation(made)
    assert f"list(self, *, pin_ids: {plain})" in method(made)


def test_the_fields_of_a_body_stand_in_the_docstring() -> None:
    body = RequestBody("object", Expression("PinUpdate", frozenset({"PinUpdate"})), "body")
    fields = [
        Field("alt_text", "alt_text", Expression("str"), required=False),
        Field("title", "title", Expression("str"), required=True),
    ]
    made = method(replace(planned(), body=body, query=()), fields)
    assert "Fields of the body: `title` (required), `alt_text`." in made


def test_a_long_vocabulary_stands_several_to_a_line() -> None:
    values = tuple(f"VALUE_{number}" for number in range(20))
    kind = Expression(f"Open[Literal[{', '.join(map(repr, values))}]]")
    source = vocabulary(Alias("Kind", kind, values=values))
    assert source.startswith('Kind: TypeAlias = Open[Literal[\n    "VALUE_0", "VALUE_1", ')
    assert len(source.splitlines()) == 5


def test_object_bodies_are_keywords_and_others_positional() -> None:
    base = replace(
        planned(),
        query=(),
        item=None,
        answer=Expression("None"),
        path_arguments=(Argument("pin_id", Expression("str"), required=True),),
    )
    as_object = replace(base, body=RequestBody("object", Expression("PinUpdate"), "body"))
    assert "list(self, pin_id: str, **body: Unpack[PinUpdate]) -> None" in method(as_object)
    as_array = replace(base, body=RequestBody("array", Expression("Sequence[PinUpdate]"), "pins"))
    assert "list(self, pin_id: str, pins: Sequence[PinUpdate]) -> None" in method(as_array)
    assert "self._call(PINS_LIST, pin_id, body=pins)" in method(as_array)
