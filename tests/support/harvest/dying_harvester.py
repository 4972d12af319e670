"""Harvests in forks of one process, each killed by itself at a step of its work with the disk.

Reads jobs, one JSON a line; answers with one line each: how the fork ended, and what it said. A job
has `folder`, `die` (the step to die at, 0 for none), and `plan` or `entities` with the address and
token of an emulator, or `compact` with the folder to compact.
"""

import asyncio
import os
import signal
import sys
import warnings
from pathlib import Path
from typing import Any

import msgspec

sys.path.insert(0, str(Path(__file__).parents[1]))

from harvest.harvester import walk_in_small_steps

from pinterest_async import Pinterest
from pinterest_async.harvest import (
    EntityPlan,
    Plan,
    SQLiteCheckpoint,
    compact,
    run,
    run_entities,
)
from pinterest_async.jobs.polling import Polling
from pinterest_async.limits import InMemoryLimiter

EVENTS = frozenset(
    ("open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "shutil.rmtree", "sqlite3.connect")
)


class Steps:
    """Counts steps, and dies at one of them."""

    def __init__(self, folder: str, die: int) -> None:
        self._folder = folder
        self._left = die

    def step(self) -> None:
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        """A step of Python's own: it is about to do something with a file of the folder."""
        if event in EVENTS and arguments and self._folder in str(arguments[0]):
            self.step()

    def around(self, work: Any) -> Any:
        """A function with a step before it, and one after it."""

        def stepping(*arguments: Any, **named: Any) -> Any:
            self.step()
            done = work(*arguments, **named)
            self.step()
            return done

        return stepping


async def harvest(job: dict[str, Any]) -> Any:
    async with Pinterest(job["token"], base_url=job["url"], limiter=InMemoryLimiter()) as client:
        if "entities" in job:
            walk_in_small_steps()
            plan = EntityPlan.from_json(job["entities"])
            found = await run_entities(plan, client, out=job["folder"], concurrency=1)
            return {"calls": found.calls, "complete": found.complete}
        result = await run(
            Plan.from_json(job["plan"]),
            client,
            out=job["folder"],
            since_last=job.get("since_last", False),
            polling=Polling(first=0.001, longest=0.001),
            concurrency=1,
        )
    return {"calls": result.calls, "complete": result.complete}


def work(job: dict[str, Any]) -> Any:
    steps = Steps(job["folder"], job["die"])
    sys.addaudithook(steps.audit)
    os.fsync = steps.around(os.fsync)
    checkpoint: Any = SQLiteCheckpoint
    checkpoint._execute = steps.around(checkpoint._execute)
    # A method is found by its descriptor: the wrapper is a function as well.
    if "compact" in job:
        return {"rows": compact(job["compact"], job["folder"]).rows}
    return asyncio.run(harvest(job))


def forked(job: dict[str, Any]) -> dict[str, Any]:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(writing, msgspec.json.encode(work(job)))
        except BaseException as error:  # noqa: BLE001  (a fork ends here, whatever happened)
            os.write(writing, msgspec.json.encode({"error": repr(error)}))
            os._exit(1)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        said = pipe.read()
    _, status = os.waitpid(child, 0)
    died = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
    return {"died": died, "said": msgspec.json.decode(said) if said else None}


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    for line in sys.stdin:
        answer = msgspec.json.encode(forked(msgspec.json.decode(line, type=dict[str, Any])))
        sys.stdout.write(answer.decode() + "\n")
        sys.stdout.flush()
