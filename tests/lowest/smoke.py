"""A few calls of each kind against the emulator, for versions that the tests are not run with."""

import asyncio
import importlib
import sys
import tempfile
from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends, FastAPI
from redis.asyncio import Redis

from pinterest_async import (
    App,
    FileStore,
    NotFoundError,
    Page,
    Pinterest,
    RedisLimiter,
    RefreshToken,
    Tokens,
)
from pinterest_async.emulator import Emulator
from pinterest_async.integrations.fastapi import PinterestBackend
from pinterest_async.integrations.opentelemetry import OpenTelemetry
from pinterest_async.types import Board

PARTS = (
    *("pinterest_async.cli.commands", "pinterest_async.harvest.execute.cluster", "distributed"),
    "pinterest_async.integrations.leads",
)
"""Modules that import what the calls below do not need."""


async def main() -> None:
    """Read, write, fail and renew a token."""
    for part in PARTS:
        importlib.import_module(part)
    RedisLimiter(Redis())
    with tempfile.TemporaryDirectory() as folder:
        async with Emulator() as emulator:
            form = {"grant_type": "authorization_code", "redirect_uri": "https://me/back"}
            form["code"] = emulator.authorize(form["redirect_uri"])
            app = emulator.client
            grant = emulator.auth.exchange(app[0], emulator.user, form, emulator.now())
            store = FileStore(Path(folder) / "tokens.json")
            auth = RefreshToken(*app, grant["refresh_token"], store=store)
            telemetry = OpenTelemetry()
            async with Pinterest(auth, base_url=emulator.url, observers=[telemetry]) as pinterest:
                board = await pinterest.boards.create(name="Smoke")
                assert board.id in [one.id async for one in pinterest.boards.list()]
                emulator.expire()
                assert (await pinterest.boards.get(board.id)).name == "Smoke"
                try:
                    await pinterest.boards.get("1")
                except NotFoundError:
                    pass
                else:
                    raise SystemExit("a board that does not exist was found")
            kept = await store.load()
            assert isinstance(kept, Tokens)
            await backend(emulator, store)
            again = RefreshToken(*app, kept.refresh_token, store=store)
            async with Pinterest(again, base_url=emulator.url) as pinterest:
                await pinterest.boards.delete(board.id)
    sys.stdout.write("all went well\n")


async def backend(emulator: Emulator, store: FileStore) -> None:
    """A route of a FastAPI application, for a user of its own."""
    login = App(
        *emulator.client,
        redirect_uri="http://localhost/pinterest/callback",
        scopes=["user_accounts:read"],
        store=lambda _: store,
        base_url=emulator.url,
    )

    async def me() -> str:
        return "me"

    pinterest = PinterestBackend(login, session_key="k" * 32, user=me)
    app = FastAPI()
    pinterest.install(app)

    @app.get("/boards")
    async def boards(pinterest: Annotated[Pinterest, Depends(pinterest.client)]) -> Page[Board]:
        return await pinterest.boards.list()

    assert "Page_Board_" in app.openapi()["components"]["schemas"]
    said: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request"}

    async def send(message: Any) -> None:
        said.append(message)

    scope: dict[str, Any] = {"type": "http", "method": "GET", "path": "/boards", "headers": []}
    await app({**scope, "query_string": b""}, receive, send)
    assert said[0]["status"] == 200, said
    assert b"Smoke" in said[1]["body"]


if __name__ == "__main__":
    asyncio.run(main())
