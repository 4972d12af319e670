"""What every fault has: which requests it hits, and how often."""

from collections.abc import Awaitable, Callable
from random import Random
from typing import Final, Self, TypeAlias
from urllib.parse import parse_qs

import msgspec

from pinterest_async.emulator.contract.description import ApiOperation, Description
from pinterest_async.emulator.contract.messages import HttpRequest, HttpResponse
from pinterest_async.emulator.model.tokens import TokenIssuer

SleepFunction: TypeAlias = Callable[[float], Awaitable[object]]
"""Waits for a number of seconds."""


class Fault(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    tag_field="kind",
    forbid_unknown_fields=True,
    omit_defaults=True,
):
    """Something that goes wrong.

    `operation` is `namespace.name` or Pinterest's operationId, with `*` for anything (`pins.*`).
    Files have names as well: `downloads.report` (`mmm_report`, `product_report`,
    `bulk_download`, `bulk_upsert`, `leads_export`), `uploads.media`, `uploads.customer_list`.
    Of the requests that it fits, the first `skip` pass; of the others a share of `rate` (0 to 1)
    is hit, until `times` of them have been.
    """

    operation: str = "*"
    rate: float = 1.0
    times: int | None = None
    skip: int = 0

    def __post_init__(self) -> None:
        require(0 <= self.rate <= 1, f"rate is {self.rate}: use a share from 0 to 1")
        require(self.times is None or self.times >= 1, f"times is {self.times}: use 1 or more")
        require(self.skip >= 0, f"skip is {self.skip}: use 0 or more")

    def fits(self, context: "FaultContext") -> bool:
        """Whether the fault can hit a request."""
        del context
        return True

    def before(self, context: "FaultContext") -> HttpResponse | None:
        """An answer in place of the API's; None lets the request through."""
        del context
        return None

    def after(self, context: "FaultContext", answer: HttpResponse) -> None:
        """Change the API's answer in place."""

    def send(self, context: "FaultContext", answer: HttpResponse, plan: "SendingPlan") -> None:
        """Change how an answer is sent."""


class Active:
    """A fault in force. `matched` counts the requests that it fits, `hits` those that it hit.

    As a context manager it is in force for the length of a block.
    """

    def __init__(self, fault: Fault, number: int, remove: Callable[["Active"], None]) -> None:
        self.fault = fault
        self.number = number
        self.matched = 0
        self.hits = 0
        self._remove = remove

    def __repr__(self) -> str:
        return f"<{self.fault}, {self.hits} of {self.matched} hit>"

    @property
    def over(self) -> bool:
        """Whether it has hit as often as it should."""
        return self.fault.times is not None and self.hits >= self.fault.times

    def remove(self) -> None:
        """End it; nothing happens where it has ended."""
        self._remove(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.remove()


class FaultContext(msgspec.Struct, kw_only=True):
    """One request that a fault fits. `empties` counts the empty pages shown before this one."""

    active: Active
    operation: ApiOperation
    incoming: HttpRequest
    empties: int
    description: Description
    auth: TokenIssuer
    memory: "PageHistory"
    random: Random = msgspec.field(default_factory=Random)
    counted: bool = False

    def hit(self) -> None:
        """Count the request as hit, once."""
        if not self.counted:
            self.counted = True
            self.active.hits += 1

    @property
    def bookmark(self) -> str | None:
        """The bookmark that the request has."""
        return bookmark_of(self.incoming.target)


class SendingPlan(msgspec.Struct, kw_only=True):
    """How an answer is sent: seconds before it and in it, and where it ends too early.

    `cut` counts bytes of the body, after which the connection is closed; `reset` bytes of the whole
    answer, after which it breaks.
    """

    delay: float = 0.0
    pieces: int = 1
    seconds: float = 0.0
    cut: int | None = None
    reset: int | None = None


class PageHistory:
    """The pages that lists answered: the bookmark before each, and its items."""

    def __init__(self) -> None:
        self._pages: dict[tuple[str, str], tuple[str | None, list[object]]] = {}

    def note(self, incoming: HttpRequest, bookmark: str, items: list[object]) -> None:
        """Remember a page by the bookmark that it ended with."""
        if len(self._pages) >= _REMEMBERED:
            del self._pages[next(iter(self._pages))]
        self._pages[_path(incoming), bookmark] = bookmark_of(incoming.target), items

    def find(self, incoming: HttpRequest) -> tuple[str | None, list[object]] | None:
        """The bookmark in the request for the page before this one, and the items of that page."""
        asked = bookmark_of(incoming.target)
        return None if asked is None else self._pages.get((_path(incoming), asked))


_REMEMBERED: Final = 10_000


def require(valid: bool, message: str) -> None:
    """Check the fields of a fault.

    Raises:
        ValueError: with the message, where they are wrong.
    """
    if not valid:
        raise ValueError(message)


def bookmark_of(target: str) -> str | None:
    """The bookmark in a path with a query string."""
    found = parse_qs(target.partition("?")[2]).get("bookmark")
    return found[0] if found else None


def _path(incoming: HttpRequest) -> str:
    return incoming.target.partition("?")[0]
