"""What can be wrong with a plan, each mistake with its fix."""

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from typing import Any, Final

from pinterest_async._core.problems import Problem, key, kind, nearest, number
from pinterest_async.harvest.plan.columns import DEFAULT, GROUPS, expand
from pinterest_async.harvest.plan.levels import (
    LEVELS,
    REPORT_TARGETING_TYPES,
    ROWS_SPAN_DAYS,
    TYPES_PER_REPORT,
    LevelFacts,
)
from pinterest_async.harvest.plan.partition import (
    HOURLY_DAYS,
    HOURLY_DAYS_BACK,
    REPORT_DAYS_BACK,
    SAFE_DAYS_BACK,
    SYNC_DAYS,
)

REPORT_TIMES: Final = ("TIME_OF_AD_ACTION", "TIME_OF_CONVERSION")
ATTRIBUTION_DAYS: Final = (0, 1, 7, 14, 30, 60)

_ACCOUNT: Final = re.compile(r"[0-9]{1,24}")
_WINDOWS: Final = ("click_window_days", "engagement_window_days", "view_window_days")
ATTRIBUTION: Final = (*_WINDOWS, "conversion_report_time")
"""Fields of a plan that say which conversions count."""


def utc_today() -> dt.date:
    """The present day where Pinterest counts days."""
    return dt.datetime.now(dt.UTC).date()


def mistakes(plan: Any) -> list[Problem]:
    """Everything wrong with a plan, whatever the day."""
    problems = owners(plan)
    level = LEVELS.get(plan.level)
    if level is None:
        near = nearest(plan.level, LEVELS)
        hint = f"did you mean {near}? " if near else ""
        fix = f"{hint}choose from {', '.join(LEVELS)}"
        problems.append(Problem("level", f"{_shown(plan.level)} is not possible", fix))
        columns = LEVELS["ad"].columns
    else:
        columns = level.columns
        problems += _targeting(plan, level)
    wrong = _columns(plan.columns, columns)
    if level is not None:
        wrong += _empty_groups(plan.columns, columns, plan.level)
    command = level.command(plan.level) if level else ""
    problems += [_with_search(one, command, columns) for one in wrong]
    problems += _names(plan, level)
    problems += _choices(plan)
    problems += _dates(plan)
    return problems


def owners(plan: Any) -> list[Problem]:
    """What is wrong with the accounts and businesses of a plan."""
    return [
        *_ids("accounts", plan.accounts, "ad account"),
        *_ids("businesses", plan.businesses, "business", none=True),
    ]


def names(field: str, what: str, given: Any, known: Sequence[str]) -> list[Problem]:
    """What is wrong with a list of names, or "all"."""
    if given == "all":
        return []
    if not _is_list(given):
        return [_no_list(field, given, 'pass "all", or a list of names')]
    if not given:
        return [Problem(field, "the list is empty", f"name some of {', '.join(known)}")]
    return [
        _unknown(field, what, name, known, f"one of {', '.join(known)}")
        for name in dict.fromkeys(given)
        if name not in known
    ]


def _ids(field: str, ids: Any, what: str, *, none: bool = False) -> list[Problem]:
    if ids == "all":
        return []
    if not _is_list(ids):
        return [_no_list(field, ids, f'pass "all", or a list of {what} ids')]
    if not ids and not none:
        return [Problem(field, "the list is empty", f'name {what}s, or pass "all"')]
    problems: list[Problem] = []
    for index, id in enumerate(ids):
        place = f"{field}[{index}]"
        if not isinstance(id, str):
            problems.append(Problem(place, f"expected a string, got {kind(id)}", "quote the id"))
        elif not _ACCOUNT.fullmatch(id):
            problems.append(
                Problem(place, f"this is no {what} id", "pass digits, as in '549755885175'")
            )
    return problems


def _columns(columns: Any, known: Sequence[str]) -> list[Problem]:
    if not _is_list(columns):
        return [_no_list("columns", columns, "pass a list of names and groups")]
    if not columns:
        return [Problem("columns", "the list is empty", f"name columns, or {', '.join(GROUPS)}")]
    return [
        _unknown("columns", "column", name, (*GROUPS, *known), ", ".join(GROUPS))
        for name in dict.fromkeys(columns)
        if name not in GROUPS and name not in known
    ]


def _with_search(problem: Problem, level: str, known: Sequence[str]) -> Problem:
    """A problem with columns whose fix says how to find them, by a part of the last word in it."""
    parts = {part for name in known for part in name.lower().split("_")}
    words = re.findall(r"[a-z]{3,}", f"{problem.message.split()[-1]} spend".lower())
    either = (form for word in words for form in (word, word.removesuffix("s")))
    word = next((form for form in either if form in parts), "")
    command = " ".join(filter(None, ("pinterest columns", level, word)))
    fix = f"{problem.fix};".replace("?;", "?")
    return Problem(problem.field, problem.message, f"{fix} `{command}` finds columns")


def _empty_groups(columns: Any, known: Sequence[str], level: str) -> list[Problem]:
    if not _is_list(columns) or tuple(columns) == DEFAULT:
        return []
    full = [group for group in GROUPS if expand([group], known)]
    return [
        Problem("columns", f"the level {level} has no column of {name}", f"name {_or(full)}")
        for name in dict.fromkeys(columns)
        if name in GROUPS and name not in full
    ]


def _or(words: Sequence[str]) -> str:
    return " or ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def _targeting(plan: Any, level: LevelFacts) -> list[Problem]:
    known, types = level.targeting_types, plan.targeting_types
    if not _is_list(types):
        return [_no_list("targeting_types", types, "pass a list of names")]
    if not known:
        if not types:
            return []
        levels = [name for name, facts in LEVELS.items() if facts.targeting_types]
        message = f"the level {plan.level} is not broken down"
        return [Problem("targeting_types", message, f"choose a level from {', '.join(levels)}")]
    if not types:
        fix = f"name some of {', '.join(known)}"
        return [Problem("targeting_types", "the list is empty", fix)]
    problems = [
        _unknown("targeting_types", "targeting type", name, known, ", ".join(known))
        for name in dict.fromkeys(types)
        if name not in known
    ]
    if level.only_reports:
        problems += _too_many(types, "make several plans")
    return problems


def _too_many(types: Iterable[Any], fix: str) -> list[Problem]:
    if len(set(types)) <= TYPES_PER_REPORT:
        return []
    message = f"reports break down by {TYPES_PER_REPORT} types at a time"
    return [Problem("targeting_types", message, fix)]


def _names(plan: Any, level: LevelFacts | None) -> list[Problem]:
    if not isinstance(plan.names, bool):
        return [Problem("names", f"expected true or false, got {kind(plan.names)}", "pass True")]
    if plan.names and level is not None and level.organic:
        return [Problem("names", f"the level {plan.level} has no names", "leave it out")]
    return []


def _choices(plan: Any) -> list[Problem]:
    level = LEVELS.get(plan.level) or LEVELS["ad"]
    choices: dict[str, tuple[Any, ...]] = {
        "granularity": level.granularities,
        **dict.fromkeys(_WINDOWS, (None,) if level.organic else (None, *ATTRIBUTION_DAYS)),
        "conversion_report_time": (None,) if level.organic else (None, *REPORT_TIMES),
    }
    problems: list[Problem] = []
    for field, allowed in choices.items():
        value = getattr(plan, field)
        if value not in allowed or isinstance(value, bool):
            named = [str(one) for one in allowed if one is not None]
            ways = [f"choose from {', '.join(named)}"] * bool(named)
            ways += ["leave it out"] * (None in allowed)
            fix = ", or ".join(ways)
            if level.organic:
                fix = f"{fix}: organic figures have no other"
            problems.append(Problem(field, f"{_shown(value)} is not possible", fix))
    return problems


def _dates(plan: Any) -> list[Problem]:
    start, end, granularity = plan.start, plan.end, plan.granularity
    problems = [
        Problem(field, f"expected a date, got {kind(value)}", "give one, as in date(2026, 8, 1)")
        for field, value in (("start", start), ("end", end))
        if not isinstance(value, dt.date) or isinstance(value, dt.datetime)
    ]
    if problems:
        return problems
    days = (end - start).days + 1
    if days < 1:
        return [
            Problem("end", f"{end} is before the first day, {start}", "end on that day or later")
        ]
    if granularity == "HOUR" and days > HOURLY_DAYS:
        message = f"{days} days by the hour are more than {HOURLY_DAYS}"
        return [Problem("granularity", message, "choose DAY, or make one plan for each 3 days")]
    level = LEVELS.get(plan.level)
    widest = level.report_days if level and level.report else SYNC_DAYS
    if granularity in ROWS_SPAN_DAYS and days > widest:
        message = f"{days} days by {granularity} are more than {widest}"
        return [Problem("granularity", message, "choose DAY and sum, or a shorter span")]
    return []


def _is_list(value: Any) -> bool:
    return isinstance(value, Iterable) and not isinstance(value, str | bytes)


def _no_list(field: str, value: Any, fix: str) -> Problem:
    return Problem(field, f"expected a list, got {kind(value)}", fix)


def _unknown(field: str, what: str, name: Any, known: Sequence[str], otherwise: str) -> Problem:
    if not isinstance(name, str):
        return Problem(field, f"expected strings, got {kind(name)}", f"pass names of {field}")
    near = nearest(name, known)
    fix = f"did you mean {near}?" if near else f"pass names that the API knows, or {otherwise}"
    return Problem(field, f"there is no {what} {key(name)}", fix)


def _shown(value: Any) -> str:
    return number(value) if type(value) is int else key(value)


def out_of_reach(plan: Any, today: dt.date) -> list[Problem]:
    """Which of a plan's dates the API does not reach on a day; nothing for what is no date."""
    if not all(type(day) is dt.date for day in (plan.start, plan.end)):
        return []
    back = days_back(plan)
    earliest = today - dt.timedelta(days=back)
    problems: list[Problem] = []
    if plan.start < earliest:
        message = f"{plan.start} is more than {back} days back"
        problems.append(Problem("start", message, f"start on {earliest} or later"))
    recent = today - dt.timedelta(days=SAFE_DAYS_BACK)
    level = LEVELS.get(plan.level)
    known = level.targeting_types if level else ()
    if plan.start < recent and _is_list(plan.targeting_types):
        problems += [
            Problem(
                "targeting_types", f"{name} has no older figures", f"start on {recent} or later"
            )
            for name in dict.fromkeys(plan.targeting_types)
            if name in known and name not in REPORT_TARGETING_TYPES
        ]
        if level and not level.only_reports:
            fix = f"make several plans, or start on {recent} or later"
            problems += _too_many(plan.targeting_types, fix)
    if plan.end > today:
        message = f"{plan.end} is still to come"
        problems.append(Problem("end", message, f"end on {today} (UTC) or earlier"))
    return problems


def days_back(plan: Any) -> int:
    """How many days before today a plan may start."""
    if plan.granularity == "HOUR":
        return HOURLY_DAYS_BACK
    level = LEVELS.get(plan.level)
    if level is None:
        return REPORT_DAYS_BACK
    return level.report_days_back if level.report else SYNC_DAYS
