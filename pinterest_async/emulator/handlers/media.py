"""Videos: registered, uploaded to a storage host, processed, ready for Pins.

Processing is told by polls and not by the clock, so that it is the same for a client whose time is
injected: after the upload one poll says `processing`, the next what became of it. An empty file, or
one whose name has `fail` in it, fails.
"""

import email
import email.policy
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from pinterest_async.emulator.contract.calls import Call, Handler, Host, Refusal, Reply, Visit
from pinterest_async.emulator.model.users import MEDIA
from pinterest_async.emulator.model.world import Row, World, page

_POLLS: Final = 1
HOST: Final = "media-upload"


def _create(world: World, call: Call) -> Any:
    table = world.table(MEDIA)
    id = table.new_id()
    day = f"{call.now:%Y%m%d}"
    parameters = {
        "Content-Type": "multipart/form-data",
        "key": f"uploads/{id}",
        "policy": f"policy-{id}",
        "x-amz-algorithm": "AWS4-HMAC-SHA256",
        "x-amz-credential": f"emulator/{day}/us-east-1/s3/aws4_request",
        "x-amz-date": f"{call.now:%Y%m%dT%H%M%SZ}",
        "x-amz-security-token": f"token-{id}",
        "x-amz-signature": f"{int(id):064x}",
    }
    media_type = call.body["media_type"]
    row = {"id": id, "user": call.user, "media_type": media_type, "status": "registered"}
    table.add({**row, "polls": 0, "failing": False, "parameters": parameters})
    return {
        "media_id": id,
        "media_type": media_type,
        "upload_url": f"{world.origin or 'http://localhost'}/{HOST}/",
        "upload_parameters": parameters,
    }


def _get(world: World, call: Call) -> Any:
    row = world.table(MEDIA).get(call.path["media_id"], _UNKNOWN)
    if row["user"] != call.user:
        raise _UNKNOWN
    if row["status"] == "processing":
        row["polls"] += 1
        if row["polls"] > _POLLS:
            row["status"] = "failed" if row["failing"] else "succeeded"
    return _shown(row)


def _list(world: World, call: Call) -> Any:
    return page(call, world.table(MEDIA).by("user", call.user), _shown)


def _shown(row: Row) -> Row:
    return {"media_id": row["id"], "media_type": row["media_type"], "status": row["status"]}


_UNKNOWN: Final = Refusal(404, 50, "There is no such media.")


def ready(world: World, user: str, id: str) -> None:
    """Refuse to make a Pin of a video that is not there, or not processed."""
    row = world.table(MEDIA).find(id)
    if row is None or row["user"] != user:
        raise Refusal(400, 1, "Field `media_source`: the user has no media of this `media_id`.")
    if row["status"] != "succeeded":
        raise Refusal(
            400, 1, f"Field `media_source`: this media is {row['status']}, wait until it succeeded."
        )


# The storage host


class _Part(NamedTuple):
    name: str
    filename: str
    content: bytes


def _upload(world: World, visit: Visit) -> Reply:
    """Take a form as S3 does: the fields that the registration answered, then the file."""
    if visit.method != "POST":
        raise Refusal(405, 5, "MethodNotAllowed")
    if "authorization" in visit.headers:
        raise Refusal(400, 1, "InvalidArgument: an upload is signed by its fields, not by a header")
    parts = _parts(visit)
    if not parts or parts[-1].name != "file":
        raise Refusal(400, 1, "InvalidArgument: the file has to be the last field of the form")
    fields = {part.name: part.content.decode(errors="replace") for part in parts[:-1]}
    row = world.table(MEDIA).find(fields.get("key", "").removeprefix("uploads/"))
    if row is None or fields != row["parameters"]:
        raise Refusal(403, 7, "SignatureDoesNotMatch: send the upload_parameters as they came")
    file = parts[-1]
    row.update(status="processing", polls=0)
    row["failing"] = not file.content or "fail" in file.filename
    return Reply(status=204)


def _parts(visit: Visit) -> list[_Part]:
    content_type = visit.headers.get("content-type", "")
    if not content_type.startswith("multipart/form-data"):
        raise Refusal(412, 1, "PreconditionFailed: the body has to be multipart/form-data")
    head = f"Content-Type: {content_type}\r\n\r\n".encode()
    form = email.message_from_bytes(head + visit.body, policy=email.policy.HTTP)
    parts: list[_Part] = []
    for part in form.iter_parts():
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(content, bytes):
            parts.append(_Part(name, part.get_filename() or "", content))
    return parts


HANDLERS: Final[Mapping[str, Handler]] = {
    "media/create": _create,
    "media/get": _get,
    "media/list": _list,
}
HOSTS: Final[Mapping[str, Host]] = {HOST: _upload}
