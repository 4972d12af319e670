"""The route that Pinterest sends leads to."""

import logging
from collections.abc import Awaitable, Callable
from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from pinterest_async.integrations.leads import (
    LARGEST,
    LeadEncoding,
    LeadPayloadError,
    decrypt_leads,
)

_LOG: Final = logging.getLogger("pinterest_async")


def lead_webhook(
    path: str,
    receive: Callable[[list[dict[str, Any]]], Awaitable[object]],
    *,
    key: str | Callable[[Request], Awaitable[str]],
    nonce: slice,
    tag: slice,
    encoding: LeadEncoding,
    associated_data: bytes | None = None,
) -> APIRouter:
    """A router with the route of a `webhook_url`: `app.include_router(lead_webhook(...))`.

    `receive` gets the leads of a request, and Pinterest an answer when that has returned: keep them
    first. When it raises, the answer is 503 and Pinterest sends them again; so a lead may come
    twice, and `lead_id` tells. What cannot be decrypted, and so is from anybody, gets 400, which
    Pinterest does not repeat; a body of more than 1 MiB gets 413.

    `key` is the subscription's, or finds it for a request, such as by a path parameter of `path`.
    The others are those of `decrypt_leads`.
    """
    layout: dict[str, Any] = {"nonce": nonce, "tag": tag, "encoding": encoding}
    router = APIRouter(tags=["pinterest"])

    @router.post(path)
    async def leads(request: Request) -> Response:
        """Take leads from Pinterest."""
        body = bytearray()
        async for piece in request.stream():
            body += piece
            if len(body) > LARGEST:
                return JSONResponse({"detail": "The body is too large."}, 413)
        found_key = key if isinstance(key, str) else await key(request)
        try:
            found = decrypt_leads(bytes(body), found_key, **layout, associated_data=associated_data)
        except LeadPayloadError as error:
            _LOG.warning("Leads were refused: %s", error)
            return JSONResponse({"detail": "The leads cannot be decrypted."}, 400)
        try:
            await receive(found)
        except Exception:  # noqa: BLE001  (no answer of the application for it may end in a 4xx)
            _LOG.exception("Leads were not taken; Pinterest is told to send them again.")
            return JSONResponse({"detail": "The leads cannot be taken now."}, 503)
        return JSONResponse({"received": len(found)})

    return router
