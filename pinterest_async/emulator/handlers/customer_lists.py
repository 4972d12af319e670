"""Customer lists: their records, sent in the call or uploaded in parts to the storage host."""

from typing import Any, Final

from pinterest_async.emulator.contract.calls import ApiCall, FileRequest, RejectedError, Reply
from pinterest_async.emulator.handlers import access
from pinterest_async.emulator.handlers.handler import FileHandlers, Handlers
from pinterest_async.emulator.model.pseudorandom import mix, text_number
from pinterest_async.emulator.model.world import (
    Fields,
    World,
    is_finished_by_this_poll,
    picked,
    without,
)


def _create(world: World, call: ApiCall) -> Any:
    now = access.timestamp(call)
    state: Fields = {"name": call.body["name"], "type": "customerlist", "status": "PROCESSING"}
    state["exceptions"] = {}
    counts = {
        "num_batches": 1,
        "num_uploaded_user_records": _records(call.body),
        "num_removed_user_records": 0,
    }
    times = {"created_time": now, "updated_time": now}
    owner = access.account(world, call)
    return access.add_row(world, "customer_lists", owner, state, counts, times)


def _update(world: World, call: ApiCall) -> Any:
    row = _customer_list(world, call)
    removes = call.body.get("operation_type") == "REMOVE"
    _count(row, _records(call.body), access.timestamp(call), removes=removes)
    return row


def _get(world: World, call: ApiCall) -> Any:
    row = _customer_list(world, call)
    shown = dict(row)
    if row["status"] == "PROCESSING":  # matched at the first look, which does not tell it yet
        left = row["num_uploaded_user_records"] - row["num_removed_user_records"]
        row["status"] = "READY" if left >= LEAST else "TOO_SMALL"
    return shown


def _customer_list(world: World, call: ApiCall) -> Fields:
    return access.row_of_path(world, call, "customer_lists", "customer_list_id", "Customer list")


def _count(row: Fields, records: int, now: int, *, removes: bool) -> None:
    """Count one more batch of a list."""
    row["num_removed_user_records" if removes else "num_uploaded_user_records"] += records
    row["num_batches"] += 1
    row["status"] = "PROCESSING"
    row["updated_time"] = now


def _records(body: Fields) -> int:
    if "records" not in body and "records_v2" not in body:
        raise RejectedError(400, 1, "Give records or records_v2.")
    listed = sum(bool(record.strip()) for record in body.get("records", "").split(","))
    return listed + len(body.get("records_v2", ()))


# Uploads: created, sent part by part, run


def _create_upload(world: World, call: ApiCall) -> Any:
    id, now = _customer_list(world, call)["id"], access.timestamp(call)
    sent = picked(call.body, "operation", "total_parts")
    times = {"creation_time": now, "updated_time": now}
    state: Fields = {"customer_list_id": id, "state": "NOT_STARTED", "polls": 0, "parts": {}}
    row = access.add_row(world, _UPLOADS, access.account(world, call), sent, times, state)
    parts = [
        {"part_number": part, "presigned_url": _url(world, row["id"], part)}
        for part in range(1, row["total_parts"] + 1)
    ]
    data = {"file_parts": parts}
    return {"customer_list_upload": _shown(row), "s3_multipart_upload_data": data}


def _url(world: World, id: str, part: int) -> str:
    origin = world.origin or "http://localhost"
    return f"{origin}/{HOST}/{id}/{part}?Signature={_signature(world, id, part)}"


def _signature(world: World, id: str, part: int) -> str:
    return f"{mix(world.seed, text_number(HOST), int(id), part):016x}"


def _upload(world: World, call: ApiCall) -> Fields:
    owner = _customer_list(world, call)
    row = access.row_of_path(world, call, _UPLOADS, "customer_list_upload_id", "Upload")
    if row["customer_list_id"] != owner["id"]:
        raise RejectedError(404, 404, f"Upload not found: {row['id']}.")
    return row


def _run_upload(world: World, call: ApiCall) -> Any:
    row = _upload(world, call)
    if row["state"] == "NOT_STARTED":
        row.update(state="RUNNING", updated_time=access.timestamp(call))
    return _shown(row)


def _get_upload(world: World, call: ApiCall) -> Any:
    row = _upload(world, call)
    if row["state"] == "RUNNING" and is_finished_by_this_poll(row):
        _finish(world, row, access.timestamp(call))
    return _shown(row)


def _finish(world: World, row: Fields, now: int) -> None:
    """Add the records to the list; an upload that lacks parts fails."""
    row["updated_time"] = now
    if len(row["parts"]) < row["total_parts"]:
        row["state"] = "FAILED"
        missing = row["total_parts"] - len(row["parts"])
        problem = {"count": missing, "error_code": 400, "message": "parts were not uploaded"}
        row["error_counts"] = [problem]
        return
    row["state"] = "SUCCEEDED"
    records = sum(row["parts"].values())
    row["record_counts"] = {"invalid": 0, "processed": records, "valid": records}
    owner = world.table("customer_lists").find(row["customer_list_id"])
    if owner is not None:
        _count(owner, records, now, removes=row["operation"] == "REMOVE")


def _shown(row: Fields) -> Fields:
    return without(row, "parts", "polls", "total_parts")


def _store(world: World, request: FileRequest) -> Reply:
    """Store one part as S3 does at a signed URL: a record on each line."""
    id, _, part = request.path.removeprefix(f"/{HOST}/").partition("/")
    row = world.table(_UPLOADS).find(id)
    signed = part.isdecimal() and row is not None and _signature(world, id, int(part))
    if row is None or not signed or request.query.get("Signature") != signed:
        raise RejectedError(403, 403, "SignatureDoesNotMatch: send each part to its own URL")
    if request.method != "PUT":
        raise RejectedError(405, 5, "MethodNotAllowed")
    row["parts"][part] = sum(bool(line.strip()) for line in request.body.splitlines())
    return Reply(status=200, headers={"ETag": f'"{text_number(request.body.hex()):08x}"'})


_UPLOADS: Final = "customer_list_uploads"
LEAST: Final = 100
"""People that a list, or an audience, needs. Here every record is one of Pinterest's users."""
HOST: Final = "list-upload"

HANDLERS: Final[Handlers] = {
    "customer_lists/create": _create,
    "customer_lists/get": _get,
    "customer_lists/update": _update,
    "customer_list_uploads/create": _create_upload,
    "customer_list_uploads/get": _get_upload,
    "customer_list_uploads/run": _run_upload,
}
FILE_HANDLERS: Final[FileHandlers] = {HOST: _store}
