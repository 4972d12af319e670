"""All kinds of jobs by the names under which they are saved, each imported when it is needed."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any, Final, cast

import msgspec

from pinterest_async._core.problems import Problem, unknown_value
from pinterest_async.errors import InvalidCallError
from pinterest_async.jobs.job import VERSION, Job, JobClient, SavedJob

KINDS: Final[Mapping[str, str]] = {
    "audience": "audiences:AudienceJob",
    "batches": "batches:BatchesJob",
    "board_copy": "board_copy:BoardCopyJob",
    "bulk_download": "bulk:BulkDownloadJob",
    "bulk_upsert": "bulk:BulkUpsertJob",
    "conversion_deletion": "conversion_deletion_requests:DeletionJob",
    "customer_list": "customer_lists:CustomerListJob",
    "customer_list_upload": "customer_list_uploads:CustomerListUploadJob",
    "events": "conversions:EventsJob",
    "feed": "catalog_feeds:FeedJob",
    "lead_export": "lead_exports:LeadExportJob",
    "media": "media:MediaJob",
    "pin": "pin_job:PinJob",
    "report": "report_job:ReportJob",
}
"""The tag of each subclass of `SavedJob`, with its module in this package and its name."""


def kind(name: str) -> type[SavedJob[Any]]:
    """The class of a kind of job."""
    module, _, own = KINDS[name].partition(":")
    found = getattr(import_module(f"pinterest_async.jobs.{module}"), own)
    return cast("type[SavedJob[Any]]", found)


def resumed(client: JobClient, saved: object) -> Job[Any]:
    """The job that was saved.

    Raises:
        InvalidCallError: It is nothing that `Job.save` returned.
    """
    problem, whole = _problem(saved), "pass what Job.save() returned"
    if problem is None:
        fields = {name: one for name, one in cast("Any", saved).items() if name != "version"}
        try:
            return Job(client, msgspec.convert(fields, kind(fields["job"])), resumed=True)
        except msgspec.ValidationError as error:
            problem = Problem("saved", str(error), whole)
        except ModuleNotFoundError:
            problem = Problem(
                "saved.job", "is of a namespace that this version does not have", whole
            )
        except UnicodeEncodeError:
            problem = Problem("saved", "has text that is not UTF-8", whole)
    raise InvalidCallError([problem])


def _problem(saved: object) -> Problem | None:
    """Why something is no saved job of a known kind and version."""
    whole = "pass the dict that Job.save() returned"
    if not isinstance(saved, Mapping):
        return Problem("saved", f"expected a dict, got {type(saved).__name__}", whole)
    values = cast("Mapping[str, Any]", saved)
    if not isinstance(values.get("job"), str):
        return Problem("saved.job", "is no name of a kind of job", whole)
    if values.get("job") not in KINDS:
        found = unknown_value(values["job"], tuple(KINDS))
        return Problem("saved.job", found.message, found.fix)
    if values.get("version") != VERSION:
        fix = f"save it anew; this version of pinterest_async reads version {VERSION}"
        return Problem("saved.version", "is of another version of pinterest_async", fix)
    return None
