"""A backend whose users each bring a token: one pool of connections for all of them.

    pip install 'pinterest-async[fastapi]' uvicorn
    uvicorn --app-dir examples fastapi_backend:app

    curl -H 'Authorization: Bearer pina_...' http://127.0.0.1:8000/boards

PINTEREST_BASE_URL points it at an emulator instead of Pinterest.
"""

import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request
from fastapi.responses import JSONResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from pinterest_async import APIError, Pinterest, RateLimitWaitError, SessionPool, Timeout

PATIENCE = Timeout(total=20, max_wait=5)
"""A user waits for an answer: better an error soon than an answer late."""


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncGenerator[dict[str, Any]]:
    async with SessionPool() as pool:
        yield {"pool": pool}


app = FastAPI(lifespan=lifespan)


def client(
    request: Request, bearer: Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())]
) -> Pinterest:
    """A client costs next to nothing, so each request gets its own."""
    return Pinterest(
        bearer.credentials,
        pool=request.state.pool,
        base_url=os.environ.get("PINTEREST_BASE_URL"),
        timeout=PATIENCE,
    )


@app.get("/boards")
async def boards(pinterest: Annotated[Pinterest, Depends(client)]) -> list[dict[str, Any]]:
    return [
        {"id": board.id, "name": board.name, "pins": board.pin_count}
        async for board in pinterest.boards.list(page_size=250)
    ]


@app.exception_handler(APIError)
def refused(_: Request, error: APIError) -> JSONResponse:
    """Pinterest's refusal is passed on, without what only the operator should read."""
    return JSONResponse({"message": error.message, "request_id": error.request_id}, error.status)


@app.exception_handler(RateLimitWaitError)
def busy(_: Request, error: RateLimitWaitError) -> JSONResponse:
    headers = {"Retry-After": str(round(error.wait) + 1)}
    return JSONResponse({"message": "Pinterest's quota is used up."}, 503, headers)
