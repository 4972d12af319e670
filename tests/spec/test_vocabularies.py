"""Vocabularies: what only answers use is text, and equal ones are one."""

from dataclasses import replace

from definitions import Alias, Argument, Expression, Field, Struct
from spec_bench import planned
from vocabularies import settled


def words(name: str, *values: str) -> Alias:
    return Alias(name, Expression("Open[...]"), values=values)


def of(name: str) -> Expression:
    return Expression(name, frozenset({name}))


def test_what_only_answers_use_is_text_with_its_values_in_the_docs() -> None:
    struct = Struct("Pin", (Field("kind", "kind", of("Kind").optional(), required=False),), "")
    made = replace(planned(), answer=of("Pin"), item=None)
    _, kept = settled([made], {"Kind": words("Kind", "A", "B"), "Pin": struct})
    assert kept == {
        "Pin": replace(
            struct,
            fields=(Field("kind", "kind", Expression("str | None"), False, "One of A, B."),),
        )
    }


def test_equal_vocabularies_are_one() -> None:
    known = {
        "AdGroupStatusFilter": words("AdGroupStatusFilter", "A", "B"),
        "CampaignStatusFilter": words("CampaignStatusFilter", "B", "A"),
        "Other": words("Other", "A"),
    }
    query = tuple(Argument(name, of(name), required=False) for name in known)
    (made,), kept = settled([replace(planned(), query=query, answer=Expression("None"))], known)
    assert kept.keys() == {"StatusFilter", "Other"}
    assert [one.type.source for one in made.query] == ["StatusFilter", "StatusFilter", "Other"]
