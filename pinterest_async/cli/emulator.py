"""The emulator in the foreground, until it is stopped."""

import asyncio
import contextlib
import errno
import re
import signal
import socket
from collections.abc import AsyncGenerator, Generator
from pathlib import Path
from typing import Any, Final

import click

from pinterest_async.cli.places import reason, unwritable
from pinterest_async.emulator import Emulator
from pinterest_async.emulator.faults import read
from pinterest_async.errors import ConfigurationError

_SCALE: Final = re.compile(r"(\d+)(-accounts?)?")
LARGEST: Final = 100_000
"""Ad accounts; more of them take minutes and gigabytes."""


def accounts(scale: str) -> int:
    """`1000-accounts` -> 1000.

    Raises:
        ValueError: for anything else.
    """
    found = _SCALE.fullmatch(scale)
    if found is None or int(found[1]) > LARGEST:
        raise ValueError(f"{scale!r}: write a number of at most {LARGEST}, as in 1000-accounts")
    return int(found[1])


def limits(options: tuple[str, ...]) -> dict[str, int | tuple[int, float]] | None:
    """`ads_read=10` and `ads_read=10/5` (requests, seconds) -> limits by name; None for `off`.

    Raises:
        ValueError: for anything else.
    """
    if options == ("off",):
        return None
    found: dict[str, int | tuple[int, float]] = {}
    for text in options:
        name, _, rule = text.partition("=")
        many, slash, seconds = rule.partition("/")
        try:
            found[name] = (int(many), float(seconds)) if slash else int(many)
        except ValueError:
            raise ValueError(
                f"{text!r}: write category=requests, category=requests/seconds, or off alone"
            ) from None
    return found


def checked(fault: str) -> str:
    """A fault that is understood, as it was written.

    Raises:
        ValueError: for one that is not.
    """
    read(fault)
    return fault


def serve(options: dict[str, Any], *, state: Path | None, token: bool) -> None:
    """Serve until SIGINT or SIGTERM, then save the state where a file is given for it.

    With `token`, print the access token alone: it follows from the seed or the state.

    Raises:
        ConfigurationError: where the port is taken, or a file cannot be read or written.
        ValueError: where the file holds no state.
    """
    emulator = Emulator(**options)
    if state is not None:
        with _state_named(state):
            if state.exists():
                emulator.restore(state)
            if not token and (wrong := unwritable(state, folder=False)):
                raise OSError(wrong)
    if token:
        click.echo(emulator.token)
        return
    with contextlib.suppress(KeyboardInterrupt):  # where signals reach no loop: on Windows
        asyncio.run(_until_stopped(emulator, options.get("host", ""), options.get("port", 0)))
    if state is not None:
        with _state_named(state):
            emulator.save(state)
        click.echo(f"The state is in {state}.", err=True)


@contextlib.contextmanager
def _state_named(state: Path) -> Generator[None]:
    """Errors of the state's file, with the option that names it."""
    try:
        yield
    except OSError as error:
        raise ConfigurationError(
            f"--state {state}: {reason(error)}",
            advice="Name another file, or leave the option out.",
        ) from error


@contextlib.asynccontextmanager
async def _listening(emulator: Emulator, host: str, port: int) -> AsyncGenerator[None]:
    """Serve for the length of a block.

    Raises:
        ConfigurationError: where it cannot listen there.
    """
    async with contextlib.AsyncExitStack() as stack:
        try:
            await stack.enter_async_context(emulator)
        except OSError as error:
            why, of_host = reason(error), isinstance(error, socket.gaierror)
            if error.errno == errno.EADDRINUSE:
                why = "another program uses it"
            elif error.errno in (errno.EADDRNOTAVAIL, None):  # no number from Python 3.13 on
                why, of_host = "it is no address of this machine", True
            raise ConfigurationError(
                f"cannot listen on port {port} of {host}: {why}",
                advice="Choose another address with --host, one of this machine."
                if of_host
                else "Choose another port with --port, as in --port 0 for any that is free.",
            ) from error
        yield


async def _until_stopped(emulator: Emulator, host: str, port: int) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for one in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(one, stopped.set)
    async with _listening(emulator, host, port):
        app, secret = emulator.client
        click.echo(f"Pinterest answers at {emulator.url}, and shows itself at {emulator.page}")
        click.echo(f"export PINTEREST_BASE_URL={emulator.url}")
        click.echo(f"export PINTEREST_ACCESS_TOKEN={emulator.token}")
        click.echo(f"export PINTEREST_APP_ID={app}")
        click.echo(f"export PINTEREST_APP_SECRET={secret}")
        click.echo(f"Logins begin at {emulator.authorize_url}; tokens: {emulator.url}/oauth/token")
        click.echo("Ctrl-C stops it.")
        await stopped.wait()
