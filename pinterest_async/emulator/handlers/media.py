"""Videos: registered, uploaded to a storage host, processed, ready for Pins.

Processing ends after a number of polls and not after a time, so that it does not depend on the
clock: after the upload, one poll finds `processing`, the next one the result. An empty file, or one
whose name contains `fail`, fails. The storage host refuses as S3 does, with a code and a message in
XML: by its policy, which names the largest file and the time until which it holds.
"""

import base64
import datetime as dt
import email
import email.policy
import html
from typing import Any, Final, NamedTuple

import msgspec

from pinterest_async.emulator.contract.calls import ApiCall, FileRequest, RejectedError, Reply
from pinterest_async.emulator.handlers.handler import FileHandlers, Handlers
from pinterest_async.emulator.model.users import MEDIA
from pinterest_async.emulator.model.world import Fields, World, is_finished_by_this_poll, page

_SECONDS: Final = 3600
"""How long a registration can be uploaded to."""
LARGEST: Final = 2 << 30
"""Bytes that the policy of a registration allows."""
HOST: Final = "media-upload"


class _RefusedError(Exception):
    """What the storage host refuses: the HTTP status, S3's code, and its message."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


def _create(world: World, call: ApiCall) -> Any:
    table = world.table(MEDIA)
    id = table.new_id()
    day = f"{call.now:%Y%m%d}"
    key = f"uploads/{id}"
    parameters = {
        "Content-Type": "multipart/form-data",
        "key": key,
        "policy": _policy(key, call.now + dt.timedelta(seconds=_SECONDS)),
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


def _get(world: World, call: ApiCall) -> Any:
    row = world.table(MEDIA).get(call.path["media_id"], _UNKNOWN, user=call.user)
    if row["status"] == "processing" and is_finished_by_this_poll(row):
        row["status"] = "failed" if row["failing"] else "succeeded"
    return _shown(row)


def _list(world: World, call: ApiCall) -> Any:
    return page(call, world.table(MEDIA).by("user", call.user), _shown)


def _shown(row: Fields) -> Fields:
    return {"media_id": row["id"], "media_type": row["media_type"], "status": row["status"]}


_UNKNOWN: Final = RejectedError(404, 50, "There is no such media.")


def ready(world: World, user: str, id: str) -> None:
    """Reject a Pin with a video that does not exist, or is not processed yet."""
    message = "Field `media_source`: the user has no media of this `media_id`."
    row = world.table(MEDIA).get(id, RejectedError(400, 1, message), user=user)
    if row["status"] != "succeeded":
        message = f"Field `media_source`: this media is {row['status']}, wait until it succeeded."
        raise RejectedError(400, 1, message)


# The storage host


class _FormPart(NamedTuple):
    name: str
    filename: str
    content: bytes


def _policy(key: str, until: dt.datetime) -> str:
    """The policy of a registration, as S3 has it."""
    conditions = [{"key": key}, ["content-length-range", 1, LARGEST]]
    policy = {"expiration": f"{until:%Y-%m-%dT%H:%M:%SZ}", "conditions": conditions}
    return base64.b64encode(msgspec.json.encode(policy)).decode()


def _upload(world: World, request: FileRequest) -> Reply:
    """Store a form as S3 does, or answer as it refuses."""
    try:
        _stored(world, request)
    except _RefusedError as error:
        message = html.escape(str(error), quote=False)
        text = f"<Error><Code>{error.code}</Code><Message>{message}</Message></Error>"
        body = f'<?xml version="1.0" encoding="UTF-8"?>\n{text}'.encode()
        return Reply(status=error.status, body=body)
    return Reply(status=204)


def _stored(world: World, request: FileRequest) -> None:
    """Store a form: the fields that the registration answered, then the file."""
    if request.method != "POST":
        message = "The specified method is not allowed against this resource."
        raise _RefusedError(405, "MethodNotAllowed", message)
    if "authorization" in request.headers:
        message = "An upload is signed by its fields, not by a header."
        raise _RefusedError(400, "InvalidArgument", message)
    if "content-length" not in request.headers:
        message = "You must provide the Content-Length HTTP header."
        raise _RefusedError(411, "MissingContentLength", message)
    parts = _parts(request)
    if not parts or parts[-1].name != "file":
        message = "The file has to be the last field of the form."
        raise _RefusedError(400, "InvalidArgument", message)
    fields = {part.name: part.content.decode(errors="replace") for part in parts[:-1]}
    row = world.table(MEDIA).find(fields.get("key", "").removeprefix("uploads/"))
    if row is None or fields != row["parameters"]:
        message = "Send the upload_parameters as they came."
        raise _RefusedError(403, "SignatureDoesNotMatch", message)
    policy = msgspec.json.decode(base64.b64decode(row["parameters"]["policy"]))
    if f"{request.now:%Y-%m-%dT%H:%M:%SZ}" > policy["expiration"]:
        message = "Invalid according to Policy: Policy expired."
        raise _RefusedError(403, "AccessDenied", message)
    file = parts[-1]
    if len(file.content) > policy["conditions"][1][2]:
        message = "Your proposed upload exceeds the maximum allowed size"
        raise _RefusedError(400, "EntityTooLarge", message)
    row.update(status="processing", polls=0)
    row["failing"] = not file.content or "fail" in file.filename


def _parts(request: FileRequest) -> list[_FormPart]:
    content_type = request.headers.get("content-type", "")
    if not content_type.startswith("multipart/form-data"):
        message = "Bucket POST must be of the enclosure-type multipart/form-data"
        raise _RefusedError(412, "PreconditionFailed", message)
    head = f"Content-Type: {content_type}\r\n\r\n".encode()
    form = email.message_from_bytes(head + request.body, policy=email.policy.HTTP)
    parts: list[_FormPart] = []
    for part in form.iter_parts():
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(content, bytes):
            parts.append(_FormPart(name, part.get_filename() or "", content))
    return parts


HANDLERS: Final[Handlers] = {
    "media/create": _create,
    "media/get": _get,
    "media/list": _list,
}
FILE_HANDLERS: Final[FileHandlers] = {HOST: _upload}
