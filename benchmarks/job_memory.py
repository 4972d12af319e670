"""How much memory the jobs with large files take above what they begin with.

python benchmarks/job_memory.py [--report 2] [--upload 1]

Sizes are in GB. A process of its own plays Pinterest and its storage: it sends a report that it
never holds as a whole, and throws away what is uploaded. The peak of memory is the kernel's.
"""

import argparse
import asyncio
import multiprocessing
import os
import tempfile
import time
from collections.abc import Awaitable, Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from _machine import describe
from aiohttp import web

from pinterest_async import InMemoryLimiter, Pinterest, Polling

GB = 10**9
ROW = ",".join(
    ['{"DATE":"2026-01-01","CAMPAIGN_NAME":"Spring"']
    + [f'"SOME_METRIC_{number}":{number * 1000.5}' for number in range(20)]
)
ROWS = 90
ENTITY = (f'"687200000000":[{", ".join([ROW + "}"] * ROWS)}]').encode()


class Server:
    """Answers what the two jobs ask."""

    def __init__(self, report: int) -> None:
        self._entities = max(1, report // (len(ENTITY) + 1))
        self._origin = ""

    async def __call__(self, request: web.BaseRequest) -> web.StreamResponse:
        path = request.path
        if path == "/file":
            return await self._file(request)
        if path == "/storage":
            async for _ in request.content.iter_chunked(1 << 16):
                pass
            return web.Response(status=204)
        if path == "/v5/media" and request.method == "POST":
            url = f"http://{request.host}/storage"
            form = {"key": "k", "policy": "p"}
            answer: Any = {"media_id": "1", "media_type": "video", "upload_url": url}
            return web.json_response({**answer, "upload_parameters": form})
        if path.startswith("/v5/media"):
            answer = {"media_id": "1", "media_type": "video", "status": "succeeded"}
            return web.json_response(answer)
        if request.method == "POST":
            return web.json_response({"token": "1", "report_status": "IN_PROGRESS"})
        url = f"http://{request.host}/file"
        return web.json_response({"report_status": "FINISHED", "url": url, "size": 1})

    async def _file(self, request: web.BaseRequest) -> web.StreamResponse:
        """The report; whoever has seen enough of it goes away."""
        try:
            return await self._sent(request)
        except ConnectionError:
            return web.Response()

    async def _sent(self, request: web.BaseRequest) -> web.StreamResponse:
        size = self._entities * (len(ENTITY) + 1) + 1
        response = web.StreamResponse(headers={"Content-Length": str(size)})
        await response.prepare(request)
        await response.write(b"{" + ENTITY)
        left = self._entities - 1
        while left:
            some = min(left, 20)
            await response.write((b"," + ENTITY) * some)
            left -= some
        await response.write(b"}")
        return response


def serve(report: int, pipe: Connection) -> None:
    """Serve until the process is ended."""

    async def main() -> None:
        runner = web.ServerRunner(web.Server(Server(report)))
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        pipe.send(runner.addresses[0][1])
        await asyncio.Event().wait()

    asyncio.run(main())


def memory() -> tuple[float, float]:
    """What the process takes now, and took at most since the peak was forgotten, in MB."""
    found: dict[str, float] = {}
    for line in Path("/proc/self/status").read_text("ascii").splitlines():
        name, _, value = line.partition(":")
        if name in ("VmRSS", "VmHWM"):
            found[name] = int(value.split()[0]) / 1024
    return found["VmRSS"], found["VmHWM"]


def forget() -> None:
    """Forget the peak of memory."""
    Path("/proc/self/clear_refs").write_text("5", "ascii")


async def measured(name: str, size: float, work: Callable[[], Awaitable[object]]) -> None:
    """Do something, and print what it took."""
    forget()
    before, _ = memory()
    began, cpu = time.perf_counter(), time.process_time()
    await work()
    _, peak = memory()
    seconds, busy = time.perf_counter() - began, time.process_time() - cpu
    print(f"{name:32}{size:>5.2f} GB{peak - before:>8.0f} MB{seconds:>7.0f} s{busy:>7.0f} s CPU")


def made(path: Path, size: int) -> Path:
    """A file that looks like a video."""
    with path.open("wb") as file:
        file.write(b"\x00\x00\x00\x18ftypmp42")
        file.truncate(size)
    return path


async def jobs(port: int, folder: Path, report_size: float, upload_size: float) -> None:
    """Each job once, after a small one that loads what they need."""
    video = await asyncio.to_thread(made, folder / "video.mp4", int(upload_size * GB))
    polling = Polling(first=0.0)
    async with Pinterest(
        "pina_x",
        base_url=f"http://127.0.0.1:{port}/v5",
        limiter=InMemoryLimiter(),
        ad_account_id="1",
    ) as pinterest:

        async def upload() -> None:
            await pinterest.media.upload(video, polling=polling)

        async def report() -> Any:
            return await pinterest.reports.run(
                start_date="2026-01-01",
                end_date="2026-01-02",
                granularity="DAY",
                level="CAMPAIGN",
                columns=["CAMPAIGN_NAME"],
                polling=polling,
            )

        async def rows() -> None:
            count = 0
            async for _ in (await report()).rows():
                count += 1
            if count % ROWS:
                raise RuntimeError("a report has lost rows")

        async def save() -> None:
            await (await report()).save(folder / "report.json")

        await pinterest.media.upload(b"\x00\x00\x00\x18ftypmp42", polling=polling)
        async for _ in (await report()).rows():
            break
        print(f"{'':32}{'':8}{'above':>8}   {'':>7}")
        await measured("a video, uploaded", upload_size, upload)
        await measured("a report, into a file", report_size, save)
        os.unlink(folder / "report.json")  # noqa: PTH108  (a benchmark need not wait for it)
        await measured("a report, row by row", report_size, rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--report", type=float, default=2.0)
    parser.add_argument("--upload", type=float, default=1.0)
    options = parser.parse_args()
    ours, theirs = multiprocessing.Pipe()
    method = multiprocessing.get_context("spawn")
    server = method.Process(target=serve, args=(int(options.report * GB), theirs), daemon=True)
    server.start()
    print(describe())
    try:
        with tempfile.TemporaryDirectory() as folder:
            asyncio.run(jobs(ours.recv(), Path(folder), options.report, options.upload))
    finally:
        server.terminate()


if __name__ == "__main__":
    main()
