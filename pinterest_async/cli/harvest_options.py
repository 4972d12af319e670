"""Reads the options of a command line, and a plan file; names every mistake at once."""

import datetime as dt
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias, TypedDict, Unpack, cast, get_args

import msgspec
from msgspec.structs import replace

from pinterest_async._core.problems import Problem, nearest, unknown
from pinterest_async.cli.network import connections
from pinterest_async.cli.places import unwritable
from pinterest_async.client import Pinterest
from pinterest_async.client_options import ClientOptions
from pinterest_async.errors import ConfigurationError, PinterestError, TokenStoreError
from pinterest_async.harvest import (
    RESTATE_DAYS,
    EntityPlan,
    FileSink,
    LocalStorage,
    Plan,
    PlanError,
    TargetError,
    file_sink,
)
from pinterest_async.harvest.output.entity_notes import entity_status
from pinterest_async.harvest.output.formats import FORMATS, FormatName
from pinterest_async.harvest.output.sqlite_checkpoint import checkpoint_of
from pinterest_async.harvest.output.status import status
from pinterest_async.harvest.plan.checks import utc_today
from pinterest_async.harvest.plan.levels import LEVELS
from pinterest_async.harvest.plan.partition import HOURLY_DAYS
from pinterest_async.harvest.plan.series import Series
from pinterest_async.options import Access, Environment

ProgressFormat: TypeAlias = Literal["text", "json", "none"]

LAST: Final = "last"
DAYS: Final = 30
"""How many days a harvest has that does not say; one by the hour has as many as it may."""
MOST_DAYS: Final = 914
MOST_AT_A_TIME: Final = 1000
LEVEL_NAMES: Final = {level: facts.command(level) for level, facts in LEVELS.items()}
"""The name of each level on the command line."""

_OPTIONS: Final = {
    "accounts": "--account",
    "businesses": "--business",
    "level": "LEVEL",
    "entities": "--entities",
    "columns": "--columns",
    "targeting_types": "--targeting",
    "granularity": "--granularity",
    "start": "--since",
    "end": "--until",
    "click_window_days": "--click-window",
    "engagement_window_days": "--engagement-window",
    "view_window_days": "--view-window",
    "conversion_report_time": "--report-time",
    "names": "--names",
}
_LISTS: Final = ("accounts", "businesses", "columns", "targeting_types")
_ALL: Final = ("accounts", "businesses")


class MistakesError(PinterestError):
    """A command that cannot run; `problems` holds every mistake."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("this harvest cannot run")

    def _text(self) -> str:
        lines = [f"  {found}" for found in self.problems]
        return "\n".join([f"{self.message}:", *lines])


class RunOptions(TypedDict):
    """The options of a harvest that say nothing of what is harvested, as click gives them."""

    file: Path | None
    out: str | None
    format: str
    checkpoint: Path | None
    restate_days: str
    concurrency: str
    progress_format: str
    dry_run: bool
    environment: str | None
    base_url: str | None
    proxy: str | None
    ca_file: Path | None


class HarvestCommand(msgspec.Struct, frozen=True, kw_only=True):
    """How one run of the command harvests; without a sink, only an estimate."""

    sink: FileSink | None
    checkpoint: Path | None
    concurrency: int
    progress_format: ProgressFormat
    access: Access


class Command(HarvestCommand, frozen=True, kw_only=True):
    """What one run of the command does for figures.

    `known` is what the target's checkpoint has of the plans, where they go on since last.
    """

    plans: tuple[Plan, ...]
    known: Mapping[str, Series]
    since_last: bool
    restate_days: int


def read_command(
    given: Mapping[str, Any], **options: Unpack[RunOptions]
) -> tuple[Command, Pinterest]:
    """What the command line asks for, and a client for it.

    `given` has the values of the options for the plan's fields, None or () where they were not
    given.

    Raises:
        MistakesError: all of them at once.
    """
    problems: list[Problem] = []
    file = options["file"]
    fields = _from_file(file, problems) if file is not None else {}
    fields |= _from_options(given)
    since_last = fields.get("start") == LAST
    sink = _sink(options, problems)
    known: Mapping[str, Series] = {}
    if since_last:
        known = _known(sink, options["checkpoint"], problems)
    plans = _going_on(fields, known, problems)
    if plans is None:
        checkpoint = _checkpoint_file(sink, options["checkpoint"]) if since_last else None
        plan = _plan(
            fields,
            problems,
            since_last=since_last,
            from_file=file is not None,
            checkpoint=checkpoint,
        )
        plans = () if plan is None else (plan,)
    restate = _number("--restate", options["restate_days"], MOST_DAYS, problems)
    common, client = _common(options, problems)
    command = Command(
        plans=plans,
        known=known,
        since_last=since_last,
        restate_days=restate,
        sink=sink,
        **common,
    )
    return command, client


def _common(options: RunOptions, problems: list[Problem]) -> tuple[dict[str, Any], Pinterest]:
    """What both commands have, beside the sink.

    Raises:
        MistakesError: There are some, of these options or others.
    """
    _choice("--progress", options["progress_format"], get_args(ProgressFormat), problems)
    at_a_time = _number("--concurrency", options["concurrency"], MOST_AT_A_TIME, problems)
    client = _client(options, problems)
    if problems or client is None:
        raise MistakesError(problems)
    found = {
        "checkpoint": options["checkpoint"],
        "concurrency": at_a_time,
        "progress_format": options["progress_format"],
        "access": os.environ.get("PINTEREST_ACCESS") or "standard",
    }
    return found, client


def _from_file(file: Path, problems: list[Problem]) -> dict[str, Any]:
    try:
        fields = msgspec.json.decode(file.read_bytes(), type=dict[str, Any])
    except OSError as error:
        problems.append(Problem("--plan", f"{file}: {error.strerror}", "name a file of JSON"))
        return {}
    except msgspec.DecodeError as error:
        problems.append(Problem("--plan", f"{file}: {error}", "write an object of JSON"))
        return {}
    known = Plan.__struct_fields__
    problems += [unknown("field of a plan", one, known) for one in fields if one not in known]
    return {name: value for name, value in fields.items() if name in known}


def _from_options(given: Mapping[str, Any]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for name, value in given.items():
        if value is None or value == ():
            continue
        if name in _LISTS:
            names = tuple(one.strip() for text in value for one in text.split(",") if one.strip())
            fields[name] = "all" if name in _ALL and "all" in names else names
            if name == "targeting_types":
                fields[name] = tuple(map(str.upper, names))
        elif name.endswith("_days"):
            fields[name] = int(value) if value.isdecimal() else value
        elif name in ("granularity", "conversion_report_time"):
            fields[name] = value.upper()
        else:
            fields[name] = value
    return fields


def _plan(
    fields: dict[str, Any],
    problems: list[Problem],
    *,
    since_last: bool,
    from_file: bool,
    checkpoint: Path | None = None,
) -> Plan | None:
    today = utc_today()
    earlier = len(problems)
    if "level" in fields:
        _level(fields, problems)
    else:
        fields["level"] = ""
        where = "LEVEL, or level in the plan file" if from_file else "LEVEL"
        why = f"missing, as {_nothing_to_go_on_with(checkpoint)}" if since_last else "missing"
        problems.append(Problem(where, why, f"choose from {', '.join(LEVEL_NAMES.values())}"))
    fields.setdefault("end", _yesterday())
    _date("end", fields, problems)
    if since_last or "start" not in fields:
        days = HOURLY_DAYS if fields.get("granularity") == "HOUR" else DAYS
        end = fields["end"] if isinstance(fields["end"], dt.date) else today
        fields["start"] = end - dt.timedelta(days=days - 1)
    _date("start", fields, problems)
    # Mistakes that are in the list already are not reported again.
    reported = {"level": bool(problems[earlier:]) and fields["level"] not in LEVELS}
    reported |= {name: not isinstance(fields[name], dt.date) for name in ("start", "end")}
    reported["start"] |= since_last
    try:
        plan = Plan(**fields)
        if not since_last:
            plan.check(today)
    except PlanError as error:
        problems += [_in_options(one) for one in error.problems if not reported.get(one.field)]
        return None
    return plan


def _nothing_to_go_on_with(checkpoint: Path | None) -> str:
    """Why a checkpoint, or none, has no plan of figures."""
    with suppress(TargetError):
        if checkpoint is not None and checkpoint.exists() and entity_status(checkpoint):
            return (
                "there are entities only, which each harvest lists whole: for these, give "
                "--entities or --all in place of --since"
            )
    return "there is no harvest to go on with"


def _yesterday() -> dt.date:
    return utc_today() - dt.timedelta(days=1)


def _checkpoint_file(sink: FileSink | None, checkpoint: Path | None) -> Path | None:
    storage = sink and sink.storage
    if checkpoint is None and isinstance(storage, LocalStorage):
        return checkpoint_of(storage).file
    return checkpoint


def _known(
    sink: FileSink | None, checkpoint: Path | None, problems: list[Problem]
) -> Mapping[str, Series]:
    """What the target's checkpoint has of plans that have left something there, by their ids."""
    storage = sink and sink.storage
    file = _checkpoint_file(sink, checkpoint)
    if file is None or not file.exists():
        return {}
    try:
        found = status(file, storage.folder if isinstance(storage, LocalStorage) else None)
    except TargetError as error:
        problems.append(
            Problem("--checkpoint" if checkpoint else "--out", error.message, error.advice)
        )
        return {}
    begun = [one for one in found if one.files or one.series.through] or found
    return {one.series.id: one.series for one in begun}


def _going_on(
    fields: dict[str, Any], known: Mapping[str, Series], problems: list[Problem]
) -> tuple[Plan, ...] | None:
    """The plans of the target that have the fields that were given, up to another last day.

    None where the fields are to make a plan of their own.
    """
    earlier = len(problems)
    wanted = {name: value for name, value in fields.items() if name not in ("start", "end")}
    if "level" in wanted:
        _level(wanted, problems)
    for name in _LISTS:
        if isinstance(wanted.get(name), list | tuple):
            wanted[name] = tuple(dict.fromkeys(wanted[name]))
    plans = [
        series.plan
        for series in known.values()
        if all(getattr(series.plan, name) == value for name, value in wanted.items())
    ]
    if len(problems) > earlier or not plans:
        del problems[earlier:]  # what makes a plan of its own finds them again
        if known and "level" not in wanted:
            levels = ", ".join(LEVEL_NAMES[series.plan.level] for series in known.values())
            message = f"the harvests in --out ({levels}) have other options"
            problems.append(Problem("--since", message, "leave these out, or name a LEVEL"))
            return ()
        return None
    end = {"end": fields.get("end", _yesterday())}
    _date("end", end, problems)
    last = end["end"]
    if not isinstance(last, dt.date):
        return ()
    return tuple(replace(plan, start=min(plan.start, last), end=last) for plan in plans)


def _level(fields: dict[str, Any], problems: list[Problem]) -> None:
    text = fields["level"]
    word = text.lower().replace("_", "-") if isinstance(text, str) else ""
    for level, plural in LEVEL_NAMES.items():
        if word in (plural, level.replace("_", "-")):
            fields["level"] = level
            return
    near = nearest(word, LEVEL_NAMES.values())
    fix = f"did you mean {near}?" if near else f"choose from {', '.join(LEVEL_NAMES.values())}"
    problems.append(Problem("LEVEL", f"there is no {text}", fix))


def _date(name: str, fields: dict[str, Any], problems: list[Problem]) -> None:
    value = fields[name]
    if isinstance(value, dt.date):
        return
    try:
        fields[name] = dt.date.fromisoformat(value)
    except (TypeError, ValueError):
        also = ', or "last"' if name == "start" else ""
        fix = f"give one, as in 2026-08-01{also}"
        problems.append(Problem(_OPTIONS[name], f"{value} is not a date", fix))


def _number(option: str, text: str, most: int, problems: list[Problem]) -> int:
    if text.isdecimal() and 1 <= int(text) <= most:
        return int(text)
    problems.append(Problem(option, f"{text} is not possible", f"give a number from 1 to {most}"))
    return 1


def _in_options(problem: Problem) -> Problem:
    """A problem of a plan's field as one of the option that it came from."""
    field, bracket, rest = problem.field.partition("[")
    option = _OPTIONS.get(field, field)
    if bracket and rest[:-1].isdecimal():
        option = f"{option} (number {int(rest[:-1]) + 1})"
    return Problem(option, problem.message, problem.fix)


def _choice(option: str, value: str, known: Sequence[str], problems: list[Problem]) -> None:
    if value not in known:
        fix = f"choose from {', '.join(known)}"
        problems.append(Problem(option, f"there is no {value}", fix))


def _sink(options: RunOptions, problems: list[Problem]) -> FileSink | None:
    out, format, checkpoint = options["out"], options["format"], options["checkpoint"]
    needed = not options["dry_run"]
    if checkpoint is not None and (wrong := unwritable(checkpoint, folder=False)):
        problems.append(Problem("--checkpoint", wrong, "name another file"))
    earlier = len(problems)
    _choice("--format", format, tuple(FORMATS), problems)
    if not out and needed:
        problems.append(Problem("--out", "missing", "name a folder, as in --out data"))
    if out and "://" in out and not out.startswith("file://") and checkpoint is None:
        fix = "name a file on this machine, which remembers how far it is"
        problems.append(Problem("--checkpoint", "missing, since --out is no folder", fix))
    if not out or len(problems) > earlier:
        return None
    try:
        sink = file_sink(out, format=cast("FormatName", format))
    except (ConfigurationError, ValueError, OSError) as error:
        fix = "name a folder, or an address that pyarrow or fsspec knows"
        problems.append(Problem("--out", str(error), fix))
        return None
    if needed and isinstance(sink.storage, LocalStorage):
        wrong = unwritable(sink.storage.folder, folder=True)
        problems += [Problem("--out", wrong, "name another folder")] if wrong else []
    return sink


def _client(options: RunOptions, problems: list[Problem]) -> Pinterest | None:
    environment, base_url = options["environment"], options["base_url"]
    wanted: ClientOptions = {"pool": connections(options["proxy"], options["ca_file"], problems)}
    if environment is not None:
        wanted["environment"] = cast("Environment", environment)
    if base_url is not None:
        wanted["base_url"] = base_url
    try:
        return Pinterest.from_env(**wanted)
    except (ConfigurationError, TokenStoreError) as error:
        where = "--base-url" if base_url and "base_url" in error.message else "environment"
        problems.append(Problem(where, error.message, error.advice))
        return None


class EntityCommand(HarvestCommand, frozen=True, kw_only=True):
    """What one run of the command does for entities."""

    plan: EntityPlan


def read_entity_command(
    given: Mapping[str, Any],
    *,
    entities: Sequence[str],
    everything: bool,
    **options: Unpack[RunOptions],
) -> tuple[EntityCommand, Pinterest]:
    """What the command line asks for where it names entities, and a client for it.

    Raises:
        MistakesError: all of them at once.
    """
    option = "--all" if everything else "--entities"
    problems: list[Problem] = []
    fields = _from_options({name: given[name] for name in _ALL})
    names = [one.strip().lower() for text in entities for one in text.split(",") if one.strip()]
    if everything and names:
        problems.append(Problem("--entities", "--all has all of them", "leave one of the two out"))
    fields["entities"] = "all" if everything else [name.replace("-", "_") for name in names]
    if everything:
        fields.setdefault("businesses", "all")
    figures = [
        name for name, value in given.items() if name not in _ALL and value not in (None, ())
    ]
    figures += ["file"] if options["file"] is not None else []
    problems += [
        Problem({**_OPTIONS, "file": "--plan"}[name], f"does not go with {option}", "leave it out")
        for name in figures
    ]
    if options["restate_days"] != str(RESTATE_DAYS):
        problems.append(Problem("--restate", f"does not go with {option}", "leave it out"))
    plan: EntityPlan | None = None
    try:
        plan = EntityPlan(**fields)
    except PlanError as error:
        problems += [_with_hyphens(_in_options(one)) for one in error.problems]
    sink = _sink(options, problems)
    common, client = _common(options, problems)
    if plan is None:
        raise MistakesError(problems)
    return EntityCommand(plan=plan, sink=sink, **common), client


def _with_hyphens(problem: Problem) -> Problem:
    """A problem with the names of entities as the command line has them."""
    if problem.field != "--entities":
        return problem
    return Problem(problem.field, problem.message.replace("_", "-"), problem.fix.replace("_", "-"))
