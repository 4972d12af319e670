"""The command behind a proxy, and where certificates are a company's own."""

import asyncio
import os
import ssl
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

pytest.importorskip("pyarrow")
pytest.importorskip("click")
pytest.importorskip("rich")

CERTIFICATE = Path(__file__).parents[1] / "runtime" / "localhost.pem"
COMMAND = (sys.executable, "-W", "error", "-m", "pinterest_async.cli", "harvest", "accounts")
BODY = b'{"code": 2, "message": "Authentication failed."}'


class Server:
    """A proxy that lets nobody through, or with `tls` an API that knows no token."""

    def __init__(self) -> None:
        self.lines: list[bytes] = []
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            self.lines.append(head.partition(b"\r\n")[0])
            status = b"403 Forbidden" if head.startswith(b"CONNECT") else b"401 Unauthorized"
            writer.write(b"HTTP/1.1 %s\r\nContent-Length: %d\r\n" % (status, len(BODY)))
            writer.write(b"Connection: close\r\n\r\n" + BODY)
            await writer.drain()
        except (asyncio.IncompleteReadError, OSError):
            pass
        finally:
            writer.close()


@pytest.fixture(params=[False, True])
async def server(request: pytest.FixtureRequest) -> AsyncIterator[Server]:
    made, context = Server(), None
    if request.param:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(CERTIFICATE)
    listening = await asyncio.start_server(made.serve, "127.0.0.1", 0, ssl=context)
    made.port = listening.sockets[0].getsockname()[1]
    yield made
    listening.close()


async def said(folder: Path, *words: str, **environment: str) -> str:
    process = await asyncio.create_subprocess_exec(
        *COMMAND,
        *("--dry-run", *words),
        cwd=folder,
        env={**os.environ, "PINTEREST_ACCESS_TOKEN": "pina_x", "COLUMNS": "200", **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert process.returncode == 1
    return (out + err).decode()


@pytest.mark.parametrize("server", [False], indirect=True)
@pytest.mark.parametrize("by", ["environment", "option"])
async def test_the_proxy_of_the_environment_or_another_one(
    server: Server, tmp_path: Path, by: str
) -> None:
    proxy = f"http://127.0.0.1:{server.port}"
    words = ("--base-url", "https://pinterest.example/v5")
    if by == "environment":
        text = await said(tmp_path, *words, HTTPS_PROXY=proxy)
    else:
        text = await said(tmp_path, *words, "--proxy", proxy, HTTPS_PROXY="http://127.0.0.1:1")
    assert "the proxy answered 403" in text
    assert server.lines == [b"CONNECT pinterest.example:443 HTTP/1.1"]


@pytest.mark.parametrize("server", [True], indirect=True)
@pytest.mark.parametrize("by", ["environment", "option", "nobody"])
async def test_certificates_of_the_environment_or_others(
    server: Server, tmp_path: Path, by: str
) -> None:
    words = ("--base-url", f"https://localhost:{server.port}/v5")
    if by == "environment":
        text = await said(tmp_path, *words, SSL_CERT_FILE=str(CERTIFICATE))
    elif by == "option":
        text = await said(tmp_path, *words, "--ca-file", str(CERTIFICATE))
    else:
        text = await said(tmp_path, *words)
    assert ("Authentication failed" in text) == (by != "nobody")
    assert len(server.lines) == (by != "nobody")


async def test_a_file_that_holds_no_certificates_is_named(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("nothing")
    process = await asyncio.create_subprocess_exec(
        *COMMAND,
        *("--dry-run", "--ca-file", "ca.pem", "--proxy", "nonsense"),
        cwd=tmp_path,
        env={**os.environ, "PINTEREST_ACCESS_TOKEN": "pina_x"},
        stderr=asyncio.subprocess.PIPE,
    )
    _, err = await process.communicate()
    assert process.returncode == 2
    assert b"--ca-file" in err
    assert b"--proxy" in err
