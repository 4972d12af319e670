"""What the server hands to a handler, and what a handler returns or raises."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

import msgspec


class ApiCall(msgspec.Struct, frozen=True, kw_only=True):
    """A call of one operation, by a request that fits the description.

    `operation` is Pinterest's operationId. `query` holds what was sent, decoded by its schema
    (numbers, booleans, lists), and the description's defaults for what was not. `body` is decoded
    JSON, or a form as a dict. `user` is the id of the user account that the token stands for, `now`
    is in UTC.
    """

    operation: str
    path: Mapping[str, str]
    query: Mapping[str, Any]
    body: Any
    user: str
    now: dt.datetime


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """An answer that needs more than a body. `body` is JSON data, bytes (JSON already), or None."""

    status: int | None = None
    body: Any = None
    headers: Mapping[str, str] = {}


class RejectedError(Exception):
    """The API rejects a request: the HTTP status, Pinterest's own code, and the message.

    `reason` is for people who watch the emulator, where the API itself says less.
    """

    def __init__(self, status: int, code: int, message: str, **extra: Any) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.extra = extra
        self.reason = message

    @property
    def body(self) -> dict[str, Any]:
        """The error as JSON data."""
        return {"code": self.code, "message": self.message, **self.extra}


class FileRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A request outside the API: a download from a signed URL, an upload to a storage host.

    `path` and `query` are decoded; `headers` have lower-case names.
    """

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    now: dt.datetime
