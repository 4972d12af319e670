"""What to harvest, as a value: checked when it is made, cut into partitions when it runs."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, Literal, TypeAlias, cast, get_args

import msgspec
from msgspec.structs import force_setattr

from pinterest_async._core.problems import Problem, key, kind, nearest, number, unknown
from pinterest_async.errors import PinterestError
from pinterest_async.harvest.columns import GROUPS, expand
from pinterest_async.harvest.levels import KNOWN_COLUMNS, Level
from pinterest_async.harvest.partition import (
    DAYS_PER_CALL,
    HOURLY_DAYS_PER_CALL,
    Partition,
    chunks,
    digest,
    ids_per_call,
    windows,
)

Granularity: TypeAlias = Literal["TOTAL", "DAY", "HOUR", "WEEK", "MONTH"]
ReportTime: TypeAlias = Literal["TIME_OF_AD_ACTION", "TIME_OF_CONVERSION"]

LOOKBACK_DAYS: Final = 90
HOURLY_LOOKBACK_DAYS: Final = 8
ATTRIBUTION_DAYS: Final = (0, 1, 7, 14, 30, 60)

_ROWS_SPAN_DAYS: Final = ("TOTAL", "WEEK", "MONTH")
"""Granularities whose rows span days: a second request would cut such a row in two."""


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

    `accounts` are ad account ids, or "all" that the token sees. `columns` are column names and
    groups (`spend`, `engagement`, `video`, `conversions`, `all`). `start` and `end` are UTC dates,
    both included. The attribution fields are the API's own parameters, None for its defaults.

    Raises PlanError when made with a mistake, listing all mistakes at once.
    """

    accounts: Sequence[str] | Literal["all"] = "all"
    level: Level
    columns: Sequence[str] = ("spend", "engagement")
    granularity: Granularity = "DAY"
    start: dt.date
    end: dt.date
    click_window_days: int | None = None
    engagement_window_days: int | None = None
    view_window_days: int | None = None
    conversion_report_time: ReportTime | None = None

    def __post_init__(self) -> None:
        problems = [
            *_account_problems(self.accounts),
            *_column_problems(self.columns),
            *_choice_problems(self),
            *_date_problems(self.start, self.end, self.granularity),
        ]
        if problems:
            raise PlanError(problems)
        # Lists become tuples without repetitions: a plan is a value, and values can be hashed.
        if self.accounts != "all":
            force_setattr(self, "accounts", tuple(dict.fromkeys(self.accounts)))
        force_setattr(self, "columns", tuple(dict.fromkeys(self.columns)))

    @property
    def id(self) -> str:
        """A stable name for what this plan asks for."""
        return digest(self.accounts, self.level, self.start, self.end, self.question)

    @property
    def column_names(self) -> tuple[str, ...]:
        """The columns to ask for, groups spelled out."""
        return expand(self.columns, KNOWN_COLUMNS)

    @property
    def question(self) -> dict[str, Any]:
        """The query parameters that every partition's call has in common."""
        return {
            "columns": self.column_names,
            "granularity": self.granularity,
            "click_window_days": self.click_window_days,
            "engagement_window_days": self.engagement_window_days,
            "view_window_days": self.view_window_days,
            "conversion_report_time": self.conversion_report_time,
        }

    def check(self, today: dt.date) -> None:
        """Refuse what cannot be had on `today` (UTC): dates too far back, or yet to come.

        Raises:
            PlanError: listing all mistakes at once.
        """
        back = HOURLY_LOOKBACK_DAYS if self.granularity == "HOUR" else LOOKBACK_DAYS
        earliest = today - dt.timedelta(days=back)
        problems: list[Problem] = []
        if self.start < earliest:
            message = f"{self.start} is more than {back} days back"
            problems.append(Problem("start", message, f"start on {earliest} or later"))
        if self.end > today:
            message = f"{self.end} is still to come"
            problems.append(Problem("end", message, f"end on {today} (UTC) or earlier"))
        if problems:
            raise PlanError(problems)

    def cut(self, account: str, ids: Sequence[str] = ()) -> Iterator[Partition]:
        """The partitions of one account: every id on every day in exactly one of them.

        `ids` are ignored on the account level, and an account without ids has no partition.
        """
        question = self.question
        groups: Iterator[tuple[str, ...]] = iter([()])
        if self.level != "account":
            ids = tuple(dict.fromkeys(ids))
            groups = chunks(ids, ids_per_call(ids, self.column_names))
        days = HOURLY_DAYS_PER_CALL if self.granularity == "HOUR" else DAYS_PER_CALL
        for group in groups:
            for start, end in windows(self.start, self.end, days):
                name = digest(account, self.level, group, start, end, question)
                yield Partition(id=name, account=account, ids=group, start=start, end=end)

    def partitions(self, entities: Mapping[str, Sequence[str]]) -> Iterator[Partition]:
        """The partitions of many accounts: `entities` holds the ids of each account."""
        for account, ids in entities.items():
            yield from self.cut(account, ids)

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


def _shown(value: Any) -> str:
    return number(value) if type(value) is int else key(value)


def _strings(field: str, value: Any, fix: str) -> list[Problem]:
    """Mistakes in what should be a list of strings, at least one."""
    if isinstance(value, str) or not isinstance(value, Sequence):
        return [Problem(field, f"expected a list, got {kind(value)}", fix)]
    items = cast("Sequence[object]", value)
    if not items:
        return [Problem(field, "the list is empty", fix)]
    return [
        Problem(f"{field}[{index}]", f"expected a string, got {kind(item)}", fix)
        for index, item in enumerate(items)
        if not isinstance(item, str)
    ]


def _account_problems(accounts: Any) -> list[Problem]:
    if accounts == "all":
        return []
    fix = 'give "all", or a list of ad account ids (strings of digits)'
    return _strings("accounts", accounts, fix) or [
        Problem(f"accounts[{index}]", "this is no ad account id", fix)
        for index, account in enumerate(accounts)
        if not (account.isascii() and account.isdigit())
    ]


def _column_problems(names: Any) -> list[Problem]:
    fix = f"give column names, or groups: {', '.join(GROUPS)}"
    known = (*GROUPS, *KNOWN_COLUMNS)
    problems = _strings("columns", names, fix)
    if problems:
        return problems
    for name in names:
        if name not in known:
            near = nearest(name, known)
            hint = f"did you mean {near}?" if near else fix
            problems.append(Problem("columns", f"there is no column {key(name)}", hint))
    return problems


def _choice_problems(plan: Plan) -> list[Problem]:
    choices: dict[str, tuple[Any, ...]] = {
        "level": get_args(Level),
        "granularity": get_args(Granularity),
        "click_window_days": (None, *ATTRIBUTION_DAYS),
        "engagement_window_days": (None, *ATTRIBUTION_DAYS),
        "view_window_days": (None, *ATTRIBUTION_DAYS),
        "conversion_report_time": (None, *get_args(ReportTime)),
    }
    problems: list[Problem] = []
    for field, allowed in choices.items():
        value = getattr(plan, field)
        if value not in allowed or isinstance(value, bool):
            fix = "choose from " + ", ".join(map(str, allowed))
            problems.append(Problem(field, f"{_shown(value)} is not possible", fix))
    return problems


def _date_problems(start: Any, end: Any, granularity: str) -> list[Problem]:
    problems = [
        Problem(field, f"expected a date, got {kind(value)}", "give one, as in date(2026, 8, 1)")
        for field, value in (("start", start), ("end", end))
        if not isinstance(value, dt.date) or isinstance(value, dt.datetime)
    ]
    if problems:
        return problems
    days = (end - start).days + 1
    if days < 1:
        return [Problem("end", f"{end} is before start, {start}", "end on the start or later")]
    if granularity == "HOUR" and days > HOURLY_DAYS_PER_CALL:
        message = f"{days} days by the hour are more than {HOURLY_DAYS_PER_CALL}"
        return [Problem("granularity", message, "choose DAY, or make one plan for each 3 days")]
    if granularity in _ROWS_SPAN_DAYS and days > DAYS_PER_CALL:
        message = f"{days} days by {granularity} are more than {DAYS_PER_CALL}"
        return [Problem("granularity", message, "choose DAY and sum, or a shorter span")]
    return []
