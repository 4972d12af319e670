"""Exports of leads: started, polled, and fetched from a signed URL."""

from typing import Any, Final

from pinterest_async.emulator.contract.calls import ApiCall, RejectedError
from pinterest_async.emulator.handlers.access import account
from pinterest_async.emulator.handlers.downloads import JobKind, as_csv, download_url, is_finished
from pinterest_async.emulator.handlers.handler import Handlers
from pinterest_async.emulator.model.pseudorandom import mix
from pinterest_async.emulator.model.world import Fields, World


def _create(world: World, call: ApiCall) -> Any:
    owner = account(world, call)
    unknown = RejectedError(404, 404, f"Ad not found: {call.body['ad_id']}.")
    world.table("ads").get(call.body["ad_id"], unknown, ad_account_id=owner["id"])
    return {"leads_export_id": _JOBS.start(world, call, owner["id"], call.body)["id"]}


def _get(world: World, call: ApiCall) -> Any:
    owner, id = account(world, call), call.path["leads_export_id"]
    job = _JOBS.find(world, owner["id"], id)
    if job is None:
        raise RejectedError(404, 404, f"Leads export not found: {id}.")
    if not is_finished(job):
        return {"export_status": "IN_PROGRESS", "download_url": None}
    return {"export_status": "FINISHED", "download_url": download_url(world, call, job)}


def _file(world: World, job: Fields) -> bytes:
    """Made-up leads of an ad."""
    ad = job["request"]["ad_id"]
    number = mix(world.seed, 15, int(ad))
    return as_csv(
        [
            {
                "lead_id": str(10**17 + mix(number, lead) % 10**16),
                "ad_id": ad,
                "date": job["request"]["start_date"],
                "email": f"lead{lead}@shop.example",
                "full_name": f"Lead {lead}",
            }
            for lead in range(1, 4 + number % 20)
        ]
    )


_JOBS: Final = JobKind("leads_export", _file)

HANDLERS: Final[Handlers] = {"leads_export/create": _create, "leads_export/get": _get}
