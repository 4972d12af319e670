"""Which entities there are, how their lists are asked for, and what is wrong with plans of them."""

import pytest

from pinterest_async.harvest import ENTITIES, EntityPlan, PlanError
from pinterest_async.harvest.plan.entities import Parent, with_parents

AIRBYTE = {
    "ad_accounts",
    "ad_groups",
    "ads",
    "audiences",
    "board_pins",
    "board_section_pins",
    "board_sections",
    "boards",
    "campaigns",
    "catalog_feeds",
    "catalog_product_groups",
    "catalogs",
    "conversion_tags",
    "customer_lists",
    "keywords",
}
"""Counterparts of the streams of Airbyte's connector that are lists."""


def test_every_stream_of_airbyte_has_a_counterpart() -> None:
    assert set(ENTITIES) >= AIRBYTE


@pytest.mark.parametrize("name", ENTITIES)
def test_an_entity(name: str) -> None:
    facts = ENTITIES[name]
    assert facts.structs
    assert facts.id in facts.names
    assert facts.operation.paged
    assert facts.operation.method == "GET"
    assert facts.scopes
    given = {
        *(one.name for one in facts.operation.path_parameters),
        *(one.name for one in facts.operation.query),
    }
    for parent in facts.parents:
        assert parent.entity in with_parents([name])
        assert given.issuperset(parent.parameters)
        assert len(parent.columns) == len(parent.parameters)
        assert ENTITIES[parent.entity].owner == facts.owner
        depth = len(ENTITIES[parent.entity].parents) + 1
        assert len(parent.parameters) == depth
    for query in facts.queries:
        assert given.issuperset(query)


def test_parents_come_first() -> None:
    names = with_parents(["board_section_pins", "keywords"])
    assert names == (
        *("campaigns", "ad_groups", "keywords"),
        *("boards", "board_sections", "board_section_pins"),
    )


def test_a_list_is_asked_for_with_archived_things_and_drafts() -> None:
    path, keywords = ENTITIES["campaigns"].request("12", (), {}, 250)
    assert path == ()
    assert keywords == {
        "ad_account_id": "12",
        "query": {
            "page_size": 250,
            "entity_statuses": ["ACTIVE", "PAUSED", "ARCHIVED", "DRAFT"],
        },
    }
    assert ENTITIES["labels"].request("12", (), {}, 250)[1]["query"]["entity_statuses"] == [
        *("ACTIVE", "ARCHIVED")
    ]


def test_a_list_below_something_is_asked_for_by_path_or_query() -> None:
    (place,) = Parent("board_sections", "board_id", "section_id").places(["1/2"])
    assert ENTITIES["board_section_pins"].request("me", place, {}, 50) == (
        ("1", "2"),
        {"query": {"page_size": 50}},
    )
    (place,) = Parent("ad_groups", "ad_group_id").places(["7"])
    assert ENTITIES["keywords"].request("12", place, {}, 50) == (
        (),
        {"ad_account_id": "12", "query": {"ad_group_id": "7", "page_size": 50}},
    )


def test_things_that_do_not_say_where_they_belong_are_told() -> None:
    sections = ENTITIES["board_sections"]
    assert sections.added == ("board_id",)
    assert sections.added_values("me", (("board_id", "7"),)) == {"board_id": "7"}
    assert sections.listed_id({"board_id": "7", "id": "8"}) == "7/8"
    assert sections.listed_id({"board_id": "7", "id": None}) is None
    assert ENTITIES["keywords"].added_values("12", (("campaign_id", "3"),)) == {
        "ad_account_id": "12"
    }
    assert ENTITIES["campaigns"].added == ()


def test_keywords_are_listed_for_the_account_its_campaigns_and_its_ad_groups() -> None:
    ids = {"campaigns": ["1"], "ad_groups": ["2", "3"]}
    assert list(ENTITIES["keywords"].places(ids)) == [
        (),
        (("campaign_id", "1"),),
        (("ad_group_id", "2"),),
        (("ad_group_id", "3"),),
    ]


def test_a_plan_is_a_value() -> None:
    plan = EntityPlan(entities=["ads", "ads"], accounts=["1"])
    same = EntityPlan(entities=("ads",), accounts=("1",))
    assert plan == same == EntityPlan.from_json(plan.to_json())
    assert hash(plan) == hash(same)
    assert plan.id == same.id != EntityPlan(entities=["ads"]).id
    assert plan.names == ("ads",)
    assert repr(EntityPlan()) == "EntityPlan()"
    assert EntityPlan().names == tuple(ENTITIES)


def test_a_plan_names_all_mistakes_at_once() -> None:
    with pytest.raises(PlanError) as caught:
        EntityPlan(entities=["campaign", "boards"], accounts=["x"], businesses=["1", "y"])
    assert str(caught.value) == (
        "this plan cannot run:\n"
        "- entities: there is no entity campaign; did you mean campaigns?\n"
        "- accounts[0]: this is no ad account id; pass digits, as in '549755885175'\n"
        "- businesses[1]: this is no business id; pass digits, as in '549755885175'"
    )


@pytest.mark.parametrize(
    ("entities", "message"),
    [
        ([], "entities: the list is empty; name some of ad_accounts, "),
        ("ads", 'entities: expected a list, got str; pass "all", or a list of names'),
        ([3], "entities: expected strings, got int; pass names of entities"),
    ],
)
def test_a_plan_of_no_names(entities: list[str], message: str) -> None:
    with pytest.raises(PlanError) as caught:
        EntityPlan(entities=entities)
    assert message in str(caught.value)


def test_a_plan_from_a_file_with_a_mistake() -> None:
    with pytest.raises(PlanError) as caught:
        EntityPlan.from_json('{"entity": ["ads"]}')
    assert "entity: unknown field; did you mean 'entities'?" in str(caught.value)
