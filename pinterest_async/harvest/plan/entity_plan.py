"""Which entities to harvest, as a value: checked when it is made."""

from collections.abc import Sequence
from functools import cached_property
from typing import Literal

import msgspec

from pinterest_async.harvest.plan import checks
from pinterest_async.harvest.plan.entities import ENTITIES, with_parents
from pinterest_async.harvest.plan.partition import digest
from pinterest_async.harvest.plan.plan import PlanError, fields_of, make_hashable


class EntityPlan(msgspec.Struct, frozen=True, kw_only=True, repr_omit_defaults=True, dict=True):
    """Which entities to harvest: printable, hashable, equal to any plan with the same content.

    `entities` are names such as "campaigns" and "boards", or "all" that there are; what a list is
    found by comes along, as boards do with their sections. `accounts` are ad account ids, or "all"
    that the token sees; `businesses` adds the ad accounts that these businesses own or were given
    access to, and is whose members, partners and assets are listed ("all": of all businesses that
    the token's user works for). Boards, Pins and catalogs are those of the token's user.

    Raises PlanError when made with a mistake, listing all mistakes at once.
    """

    entities: Sequence[str] | Literal["all"] = "all"
    accounts: Sequence[str] | Literal["all"] = "all"
    businesses: Sequence[str] | Literal["all"] = ()

    def __post_init__(self) -> None:
        problems = [
            *checks.names("entities", "entity", self.entities, tuple(ENTITIES)),
            *checks.owners(self),
        ]
        if problems:
            raise PlanError(problems)
        make_hashable(self, "entities", "accounts", "businesses")

    @cached_property
    def id(self) -> str:
        """A stable name for what this plan asks for."""
        return digest("entities", msgspec.structs.asdict(self))

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The entities to list, those that others are found by first."""
        return with_parents(ENTITIES if self.entities == "all" else self.entities)

    def to_json(self) -> bytes:
        """The plan as JSON, for a file."""
        return msgspec.json.encode(self)

    @classmethod
    def from_json(cls, text: bytes | str) -> "EntityPlan":
        """A plan from JSON.

        Raises:
            PlanError: listing all mistakes at once.
            msgspec.DecodeError: where the text is no JSON object.
        """
        fields, problems = fields_of(cls, text)
        if problems:
            raise PlanError(problems)
        return cls(**fields)
