"""Programs in processes of their own, and examples as modules, with the emulator for Pinterest."""

import asyncio
import importlib.util
import os
import shlex
import socket
import sys
from asyncio.subprocess import Process
from pathlib import Path
from types import ModuleType

from pinterest_async.emulator import Emulator

EXAMPLES = Path(__file__).parents[2] / "examples"
BROWSER = """
import sys, urllib.request
with urllib.request.urlopen(sys.argv[1]) as page:
    page.read()
"""
"""A browser whose person consents, where the emulator does at once."""
STRICT = ("-X", "dev", "-W", "error")


def example(name: str) -> ModuleType:
    """An example as a module."""
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def browser(folder: Path) -> str:
    """A command for the variable BROWSER; `folder` keeps its program."""
    program = folder / "browser.py"
    program.write_text(BROWSER, "utf-8")
    return f"{shlex.quote(sys.executable)} {shlex.quote(str(program))} %s"


def free_address() -> str:
    """An address at a port of this machine that is free."""
    with socket.socket() as one:
        one.bind(("localhost", 0))
        return f"http://localhost:{one.getsockname()[1]}/"


async def started(emulator: Emulator, folder: Path, *arguments: str, **environment: str) -> Process:
    """Run Python with these arguments; what it says comes through one pipe."""
    return await asyncio.create_subprocess_exec(
        *(sys.executable, *arguments),
        cwd=folder,
        env={
            **os.environ,
            # What uses dlt tells its makers nothing, and leaves nothing at home.
            "RUNTIME__DLTHUB_TELEMETRY": "false",
            "DLT_DATA_DIR": str(folder / "dlt"),
            "PINTEREST_ACCESS_TOKEN": emulator.token,
            "PINTEREST_BASE_URL": emulator.url,
            **environment,
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )


async def finished(process: Process) -> str:
    """What a program said that ended well."""
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()
    return said.decode()
