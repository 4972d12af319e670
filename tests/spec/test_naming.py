"""Names and limits: from the API's words to Python's, and into plain text."""

from typing import Any

import pytest
from naming import attribute, constant, pascal, singular
from values import limits


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("ad_groups/list", "AdGroupsList"),
        ("Pinterest.Lib.Error", "PinterestLibError"),
        ("TARGETING_STRATEGY", "TargetingStrategy"),
        ("GEO", "GEO"),
        ("CatalogsItemsBatch", "CatalogsItemsBatch"),
    ],
)
def test_class_names(text: str, name: str) -> None:
    assert pascal(text) == name


@pytest.mark.parametrize(
    ("wire", "name"),
    [
        ("Content-Type", "content_type"),
        ("x-amz-date", "x_amz_date"),
        ("AGE_BUCKET", "AGE_BUCKET"),
        ("class", "class_"),
    ],
)
def test_attribute_names(wire: str, name: str) -> None:
    assert attribute(wire) == name


def test_an_attribute_never_starts_with_a_digit() -> None:
    assert attribute("600x").isidentifier()


@pytest.mark.parametrize(
    ("plural", "one"),
    [
        ("campaigns", "campaign"),
        ("entity_statuses", "entity_status"),
        ("EntityStatuses", "EntityStatus"),
        ("categories", "category"),
        ("boxes", "box"),
        ("status", "status"),
        ("access", "access"),
    ],
)
def test_singulars(plural: str, one: str) -> None:
    assert singular(plural) == one


def test_constant_names() -> None:
    assert constant("ad_groups.list") == "AD_GROUPS_LIST"


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"minimum": 1, "maximum": 250, "default": 25}, ["1 to 250", "default 25"]),
        ({"minimum": 0}, ["at least 0"]),
        ({"maxLength": 500}, ["at most 500 characters"]),
        ({"maxLength": 18, "pattern": r"^\d+$"}, []),
        ({"type": "array", "minItems": 1, "maxItems": 30}, ["1 to 30 items"]),
        ({"enum": [0, 1, 7]}, ["one of 0, 1, 7"]),
        ({"type": "array", "default": ["ACTIVE", "PAUSED"]}, ["default ACTIVE, PAUSED"]),
        ({"deprecated": True}, ["deprecated"]),
        ({"type": "string"}, []),
    ],
)
def test_limits_in_words(schema: dict[str, Any], said: list[str]) -> None:
    assert limits(schema) == said
