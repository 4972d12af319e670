"""What to harvest, as a value: checked when it is made, cut into partitions when it runs."""

import datetime as dt
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, Literal, TypeAlias

import msgspec
from msgspec.structs import force_setattr

from pinterest_async._core.problems import Problem, unknown
from pinterest_async.errors import PinterestError
from pinterest_async.harvest.plan import checks
from pinterest_async.harvest.plan.columns import DEFAULT, expand, with_names
from pinterest_async.harvest.plan.cutting import Cutter
from pinterest_async.harvest.plan.estimate import Counts, Estimate, estimate
from pinterest_async.harvest.plan.levels import LEVELS, Level, LevelFacts, RowGranularity
from pinterest_async.harvest.plan.partition import digest
from pinterest_async.options import Access

ReportTime: TypeAlias = Literal["TIME_OF_AD_ACTION", "TIME_OF_CONVERSION"]

_LISTS = ("accounts", "businesses", "columns", "targeting_types")


class PlanError(PinterestError, ValueError):
    """A plan that cannot run. `problems` holds every mistake, not just the first."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("this plan cannot run")

    def _text(self) -> str:
        lines = [f"- {found}" for found in self.problems]
        return "\n".join([f"{self.message}:", *lines])


def make_hashable(plan: msgspec.Struct, *lists: str) -> None:
    """Make tuples without repetitions of a plan's lists: a plan is a value, and can be hashed."""
    for name in lists:
        value = getattr(plan, name)
        if value != "all":
            force_setattr(plan, name, tuple(dict.fromkeys(value)))


def fields_of(
    kind: type[msgspec.Struct], text: bytes | str
) -> tuple[dict[str, Any], list[Problem]]:
    """The fields of a plan in JSON, and those that plans of its kind do not have.

    Raises:
        msgspec.DecodeError: where the text is no JSON object.
    """
    fields = msgspec.json.decode(text, type=dict[str, Any])
    known = kind.__struct_fields__
    return fields, [unknown("field", name, known) for name in fields if name not in known]


class Plan(msgspec.Struct, frozen=True, kw_only=True, repr_omit_defaults=True, dict=True):
    """What to harvest: printable, hashable, equal to any plan with the same content.

    `accounts` are ad account ids, or "all" that the token sees; `businesses` adds the ad accounts
    that these businesses own or were given access to ("all": of all businesses that the token's
    user works for). `columns` are column names and groups (`spend`, `engagement`, `video`,
    `conversions`, `all`). `start` and `end` are UTC dates, both included. `targeting_types` say how
    the levels named `..._targeting` are broken down. The attribution fields are the API's own
    parameters, None for its defaults. `names` puts names beside ids: that of the ad account, and
    those of a thing and of what it is in, where the API has them as columns. A row keeps the names
    that things had when it was fetched.

    The levels `user` and `pin` are organic: their columns are the API's metric types, and
    `accounts="all"` means the token's own user.

    Raises PlanError when made with a mistake, listing all mistakes at once.
    """

    accounts: Sequence[str] | Literal["all"] = "all"
    businesses: Sequence[str] | Literal["all"] = ()
    level: Level
    columns: Sequence[str] = DEFAULT
    targeting_types: Sequence[str] = ()
    granularity: RowGranularity = "DAY"
    start: dt.date
    end: dt.date
    click_window_days: int | None = None
    engagement_window_days: int | None = None
    view_window_days: int | None = None
    conversion_report_time: ReportTime | None = None
    names: bool = False

    def __post_init__(self) -> None:
        problems = checks.mistakes(self)
        if problems:
            # A plan may be read again long after its days: alone they are no mistake of its making.
            raise PlanError([*problems, *checks.out_of_reach(self, checks.utc_today())])
        make_hashable(self, *_LISTS)

    @cached_property
    def id(self) -> str:
        """A stable name for what this plan asks for."""
        return digest(self.series_id, self.start, self.end)

    @cached_property
    def series_id(self) -> str:
        """A stable name for what this plan asks for, whatever the dates.

        Column groups count by their names, so that a series goes on when a group grows, and what is
        left out does not count, so that it goes on when plans have a field more.
        """
        values = msgspec.structs.asdict(self).items()
        dates = ("start", "end")
        counts = {k: v for k, v in values if k not in dates and v not in (None, ())}
        return digest({k: v for k, v in counts.items() if v is not False})

    @property
    def facts(self) -> LevelFacts:
        """What is known of the plan's level."""
        return LEVELS[self.level]

    @cached_property
    def cutter(self) -> Cutter:
        """How the plan is cut into partitions."""
        names = ("series_id", "targeting_types", "granularity", "start", "end")
        values: dict[str, Any] = {name: getattr(self, name) for name in names}
        return Cutter(level=self.facts, columns=self.column_names, **values)

    @property
    def spans_days(self) -> bool:
        """Whether a row sums up several days."""
        return self.cutter.spans_days

    @cached_property
    def column_names(self) -> tuple[str, ...]:
        """The columns to ask for, groups spelled out."""
        columns, facts = expand(self.columns, self.facts.columns), self.facts
        if not self.names:
            return columns
        own = with_names(filter(None, (facts.id_column,)), facts.columns)
        own_name = (name for name in own if name != facts.id_column)
        above = (name for name in facts.above if name in facts.columns)
        others = with_names((*above, *columns), facts.columns)
        return tuple(dict.fromkeys((*own_name, *others)))

    @cached_property
    def report_columns(self) -> tuple[str, ...]:
        """The columns of a report's rows, with those that identify a row."""
        ids = (self.facts.id_column,) if self.facts.id_column else ()
        return tuple(dict.fromkeys(("DATE", *self.facts.extra_columns, *ids, *self.column_names)))

    @cached_property
    def parameters(self) -> dict[str, Any]:
        """What calls and reports name besides columns: granularity, breakdown and attribution."""
        names = ("granularity", "targeting_types", *checks.ATTRIBUTION)
        values = {name: getattr(self, name) for name in names}
        given = {name: value for name, value in values.items() if value not in (None, ())}
        return {} if self.facts.organic else given

    def check(self, today: dt.date) -> None:
        """Refuse dates that are, on `today` (UTC), too far back or still to come.

        Raises:
            PlanError: listing all mistakes at once.
        """
        problems = checks.out_of_reach(self, today)
        if problems:
            raise PlanError(problems)

    def estimate(
        self,
        counts: Counts | Mapping[str, int],
        *,
        today: dt.date | None = None,
        access: Access = "standard",
    ) -> Estimate:
        """What a harvest of this plan takes: calls, minutes of quota, rows. Nothing is sent.

        `counts` says how many things of the level each account has; `harvest.count` fetches it.
        """
        return estimate(
            self.cutter,
            counts if isinstance(counts, Counts) else Counts(entities=counts),
            lists_accounts=self.accounts == "all" and not self.facts.organic,
            businesses=2 if self.businesses == "all" else len(self.businesses),
            names_accounts=self.names and self.accounts != "all",
            today=today or checks.utc_today(),
            access=access,
        )

    def to_json(self) -> bytes:
        """The plan as JSON, for a file."""
        return msgspec.json.encode(self)

    @classmethod
    def from_json(cls, text: bytes | str) -> "Plan":
        """A plan from JSON.

        Raises:
            PlanError: listing all mistakes at once.
            msgspec.DecodeError: where the text is no JSON object.
        """
        fields, problems = fields_of(cls, text)
        problems += [
            Problem(name, "missing", "give it a value")
            for name in ("level", "start", "end")
            if name not in fields
        ]
        if problems:
            raise PlanError(problems)
        for name in ("start", "end"):
            try:
                fields[name] = dt.date.fromisoformat(fields[name])
            except (TypeError, ValueError):
                continue  # left as it is, for the plan's own check to name with the rest
        return cls(**fields)
