"""The columns that the description has for analytics and reports."""

from collections.abc import Iterator
from typing import Any

from pinterest_async.emulator.contract.description import Description, load
from pinterest_async.emulator.model.analytics.columns import RATIOS
from pinterest_async.emulator.model.analytics.queries import row_subjects
from pinterest_async.emulator.model.world import World


def columns(operation: str) -> list[str]:
    """Every column that an operation can be asked for."""
    described = load()
    (one,) = (one for one in described.operations if one.id == operation)
    found = [p.schema for p in one.parameters if p.name == "columns"]
    if one.body is not None:
        found = [*_schemas(described, one.body.schema)]
    return [*dict.fromkeys(name for schema in found for name in _names(described, schema))]


def numbers(operation: str) -> list[str]:
    """Those that are numbers and not facts about an entity."""
    return [*row_subjects(World(), "ad", [], columns(operation))[1]]


def counts(operation: str) -> list[str]:
    """Those that add up."""
    return [name for name in numbers(operation) if name not in RATIOS]


def _schemas(described: Description, schema: Any) -> Iterator[Any]:
    schema = described.resolve(schema)
    if "columns" in schema.get("properties", {}):
        yield schema["properties"]["columns"]
    for part in schema.get("allOf", ()):
        yield from _schemas(described, part)


def _names(described: Description, schema: Any) -> Iterator[str]:
    schema = described.resolve(schema)
    for part in schema.get("allOf", ()):
        yield from _names(described, part)
    yield from described.resolve(schema.get("items", {})).get("enum", ())
