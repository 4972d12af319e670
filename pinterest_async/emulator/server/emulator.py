"""The emulator as a server on this machine."""

import asyncio
import ipaddress
import re
import time
from collections.abc import Callable, Iterable, Mapping
from types import TracebackType
from typing import Any, Final, Self

from aiohttp import StreamReader, web
from aiohttp.http import RawRequestMessage
from multidict import CIMultiDict

from pinterest_async.emulator.contract.contract import contract
from pinterest_async.emulator.contract.messages import HttpResponse
from pinterest_async.emulator.faults import Fault, Faults, read
from pinterest_async.emulator.handlers import HANDLERS
from pinterest_async.emulator.model.ad_accounts import ADS
from pinterest_async.emulator.model.quotas import AccessLevel, HeaderStyle, Quotas, WindowKind
from pinterest_async.emulator.model.seeding import seed_world
from pinterest_async.emulator.model.tokens import TokenIssuer, utc
from pinterest_async.emulator.model.world import World
from pinterest_async.emulator.server.api import Api
from pinterest_async.emulator.server.consent import Consent
from pinterest_async.emulator.server.control import answer_control
from pinterest_async.emulator.server.core import ROOT, EmulatorCore
from pinterest_async.emulator.server.file_hosts import FILE_OPERATIONS

LARGEST: Final = 256 * 2**20
"""Bytes of a body: videos are uploaded as well."""
LONGEST_LINE: Final = 2**17
"""Bytes of a request's first line, which may name hundreds of ids and columns."""
_HERE: Final = frozenset(("localhost", "127.0.0.1", "::1"))
"""Names of this machine that no foreign name server decides about."""
_FOREIGN: Final = (
    "This host is not the emulator's. If it is a name of this machine, start the emulator with "
    "--host-name NAME, or Emulator(hosts=[NAME]).\n"
)
_NAME: Final = re.compile(r"[a-z0-9]([a-z0-9._-]{0,251}[a-z0-9])?", re.IGNORECASE)
USER: Final = "806000000000000001"
"""The user account that `Emulator.token` stands for."""


class Emulator(EmulatorCore):
    """A Pinterest on localhost, for the length of an `async with` block.

    `accounts` ad accounts belong to `user`, whom `token` stands for (one that follows from the seed
    when None), with `ads` ads on average, and `seed` decides what is in them. `access`, `windows`
    and `headers` say which quotas there are, how they refill and how answers show them; `quotas`
    gives limits of your own by category (`{"ads_read": 10}`, or `(10, 5.0)` with the seconds), and
    None switches them off. `now` is the clock, in seconds since 1970. With `check_answers` an
    answer that does not fit the description becomes a 500, with the reason in the log.
    `prerendered` gives each GET the answer that it had the first time, whatever has changed: for
    benchmarks. `calls` knows the last `remember` requests. `faults` are in force from the start;
    see `emulator.faults`. With `strict` a request is refused for a parameter or a field that the
    description lacks; like the live API, it is ignored otherwise.
    `consent` says what happens where a user is to consent to a login; see its property.
    The Host of a request must be this machine, `host` or one of `hosts`, so that no page of another
    site gets in by a name that leads here. `hosts` are further names of this machine, such as that
    of a Docker service; addresses of files begin with the one that the request came by.
    """

    def __init__(
        self,
        *,
        accounts: int = 3,
        ads: int = ADS,
        seed: int = 7,
        host: str = "127.0.0.1",
        port: int = 0,
        access: AccessLevel = "standard",
        quotas: Mapping[str, int | tuple[int, float]] | None = {},
        windows: WindowKind = "fixed",
        headers: HeaderStyle = "named",
        user: str = USER,
        token: str | None = None,
        now: Callable[[], float] = time.time,
        check_answers: bool = False,
        prerendered: bool = False,
        remember: int = 10_000,
        strict: bool = False,
        consent: Consent = "ask",
        hosts: Iterable[str] = (),
        faults: Iterable[Fault | Mapping[str, Any] | str] = (),
    ) -> None:
        names = [hosts] if isinstance(hosts, str) else [*hosts]
        for name in names:
            if _NAME.fullmatch(name) is None:
                raise ValueError(f"hosts has {name!r}: use names such as pinterest, without a port")
        shipped = contract(strict=strict)
        auth = TokenIssuer(shipped.description, seed=seed, strict=strict)
        limits = None
        if quotas is not None:
            limits = Quotas(
                access=access, limits=quotas, windows=windows, headers=headers, seed=seed
            )
        api = Api(
            shipped,
            World(seed),
            auth,
            limits,
            HANDLERS,
            owner=user,
            check_answers=check_answers,
            prerendered=prerendered,
            remember=remember,
        )
        operations = (*shipped.description.operations, *FILE_OPERATIONS)
        injector = Faults(shipped.description, operations, auth, seed=seed)
        for fault in faults:
            injector.add(read(fault))
        token = auth.issue(user, now(), token=token)
        super().__init__(api, injector, user=user, token=token, now=now)
        seed_world(self.world, accounts=accounts, user=user, now=utc(now()), ads=ads)
        self._host, self._port = host, port
        self._names = _HERE | {one.lower() for one in (host, *names)}
        self.consent = consent
        self._runner: web.ServerRunner | None = None

    def __repr__(self) -> str:
        return f"<Emulator {self.origin or 'not started'}>"

    async def start(self) -> None:
        """Listen; the world and the tokens stay as they are."""
        loop = asyncio.get_running_loop()

        def request(
            message: RawRequestMessage, payload: StreamReader, *rest: Any
        ) -> web.BaseRequest:
            protocol, writer, task = rest
            return web.BaseRequest(
                message, payload, protocol, writer, task, loop, client_max_size=LARGEST
            )

        server = web.Server(
            self._handle,
            request_factory=request,
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
        self.origin = f"http://{f'[{host}]' if ':' in host else host}:{port}"
        self.world.origin = self.origin

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

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        target = request.raw_path
        if not all(self._is_here(name) for name in request.headers.getall("Host", ())):
            return web.Response(status=421, text=_FOREIGN)
        if not target.startswith("/") or target.startswith("//"):
            return web.Response(status=400, text="The path begins with one /\n")
        body = await request.read() if request.body_exists else b""
        answer = self._answered(request, target, body)
        if answer.deliver is not None:
            return await answer.deliver(request, answer)
        return web.Response(
            status=answer.status, body=answer.body, headers=CIMultiDict(answer.headers)
        )

    def _answered(self, request: web.BaseRequest, target: str, body: bytes) -> HttpResponse:
        """The answer, in which addresses begin with the name that the request came by."""
        host = request.headers.get("Host", "").strip()
        self.world.origin = f"http://{host}" if host else self.origin
        try:
            if target.split("?")[0].split("/")[1] == ROOT:
                return answer_control(self, request.method, target, request.headers, body)
            return self.answer(request.method, target, request.headers, body)
        finally:
            self.world.origin = self.origin

    def _is_here(self, name: str) -> bool:
        """Whether a Host header names this machine.

        Where it listens everywhere, any address does, since no page can be at an address that its
        visitors' name servers chose.
        """
        host, bracket, rest = name.strip().lower().removeprefix("[").partition("]")
        if not bracket:
            host, colon, port = host.partition(":")
        else:
            colon, port = rest[:1], rest[1:]
        if (colon and (colon != ":" or not port.isdecimal())) or not host:
            return False
        host = host.removesuffix(".")
        if host in self._names:
            return True
        try:
            address = ipaddress.ip_address(host)
            return address.is_loopback or ipaddress.ip_address(self._host or "::").is_unspecified
        except ValueError:
            return False
