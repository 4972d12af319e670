"""Paths outside the API: file downloads and uploads, and the page where users consent."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit

from pinterest_async.emulator.contract.calls import FileRequest, RejectedError, Reply
from pinterest_async.emulator.contract.description import ApiOperation
from pinterest_async.emulator.contract.messages import (
    HttpRequest,
    HttpResponse,
    answer_with_hooks,
)
from pinterest_async.emulator.handlers import FILE_HANDLERS, customer_lists, media
from pinterest_async.emulator.handlers.downloads import FILE_WRITERS
from pinterest_async.emulator.model.tokens import utc
from pinterest_async.emulator.server.api import Api
from pinterest_async.emulator.server.consent import ConsentPage


def _operation(namespace: str, name: str, method: str) -> ApiOperation:
    return ApiOperation(
        id=f"{namespace}/{name}",
        namespace=namespace,
        name=name,
        method=method,
        path="",
        category="",
        sandbox=True,
        schemes=(),
        scopes=(),
        parameters=(),
        answers={},
    )


UPLOADS: Final[Mapping[str, ApiOperation]] = {
    media.HOST: _operation("uploads", "media", "POST"),
    customer_lists.HOST: _operation("uploads", "customer_list", "PUT"),
}
DOWNLOADS: Final[Mapping[str, ApiOperation]] = {
    kind: _operation("downloads", kind, "GET") for kind in sorted(FILE_WRITERS)
}
FILE_OPERATIONS: Final = (*DOWNLOADS.values(), *UPLOADS.values())
"""They have names as operations do, so that faults can hit them: `downloads.report`."""


class FileHosts:
    """Answers requests outside the API."""

    def __init__(self, api: Api, consent: ConsentPage) -> None:
        self._api = api
        self._consent = consent

    def answer(self, incoming: HttpRequest) -> HttpResponse:
        """Answer one request, whose target is the whole path and query."""
        parts = urlsplit(incoming.target)
        first, *rest = parts.path.split("/")[1:]
        operation = DOWNLOADS.get(rest[0]) if first == "downloads" and rest else UPLOADS.get(first)
        if operation is None:
            return self._answer(incoming)
        return answer_with_hooks(self._api.hooks, operation, incoming, self._answer)

    def _answer(self, incoming: HttpRequest) -> HttpResponse:
        parts = urlsplit(incoming.target)
        first = parts.path.split("/")[1]
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        try:
            if first == "oauth":
                asked = query | _form(incoming)
                return self._consent.answer(incoming.method, incoming.headers, asked)
            if first in FILE_HANDLERS:
                request = FileRequest(
                    method=incoming.method,
                    path=unquote(parts.path),
                    query=query,
                    headers={name.lower(): value for name, value in incoming.headers.items()},
                    body=incoming.body,
                    now=utc(incoming.now),
                )
                reply = FILE_HANDLERS[first](self._api.world, request)
            else:
                reply = Reply(status=404, body=b"Nothing is here; the API is below /v5")
        except RejectedError as error:
            reply = Reply(status=error.status, body=error.message.encode())
        headers = dict(reply.headers)
        if reply.status is not None and reply.status >= 400:
            headers["Content-Type"] = "text/plain; charset=utf-8"
        return HttpResponse(status=reply.status or 200, body=reply.body or b"", headers=headers)


def _form(incoming: HttpRequest) -> dict[str, str]:
    try:
        return dict(parse_qsl(incoming.body.decode(), keep_blank_values=True, max_num_fields=20))
    except ValueError:
        raise RejectedError(400, 1, "body: is no form") from None
