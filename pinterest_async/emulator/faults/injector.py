"""The faults in force, as a hook before and after the API."""

import asyncio
import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from random import Random

from pinterest_async.emulator.contract.description import ApiOperation, Description
from pinterest_async.emulator.contract.messages import HttpRequest, HttpResponse
from pinterest_async.emulator.faults.base import (
    Active,
    Fault,
    FaultContext,
    PageHistory,
    SendingPlan,
    SleepFunction,
)
from pinterest_async.emulator.faults.pages import (
    RepeatedItems,
    WrongBookmark,
    original_request,
    remember,
)
from pinterest_async.emulator.faults.transmission import response_sender
from pinterest_async.emulator.model.tokens import TokenIssuer


class Faults:
    """Makes the API misbehave according to the faults that were added."""

    def __init__(
        self,
        description: Description,
        operations: Iterable[ApiOperation],
        auth: TokenIssuer,
        *,
        seed: int,
    ) -> None:
        self.sleep: SleepFunction = asyncio.sleep
        """How late and slow answers wait; tests may replace it."""
        self._description = description
        self._operations = tuple(operations)
        self._auth = auth
        self._seed = seed
        self._added = 0
        self._active: tuple[Active, ...] = ()
        self._drawn: Counter[bytes] = Counter()
        self._memory = PageHistory()
        self._matching: list[FaultContext] = []

    def __iter__(self) -> Iterator[Active]:
        return iter(self._active)

    def __len__(self) -> int:
        return len(self._active)

    def add(self, fault: Fault) -> Active:
        """Put a fault in force, until it is removed or has hit as often as it should.

        Raises:
            ValueError: where its `operation` names none.
        """
        if not any(_named(fault, operation) for operation in self._operations):
            raise ValueError(
                f"operation is {fault.operation!r}, which fits none: use namespace.name, as in "
                "pins.list or downloads.report, or a pattern, as in pins.*"
            )
        self._added += 1
        active = Active(fault, self._added, self._remove)
        self._active = (*self._active, active)
        return active

    def clear(self) -> None:
        """End all faults."""
        self._active = ()

    def _remove(self, removed: Active) -> None:
        self._active = tuple(active for active in self._active if active is not removed)

    # The hook

    def before(
        self, operation: ApiOperation, incoming: HttpRequest
    ) -> HttpResponse | HttpRequest | None:
        """The answer of a fault instead of the API's."""
        incoming, empties = original_request(sent := incoming)
        self._matching = self._faults_for(operation, incoming, empties) if self._active else []
        for context in self._matching:
            answer = context.active.fault.before(context)
            if answer is not None:
                return self._changed(answer)
        return None if incoming is sent else incoming

    def after(
        self, operation: ApiOperation, incoming: HttpRequest, answer: HttpResponse
    ) -> HttpResponse:
        """The answer of the API as faults change it."""
        del operation
        if any(isinstance(one.fault, RepeatedItems | WrongBookmark) for one in self._active):
            remember(self._memory, incoming, answer)
        return self._changed(answer) if self._matching else answer

    def _changed(self, answer: HttpResponse) -> HttpResponse:
        for context in self._matching:
            context.active.fault.after(context, answer)
        plan = SendingPlan()
        for context in self._matching:
            context.active.fault.send(context, answer, plan)
        if plan != SendingPlan():
            answer.deliver = response_sender(plan, self.sleep)
        return answer

    def _faults_for(
        self, operation: ApiOperation, incoming: HttpRequest, empties: int
    ) -> list[FaultContext]:
        matching: list[FaultContext] = []
        for active in self._active:
            if active.over or not _named(active.fault, operation):
                continue
            context = FaultContext(
                active=active,
                operation=operation,
                incoming=incoming,
                empties=empties,
                description=self._description,
                auth=self._auth,
                memory=self._memory,
            )
            if not active.fault.fits(context):
                continue
            active.matched += 1
            context.random = self._chance(active, incoming, empties)
            if active.matched > active.fault.skip and context.random.random() < active.fault.rate:
                matching.append(context)
        return matching

    def _chance(self, active: Active, incoming: HttpRequest, empties: int) -> Random:
        """A generator that follows from the request and how often it was sent, not from others."""
        token = incoming.headers.get("Authorization", "")
        words = (self._seed, active.number, incoming.method, incoming.target, token, empties)
        drawn = hashlib.blake2b(repr(words).encode(), digest_size=16)
        drawn.update(incoming.body)
        key = drawn.digest()
        self._drawn[key] += 1
        drawn.update(str(self._drawn[key]).encode())
        return Random(drawn.digest())  # noqa: S311  (no secret)


def _named(fault: Fault, operation: ApiOperation) -> bool:
    """Whether a fault's pattern names an operation."""
    if fault.operation == "*":
        return True
    names = f"{operation.namespace}.{operation.name}", operation.id
    return any(fnmatchcase(name, fault.operation) for name in names)
