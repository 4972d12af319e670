"""What the emulator holds of each entity, and what a harvest holds, in one comparable form."""

import datetime as dt
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from pinterest_async._core.guards import is_items, is_object
from pinterest_async.emulator import Emulator
from pinterest_async.emulator.contract.calls import ApiCall
from pinterest_async.emulator.contract.description import ApiOperation
from pinterest_async.emulator.contract.messages import HttpRequest, HttpResponse
from pinterest_async.emulator.handlers import HANDLERS
from pinterest_async.harvest.output.entity_rows import JSON, UNKNOWN_FIELDS
from pinterest_async.harvest.plan.endpoints import ME
from pinterest_async.harvest.plan.entities import ENTITIES, ListPlace

Thing = dict[str, Any]
Flat = frozenset[tuple[str, str, Any]]
"""A thing as its values by place, each with its kind; nulls are not there."""

HELD: Final = tuple(name for name, facts in ENTITIES.items() if facts.operation.id in HANDLERS)
"""Entities that the emulator keeps; the others are answered from their schemas."""

_EVERYTHING: Final = 10**9
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z?")


def call(emulator: Emulator, operation: str, path: Thing, query: Thing, body: Any = None) -> Any:
    """What the emulator answers from its state, without any network."""
    now = dt.datetime.fromtimestamp(emulator.now(), dt.UTC)
    request = ApiCall(
        operation=operation, path=path, query=query, body=body, user=emulator.user, now=now
    )
    return HANDLERS[operation](emulator.world, request)


def fill(emulator: Emulator) -> None:
    """Give each ad account of the user some of all that a new world lacks."""
    for number, account in enumerate(accounts(emulator)):
        path = {"ad_account_id": account}

        def make(operation: str, body: Any, path: Thing = path) -> Any:
            return call(emulator, operation, path, {}, body)

        for turn in range(3 + number % 3):
            name = f"Made {turn}"
            rule = {"visitor_source_id": str(turn), "retention_days": 30}
            make(
                "audiences/create",
                {"name": name, "audience_type": "VISITOR", "rule": rule, "description": "Visitors"},
            )
            make("customer_lists/create", {"name": name, "records": "a@example.com,b@example.com"})
            make("conversion_tags/create", {"name": name})
            attributes = {"GENDER": ["female"], "GEO": ["US"]}
            make("targeting_template/create", {"name": name, "targeting_attributes": attributes})
            make("lead_forms/create", [{"name": name, "privacy_policy_link": "https://a.example"}])
            make("promotions/create", [{"name": name, "title": f"{turn} % off"}])
        rows = emulator.world.table("campaigns").by("ad_account_id", account)
        groups = emulator.world.table("ad_groups").by("ad_account_id", account)
        for parent in (*rows[:2], *groups[:3]):
            words = [{"match_type": "BROAD", "value": f"word {turn}"} for turn in range(4)]
            make("keywords/create", {"parent_id": parent["id"], "keywords": words})


def accounts(emulator: Emulator) -> list[str]:
    found = call(emulator, "ad_accounts/list", {}, {"page_size": _EVERYTHING})
    return [row["id"] for row in found["items"]]


def held(emulator: Emulator, entity: str) -> dict[str, list[Flat]]:
    """The things that the emulator holds of an entity, by their owners, sorted."""
    facts = ENTITIES[entity]
    owners = {"user": [ME], "account": accounts(emulator), "business": []}[facts.owner]
    found: dict[str, list[Flat]] = {}
    for owner in owners:
        things: dict[str, Flat] = {}
        for place in _places(emulator, entity):
            for query in facts.queries:
                for thing in _listed(emulator, entity, owner, place, query):
                    added = facts.added_values(owner, place)
                    things[str(thing[facts.id])] = frozenset(_flat({**added, **thing}, ""))
        if things:
            found[owner] = sorted(things.values(), key=repr_sorted)
    return found


def _places(emulator: Emulator, entity: str) -> Iterator[ListPlace]:
    """Below what the lists are, as the tables say."""
    tables = emulator.world.table
    boards = [row["id"] for row in tables("boards").by("user", emulator.user)]
    sections = [row for row in tables("board_sections") if row["board_id"] in boards]
    if entity in ("board_sections", "board_pins"):
        yield from ((("board_id", id),) for id in boards)
    elif entity == "board_section_pins":
        for row in sections:
            yield (("board_id", row["board_id"]), ("section_id", row["id"]))
    elif entity == "local_stores":
        yield from ((("catalog_id", row["id"]),) for row in tables("catalogs"))
    else:  # all at once: without the filter, the emulator has those of all parents
        yield ()


def _listed(
    emulator: Emulator, entity: str, owner: str, place: ListPlace, query: Mapping[str, Any]
) -> Sequence[Thing]:
    facts = ENTITIES[entity]
    path = {**dict(place), **({} if owner == ME else {f"ad_{facts.owner}_id": owner})}
    statuses = ("ACTIVE", "PAUSED", "ARCHIVED", "DRAFT")
    asked = {**query, "page_size": _EVERYTHING, "entity_statuses": statuses}
    items: list[Thing] = call(emulator, facts.operation.id, path, asked)["items"]
    if facts.inside is None:
        return items
    return [thing for item in items for thing in item[facts.inside]]


class Before:
    """Acts once, before an emulator answers the `number`th call of an operation."""

    def __init__(self, operation: str, number: int, act: Callable[[], None]) -> None:
        self._operation = operation
        self._left = number
        self._act = act

    def before(self, operation: ApiOperation, incoming: HttpRequest) -> None:
        """Count the call."""
        del incoming
        if operation.id == self._operation:
            self._left -= 1
            if not self._left:
                self._act()

    def after(
        self, operation: ApiOperation, incoming: HttpRequest, answer: HttpResponse
    ) -> HttpResponse:
        """Leave the answer as it is."""
        del operation, incoming
        return answer


# What was harvested


def harvested(out: Path, entity: str) -> dict[str, list[Flat]]:
    """The things in a harvested folder of Parquet files, by their owners, sorted."""
    from pinterest_async.harvest.output.arrow import pq

    found: dict[str, list[Flat]] = {}
    for folder in sorted((out / f"entity={entity}").glob("account=*")):
        table = pq.read_table(folder, partitioning=None)
        rows = [flat_row(row, table.schema) for row in table.to_pylist()]
        found[folder.name.partition("=")[2]] = sorted(rows, key=repr_sorted)
    return found


def flat_row(row: Mapping[str, Any], schema: Any) -> Flat:
    """A row as the thing that it was made of."""
    unknown = msgspec.json.decode(row[UNKNOWN_FIELDS] or "{}")
    known = {k: _back(v, schema.field(k)) for k, v in row.items() if k != UNKNOWN_FIELDS}
    found = set(_flat(known, ""))
    for place, value in unknown.items():
        found |= set(_flat(value, place))
    return frozenset(found)


def flat(thing: Any) -> Flat:
    """A thing as it was sent."""
    return frozenset(_flat(thing, ""))


def _back(value: Any, field: Any) -> Any:
    """A value of Arrow as JSON had it."""
    if value is None:
        return None
    if field.metadata == JSON:
        return msgspec.json.decode(value)
    if isinstance(value, dt.datetime):
        return value.replace(tzinfo=None).isoformat()
    if isinstance(value, dt.date):
        return value.isoformat()
    if is_items(value):
        return [_back(one, field.type.value_field) for one in value]
    if is_object(value):
        fields = {one.name: one for one in field.type}
        return {k: _back(v, fields[k]) for k, v in value.items()}
    return value


def _flat(value: Any, place: str) -> Iterator[tuple[str, str, Any]]:
    if is_object(value):
        yield place, "object", None
        for name, one in value.items():
            yield from _flat(one, _below(place, name))
    elif is_items(value):
        yield place, "list", len(value)
        for index, one in enumerate(value):
            yield from _flat(one, f"{place}[{index}]")
    elif isinstance(value, str):
        yield place, "text", _moment(value) if _MOMENT.fullmatch(value) else value
    elif value is not None:
        yield place, "number" if type(value) in (int, float) else type(value).__name__, value


def _moment(text: str) -> str:
    """A date-time in one form: it is in UTC, whether it says so or not."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=None).isoformat()


def _below(place: str, name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_-]+", name):
        return f"{place}[{msgspec.json.encode(name).decode()}]"
    return f"{place}.{name}" if place else name


def repr_sorted(flat: Flat) -> list[str]:
    """A key to sort by."""
    return sorted(map(repr, flat))


def differences(emulator: Emulator, out: Path, entities: Sequence[str] = HELD) -> list[str]:
    """Where a harvest differs from what the emulator holds: entity, owner, and the numbers."""
    found: list[str] = []
    for entity in entities:
        if ENTITIES[entity].owner == "business":
            continue
        wanted, there = held(emulator, entity), harvested(out, entity)
        for owner in sorted({*wanted, *there}):
            before, after = wanted.get(owner, []), there.get(owner, [])
            if before != after:
                odd = sorted(map(repr, {*before} ^ {*after}))
                values = sorted(map(repr, _union(before) ^ _union(after)))
                found.append(
                    f"{entity} of {owner}: {len(before)} held, {len(after)} there, "
                    f"{len(odd)} differ: {values[:4]}"
                )
    return found


def _union(things: Sequence[Flat]) -> set[tuple[str, str, Any]]:
    return {value for thing in things for value in thing}
