"""The engine of a harvest of entities: lists are walked, and become files when they are read."""

import secrets
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import anyio
import msgspec
from msgspec.structs import replace

from pinterest_async.client import Pinterest
from pinterest_async.errors import PinterestError
from pinterest_async.harvest.execute.engine import ENDING, NOT_REPEATED, ROUNDS, plain_errors
from pinterest_async.harvest.execute.entity_owners import find_owners
from pinterest_async.harvest.execute.entity_result import (
    EntityFailure,
    EntityFile,
    EntityResult,
    NotPermitted,
)
from pinterest_async.harvest.execute.entity_walk import Cursor, ListWalk, Step
from pinterest_async.harvest.execute.progress import Progress, ProgressListener
from pinterest_async.harvest.output import entity_files
from pinterest_async.harvest.output.checkpoint import EntityCheckpoint
from pinterest_async.harvest.output.entity_files import LostSegmentError, Written
from pinterest_async.harvest.output.entity_notes import (
    ReadLists,
    Snapshot,
    file_name,
    recall,
    save,
)
from pinterest_async.harvest.output.entity_rows import entity_rows
from pinterest_async.harvest.output.sinks import FileSink
from pinterest_async.harvest.output.work_thread import WorkThread
from pinterest_async.harvest.plan.entities import ENTITIES, Owner
from pinterest_async.harvest.plan.partition import digest

PLACES_PER_WALK: Final = 100
"""Lists below other things that one walk reads; an entity of an account may have several walks."""

STILL_ACTIVE: Final = 600.0
"""Seconds after which a harvest that goes on says so in its checkpoint."""


class _EntityJob:
    """An entity of an account in this run: the walks that it takes, and what they have read."""

    def __init__(self, entity: str, account: str, steps: Sequence[Step]) -> None:
        self.entity = entity
        self.account = account
        self.facts = ENTITIES[entity]
        size = PLACES_PER_WALK
        self.walks = [steps[first : first + size] for first in range(0, len(steps), size)]
        self.left = len(self.walks)
        self.cursors: dict[int, Cursor] = {}
        self.tables: Sequence[Any] = ()
        self.restarted = False


class EntityEngine:
    """One run of one plan: counters that only the event loop touches."""

    def __init__(
        self,
        snapshot: Snapshot,
        client: Pinterest,
        sink: FileSink,
        checkpoint: EntityCheckpoint,
        listener: ProgressListener | None,
    ) -> None:
        self._plan = snapshot.plan
        self._snapshot = snapshot
        # What does not fit is kept and counted here.
        self._client = client.with_options(priority="background", on_drift="ignore")
        self._sink = sink
        self._checkpoint = checkpoint
        self._listener = listener
        self._thread = WorkThread()
        self._started = self._saved = time.monotonic()
        self._ids: dict[tuple[str, str], tuple[str, ...]] = {}
        self._begun: set[tuple[str, str]] = set()
        self._roots: Iterator[tuple[str, str]] = iter(())
        self._ready: deque[tuple[_EntityJob, int]] = deque()
        self._under_way = 0
        self._changed = anyio.Event()
        self._to_repeat: list[tuple[_EntityJob, int, PinterestError]] = []
        self._failed: dict[tuple[str, str], EntityFailure] = {}
        self._not_permitted: dict[tuple[str, str], NotPermitted] = {}
        self._files: list[EntityFile] = []
        self._owners: Mapping[Owner, Sequence[str]] = {}
        self._total = self._done = self._skipped = 0
        self._rows = self._calls = self._listed = 0
        self._misfits = self._repeated = self._set_aside = 0

    async def run(self, concurrency: int) -> EntityResult:
        """Harvest everything; what fails is repeated when all else is done."""
        owners = await find_owners(self._client, self._plan)
        self._owners, self._calls = owners.ids, owners.calls
        for (entity, account), error in owners.refused.items():
            self._refuse(entity, account, error.message)
        self._total = sum(len(self._owners[ENTITIES[name].owner]) for name in self._plan.names)
        self._roots = self._all_roots()
        self._notify()
        for _ in range(ROUNDS):
            self._ready.extend((job, number) for job, number, _ in self._to_repeat)
            self._to_repeat.clear()
            async with plain_errors(), anyio.create_task_group() as tasks:
                for _ in range(concurrency):
                    tasks.start_soon(self._work)
            if not self._to_repeat:
                break
        for job, _, error in self._to_repeat:
            self._fail(job.entity, job.account, error)
        if not self._failed:
            await self._complete()
        self._notify()
        return EntityResult(
            rows=self._rows,
            calls=self._calls,
            done=self._done,
            skipped=self._skipped,
            failures=tuple(self._failed.values()),
            not_permitted=tuple(self._not_permitted.values()),
            misfits=self._misfits,
            repeated=self._repeated,
            set_aside=self._set_aside,
            seconds=time.monotonic() - self._started,
            files=tuple(sorted(self._files, key=lambda one: (one.entity, one.account))),
        )

    # What there is to do

    def _all_roots(self) -> Iterator[tuple[str, str]]:
        for owner, accounts in self._owners.items():
            names = [name for name in self._plan.names if ENTITIES[name].owner == owner]
            for account in accounts:
                yield from ((name, account) for name in names if not ENTITIES[name].parents)

    def _children(self, entity: str) -> Iterator[str]:
        """The entities of the plan that are found by another one."""
        for name in self._plan.names:
            if any(parent.entity == entity for parent in ENTITIES[name].parents):
                yield name

    # The work

    async def _work(self) -> None:
        while True:
            if self._ready:
                work: Any = self._ready.popleft()
            else:
                work = next(self._roots, None)
            if work is None:
                if not self._under_way:
                    return
                await self._changed.wait()
                continue
            self._under_way += 1
            try:
                await (self._begin(*work) if isinstance(work[0], str) else self._walk(*work))
            finally:
                self._under_way -= 1
                self._changed.set()
                self._changed = anyio.Event()
            self._notify()

    async def _begin(
        self, entity: str, account: str, ids: Mapping[str, Sequence[str]] | None = None
    ) -> None:
        """Put the walks of an entity of an account into the queue, unless it is done already."""
        facts = ENTITIES[entity]
        known = await self._file(entity, account)
        if known is not None and await self._is_there(entity, account, known):
            self._skipped += 1
            await self._finished(entity, account, known)
            return
        steps = [(place, query) for place in facts.places(ids or {}) for query in facts.queries]
        job = _EntityJob(entity, account, steps)
        if not job.walks:
            await self._commit(job, Written(None, 0, 0, 0, ()))
        self._ready.extend((job, number) for number in range(len(job.walks)))

    async def _is_there(self, entity: str, account: str, known: ReadLists) -> bool:
        """Whether an entity was read in this snapshot, and nobody has removed its file since."""
        if known.snapshot != self._snapshot.id:
            return False
        folder = entity_files.place(entity, account)
        return known.path is None or bool(await self._in_thread(self._sink.storage.files, folder))

    async def _walk(self, job: _EntityJob, number: int) -> None:
        cursor = await self._cursor(job, number)

        async def stage(cursor: Cursor, tables: Sequence[Any]) -> Cursor:
            return await self._stage(job, number, cursor, tables)

        walk = ListWalk(
            self._client,
            job.facts,
            job.account,
            job.walks[number],
            cursor,
            stage=stage,
            read=self._read,
            thread=self._thread,
        )
        try:
            await walk.go()
            if len(job.walks) > 1 or walk.cursor.segments:
                await walk.stage()
        except PinterestError as error:
            self._calls += max(1, error.attempts)
            if isinstance(error, ENDING):
                raise
            if isinstance(error, NOT_REPEATED):
                self._fail(job.entity, job.account, error)
            else:
                self._to_repeat.append((job, number, error))
            return
        job.cursors[number] = walk.cursor
        job.tables = walk.tables
        job.left -= 1
        if not job.left:
            await self._finish(job)

    async def _finish(self, job: _EntityJob) -> None:
        """Merge what the walks of an entity have read into its file."""
        cursors = [job.cursors[number] for number in sorted(job.cursors)]
        refused = sum(one.refused for one in cursors)
        if refused and refused == sum(map(len, job.walks)):
            self._done += 1
            self._refuse_job(job, cursors)
            return
        segments = [path for one in cursors for path in one.segments]
        storage, listed = self._sink.storage, any(self._children(job.entity))
        try:
            written = await self._in_thread(
                entity_files.merge,
                storage,
                self._sink.format,
                job.facts,
                entity_rows(job.facts),
                entity_files.staged(storage, segments, job.tables),
                entity_files.file(job.entity, job.account, self._sink.format),
                listed,
            )
        except LostSegmentError as error:
            await self._list_again(job, error)
            return
        job.tables = ()
        await self._commit(job, written)
        if segments:
            await self._in_thread(storage.sweep, entity_files.folder(job.entity, job.account))

    async def _list_again(self, job: _EntityJob, error: LostSegmentError) -> None:
        """Begin anew where somebody has removed a segment."""
        if job.restarted:
            raise error
        job.restarted = True
        job.left = len(job.walks)
        for number in range(len(job.walks)):
            await self._keep(self._walk_name(job, number), self._new_cursor(job, number))
            self._ready.append((job, number))

    async def _commit(self, job: _EntityJob, written: Written) -> None:
        cursors = list(job.cursors.values())
        file = ReadLists(
            snapshot=self._snapshot.id,
            path=written.path,
            rows=written.rows,
            misfits=written.misfits,
            repeated=written.repeated,
            set_aside=sum(one.set_aside for one in cursors),
            refused=sum(one.refused for one in cursors),
            reason=next((one.reason for one in cursors if one.reason), ""),
            ids=written.ids,
        )
        before = await self._file(job.entity, job.account)
        await self._keep(file_name(job.entity, job.account), file)
        if before is not None and before.path not in (None, file.path):
            await self._in_thread(self._sink.storage.delete, before.path)
        self._done += 1
        self._rows += written.rows
        await self._finished(job.entity, job.account, file)

    async def _finished(self, entity: str, account: str, file: ReadLists) -> None:
        self._misfits += file.misfits
        self._repeated += file.repeated
        self._set_aside += file.set_aside
        self._files.append(
            EntityFile(entity=entity, account=account, path=file.path, rows=file.rows)
        )
        if file.refused:
            self._refuse(entity, account, file.reason, file.refused)
        for child, ids in self._unlocked(entity, account, file.ids):
            await self._begin(child, account, ids)

    def _unlocked(
        self, entity: str, account: str, ids: tuple[str, ...]
    ) -> list[tuple[str, Mapping[str, Sequence[str]]]]:
        """The entities whose parents are all read now that one is, with the ids of these."""
        if any(self._children(entity)):
            self._ids[entity, account] = ids
        found: list[tuple[str, Mapping[str, Sequence[str]]]] = []
        for child in self._children(entity):
            parents = [one.entity for one in ENTITIES[child].parents]
            if all((parent, account) in self._ids for parent in parents):
                found.append((child, {parent: self._ids[parent, account] for parent in parents}))
                self._begun.add((child, account))
        # Ids stay in memory for as long as something may still be listed below them.
        for parent in {parent for _, ids in found for parent in ids}:
            if all((child, account) in self._begun for child in self._children(parent)):
                del self._ids[parent, account]
        return found

    # What is missing

    def _refuse_job(self, job: _EntityJob, cursors: Sequence[Cursor]) -> None:
        reason = next(one.reason for one in cursors if one.reason)
        self._refuse(job.entity, job.account, reason, sum(one.refused for one in cursors))
        for child in self._descendants(job.entity):
            self._done += 1
            self._refuse(child, job.account, f"{job.entity} cannot be listed: {reason}", 0)

    def _refuse(self, entity: str, account: str, reason: str, lists: int = 1) -> None:
        self._not_permitted[entity, account] = NotPermitted(
            entity=entity,
            account=account,
            reason=reason,
            scopes=ENTITIES[entity].scopes if entity in ENTITIES else (),
            lists=lists,
        )

    def _fail(self, entity: str, account: str, error: PinterestError) -> None:
        for name in (entity, *self._descendants(entity)):
            one = EntityFailure(entity=name, account=account, error=error)
            self._failed.setdefault((name, account), one)

    def _descendants(self, entity: str) -> Iterator[str]:
        found: dict[str, None] = {}
        for child in self._children(entity):
            found |= dict.fromkeys((child, *self._descendants(child)))
        yield from found

    # The checkpoint

    async def _cursor(self, job: _EntityJob, number: int) -> Cursor:
        """How far a walk came in this snapshot."""
        known = await recall(self._checkpoint, self._walk_name(job, number), Cursor)
        new = self._new_cursor(job, number)
        if known is None or (known.snapshot, known.content) != (new.snapshot, new.content):
            return new
        # What was refused by then may be permitted by now.
        ended = known.step >= len(job.walks[number])
        return new if ended and known.refused else known

    def _new_cursor(self, job: _EntityJob, number: int) -> Cursor:
        schema = entity_rows(job.facts).schema.to_string(show_schema_metadata=False)
        return Cursor(snapshot=self._snapshot.id, content=digest(schema, job.walks[number]))

    async def _stage(
        self, job: _EntityJob, number: int, cursor: Cursor, tables: Sequence[Any]
    ) -> Cursor:
        if tables:
            folder = entity_files.folder(job.entity, job.account)
            # A cursor of another plan, or of before a walk began anew, may name older ones.
            name = f"{number}-{len(cursor.segments)}-{secrets.token_hex(4)}"
            path = f"{folder}/{name}.parquet"
            await self._in_thread(entity_files.stage, self._sink.storage, path, tables)
            cursor = replace(cursor, segments=(*cursor.segments, path))
        await self._keep(self._walk_name(job, number), cursor)
        return cursor

    async def _file(self, entity: str, account: str) -> ReadLists | None:
        return await recall(self._checkpoint, file_name(entity, account), ReadLists)

    def _walk_name(self, job: _EntityJob, number: int) -> str:
        return f"walk/{job.entity}/{job.account}/{number}"

    async def _keep(self, name: str, value: Any) -> None:
        await self._checkpoint.keep(name, msgspec.json.encode(value))
        if time.monotonic() - self._saved >= STILL_ACTIVE:
            self._saved = time.monotonic()
            await save(self._checkpoint, self._snapshot)

    async def _complete(self) -> None:
        await save(self._checkpoint, replace(self._snapshot, complete=True))
        await self._in_thread(self._sink.storage.sweep, entity_files.STAGING)

    async def _in_thread(self, work: Any, *arguments: Any) -> Any:
        return await self._thread.do(self._sink.guarded, work, *arguments)

    def _read(self, calls: int, rows: int) -> None:
        self._calls += calls
        self._listed += rows
        self._notify()

    def _notify(self) -> None:
        if self._listener is None:
            return
        accounts = len(self._owners.get("account", ()))
        left = self._total - self._done - self._skipped
        self._listener.update(
            Progress(
                accounts=accounts,
                accounts_listed=accounts,
                partitions=self._total,
                done=self._done,
                skipped=self._skipped,
                failed=len(self._failed) + len(self._to_repeat),
                rows=self._listed,
                calls=self._calls,
                calls_left=left,
                seconds=time.monotonic() - self._started,
                category="ads_read" if accounts else "org_read",
                quota=self._client.limits.snapshot(),
            )
        )
