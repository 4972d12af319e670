"""What of the rows that arrived is kept: those that were asked for, each once.

A server may answer with null, with rows of other days, ids or accounts, or with a row twice. Files
are merged by day, so a row that was not asked for would be in them twice after a later run.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import Any, Final

import msgspec

from pinterest_async._core.column_kinds import kind
from pinterest_async.harvest.output.arrays import arrow_array, arrow_scalar, midnight
from pinterest_async.harvest.output.arrow import pa, pc
from pinterest_async.harvest.plan.endpoints import ME, TARGETING_COLUMNS, field
from pinterest_async.harvest.plan.partition import Partition
from pinterest_async.harvest.plan.plan import Plan

_ROW: Final = "_ROW"
_SECOND: Final = pa.timestamp("s")


def constants(plan: Plan, partition: Partition) -> Mapping[str, Any]:
    """The columns that have the same value in all rows of a partition."""
    values: dict[str, Any] = {
        "AD_ACCOUNT_ID": None if partition.account == ME else partition.account
    }
    if plan.names:
        values["AD_ACCOUNT_NAME"] = partition.account_name
    if partition.parent is not None:
        values[str(plan.facts.parent_column)] = partition.parent
    if plan.granularity == "TOTAL":
        values |= {"START_DATE": partition.start, "END_DATE": partition.end}
    return values


def own_rows(
    plan: Plan, partition: Partition, rows: Sequence[Any], ids: Sequence[str] | None = None
) -> tuple[Sequence[Any], Sequence[str] | None]:
    """The rows that are rows at all, and name no other account or parent; and the ids of these."""
    parents = _parents(plan, partition)
    kinds = {*map(type, rows)}
    if len(kinds) == 1 and issubclass(kind := kinds.pop(), msgspec.Struct):
        known = [name for name in kind.__struct_fields__ if name in parents]
        if _all_own(parents, {name: [*map(attrgetter(name), rows)] for name in known}):
            return rows, ids
    kept = [index for index, row in enumerate(rows) if _is_own(row, parents)]
    return [rows[index] for index in kept], ids and [ids[index] for index in kept]


def are_own(plan: Plan, partition: Partition, columns: Mapping[str, Sequence[Any]]) -> bool:
    """Whether rows, by their columns, name no other account or parent."""
    return _all_own(_parents(plan, partition), columns)


def asked_for(plan: Plan, partition: Partition, data: Any) -> Any:
    """The rows of a table that are of the ids and days of its partition, each id and day once.

    The first of several rows for the same id and day is kept. Where an id or a day cannot be read,
    it is none that was asked for.
    """
    return data if _is_as_asked(plan, partition, data) else sifted(plan, partition, data)


def sifted(plan: Plan, partition: Partition, data: Any) -> Any:
    """The same by a look at each row."""
    facts = plan.facts
    if facts.id_column and partition.ids:
        wanted = arrow_array(partition.ids, pa.string())
        data = _only(data, pc.is_in(data.column(facts.id_column), value_set=wanted))
    if "DATE" in data.schema.names:
        days = data.column("DATE").cast(_SECOND, safe=False)
        first, after = _first_day(plan, partition), partition.end + dt.timedelta(days=1)
        inside = pc.and_(
            pc.greater_equal(days, midnight(first)),
            pc.less(days, midnight(after)),
        )
        data = _only(data, pc.fill_null(inside, arrow_scalar(False, pa.bool_())))
    same = constants(plan, partition)
    # Whatever id or day a row has says what it is about: parts of ad groups have a row in each.
    known = [name for name in data.schema.names if kind(name) in ("id", "date")]
    known += [name for name in TARGETING_COLUMNS if name in data.schema.names]
    keys = [name for name in known if name not in same] or known
    if data.group_by(keys).aggregate([]).num_rows == data.num_rows:
        return data
    numbered = data.select(keys).append_column(_ROW, arrow_array(range(data.num_rows), pa.int64()))
    firsts = numbered.group_by(keys).aggregate([(_ROW, "min")])
    return data.take(firsts.sort_by(f"{_ROW}_min").column(f"{_ROW}_min"))


def _is_as_asked(plan: Plan, partition: Partition, data: Any) -> bool:
    """Whether all rows were asked for and come id by id, each day after day: true of most answers.

    A tenth of the time that `sifted` takes. False says nothing.
    """
    if not data.num_rows or "DATE" not in data.schema.names:
        return False
    days = data.column("DATE")
    if days.null_count:
        return False
    earliest, latest = (_day(bound.as_py()) for bound in pc.min_max(days).values())
    if not _first_day(plan, partition) <= earliest <= latest <= partition.end:
        return False
    grows = pc.greater(days.slice(1), days.slice(0, data.num_rows - 1))
    if plan.facts.id_column is None:
        return bool(pc.all(grows, min_count=0).as_py())
    ids = data.column(plan.facts.id_column)
    changes = pc.not_equal(ids.slice(1), ids.slice(0, data.num_rows - 1))
    if ids.null_count or not pc.all(pc.or_(grows, changes), min_count=0).as_py():
        return False
    first = [ids[0].as_py(), *ids.slice(1).filter(changes).to_pylist()]
    return len({*first}) == len(first) and (not partition.ids or {*first} <= {*partition.ids})


def _day(moment: dt.date) -> dt.date:
    return moment.date() if isinstance(moment, dt.datetime) else moment


def _only(data: Any, wanted: Any) -> Any:
    """The rows that are wanted; no copy where all are."""
    return data if pc.all(wanted, min_count=0).as_py() else data.filter(wanted)


def _parents(plan: Plan, partition: Partition) -> Mapping[str, str]:
    """The account and the parent of all rows of a partition, as far as it has them."""
    names = ("AD_ACCOUNT_ID", plan.facts.parent_column)
    same = constants(plan, partition).items()
    return {name: value for name, value in same if name in names and value is not None}


def _all_own(parents: Mapping[str, str], columns: Mapping[str, Sequence[Any]]) -> bool:
    return all(
        _names_no_other(found, value)
        for name, value in parents.items()
        for found in columns.get(name, ())
    )


def _is_own(row: Any, parents: Mapping[str, str]) -> bool:
    return isinstance(row, dict | msgspec.Struct) and all(
        _names_no_other(field(row, name), value) for name, value in parents.items()
    )


def _names_no_other(found: Any, parent: str) -> bool:
    return found is None or found is msgspec.UNSET or str(found) == parent


def _first_day(plan: Plan, partition: Partition) -> dt.date:
    """The earliest day of a row: one that sums up a week or a month may begin before the plan."""
    if plan.granularity == "WEEK":
        return partition.start - dt.timedelta(days=6)
    if plan.granularity == "MONTH":
        return partition.start.replace(day=1)
    return partition.start
