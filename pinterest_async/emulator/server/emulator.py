"""The emulator as a server on this machine."""

import asyncio
import math
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, TypedDict

import msgspec
from aiohttp import StreamReader, web
from aiohttp.http import RawRequestMessage
from multidict import CIMultiDict

from pinterest_async.emulator.contract.contract import contract
from pinterest_async.emulator.contract.messages import Hook, Incoming, Record
from pinterest_async.emulator.contract.wire import is_object
from pinterest_async.emulator.faults import Fault, Faults, read
from pinterest_async.emulator.handlers import HANDLERS
from pinterest_async.emulator.model.ad_accounts import ADS
from pinterest_async.emulator.model.quotas import Access, Headers, Quotas, Windows
from pinterest_async.emulator.model.seeding import seed_world
from pinterest_async.emulator.model.tokens import (
    ACCESS_LIFE,
    CLIENT_ID,
    CLIENT_SECRET,
    Auth,
    Ledger,
    moment,
)
from pinterest_async.emulator.model.world import World
from pinterest_async.emulator.server.api import Api
from pinterest_async.emulator.server.control import ROOT, control
from pinterest_async.emulator.server.file_hosts import BASE, Outside

FORMAT: Final = 1
"""Of saved states."""
LARGEST: Final = 256 * 2**20
"""Bytes of a body: videos are uploaded as well."""
LONGEST_LINE: Final = 2**17
"""Bytes of a request's first line, which may name hundreds of ids and columns."""
USER: Final = "806000000000000001"
"""The user account that `Emulator.token` stands for."""


class _Rows(TypedDict):
    next: int
    rows: list[dict[str, Any]]


class _World(TypedDict):
    seed: int
    tables: dict[str, _Rows]


class _Saved(msgspec.Struct, kw_only=True):
    """A state as `dump` writes it; states of before have no `ahead`."""

    user: str
    token: str
    auth: Ledger
    world: _World
    ahead: float = 0.0


class Emulator:
    """A Pinterest on localhost, for the length of an `async with` block.

    `accounts` ad accounts belong to `user`, whom `token` stands for (one that follows from the seed
    when None), with `ads` ads on average, and `seed` decides what is in them. `access`, `windows`
    and `headers` tell which quotas hold, how they refill and how answers tell them; `quotas` gives
    limits of your own by category (`{"ads_read": 10}`, or `(10, 5.0)` with the seconds), and None
    switches them off. `now` is the clock, in seconds since 1970. With `check_answers` an answer
    that does not fit the description becomes a 500, with the reason in the log. `prerendered` gives
    each GET the answer that it got the first time, whatever has changed: for benchmarks. `calls`
    knows the last `remember` requests. `faults` are in force from the start; see `emulator.faults`.
    """

    def __init__(
        self,
        *,
        accounts: int = 3,
        ads: int = ADS,
        seed: int = 7,
        host: str = "127.0.0.1",
        port: int = 0,
        access: Access = "standard",
        quotas: Mapping[str, int | tuple[int, float]] | None = {},
        windows: Windows = "fixed",
        headers: Headers = "named",
        user: str = USER,
        token: str | None = None,
        now: Callable[[], float] = time.time,
        check_answers: bool = False,
        prerendered: bool = False,
        remember: int = 10_000,
        faults: Iterable[Fault | Mapping[str, Any] | str] = (),
    ) -> None:
        rules = contract()
        self.world = World(seed)
        self.user = user
        self.auth = Auth(rules.description, seed=seed)
        limits = None
        if quotas is not None:
            limits = Quotas(
                access=access, limits=quotas, windows=windows, headers=headers, seed=seed
            )
        self.api = Api(
            rules,
            self.world,
            self.auth,
            limits,
            HANDLERS,
            owner=user,
            check_answers=check_answers,
            prerendered=prerendered,
            remember=remember,
        )
        self.faults = Faults(rules.description, self.auth, seed=seed)
        self.api.hooks.append(self.faults)
        self._outside = Outside(self.world, self.auth, self.api.hooks, self.authorize)
        for fault in faults:
            self.faults.add(read(fault))
        self.token = self.auth.issue(user, now(), token=token)
        self._clock = now
        self._ahead = 0.0
        self._host, self._port = host, port
        self._runner: web.ServerRunner | None = None
        seed_world(self.world, accounts=accounts, user=user, now=moment(now()), ads=ads)

    def __repr__(self) -> str:
        return f"<Emulator {self.world.origin or 'not started'}>"

    # Serving

    async def start(self) -> None:
        """Listen; the world and the tokens are those of the last time."""
        loop = asyncio.get_running_loop()

        def made(message: RawRequestMessage, payload: StreamReader, *rest: Any) -> web.BaseRequest:
            protocol, writer, task = rest
            return web.BaseRequest(
                message, payload, protocol, writer, task, loop, client_max_size=LARGEST
            )

        server = web.Server(
            self._handle,
            request_factory=made,
            access_log=None,
            max_line_size=LONGEST_LINE,
            max_field_size=LONGEST_LINE,
        )
        runner = web.ServerRunner(server, handle_signals=False, shutdown_timeout=0.5)
        await runner.setup()
        try:
            site = web.TCPSite(runner, self._host, self._port)
            await site.start()
        except BaseException:
            await runner.cleanup()
            raise
        self._runner = runner
        host, port = runner.addresses[0][:2]
        self.world.origin = f"http://{f'[{host}]' if ':' in host else host}:{port}"

    async def stop(self) -> None:
        """Stop listening and close every connection."""
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.stop()

    @property
    def url(self) -> str:
        """Where the API is: what a client takes as its base URL."""
        return self.world.origin + BASE

    @property
    def page(self) -> str:
        """Where a browser sees its state, and other processes control it."""
        return f"{self.world.origin}/{ROOT}"

    def now(self) -> float:
        """What its clock says, in seconds since 1970."""
        return self._clock() + self._ahead

    def advance(self, seconds: float) -> None:
        """Move its clock on: tokens age, and quotas come back.

        Raises:
            ValueError: for a step back, which no quota and no bookmark could follow.
        """
        if not 0 <= seconds < math.inf:
            raise ValueError(f"advance is {seconds}: use 0 or more seconds")
        self._ahead += seconds

    # Who may call

    @property
    def client(self) -> tuple[str, str]:
        """Id and secret of the app that the OAuth flows know."""
        return CLIENT_ID, CLIENT_SECRET

    def issue_token(
        self,
        user: str | None = None,
        *,
        scopes: Iterable[str] | None = None,
        expires_in: float = ACCESS_LIFE,
        kind: str = "pinterest_oauth2",
    ) -> str:
        """A new access token, for a user of this name; all scopes by default.

        `kind` is `pinterest_oauth2`, `client_credentials` or `conversion_token`.
        """
        return self.auth.issue(
            user or self.user, self.now(), scopes=scopes, expires_in=expires_in, kind=kind
        )

    def expire(self, token: str | None = None) -> None:
        """Let an access token, or every one, be past its end."""
        self.auth.expire(token)

    def authorize(
        self, redirect_uri: str, *, user: str | None = None, scopes: Iterable[str] | None = None
    ) -> str:
        """The code that a user who consents would send to `redirect_uri`."""
        return self.auth.authorize(
            user or self.user,
            self.now(),
            app=CLIENT_ID,
            redirect_uri=redirect_uri,
            scopes=self.auth.scopes if scopes is None else scopes,
        )

    # State

    def dump(self) -> Any:
        """The world, all tokens and how far the clock was moved on, as JSON data of your own.

        `load` goes on from there: in this emulator, as often as you like, or in another one.
        """
        return msgspec.json.decode(self._dumped())

    def _dumped(self) -> bytes:
        return msgspec.json.encode(
            {
                "format": FORMAT,
                "user": self.user,
                "token": self.token,
                "ahead": self._ahead,
                "auth": self.auth.dump(),
                "world": self.world.dump(),
            }
        )

    def load(self, data: Any) -> None:
        """Take up a state that was dumped, in place of the present one; the data stay yours.

        Raises:
            ValueError: for what is no such state, or one of another version. The present one stays.
        """
        if not is_object(data) or "format" not in data:
            raise ValueError("this is no state of the emulator: it has no field `format`")
        if data["format"] != FORMAT:
            raise ValueError(
                f"the state has format {data['format']}, and this version reads {FORMAT}: "
                "save it anew"
            )
        try:
            saved = msgspec.json.decode(msgspec.json.encode(data), type=_Saved)
        except msgspec.ValidationError as error:
            raise ValueError(f"this is no state of the emulator: {error}") from None
        tables = saved.world["tables"].values()
        if any("id" not in row for table in tables for row in table["rows"]):
            raise ValueError("this is no state of the emulator: one of its rows has no id")
        self.auth.ledger = saved.auth
        self.world.load(saved.world)
        self.user, self.token, self._ahead = saved.user, saved.token, saved.ahead
        self.api.owner = self.user
        self.api.forget()

    def save(self, path: str | Path) -> None:
        """Write the state into a file; an older one is there until the new one is whole."""
        target = Path(path)
        new = target.with_name(target.name + ".new")
        new.write_bytes(self._dumped())
        new.replace(target)

    def restore(self, path: str | Path) -> None:
        """Take up the state that a file holds.

        Raises:
            ValueError: for a file that holds none.
        """
        try:
            data = msgspec.json.decode(Path(path).read_bytes())
        except msgspec.DecodeError as error:
            raise ValueError(f"{path} is no state of the emulator: {error}") from None
        self.load(data)

    # What was asked

    @property
    def hooks(self) -> list[Hook]:
        """What stands before and after the API."""
        return self.api.hooks

    def calls(self, name: str | None = None) -> list[Record]:
        """The requests so far, oldest first: all, or those of one `namespace.name`."""
        return [one for one in list(self.api.log) if name is None or one.operation == name]

    # Requests

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        body = await request.read() if request.body_exists else b""
        target = request.raw_path
        inside = target.startswith(BASE + "/")
        if not inside and target.split("?")[0].split("/")[1] == ROOT:
            answer = control(self, request.method, target, request.headers, body)
        else:
            incoming = Incoming(
                method=request.method,
                target=target.removeprefix(BASE) if inside else target,
                headers=request.headers,
                body=body,
                now=self.now(),
            )
            answer = (self.api if inside else self._outside).answer(incoming)
        if answer.deliver is not None:
            return await answer.deliver(request, answer)
        return web.Response(
            status=answer.status, body=answer.body, headers=CIMultiDict(answer.headers)
        )
