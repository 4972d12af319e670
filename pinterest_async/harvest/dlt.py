"""A dlt source: figures and entities as resources, to be merged into any destination of dlt."""

import datetime as dt
import logging
import threading
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, Literal, TypeAlias

from anyio.from_thread import BlockingPortal, start_blocking_portal

from pinterest_async.client import Pinterest
from pinterest_async.errors import ConfigurationError
from pinterest_async.harvest.execute.entity_result import NotPermitted
from pinterest_async.harvest.execute.entity_run import run_entities
from pinterest_async.harvest.execute.run import run
from pinterest_async.harvest.execute.stream import IncompleteError
from pinterest_async.harvest.output.arrow import pa, pc, pq
from pinterest_async.harvest.output.entity_parts import PART, Parts
from pinterest_async.harvest.output.tables import schema
from pinterest_async.harvest.plan import series as plans
from pinterest_async.harvest.plan.checks import utc_today
from pinterest_async.harvest.plan.cutting import RESTATE_DAYS
from pinterest_async.harvest.plan.endpoints import TARGETING_COLUMNS
from pinterest_async.harvest.plan.entities import ENTITIES
from pinterest_async.harvest.plan.entity_plan import EntityPlan
from pinterest_async.harvest.plan.plan import Plan
from pinterest_async.harvest.plan.series import Series

_LOG: Final = logging.getLogger("pinterest_async")

MakeClient: TypeAlias = Callable[[], Pinterest]
"""Makes the client of a load; it is closed with the load."""

BATCH_ROWS: Final = 50_000
"""Rows that are handed to dlt at a time."""

DELETED: Final = "_deleted"
"""The column that tells dlt to delete a part; null in all rows that stay."""
PARTS: Final = "parts"
"""Where the digests of what was loaded last stand in the state of a resource."""

UPSERT: Final = {"disposition": "merge", "strategy": "upsert"}
"""A row takes the place of the one with its key."""


def _dlt() -> Any:
    """Dlt, whose types say little: imported in this place only, with help when missing."""
    try:
        return import_module("dlt")
    except ImportError as error:
        raise ImportError("the dlt source needs dlt: pip install 'pinterest-async[dlt]'") from error


dlt: Final = _dlt()


def pinterest_source(
    plans: Iterable[Plan] = (),
    *,
    entities: Iterable[str] | Literal["all"] = (),
    accounts: Sequence[str] | Literal["all"] = "all",
    businesses: Sequence[str] | Literal["all"] = (),
    restate_days: int = RESTATE_DAYS,
    connect: MakeClient = Pinterest.from_env,
) -> Any:
    """A source with a resource for the figures of each plan, named like `ad_days`, and each entity.

    Args:
        plans: What figures to load, by the day. The days of a plan are those of its first load;
            each further one begins where the last one ended, with `restate_days` before that again.
        entities: What things to load: names such as "campaigns", "boards" and "pins", or "all".
        accounts: The ad accounts of the entities, by ids, or "all" that the token sees.
        businesses: The businesses of the entities, by ids, or "all": see `EntityPlan`.
        restate_days: See above; figures change for as long as conversions are attributed.
        connect: Makes the client, whose token and quotas are used.

    Raises:
        PlanError: where there are no such entities, or an id is none.
        ConfigurationError: where two plans are for the same level, or rows span several days.
    """
    client = _Client(connect)
    resources = [_figures(plan, None, client, restate_days) for plan in plans]
    names = Counter(resource.name for resource in resources)
    twice = [name for name, count in names.items() if count > 1]
    if twice:
        raise ConfigurationError(
            f"there are several plans for {twice[0]}",
            advice="Make a resource of each with figures(plan, name=...), and run these.",
        )
    wanted = ENTITIES if entities == "all" else tuple(entities)
    resources += [
        _entity(EntityPlan(entities=[name], accounts=accounts, businesses=businesses), name, client)
        for name in wanted
    ]
    return dlt.source(lambda: resources, name="pinterest")()


def figures(
    plan: Plan,
    *,
    name: str | None = None,
    restate_days: int = RESTATE_DAYS,
    connect: MakeClient = Pinterest.from_env,
) -> Any:
    """A resource with the figures of a plan, a row for each thing and day.

    Its key are the columns that tell rows apart, its cursor is `DATE`. `pinterest_source` says what
    is loaded when, and what the arguments mean.

    Raises:
        ConfigurationError: where rows of the plan span several days, or parts of one.
    """
    return _figures(plan, name, _Client(connect), restate_days)


class _Client:
    """A client in an event loop of its own, for all resources that are read at a time."""

    def __init__(self, connect: MakeClient) -> None:
        self._connect = connect
        self._lock = threading.Lock()
        self._users = 0
        self._told: set[tuple[str, str]] = set()
        self._open = ExitStack()
        self._portal: BlockingPortal
        self._client: Pinterest

    def tell(self, one: NotPermitted) -> None:
        """Say once what is not for this token."""
        if (one.entity, one.account) not in self._told:
            self._told.add((one.entity, one.account))
            _LOG.warning("Not loaded: %s of %s: %s", one.entity, one.account, one.reason)

    @contextmanager
    def open(self) -> Generator[tuple[BlockingPortal, Pinterest]]:
        """The client, and what calls functions in its event loop."""
        with self._lock:
            if not self._users:
                with ExitStack() as stack:
                    self._portal = stack.enter_context(start_blocking_portal())
                    self._client = self._portal.call(self._connect)
                    stack.enter_context(self._portal.wrap_async_context_manager(self._client))
                    self._open = stack.pop_all()
            self._users += 1
        try:
            yield self._portal, self._client
        finally:
            with self._lock:
                self._users -= 1
                if not self._users:
                    self._open.close()


@contextmanager
def _folder() -> Generator[Path]:
    """A temporary folder, with place for the notes of a harvest beside it."""
    with TemporaryDirectory() as folder:
        yield Path(folder) / "data"


def _figures(plan: Plan, name: str | None, client: _Client, restate_days: int) -> Any:
    if plan.granularity != "DAY":
        raise ConfigurationError(
            f"figures by {plan.granularity} cannot be merged by their day",
            advice='Load a plan with granularity="DAY".',
        )
    key = _key(plan)
    cursor = dlt.sources.incremental("DATE", initial_value=plan.start, lag=max(0, restate_days - 1))

    def rows(days: Any = cursor) -> Iterator[Any]:
        wanted = _wanted(plan, days, restate_days)
        if wanted is None:
            return
        with client.open() as (portal, pinterest), _folder() as folder:
            result = portal.call(partial(run, wanted, pinterest, out=folder))
            if result.failures:
                raise IncompleteError(result.failures)
            yield from _tables(folder, result.paths, key)

    return dlt.resource(
        rows, name=name or f"{plan.level}_days", primary_key=key, write_disposition=UPSERT
    )


def _wanted(plan: Plan, days: Any, restate_days: int) -> Plan | None:
    """The plan of this load; None where all its days are loaded."""
    if days.end_value is not None:  # a backfill: of these days alone, as dlt has them
        return plan
    last: dt.date = days.get_state()["last_value"]
    if last == plan.start:
        return plan
    known = Series(plan=plan, today=utc_today(), through=last)
    return None if last >= plan.end else plans.since_last(plan, known, utc_today(), restate_days)


def _key(plan: Plan) -> Sequence[str]:
    """The columns that tell two rows of a plan apart, and are never empty."""
    facts, columns = plan.facts, schema(plan).names
    whose = () if plan.accounts == "all" and facts.organic else ("AD_ACCOUNT_ID",)
    names = (*whose, facts.parent_column, facts.id_column, "DATE", *TARGETING_COLUMNS)
    return [name for name in dict.fromkeys(filter(None, names)) if name in columns]


def _entity(plan: EntityPlan, name: str, client: _Client) -> Any:
    """A resource with the things of an entity, each known by its key.

    No list tells what has changed, so that all of it is read, and compared by digests with what was
    loaded last. After each load the table holds what is listed, of accounts whose list is refused
    what was there before.
    """
    facts = ENTITIES[name]
    key = [*facts.added, facts.id]
    fields = [pa.field(one, pa.string(), nullable=False) for one in (*key, PART)]
    gone_schema = pa.schema([*fields, pa.field(DELETED, pa.bool_())])

    def changes() -> Iterator[Any]:
        known: dict[str, list[str]] = dlt.current.resource_state().setdefault(PARTS, {})
        gone: list[str] = []
        with client.open() as (portal, pinterest), _folder() as folder:
            result = portal.call(partial(run_entities, plan, pinterest, out=folder))
            if result.failures:
                raise IncompleteError(result.failures)
            for one in result.not_permitted:
                client.tell(one)
            listed = {one.account: one.path for one in result.files if one.entity == name}
            for account, path in listed.items():
                file = None if path is None else folder / path
                parts = Parts(account, file, key, known.get(account, ()))
                yield from parts.changed()
                gone += parts.gone
                known[account] = parts.digests
        if not result.not_permitted:  # otherwise it is not known what is missing, and what is gone
            for account in known.keys() - listed:
                gone += Parts(account, None, key, known.pop(account)).gone
        if gone:
            rows = [{**dict.fromkeys(key, one), PART: one, DELETED: True} for one in gone]
            yield pa.Table.from_pylist(rows, gone_schema)

    return dlt.resource(
        changes,
        name=name,
        primary_key=key,
        merge_key=PART,
        write_disposition={"disposition": "merge", "strategy": "delete-insert"},
        columns={DELETED: {"data_type": "bool", "hard_delete": True}},
    )


def _tables(folder: Path, paths: Iterable[str], key: Sequence[str]) -> Iterator[Any]:
    """What is in some Parquet files, in tables of some size; columns of the key hold no null."""
    waiting: list[Any] = []
    for path in paths:
        with pq.ParquetFile(folder / path) as file:
            for batch in file.iter_batches(BATCH_ROWS):
                waiting.append(pa.Table.from_batches([batch]))
                if sum(table.num_rows for table in waiting) >= BATCH_ROWS:
                    yield _joined(waiting, key)
                    waiting = []
    if waiting:
        yield _joined(waiting, key)


def _joined(tables: Sequence[Any], key: Sequence[str]) -> Any:
    table = pa.concat_tables(tables, promote_options="default")
    for name in key:  # a thing without an id, of which there are none, would be merged with none
        if table.column(name).null_count:
            table = table.filter(pc.is_valid(table.column(name)))
    fields = [field.with_nullable(field.name not in key) for field in table.schema]
    return table.cast(pa.schema(fields))
