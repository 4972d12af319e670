"""The entities that a harvest lists: an entry for each says who has them and how they are found."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Literal, TypeAlias, get_args

from msgspec.structs import fields

from pinterest_async._core.annotations import members, strip
from pinterest_async._core.operation import Operation, Parameter
from pinterest_async._core.struct_classes import is_struct
from pinterest_async.harvest.plan.partition import PARENT
from pinterest_async.namespaces import Namespaces

Owner: TypeAlias = Literal["user", "account", "business"]
ListPlace: TypeAlias = tuple[tuple[str, str], ...]
"""Parameters that say below what a list is, with their ids: empty for the owner as a whole."""

STATUSES: Final = ("ACTIVE", "PAUSED", "ARCHIVED", "DRAFT")
"""What lists are asked for that leave out archived things and drafts otherwise."""

_SCOPES: Final[Mapping[Owner, tuple[str, ...]]] = {
    "user": (),
    "account": ("ad_account_id",),
    "business": ("business_id",),
}


class Parent:
    """An entity below whose every thing there is a list, and the parameters that take its ids.

    `columns` are the names of the columns that tell, in rows that do not tell it themselves, which
    thing that was.
    """

    def __init__(self, entity: str, *parameters: str, columns: Sequence[str] = ()) -> None:
        self.entity = entity
        self.parameters = parameters
        self.columns = tuple(columns) or parameters

    def places(self, ids: Iterable[str]) -> Iterator[ListPlace]:
        """A place for each id; an id has its parents' before it, as in `board/section`."""
        for id in ids:
            yield tuple(zip(self.parameters, id.split(PARENT), strict=True))


@dataclass(frozen=True, eq=False)
class EntityFacts:
    """What is known of an entity.

    `operation` lists it, for its `owner`: the token's user, an ad account or a business. Where it
    has `parents`, there is a list below each thing of theirs; `whole` says whether there is also
    one without any. `queries` are the parameters of the lists that together hold everything.
    `id` names the field that tells two things apart. `inside` is the field of an item that holds
    the things, where an item is not one itself.
    """

    operation: Operation[Any]
    owner: Owner = "account"
    parents: tuple[Parent, ...] = ()
    whole: bool = False
    queries: tuple[Mapping[str, Any], ...] = ({},)
    id: str = "id"
    inside: str | None = None

    @cached_property
    def structs(self) -> tuple[Any, ...]:
        """The structs that a thing may be, as the API's description has them."""
        (item,) = get_args(self.operation.answer)
        if self.inside is not None:
            found = next(one.type for one in fields(item) if one.encode_name == self.inside)
            (item,) = get_args(strip(found).core)
        return tuple(core for one in members(item) if is_struct(core := strip(one).core))

    @cached_property
    def names(self) -> frozenset[str]:
        """The fields that a thing may have, by their names on the wire."""
        return frozenset(one.encode_name for struct in self.structs for one in fields(struct))

    @cached_property
    def added(self) -> tuple[str, ...]:
        """Columns that things lack: the owner, and the parent where all have one."""
        parents = self.parents[0].columns if len(self.parents) == 1 and not self.whole else ()
        found = dict.fromkeys((*_SCOPES[self.owner], *parents))
        return tuple(name for name in found if name not in self.names)

    @property
    def scopes(self) -> tuple[str, ...]:
        """The OAuth scopes that the list needs."""
        return self.operation.scopes[0] if self.operation.scopes else ()

    def added_values(self, owner: str, place: ListPlace) -> dict[str, str]:
        """The values of the added columns, for the things in a place."""
        values: dict[str, str] = dict.fromkeys(_SCOPES[self.owner], owner)
        for parent in self.parents:
            if tuple(name for name, _ in place) == parent.parameters:
                values |= dict(zip(parent.columns, (id for _, id in place), strict=True))
        return {name: values[name] for name in self.added}

    def listed_id(self, row: Mapping[str, Any]) -> str | None:
        """The id of a row, behind that of what it is below; None where it has none."""
        parents = self.parents[0].columns if len(self.parents) == 1 else ()
        ids = [row.get(name) for name in (*parents, self.id)]
        return PARENT.join(map(str, ids)) if all(ids) else None

    def places(self, ids: Mapping[str, Sequence[str]]) -> Iterator[ListPlace]:
        """Where to list, from the ids of the parents."""
        if self.whole or not self.parents:
            yield ()
        for parent in self.parents:
            yield from parent.places(ids[parent.entity])

    def request(
        self, owner: str, place: ListPlace, query: Mapping[str, Any], page_size: int
    ) -> tuple[tuple[str, ...], dict[str, Any]]:
        """Positions and keywords of the call for a place's first page."""
        given = dict(place)
        known = {one.name: one for one in self.operation.query}
        path = [one.name for one in self.operation.path_parameters if one.name in given]
        values: dict[str, Any] = {**query, **{k: v for k, v in given.items() if k not in path}}
        if "page_size" in known:
            values["page_size"] = page_size
        if "entity_statuses" in known:
            accepted = _choices(known["entity_statuses"])
            values["entity_statuses"] = [one for one in STATUSES if one in accepted]
        scopes = dict.fromkeys(_SCOPES[self.owner], owner)
        return tuple(given[name] for name in path), {**scopes, "query": values}


_ENTITIES: Final[Mapping[str, Callable[[], EntityFacts]]] = {
    "ad_accounts": lambda: EntityFacts(Namespaces.ad_accounts.list.operation, "user"),
    "campaigns": lambda: EntityFacts(Namespaces.campaigns.list.operation),
    "ad_groups": lambda: EntityFacts(Namespaces.ad_groups.list.operation),
    "ads": lambda: EntityFacts(Namespaces.ads.list.operation),
    "product_group_promotions": lambda: EntityFacts(
        Namespaces.product_group_promotions.list.operation,
        parents=(Parent("ad_groups", "ad_group_id"),),
    ),
    # Those of the ad account itself come without a filter, all others below what they belong to.
    "keywords": lambda: EntityFacts(
        Namespaces.keywords.list.operation,
        parents=(Parent("campaigns", "campaign_id"), Parent("ad_groups", "ad_group_id")),
        whole=True,
    ),
    "audiences": lambda: EntityFacts(
        Namespaces.audiences.list.operation,
        queries=({"ownership_type": "OWNED"}, {"ownership_type": "RECEIVED"}),
    ),
    "customer_lists": lambda: EntityFacts(Namespaces.customer_lists.list.operation),
    "customer_segments": lambda: EntityFacts(Namespaces.customer_segments.list.operation),
    "conversion_tags": lambda: EntityFacts(Namespaces.conversion_tags.list.operation),
    "lead_forms": lambda: EntityFacts(Namespaces.lead_forms.list.operation),
    "targeting_templates": lambda: EntityFacts(Namespaces.targeting_templates.list.operation),
    "labels": lambda: EntityFacts(Namespaces.labels.list.operation, inside="labels"),
    "promotions": lambda: EntityFacts(Namespaces.promotions.list.operation),
    "order_lines": lambda: EntityFacts(Namespaces.order_lines.list.operation),
    "report_templates": lambda: EntityFacts(Namespaces.reports.list_templates.operation),
    "boards": lambda: EntityFacts(Namespaces.boards.list.operation, "user"),
    "board_sections": lambda: EntityFacts(
        Namespaces.board_sections.list.operation, "user", parents=(Parent("boards", "board_id"),)
    ),
    "pins": lambda: EntityFacts(
        Namespaces.pins.list.operation, "user", queries=({"include_protected_pins": True},)
    ),
    "board_pins": lambda: EntityFacts(
        Namespaces.boards.list_pins.operation, "user", parents=(Parent("boards", "board_id"),)
    ),
    "board_section_pins": lambda: EntityFacts(
        Namespaces.board_sections.list_pins.operation,
        "user",
        parents=(
            Parent(
                "board_sections",
                "board_id",
                "section_id",
                columns=("board_id", "board_section_id"),
            ),
        ),
    ),
    "media": lambda: EntityFacts(Namespaces.media.list.operation, "user", id="media_id"),
    "websites": lambda: EntityFacts(
        Namespaces.user_account.list_websites.operation, "user", id="website"
    ),
    "catalogs": lambda: EntityFacts(Namespaces.catalogs.list.operation, "user"),
    "catalog_feeds": lambda: EntityFacts(Namespaces.catalog_feeds.list.operation, "user"),
    "catalog_product_groups": lambda: EntityFacts(
        Namespaces.catalog_product_groups.list.operation, "user"
    ),
    "local_stores": lambda: EntityFacts(
        Namespaces.local_stores.list.operation, "user", parents=(Parent("catalogs", "catalog_id"),)
    ),
    "businesses": lambda: EntityFacts(Namespaces.businesses.list_employers.operation, "user"),
    "business_members": lambda: EntityFacts(Namespaces.business_members.list.operation, "business"),
    "business_partners": lambda: EntityFacts(
        Namespaces.business_partners.list.operation, "business"
    ),
    "business_assets": lambda: EntityFacts(
        Namespaces.business_assets.list.operation, "business", id="asset_id"
    ),
}


def _choices(parameter: Parameter) -> tuple[Any, ...]:
    """The values that the items of a list parameter may have."""
    (item,) = get_args(strip(parameter.type).core)
    found = strip(item)
    return found.known or get_args(found.core)


def _described() -> Mapping[str, EntityFacts]:
    """The entities whose operations there are: an older description of the API may lack some."""
    found: dict[str, EntityFacts] = {}
    for name, made in _ENTITIES.items():
        with suppress(AttributeError):
            found[name] = made()
    return found


ENTITIES: Final = _described()
"""By name, parents before their children."""


def with_parents(names: Iterable[str]) -> tuple[str, ...]:
    """Entities, and those that they are found by, in the order of the table."""
    wanted = set(names)
    for name in reversed([*ENTITIES]):
        if name in wanted:
            wanted |= {parent.entity for parent in ENTITIES[name].parents}
    return tuple(name for name in ENTITIES if name in wanted)
