"""What to harvest, as a value: checked when it is made, cut into partitions when it runs."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import msgspec
from msgspec.structs import force_setattr

from pinterest_async._core.problems import Problem, unknown
from pinterest_async.errors import PinterestError
from pinterest_async.harvest.plan import checks
from pinterest_async.harvest.plan.columns import DEFAULT, expand
from pinterest_async.harvest.plan.levels import LEVELS, Level, LevelFacts, known_columns
from pinterest_async.harvest.plan.partition import digest

if TYPE_CHECKING:
    from pinterest_async.harvest.plan.estimate import Counts, Estimate
    from pinterest_async.options import Access

Granularity: TypeAlias = Literal["TOTAL", "DAY", "HOUR", "WEEK", "MONTH"]
ReportTime: TypeAlias = Literal["TIME_OF_AD_ACTION", "TIME_OF_CONVERSION"]

_LISTS = ("accounts", "businesses", "columns", "targeting_types")


class PlanError(PinterestError, ValueError):
    """A plan that cannot run. `problems` holds every mistake, not just the first."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("this plan cannot run")

    def _text(self) -> str:
        lines = [f"- {found.field}: {found.message}; {found.fix}" for found in self.problems]
        return "\n".join([f"{self.message}:", *lines])


class Plan(msgspec.Struct, frozen=True, kw_only=True, repr_omit_defaults=True):
    """What to harvest: printable, hashable, equal to any plan with the same content.

    `accounts` are ad account ids, or "all" that the token sees; `businesses` adds the ad accounts
    that these businesses own or were given access to ("all": of all businesses that the token's
    user works for). `columns` are column names and groups (`spend`, `engagement`, `video`,
    `conversions`, `all`). `start` and `end` are UTC dates, both included. `targeting_types` say how
    the levels named `..._targeting` are broken down. The attribution fields are the API's own
    parameters, None for its defaults.

    The levels `user` and `pin` are organic: their columns are the API's metric types, and
    `accounts="all"` means the token's own user.

    Raises PlanError when made with a mistake, listing all mistakes at once.
    """

    accounts: Sequence[str] | Literal["all"] = "all"
    businesses: Sequence[str] | Literal["all"] = ()
    level: Level
    columns: Sequence[str] = DEFAULT
    targeting_types: Sequence[str] = ()
    granularity: Granularity = "DAY"
    start: dt.date
    end: dt.date
    click_window_days: int | None = None
    engagement_window_days: int | None = None
    view_window_days: int | None = None
    conversion_report_time: ReportTime | None = None

    def __post_init__(self) -> None:
        problems = checks.mistakes(self)
        if problems:
            # A plan may be read again long after its days; one that is wrong anyway tells of them.
            today = dt.datetime.now(dt.UTC).date()
            raise PlanError([*problems, *checks.out_of_reach(self, today)])
        # Lists become tuples without repetitions: a plan is a value, and values can be hashed.
        for name in _LISTS:
            value = getattr(self, name)
            if value != "all":
                force_setattr(self, name, tuple(dict.fromkeys(value)))

    @property
    def id(self) -> str:
        """A stable name for what this plan asks for."""
        return digest(self.series, self.start, self.end)

    @property
    def series(self) -> str:
        """A stable name for what this plan asks for, whatever the dates.

        Column groups count by their names, so that a series goes on when a group grows, and what is
        left out does not count, so that it goes on when plans have a field more.
        """
        values = msgspec.structs.asdict(self).items()
        dates = ("start", "end")
        return digest({k: v for k, v in values if k not in dates and v not in (None, ())})

    @property
    def facts(self) -> LevelFacts:
        """What is known of the plan's level."""
        return LEVELS[self.level]

    @property
    def spans_days(self) -> bool:
        """Whether a row sums up several days."""
        return self.granularity in checks.ROWS_SPAN_DAYS

    @property
    def column_names(self) -> tuple[str, ...]:
        """The columns to ask for, groups spelled out."""
        return expand(self.columns, known_columns(self.level))

    @property
    def attribution(self) -> dict[str, Any]:
        """The parameters that say which conversions count, as far as the plan has any."""
        names = ("click_window_days", "engagement_window_days", "view_window_days")
        values = {name: getattr(self, name) for name in (*names, "conversion_report_time")}
        return {name: value for name, value in values.items() if value is not None}

    def check(self, today: dt.date) -> None:
        """Refuse what cannot be had on `today` (UTC): dates too far back, or yet to come.

        Raises:
            PlanError: listing all mistakes at once.
        """
        problems = checks.out_of_reach(self, today)
        if problems:
            raise PlanError(problems)

    def estimate(
        self,
        counts: "Counts | Mapping[str, int]",
        *,
        today: dt.date | None = None,
        access: "Access" = "standard",
    ) -> "Estimate":
        """What a harvest of this plan takes: calls, minutes of quota, rows. Nothing is sent.

        `counts` tells how many things of the level each account has; `harvest.count` fetches it.
        """
        from pinterest_async.harvest.plan.estimate import Counts, estimate

        known = counts if isinstance(counts, Counts) else Counts(entities=counts)
        return estimate(self, known, today=today, access=access)

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
        fields = msgspec.json.decode(text, type=dict[str, Any])
        problems = [
            unknown("field", name, cls.__struct_fields__)
            for name in fields
            if name not in cls.__struct_fields__
        ]
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
