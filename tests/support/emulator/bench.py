"""A clock that a test moves, and requests as they are over real sockets."""

import base64
from typing import Any

import msgspec
from aiohttp import ClientSession

from pinterest_async.emulator import Emulator


class Clock:
    """Seconds since 1970, from noon of a day in 2026."""

    def __init__(self) -> None:
        self.now = 1_781_006_400.0

    def __call__(self) -> float:
        return self.now


class Said(msgspec.Struct, frozen=True):
    """An answer as it came over the socket."""

    status: int
    headers: Any
    text: bytes

    @property
    def json(self) -> Any:
        return msgspec.json.decode(self.text)

    @property
    def error(self) -> tuple[int, int]:
        return self.status, self.json["code"]


class Caller:
    """Sends requests as they are, through a real socket."""

    def __init__(self, emulator: Emulator, session: ClientSession) -> None:
        self.emulator = emulator
        self.session = session

    async def __call__(
        self, method: str, target: str, *, token: str | None = None, **options: Any
    ) -> Said:
        headers = {"Authorization": f"Bearer {token or self.emulator.token}"}
        headers.update(options.pop("headers", {}))
        url = target if target.startswith("http") else self.emulator.url + target
        async with self.session.request(
            method, url, headers=headers, allow_redirects=False, **options
        ) as answer:
            return Said(answer.status, answer.headers, await answer.read())

    async def client(self, target: str, **form: str) -> Said:
        """A form with the credentials of the app."""
        pair = ":".join(self.emulator.client).encode()
        return await self(
            "POST",
            target,
            data=form,
            headers={"Authorization": f"Basic {base64.b64encode(pair).decode()}"},
        )


async def made(call: Caller, target: str, **body: Any) -> Any:
    """What a POST made."""
    said = await call("POST", target, json=body)
    assert said.status == 201, said.text
    return said.json


async def walked(call: Caller, target: str, size: int = 250) -> list[Any]:
    """All items of a list."""
    items: list[Any] = []
    bookmark = ""
    while True:
        joint = "&" if "?" in target else "?"
        said = await call("GET", f"{target}{joint}page_size={size}{bookmark}")
        items += said.json["items"]
        if not said.json["bookmark"]:
            return items
        bookmark = f"&bookmark={said.json['bookmark']}"
