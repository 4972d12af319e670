"""Files at signed URLs that end after five minutes, as reports and bulk jobs hand them out."""

import csv
import io
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from pinterest_async.emulator.contract.calls import Call, Host, Refusal, Reply, Visit
from pinterest_async.emulator.model.pseudorandom import mark, mix
from pinterest_async.emulator.model.world import Row, World

SECONDS: Final = 300
"""How long a URL works."""

POLLS: Final = 2
"""Questions after a job that is still at work."""

WRITERS: Final[dict[str, Callable[[World, Row], bytes]]] = {}
"""What a file holds, by the kind of its job. A job is a row of the table `jobs`."""


def start(world: World, call: Call, kind: str, owner: Row, request: Any) -> Row:
    """Begin a job for an ad account."""
    table = world.table("jobs")
    return table.add(
        {
            "id": table.new_id(),
            "kind": kind,
            "ad_account_id": owner["id"],
            "request": request,
            "user": call.user,
            "made": int(call.now.timestamp()),
            "polls": 0,
        }
    )


def find(world: World, kind: str, owner: Row, id: str) -> Row | None:
    """A job of this ad account."""
    job = world.table("jobs").find(id)
    known = job is not None and (job["kind"], job["ad_account_id"]) == (kind, owner["id"])
    return job if known else None


def finished(job: Row) -> bool:
    """Whether a job has come to its end: after it was asked about a few times."""
    job["polls"] += 1
    polls: int = job["polls"]
    return polls > POLLS


def url(world: World, call: Call, job: Row) -> str:
    """Where the file of a job is, for the next five minutes."""
    until = int(call.now.timestamp()) + SECONDS
    return (
        f"{world.origin}/downloads/{job['kind']}/{job['id']}/metrics_report.txt"
        f"?Expires={until}&Signature={_signature(world, job['id'], until)}"
    )


def _signature(world: World, id: str, until: int) -> str:
    return f"{mix(world.seed, mark('downloads'), int(id), until):016x}"


def _download(world: World, visit: Visit) -> Reply:
    parts = visit.path.strip("/").split("/")
    job = world.table("jobs").find(parts[2]) if len(parts) > 2 else None
    until = visit.query.get("Expires", "")
    if job is None or not until.isdigit():
        raise Refusal(403, 403, "Access denied: this URL is not signed.")
    if visit.query.get("Signature") != _signature(world, job["id"], int(until)):
        raise Refusal(403, 403, "Access denied: this URL is not signed.")
    if int(until) <= visit.now.timestamp():
        raise Refusal(403, 403, "Request has expired.")
    if "authorization" in visit.headers:
        raise Refusal(400, 400, "Only one way to authenticate is allowed, and the URL has one.")
    return Reply(body=WRITERS[job["kind"]](world, job), headers={"Content-Type": "text/plain"})


def as_csv(rows: list[Any]) -> bytes:
    """Rows with their names on top."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, names)
    writer.writeheader()
    writer.writerows(
        {
            name: msgspec.json.encode(value).decode() if isinstance(value, dict | list) else value
            for name, value in row.items()
        }
        for row in rows
    )
    return text.getvalue().encode()


HOSTS: Final[Mapping[str, Host]] = {"downloads": _download}
