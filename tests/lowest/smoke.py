"""A few calls of each kind against the emulator, for versions that the tests are not run with."""

import asyncio
import importlib
import sys
import tempfile
from pathlib import Path

from redis.asyncio import Redis

from pinterest_async import (
    FileStore,
    NotFoundError,
    Pinterest,
    RedisLimiter,
    RefreshToken,
    Tokens,
)
from pinterest_async.emulator import Emulator

PARTS = ("pinterest_async.cli.commands", "pinterest_async.harvest.cluster", "distributed")
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
            async with Pinterest(auth, base_url=emulator.url) as pinterest:
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
            again = RefreshToken(*app, kept.refresh_token, store=store)
            async with Pinterest(again, base_url=emulator.url) as pinterest:
                await pinterest.boards.delete(board.id)
    sys.stdout.write("all went well\n")


if __name__ == "__main__":
    asyncio.run(main())
