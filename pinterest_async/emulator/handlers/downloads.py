"""Jobs whose result is a file at a signed URL that works for five minutes."""

import csv
import hashlib
import io
import re
from collections.abc import Callable
from typing import Any, Final

import msgspec

from pinterest_async.emulator.contract.calls import ApiCall, FileRequest, RejectedError, Reply
from pinterest_async.emulator.handlers.handler import FileHandlers
from pinterest_async.emulator.model.pseudorandom import mix, text_number
from pinterest_async.emulator.model.world import Fields, World, is_finished_by_this_poll

SECONDS: Final = 300
"""How long a URL works."""
_RUNNING: Final = 2
"""Polls that find a job still running."""
_RANGE: Final = re.compile(r"bytes=(\d{1,12})-")
"""The rest of a file from a byte on, as storage hosts give it."""

FILE_WRITERS: Final[dict[str, Callable[[World, Fields], bytes]]] = {}
"""Functions that make the file of a job, by the name of the kind of job."""


class JobKind:
    """A kind of job. Jobs are rows of the table `jobs`; `write` makes the file of one."""

    def __init__(self, name: str, write: Callable[[World, Fields], bytes]) -> None:
        self._name = name
        self.write = FILE_WRITERS[name] = write

    def start(self, world: World, call: ApiCall, owner: str, request: Any) -> Fields:
        """Start a job for an ad account or a merchant."""
        job = {"kind": self._name, "ad_account_id": owner, "request": request, "user": call.user}
        state = {"made": int(call.now.timestamp()), "polls": 0}
        return world.table("jobs").create(job, state)

    def find(self, world: World, owner: str, id: str) -> Fields | None:
        """A job of this kind and owner."""
        job = world.table("jobs").find(id)
        known = job is not None and (job["kind"], job["ad_account_id"]) == (self._name, owner)
        return job if known else None


def is_finished(job: Fields) -> bool:
    """Whether a job has ended, which it does after a few polls. This counts as a poll."""
    return is_finished_by_this_poll(job, _RUNNING)


def download_url(world: World, call: ApiCall, job: Fields) -> str:
    """The URL of a job's file, for the next five minutes."""
    until = int(call.now.timestamp()) + SECONDS
    return (
        f"{world.origin}/downloads/{job['kind']}/{job['id']}/metrics_report.txt"
        f"?Expires={until}&Signature={_signature(world, job['id'], until)}"
    )


def _signature(world: World, id: str, until: int) -> str:
    return f"{mix(world.seed, text_number('downloads'), int(id), until):016x}"


def _download(world: World, request: FileRequest) -> Reply:
    parts = request.path.strip("/").split("/")
    job = world.table("jobs").find(parts[2]) if len(parts) > 2 else None
    until = request.query.get("Expires", "")
    signed = job is not None and until.isdigit() and _signature(world, job["id"], int(until))
    if job is None or not signed or request.query.get("Signature") != signed:
        raise RejectedError(403, 403, "Access denied: this URL is not signed.")
    if int(until) <= request.now.timestamp():
        raise RejectedError(403, 403, "Request has expired.")
    if "authorization" in request.headers:
        message = "Only one way to authenticate is allowed, and the URL has one."
        raise RejectedError(400, 400, message)
    content = FILE_WRITERS[job["kind"]](world, job)
    headers = {
        "Content-Type": "text/plain",
        "Accept-Ranges": "bytes",
        "ETag": f'"{hashlib.md5(content, usedforsecurity=False).hexdigest()}"',
    }
    wanted = _RANGE.fullmatch(request.headers.get("range", ""))
    if wanted is None:
        return Reply(body=content, headers=headers)
    first = int(wanted[1])
    if first >= len(content):
        raise RejectedError(416, 416, "InvalidRange: The requested range is not satisfiable")
    headers["Content-Range"] = f"bytes {first}-{len(content) - 1}/{len(content)}"
    return Reply(status=206, body=content[first:], headers=headers)


def as_csv(rows: list[Any]) -> bytes:
    """Rows as CSV, with their field names in the first line."""
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


FILE_HANDLERS: Final[FileHandlers] = {"downloads": _download}
