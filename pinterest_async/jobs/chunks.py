"""Writes of any number of items, in as many requests as they need, with the outcome of each."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, NamedTuple, cast

import msgspec
from msgspec.structs import replace

from pinterest_async._core.annotations import is_typed_dict, keys, members, strip
from pinterest_async._core.display import plain
from pinterest_async._core.guards import is_items, is_object
from pinterest_async._core.item_failures import ItemFailure, field_of, has_field, item_failures
from pinterest_async._core.operation import Operation, is_operation
from pinterest_async.bulk_answers import OF_ITEMS, OF_THINGS, thing_of
from pinterest_async.errors import (
    APIError,
    AuthenticationError,
    InvalidCallError,
    LimiterUnavailableError,
    NotFoundError,
    PermissionDeniedError,
    PinterestError,
    PoolClosedError,
    RateLimitWaitError,
    SpamError,
)
from pinterest_async.jobs.content import wrong
from pinterest_async.jobs.job import JobClient, JobProgress, ProgressFunction
from pinterest_async.jobs.outcomes import Outcome, Outcomes
from pinterest_async.namespace import Namespace

USUAL_SIZE: Final = 100
"""Items of a request where Pinterest's description names no limit."""

_FOR_ALL: Final = (
    AuthenticationError,
    PermissionDeniedError,
    NotFoundError,
    SpamError,
    RateLimitWaitError,
    LimiterUnavailableError,
    PoolClosedError,
)
"""Errors that the requests after it would meet as well, so that these are not sent."""


class _ListBody(NamedTuple):
    """Where the items of an operation go: into a field of its body, or they are the body (None)."""

    field: str | None
    size: int | None


async def write_all(
    method: Callable[..., Any],
    items: Sequence[Any],
    /,
    *path: Any,
    size: int | None = None,
    progress: ProgressFunction | None = None,
    **arguments: Any,
) -> Outcomes[Any]:
    """Write any number of items by a method that takes a list, and say what became of each.

        outcomes = await write_all(account.campaigns.update, changes)
        for one in outcomes.failed:
            print(one.index, one.item, one.failed)

    The items are sent in requests of as many as Pinterest takes, one after the other. Outcomes have
    the order of the items. A request that fails, fails its own items only; where the next ones
    would fail as well (no permission, no quota), their items say that they were not sent.

    Args:
        method: A method of a namespace, such as `pinterest.ads.create` or `keywords.create`.
        items: What it takes as its list.
        path: The ids that stand before the list.
        size: Items of one request; by default as many as the description allows.
        progress: Is called with a `JobProgress` after each request.
        arguments: What else the method takes, such as `ad_account_id` or `parent_id`.

    Raises:
        InvalidCallError: An item is wrong, with its place in the whole list; nothing was sent.
        PinterestError: Not one request could be sent or succeeded; the error of the first.
        TypeError: The method is not of a namespace, or takes no list of items.
    """
    operation: Any = getattr(method, "operation", None)
    namespace: Any = getattr(method, "__self__", None)
    if not is_operation(operation) or not isinstance(namespace, Namespace):
        raise TypeError(f"write_all() takes a method of a namespace, not {method!r}")
    if not is_items(items):
        raise wrong("items", f"expected a list, got {type(items).__name__}", "pass a list")
    body = _list_body(operation)
    most = size or body.size or USUAL_SIZE
    chunks = _Chunks(namespace.client, operation, body.field, path, arguments)
    starts = range(0, len(items), most)
    for first in starts:
        chunks.check(first, items[first : first + most])
    found: list[Outcome[Any]] = []
    failures: list[PinterestError] = []
    stopped: PinterestError | None = None
    for first in starts:
        some = items[first : first + most]
        if stopped is None:
            try:
                found += outcomes_of(first, some, await chunks.send(some))
            except PinterestError as error:
                failures.append(error)
                message = f"{error.message.rstrip('. ')}. {error.advice}"
                found += _all_failed(first, some, message, error)
                stopped = error if isinstance(error, _FOR_ALL) else None
        else:
            found += _all_failed(first, some, f"was not sent: {stopped.message}", stopped)
        if progress is not None:
            progress(JobProgress(step="writing", sent=len(found), size=len(items)))
    if failures and not any(one.failed is None for one in found):
        raise failures[0]
    return Outcomes(found)


def _list_body(operation: Operation[Any]) -> _ListBody:
    """Where the items of an operation go, and how many of them at a time.

    Raises:
        TypeError: It takes no list of items, or several.
    """
    body = operation.body
    if body is not None and operation.method != "GET":
        shape = strip(body.type)
        if body.kind == "array":
            return _ListBody(None, _most(shape.metadata))
        if is_typed_dict(shape.core):
            lists = {
                name: _most(strip(key.annotation).metadata)
                for name, key in keys(shape.core).items()
                if key.required and _is_list_of_objects(key.annotation)
            } or {
                name: _most(strip(key.annotation).metadata)
                for name, key in keys(shape.core).items()
                if _is_list_of_objects(key.annotation)
            }
            if len(lists) == 1:
                ((name, most),) = lists.items()
                return _ListBody(name, most)
    raise TypeError(f"{operation.full_name} takes no list of items that could be cut")


def _is_list_of_objects(annotation: Any) -> bool:
    core = strip(annotation).core
    origin = getattr(core, "__origin__", None)
    if not (isinstance(origin, type) and issubclass(origin, Sequence)):
        return False
    (inner,) = core.__args__
    return any(is_typed_dict(strip(one).core) for one in (inner, *members(strip(inner).core)))


def _most(metadata: Sequence[Any]) -> int | None:
    lengths = [one.max_length for one in metadata if isinstance(one, msgspec.Meta)]
    return next((one for one in lengths if one is not None), None)


class _Chunks:
    """Sends some of the items at a time, with what all requests have in common."""

    def __init__(
        self,
        client: Any,
        operation: Operation[Any],
        field: str | None,
        path: tuple[Any, ...],
        arguments: dict[str, Any],
    ) -> None:
        self._client = cast("JobClient", client)
        self._operation = operation
        self._field = field
        self._path = path
        parameters = {one.name for one in operation.query}
        in_path = {one.name for one in operation.path_parameters}
        self._query = {k: one for k, one in arguments.items() if k in parameters}
        scope = {k: one for k, one in arguments.items() if k in in_path and k not in parameters}
        self._scope: dict[str, Any] = scope
        taken = {*self._query, *scope}
        self._rest = {k: one for k, one in arguments.items() if k not in taken}
        if field is None and self._rest:
            name = next(iter(self._rest))
            raise wrong(name, "unknown argument", "leave it out")

    def _arguments(self, items: Sequence[Any]) -> dict[str, Any]:
        body: Any = items if self._field is None else {**self._rest, self._field: items}
        return {**self._scope, "query": self._query, "body": body}

    def check(self, first: int, items: Sequence[Any]) -> None:
        """Check some items, the first of which has this place in the whole list."""
        try:
            self._client.check(self._operation, *self._path, **self._arguments(items))
        except InvalidCallError as error:
            raise placed(error, self._field or "", first) from None

    async def send(self, items: Sequence[Any]) -> Any:
        """Send some items, and return the data of the answer."""
        arguments = self._arguments(items)
        return (await self._client.send(self._operation, *self._path, **arguments)).data


def placed(error: InvalidCallError, name: str, first: int) -> InvalidCallError:
    """The problems of some items, with their places in the whole list."""

    def place(field: str) -> str:
        start, bracket, rest = field.partition("[")
        number, end, after = rest.partition("]")
        known = not name or start == name
        if not known or not bracket or not number.isdigit() or not end:
            return field
        return f"{start}[{int(number) + first}]{after}"

    problems = [replace(one, field=place(one.field)) for one in error.problems]
    return InvalidCallError(problems, operation=error.operation)


def _all_failed(
    first: int, items: Sequence[Any], message: str, error: PinterestError
) -> Iterator[Outcome[Any]]:
    code = error.code if isinstance(error, APIError) else None
    for place, item in enumerate(items):
        failed = ItemFailure(index=None, code=code, message=message, item=item)
        yield Outcome(index=first + place, item=item, failed=failed)


def outcomes_of(first: int, items: Sequence[Any], answer: Any) -> list[Outcome[Any]]:
    """What an answer says of each item of a request, the first of which has this place."""
    things, wrapped = _things(answer)
    failures = item_failures(answer)
    results: list[Any] = [None] * len(items)
    failed: list[ItemFailure | None] = [None] * len(items)
    if wrapped and len(things) == len(items):  # an entry for each item
        for one in failures:
            if one.index is not None and one.index < len(items) and failed[one.index] is None:
                failed[one.index] = one
        results = [thing_of(one) if _has_thing(one) else one for one in things]
    else:  # what succeeded, and beside it what failed
        left = list(range(len(items)))
        loose: list[ItemFailure] = []
        for one in failures:
            about: Any = plain(field_of(one.item, "data"))
            at = _first_like(items, left, about)
            if at is None:
                loose.append(one)
            else:
                failed[at] = one
                left.remove(at)
        if len(things) == len(left):
            for at, thing in zip(left, things, strict=True):
                results[at] = thing
            left = []
        else:
            for thing in things:
                at = _first_like(items, left, plain(thing))
                if at is not None:
                    results[at] = thing
                    left.remove(at)
        if len(loose) == len(left):
            for at, one in zip(left, loose, strict=True):
                failed[at] = one
    return [
        Outcome(
            index=first + at,
            item=item,
            result=results[at] if failed[at] is None else None,
            failed=failed[at],
        )
        for at, item in enumerate(items)
    ]


def _things(answer: Any) -> tuple[Sequence[Any], bool]:
    """The list in an answer, and whether it has an entry for each item, failed ones as well."""
    if is_items(answer):
        return answer, True
    for name in (*OF_ITEMS, *OF_THINGS):
        found = field_of(answer, name)
        if is_items(found):
            beside = is_items(field_of(answer, "errors"))
            return found, name in OF_ITEMS or not beside
    return (), False


def _has_thing(entry: Any) -> bool:
    return any(has_field(entry, name) for name in ("data", "invite", "response"))


def _first_like(items: Sequence[Any], places: Sequence[int], about: Any) -> int | None:
    """The first of some items that has what something says of it; None where none has."""
    if not is_object(about):
        return None
    for at in places:
        item = items[at]
        shared = [k for k in about if is_object(item) and item.get(k) is not None]
        if shared and all(str(item[k]) == str(about[k]) for k in shared):
            return at
    return None
