"""Which partitions come by async report, and what is asked for then."""

import datetime as dt
from typing import Any

from pinterest_async.client import Pinterest
from pinterest_async.harvest.output.tables import TARGETING
from pinterest_async.harvest.plan.levels import REPORT_COLUMNS
from pinterest_async.harvest.plan.partition import SAFE_DAYS_BACK, Partition
from pinterest_async.harvest.plan.plan import Plan
from pinterest_async.jobs import reports
from pinterest_async.jobs.reports import ReportJob


def utc_today() -> dt.date:
    """The present day where Pinterest counts days."""
    return dt.datetime.now(dt.UTC).date()


async def ask(client: Pinterest, plan: Plan, partition: Partition) -> ReportJob:
    """Ask for the report that a partition comes by.

    Raises:
        JobFailedError: where none is made.
    """
    facts = plan.facts
    body: Any = {
        "start_date": partition.start,
        "end_date": partition.end,
        "granularity": plan.granularity,
        "columns": [name for name in report_columns(plan) if name in REPORT_COLUMNS],
        "level": facts.report,
        "report_format": "JSON",
        **plan.attribution,
    }
    if facts.ids is not None:
        body[facts.ids] = partition.ids
    if facts.kind == "targeting":
        body["targeting_types"] = plan.targeting_types
    return await reports.start(client, partition.account, **body)


def by_report(plan: Plan, partition: Partition, today: dt.date) -> bool:
    """Whether a partition comes by report: also where days went out of the endpoints' reach."""
    oldest = today - dt.timedelta(days=SAFE_DAYS_BACK)
    reportable = plan.facts.report is not None and plan.granularity != "HOUR"
    return partition.method == "report" or (reportable and partition.start < oldest)


def report_columns(plan: Plan) -> tuple[str, ...]:
    """The columns of a report's rows, those included that come or are asked for besides."""
    extra = ["DATE", *(TARGETING if plan.facts.kind == "targeting" else ())]
    if plan.facts.id_column is not None:
        extra.append(plan.facts.id_column)
    return tuple(dict.fromkeys((*extra, *plan.column_names)))
