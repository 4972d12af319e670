"""Uploads to the storage that an answer names: a form with the file at its end, in pieces."""

import asyncio
import contextlib
import re
import secrets
from collections.abc import AsyncGenerator, Iterable
from typing import Any, Final

from pinterest_async._core.display import readable
from pinterest_async._core.guards import is_mapping
from pinterest_async._core.item_failures import field_of
from pinterest_async._core.multipart import FormAround, form_around
from pinterest_async.errors import ConnectionFailedError
from pinterest_async.jobs.content import Content
from pinterest_async.jobs.errors import JobFailedError
from pinterest_async.jobs.job import JobClient, JobProgress, ProgressFunction, text_of

STALLED: Final = 120.0
"""Seconds in which the other side has to take the next piece."""
_MOST_FIELDS: Final = 64
_MOST_CHARACTERS: Final = 65_536
_SHOWN: Final = 300
_SHORTEST_SECRET: Final = 6
_MOST_ANSWER: Final = 16_384

_CODE: Final = re.compile(r"<Code>([^<]{1,100})</Code>")
_MESSAGE: Final = re.compile(r"<Message>([^<]{1,1000})</Message>")
_LAPSED: Final = re.compile(r"expired|RequestTimeTooSkewed|RequestTimeout|SlowDown", re.IGNORECASE)
_SERVER_ERROR: Final = 500


class UploadRefusedError(JobFailedError):
    """The storage refused a file; `status` and the message are its own.

    `again` says that a new registration may help, since this one has lapsed or the storage failed.
    """

    ADVICE = "See that the file is one that Pinterest takes, and upload it anew."

    def __init__(self, message: str, *, status: int, again: bool) -> None:
        self.status = status
        self.again = again
        super().__init__(message)


async def upload_form(
    client: JobClient, registration: Any, content: Content, tell: ProgressFunction
) -> None:
    """Send a file to where a registration says, with the fields that it names, in their order.

    The form is streamed: memory holds a piece of the file.

    Raises:
        JobFailedError: The registration lacks what is needed.
        UploadRefusedError: The storage refused the file.
        ConnectionFailedError: The upload broke off.
    """
    url = text_of(registration, "upload_url")
    if not url:
        raise JobFailedError("the registration of the upload names no address")
    fields = _fields(registration)
    around = _around(fields, content.name)
    length = len(around.head) + content.size + len(around.tail)
    # A length that is known beforehand, since S3 takes no chunked forms.
    headers = {"Content-Type": around.content_type, "Content-Length": str(length)}
    scope = asyncio.timeout(STALLED)
    broken: list[Exception] = []
    try:
        async with scope:
            body = _body(around, content, tell, scope, broken)
            async with client.foreign("POST", url, headers=headers, data=body) as response:
                if response.status < 300:
                    return
                answer = await response.content.read(_MOST_ANSWER)
                raise _refusal(response.status, answer, [value for _, value in fields])
    except TimeoutError:
        if not scope.expired():
            raise
    except ConnectionFailedError:
        # It is our side that has failed: the file, or whoever is told of progress.
        if not broken:
            raise
    if broken:
        raise broken[0]
    raise ConnectionFailedError(
        f"the upload stood still for {STALLED:g} s",
        phase="maybe_sent",
        advice="Upload the file again.",
    )


def _fields(registration: Any) -> list[tuple[str, str]]:
    fields = field_of(registration, "upload_parameters")
    if not is_mapping(fields):
        raise JobFailedError("the registration of the upload names no fields")
    found: list[tuple[str, str]] = []
    for name, value in fields.items():
        if not isinstance(name, str) or not isinstance(value, str):
            raise JobFailedError("a field of the upload's registration is not text")
        found.append((name, value))
    if len(found) > _MOST_FIELDS or sum(len(n) + len(v) for n, v in found) > _MOST_CHARACTERS:
        raise JobFailedError("the registration of the upload has too many or too long fields")
    return found


def _around(fields: list[tuple[str, str]], file_name: str) -> FormAround:
    boundary = secrets.token_hex(24)
    name = "".join(one for one in file_name if one.isprintable()) or "file"
    try:
        return form_around(fields, name="file", file_name=name, boundary=boundary)
    except ValueError as error:
        raise JobFailedError(f"the upload's registration cannot be used: {error}") from None


async def _body(
    around: FormAround,
    content: Content,
    tell: ProgressFunction,
    scope: asyncio.Timeout,
    broken: list[Exception],
) -> AsyncGenerator[bytes]:
    sent = 0
    yield around.head
    try:
        async for piece in content.pieces():
            yield piece  # comes back when the other side has taken it, or nearly
            with contextlib.suppress(RuntimeError):  # it was answered before the last piece
                scope.reschedule(asyncio.get_running_loop().time() + STALLED)
            sent += len(piece)
            tell(JobProgress(step="uploading", sent=sent, size=content.size))
    except Exception as error:
        broken.append(error)
        raise
    yield around.tail


def _refusal(status: int, answer: bytes, signed: Iterable[str]) -> UploadRefusedError:
    """The error for what the storage answers: S3 names a code and a message as XML.

    What was signed is blanked out, should it be repeated there.
    """
    text = answer.decode("utf-8", "replace")
    for value in signed:
        text = text.replace(value, "***") if len(value) >= _SHORTEST_SECRET else text
    code, message = _CODE.search(text), _MESSAGE.search(text)
    words = ": ".join(one[1] for one in (code, message) if one) or text.strip()
    again = status >= _SERVER_ERROR or _LAPSED.search(words) is not None
    shown = readable(words, _SHOWN) if words else "no reason given"
    return UploadRefusedError(
        f"the storage refused the file with status {status}: {shown}", status=status, again=again
    )
