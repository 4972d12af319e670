"""Jobs in forks of one process, each killed by itself before or after one of its requests.

Reads tasks, one JSON a line; answers with one line each: whether the fork was killed, and what it
said. A task has `job` (a name in `STARTS`), `url` and `token` of an emulator, `options` for it, the
path `state` where the job is saved once it was started, and `die`, the step to die at (0 for none).
Where there is a saved job, it is taken up.
"""

import asyncio
import json
import os
import signal
import sys
import warnings
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

from pinterest_async import InMemoryLimiter, Pinterest, Polling, preload
from pinterest_async.jobs.job import Job

Start = Callable[[Pinterest, Any], Awaitable[Job[Any]]]


async def media(client: Pinterest, options: Any) -> Job[Any]:
    return await client.media.start_upload(options["video"])


async def image(client: Pinterest, options: Any) -> Job[Any]:
    return await client.pins.start_image(options["board"], options["image"], title=options["title"])


async def video(client: Pinterest, options: Any) -> Job[Any]:
    return await client.pins.start_video(
        options["board"], options["video"], cover=1, title=options["title"]
    )


async def report(client: Pinterest, options: Any) -> Job[Any]:
    return await client.reports.start(**options)


async def download(client: Pinterest, options: Any) -> Job[Any]:
    return await client.bulk.start_download(**options)


async def upsert(client: Pinterest, options: Any) -> Job[Any]:
    return await client.bulk.start_upsert(**options)


async def batches(client: Pinterest, options: Any) -> Job[Any]:
    return await client.catalog_item_batches.start(options)


async def feed(client: Pinterest, options: Any) -> Job[Any]:
    return await client.catalog_feeds.start_ingestion(options["feed"])


async def copy(client: Pinterest, options: Any) -> Job[Any]:
    return await client.boards.start_copy(options["board"], options["name"])


async def board_of(copy: Any) -> list[Any]:
    return [copy.board_id, len(copy.pins.results)]


async def events(client: Pinterest, options: Any) -> Job[Any]:
    return await client.conversions.start_send_all(
        options["events"], ad_account_id=options["account"]
    )


async def customers(client: Pinterest, options: Any) -> Job[Any]:
    return await client.customer_lists.start(**options)


async def audience(client: Pinterest, options: Any) -> Job[Any]:
    return client.audiences.ready(**options)


async def records(client: Pinterest, options: Any) -> Job[Any]:
    return await client.customer_list_uploads.start_upload(
        options["list"], options["file"], ad_account_id=options["account"]
    )


async def leads(client: Pinterest, options: Any) -> Job[Any]:
    return await client.lead_exports.start(**options)


async def deletion(client: Pinterest, options: Any) -> Job[Any]:
    return await client.conversion_deletion_requests.start(**options)


async def state_of(upload: Any) -> str:
    return str(upload.state)


async def request_status_of(request: Any) -> str:
    return str(request.status)


async def status_of(ingestion: Any) -> str:
    return str(ingestion.result.status)


async def size_of(things: Any) -> int:
    return len(things)


async def successes_of(outcomes: Any) -> int:
    return len(outcomes.results)


async def rows_of(report: Any) -> int:
    return len([row async for row in report.rows()])


async def no_pause(_seconds: float) -> None:
    """The emulator's jobs are done after a few looks, not after a time."""


STARTS: Final[dict[str, Start]] = {
    "media": media,
    "image": image,
    "video": video,
    "report": report,
    "download": download,
    "upsert": upsert,
    "batches": batches,
    "copy": copy,
    "feed": feed,
    "events": events,
    "customers": customers,
    "audience": audience,
    "records": records,
    "leads": leads,
    "deletion": deletion,
}


async def id_of(thing: Any) -> str:
    return str(thing.id)


async def itself(thing: Any) -> Any:
    return thing


SHOWN: Final[dict[str, Callable[[Any], Awaitable[Any]]]] = {
    "image": id_of,
    "video": id_of,
    "report": rows_of,
    "download": size_of,
    "upsert": size_of,
    "batches": size_of,
    "copy": board_of,
    "feed": status_of,
    "events": successes_of,
    "customers": id_of,
    "audience": id_of,
    "records": state_of,
    "leads": size_of,
    "deletion": request_status_of,
}
"""How a result is written down, where it is not plain JSON."""


def read(path: str) -> Any:
    return json.loads(Path(path).read_text("utf-8")) if Path(path).exists() else None


def write(path: str, saved: Any) -> None:
    aside = Path(path).with_suffix(".new")
    aside.write_text(json.dumps(saved), "utf-8")
    aside.replace(path)


class Steps:
    """Counts steps, and dies at one of them."""

    def __init__(self, die: int) -> None:
        self._left = die

    def step(self) -> None:
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


async def work(task: dict[str, Any]) -> Any:
    steps = Steps(task["die"])
    async with Pinterest(
        task["token"], base_url=task["url"], limiter=InMemoryLimiter(), retry=False
    ) as client:
        pool: Any = client.pool
        foreign = pool._foreign_requests()
        fetch, followed = pool.fetch, foreign._followed

        async def stepping(*arguments: Any, **named: Any) -> Any:
            steps.step()
            done = await fetch(*arguments, **named)
            steps.step()
            return done

        async def stepping_elsewhere(*arguments: Any, **named: Any) -> Any:
            steps.step()
            done = await followed(*arguments, **named)
            steps.step()
            return done

        pool.fetch, foreign._followed = stepping, stepping_elsewhere
        saved = read(task["state"])
        if saved is None:
            job = await STARTS[task["job"]](client, task["options"])
            write(task["state"], job.save())
        else:
            job = client.job(saved)
        steps.step()
        result = await job.result(polling=Polling(sleep=no_pause))
        return await SHOWN.get(task["job"], itself)(result)


def forked(task: dict[str, Any]) -> dict[str, Any]:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            said = {"result": asyncio.run(work(task))}
            os.write(writing, json.dumps(said).encode())
        except BaseException as error:  # noqa: BLE001  (a fork ends here, whatever happened)
            os.write(writing, json.dumps({"error": repr(error)}).encode())
            os._exit(1)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        answer = pipe.read()
    _, status = os.waitpid(child, 0)
    died = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
    return {"died": died, "said": json.loads(answer) if answer else None}


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    preload()
    for line in sys.stdin:
        sys.stdout.write(json.dumps(forked(json.loads(line))) + "\n")
        sys.stdout.flush()
