"""Customer lists: their records, sent in the call or uploaded in parts to the storage host."""

from collections.abc import Mapping
from typing import Any, Final

from pinterest_async.emulator.contract.calls import Call, Handler, Host, Refusal, Reply, Visit
from pinterest_async.emulator.handlers.access import account, getter, lister, new, one, stamp
from pinterest_async.emulator.model.pseudorandom import mark, mix
from pinterest_async.emulator.model.world import Row, World


def _create_list(world: World, call: Call) -> Any:
    now = stamp(call)
    state = {
        "name": call.body["name"],
        "type": "customerlist",
        "status": "PROCESSING",
        "num_batches": 1,
        "num_uploaded_user_records": _records(call.body),
        "num_removed_user_records": 0,
        "created_time": now,
        "updated_time": now,
    }
    return new(world, "customer_lists", account(world, call), state)


def _update_list(world: World, call: Call) -> Any:
    row = one(world, call, "customer_lists", "customer_list_id", "Customer list")
    removes = call.body.get("operation_type") == "REMOVE"
    _count(row, _records(call.body), stamp(call), removes=removes)
    return row


def _count(row: Row, records: int, now: int, *, removes: bool) -> None:
    """Count one more batch of a list."""
    row["num_removed_user_records" if removes else "num_uploaded_user_records"] += records
    row["num_batches"] += 1
    row["updated_time"] = now


def _records(body: Row) -> int:
    return sum(bool(record.strip()) for record in body["records"].split(","))


# Uploads: registered, sent part by part, run


def _register(world: World, call: Call) -> Any:
    held = one(world, call, "customer_lists", "customer_list_id", "Customer list")
    now = stamp(call)
    state: Row = {
        "customer_list_id": held["id"],
        "operation": call.body["operation"],
        "state": "NOT_STARTED",
        "creation_time": now,
        "updated_time": now,
        "polls": 0,
        "parts": {},
        "total_parts": call.body["total_parts"],
    }
    row = new(world, _UPLOADS, account(world, call), state)
    return {
        "customer_list_upload": _shown(row),
        "s3_multipart_upload_data": {
            "file_parts": [
                {"part_number": part, "presigned_url": _url(world, row["id"], part)}
                for part in range(1, row["total_parts"] + 1)
            ]
        },
    }


def _url(world: World, id: str, part: int) -> str:
    origin = world.origin or "http://localhost"
    return f"{origin}/{HOST}/{id}/{part}?Signature={_signature(world, id, part)}"


def _signature(world: World, id: str, part: int) -> str:
    return f"{mix(world.seed, mark(HOST), int(id), part):016x}"


def _upload(world: World, call: Call) -> Row:
    held = one(world, call, "customer_lists", "customer_list_id", "Customer list")
    row = one(world, call, _UPLOADS, "customer_list_upload_id", "Upload")
    if row["customer_list_id"] != held["id"]:
        raise Refusal(404, 404, f"Upload not found: {row['id']}.")
    return row


def _run(world: World, call: Call) -> Any:
    row = _upload(world, call)
    if row["state"] == "NOT_STARTED":
        row.update(state="RUNNING", updated_time=stamp(call))
    return _shown(row)


def _get(world: World, call: Call) -> Any:
    row = _upload(world, call)
    if row["state"] == "RUNNING":
        row["polls"] += 1
        if row["polls"] > _POLLS:
            _finish(world, row, stamp(call))
    return _shown(row)


def _finish(world: World, row: Row, now: int) -> None:
    """Take the records into the list; without all parts there is nothing to take."""
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
    held = world.table("customer_lists").find(row["customer_list_id"])
    if held is not None:
        _count(held, records, now, removes=row["operation"] == "REMOVE")


def _shown(row: Row) -> Row:
    hidden = {"parts", "polls", "total_parts"}
    return {key: value for key, value in row.items() if key not in hidden}


def _store(world: World, visit: Visit) -> Reply:
    """Take one part as S3 does at a signed URL: a record on each line."""
    id, _, part = visit.path.removeprefix(f"/{HOST}/").partition("/")
    row = world.table(_UPLOADS).find(id)
    signed = part.isdecimal() and row is not None and _signature(world, id, int(part))
    if row is None or not signed or visit.query.get("Signature") != signed:
        raise Refusal(403, 403, "SignatureDoesNotMatch: send each part to its own URL")
    if visit.method != "PUT":
        raise Refusal(405, 5, "MethodNotAllowed")
    row["parts"][part] = sum(bool(line.strip()) for line in visit.body.splitlines())
    return Reply(status=200, headers={"ETag": f'"{mark(visit.body.hex()):08x}"'})


_UPLOADS: Final = "customer_list_uploads"
_POLLS: Final = 1
HOST: Final = "list-upload"

HANDLERS: Final[Mapping[str, Handler]] = {
    "customer_lists/list": lister("customer_lists"),
    "customer_lists/get": getter("customer_lists", "customer_list_id", "Customer list"),
    "customer_lists/create": _create_list,
    "customer_lists/update": _update_list,
    "customer_list_uploads/create": _register,
    "customer_list_uploads/get": _get,
    "customer_list_uploads/run": _run,
}
HOSTS: Final[Mapping[str, Host]] = {HOST: _store}
