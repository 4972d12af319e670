"""A backend whose users log in with Pinterest: one pool of connections, and a client for each.

    pip install 'pinterest-async[emulator,fastapi]' uvicorn
    python examples/fastapi_backend.py

runs it against an emulator. Open http://localhost:8000/pinterest/login and choose a user, then
/boards; choose another user in another browser or a private window: each sees what is theirs.

With an app of your own at Pinterest, whose redirect URI is REDIRECT_URI:

    export PINTEREST_APP_ID=... PINTEREST_APP_SECRET=... SESSION_KEY=...
    uvicorn --factory --app-dir examples fastapi_backend:create_app
"""

import asyncio
import contextlib
import os
import secrets
from typing import Annotated
from urllib.parse import urlsplit

import uvicorn
from fastapi import Depends, FastAPI

from pinterest_async import App, FileStore, Page, Pinterest
from pinterest_async.emulator import Emulator
from pinterest_async.integrations.fastapi import PinterestBackend
from pinterest_async.types import Account, Board

REDIRECT_URI = os.environ.get("REDIRECT_URI", "http://localhost:8000/pinterest/callback")


def create_app() -> FastAPI:
    login = App(
        os.environ["PINTEREST_APP_ID"],
        os.environ["PINTEREST_APP_SECRET"],
        redirect_uri=REDIRECT_URI,
        scopes=["user_accounts:read", "boards:read", "pins:read"],
        store=lambda user: FileStore(f"tokens/{user}.json"),
        base_url=os.environ.get("PINTEREST_BASE_URL"),
    )
    backend = PinterestBackend(login, session_key=os.environ["SESSION_KEY"])
    app = FastAPI()
    backend.install(app)

    @app.get("/")
    async def me(pinterest: Annotated[Pinterest, Depends(backend.client)]) -> Account:
        return await pinterest.user_account.get()

    @app.get("/boards", response_model_exclude_none=True)
    async def boards(
        pinterest: Annotated[Pinterest, Depends(backend.client)], bookmark: str | None = None
    ) -> Page[Board]:
        return await pinterest.boards.list(page_size=250, bookmark=bookmark)

    return app


async def main() -> None:
    async with Emulator() as emulator:
        app_id, secret = emulator.client
        os.environ |= {"PINTEREST_APP_ID": app_id, "PINTEREST_APP_SECRET": secret}
        os.environ |= {"PINTEREST_BASE_URL": emulator.url, "SESSION_KEY": secrets.token_urlsafe()}
        port = urlsplit(REDIRECT_URI).port or 80
        await uvicorn.Server(uvicorn.Config(create_app(), port=port)).serve()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main())
