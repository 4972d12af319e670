"""The faults in force, as a hook that stands before and after the API."""

import asyncio
import hashlib
from collections import Counter
from collections.abc import Iterator
from fnmatch import fnmatchcase
from itertools import chain
from random import Random

from pinterest_async.emulator.contract.description import Description, Operation
from pinterest_async.emulator.contract.messages import Answer, Incoming
from pinterest_async.emulator.faults.base import Active, Delivery, Fault, Memory, Moment, Sleep
from pinterest_async.emulator.faults.pages import (
    RepeatedItems,
    WrongBookmark,
    remember,
    straightened,
)
from pinterest_async.emulator.faults.transmission import sender
from pinterest_async.emulator.model.tokens import Auth
from pinterest_async.emulator.server.file_hosts import TRANSFERS


class Faults:
    """Makes the API misbehave, as the faults say that were added."""

    def __init__(self, description: Description, auth: Auth, *, seed: int) -> None:
        self.sleep: Sleep = asyncio.sleep
        """How late and slow answers wait; tests may put another in its place."""
        self._description = description
        self._auth = auth
        self._seed = seed
        self._added = 0
        self._active: tuple[Active, ...] = ()
        self._drawn: Counter[bytes] = Counter()
        self._memory = Memory()
        self._due: list[Moment] = []

    def __iter__(self) -> Iterator[Active]:
        return iter(self._active)

    def __len__(self) -> int:
        return len(self._active)

    def add(self, fault: Fault) -> Active:
        """Put a fault in force, until it is removed or has hit as often as it should.

        Raises:
            ValueError: where its `operation` names none.
        """
        known = chain(self._description.operations, TRANSFERS)
        if not any(_named(fault, operation) for operation in known):
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

    def _remove(self, gone: Active) -> None:
        self._active = tuple(active for active in self._active if active is not gone)

    # The hook

    def before(self, operation: Operation, incoming: Incoming) -> Answer | Incoming | None:
        """What goes wrong instead of the API's answer."""
        incoming, empties = straightened(sent := incoming)
        self._due = self._drawn_for(operation, incoming, empties) if self._active else []
        for moment in self._due:
            answer = moment.active.fault.before(moment)
            if answer is not None:
                return self._changed(answer)
        return None if incoming is sent else incoming

    def after(self, operation: Operation, incoming: Incoming, answer: Answer) -> Answer:
        """What goes wrong with the API's answer."""
        del operation
        if any(isinstance(one.fault, RepeatedItems | WrongBookmark) for one in self._active):
            remember(self._memory, incoming, answer)
        return self._changed(answer) if self._due else answer

    def _changed(self, answer: Answer) -> Answer:
        for moment in self._due:
            moment.active.fault.after(moment, answer)
        delivery = Delivery()
        for moment in self._due:
            moment.active.fault.send(moment, answer, delivery)
        if delivery != Delivery():
            answer.deliver = sender(delivery, self.sleep)
        return answer

    def _drawn_for(self, operation: Operation, incoming: Incoming, empties: int) -> list[Moment]:
        due: list[Moment] = []
        for active in self._active:
            if active.over or not _named(active.fault, operation):
                continue
            moment = Moment(
                active=active,
                operation=operation,
                incoming=incoming,
                empties=empties,
                description=self._description,
                auth=self._auth,
                memory=self._memory,
            )
            if not active.fault.fits(moment):
                continue
            active.matched += 1
            moment.chance = self._chance(active, incoming, empties)
            if active.matched > active.fault.skip and moment.chance.random() < active.fault.rate:
                due.append(moment)
        return due

    def _chance(self, active: Active, incoming: Incoming, empties: int) -> Random:
        """Luck that follows from the request and how often it was made, not from its neighbours."""
        token = incoming.headers.get("Authorization", "")
        words = (self._seed, active.number, incoming.method, incoming.target, token, empties)
        drawn = hashlib.blake2b(repr(words).encode(), digest_size=16)
        drawn.update(incoming.body)
        key = drawn.digest()
        self._drawn[key] += 1
        drawn.update(str(self._drawn[key]).encode())
        return Random(drawn.digest())  # noqa: S311  (luck, no secret)


def _named(fault: Fault, operation: Operation) -> bool:
    """Whether a fault's pattern names an operation."""
    if fault.operation == "*":
        return True
    names = f"{operation.namespace}.{operation.name}", operation.id
    return any(fnmatchcase(name, fault.operation) for name in names)
