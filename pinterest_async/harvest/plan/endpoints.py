"""How the figures of a level are requested, and which rows its answers hold."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from operator import attrgetter
from typing import Any, Final, NamedTuple, TypeAlias, get_args, get_origin

import msgspec

from pinterest_async._core.guards import is_items, is_mapping
from pinterest_async._core.operation import Operation
from pinterest_async._core.rows import Row, answer_type, is_row
from pinterest_async.client import Pinterest
from pinterest_async.errors import PermissionDeniedError, PinterestError
from pinterest_async.namespaces import Namespaces

ME: Final = "me"
"""Stands in an account's place for the user of the token, whose organic figures need no account."""
TARGETING_COLUMNS: Final = ("TARGETING_TYPE", "TARGETING_VALUE")
DATA_STATUS: Final = "DATA_STATUS"
"""Extra column of organic rows: whether the figures of the day are final."""


class Unread(NamedTuple):
    """Rows that have arrived and are not decoded: `read` does it, in any thread, once.

    `list_of_rows` is the answer where it is nothing but a list of them.
    """

    read: Callable[[], Sequence[Any]]
    list_of_rows: bytes = b""


Rows: TypeAlias = tuple[Unread, int]
"""Rows, and the number of calls that they took."""


class UnusableAnswerError(PinterestError):
    """A successful answer of another shape than a harvest can use, such as null for a list."""

    ADVICE = "It is tried again in this run and in the next; report it if it persists."


class AdsEndpoint:
    """An endpoint that answers with rows, for one ad account."""

    def __init__(self, client: Pinterest, operation: Operation[Any]) -> None:
        self._client = client.undecoded()
        self._operation = operation

    async def rows(self, account: str, ids: Sequence[str], query: Mapping[str, Any]) -> Rows:  # noqa: ARG002
        """The rows of some ids of an account; `query` holds the ids as well."""
        return await self._ask(self._operation, self._rows, ad_account_id=account, **query), 1

    def row_type(self, query: Mapping[str, Any]) -> type[Row] | None:
        """The struct of rows, where an answer is a list of them; columns learnt since included."""
        answer = answer_type(self._operation, query)
        items = get_args(answer)
        return items[0] if get_origin(answer) is list and is_row(items[0]) else None

    def _rows(self, answer: Any) -> Sequence[Any]:
        return _list(answer, "the answer")

    async def _ask(
        self,
        operation: Operation[Any],
        read: Callable[[Any], Sequence[Any]],
        *path: str,
        **query: Any,
    ) -> Unread:
        """The rows that `read` finds in an answer.

        Reading raises `UnusableAnswerError` where it has no place for rows.
        """
        response = await self._client.send(method(self._client, operation), *path, **query)

        def rows() -> Sequence[Any]:
            # Decoded leniently, null is an empty list; here it means that rows are missing.
            return read(response.data()) or read(_as_sent(response.raw))

        return Unread(rows, response.raw if operation.row_columns else b"")


class TargetingEndpoint(AdsEndpoint):
    """An endpoint whose answers are broken down by targeting types."""

    def _rows(self, answer: Any) -> Sequence[Any]:
        """The rows of an answer: the metrics, and what they are broken down by."""
        return [
            {
                **_fields(field(item, "metrics")),
                **{name: field(item, name.lower()) for name in TARGETING_COLUMNS},
            }
            for item in _list(field(answer, "data"), "`data` of the answer")
        ]


class OrganicEndpoint(AdsEndpoint):
    """The endpoint of a user's own figures, or of those of the user's Pins."""

    _one_by_one = False

    async def rows(self, account: str, ids: Sequence[str], query: Mapping[str, Any]) -> Rows:
        """The days of the user, or of some Pins: each alone where the app may do no more."""
        if account != ME:
            query = {**query, "ad_account_id": account}
        if not ids:
            return await self._ask(self._operation, _days, **query), 1
        calls = 0
        if not self._one_by_one:
            calls = 1
            try:
                return await self._ask(self._operation, _days_of_pins, **query), calls
            except PermissionDeniedError:
                # Permission for many Pins at a time is granted to single apps only.
                self._one_by_one = True
        common = {name: value for name, value in query.items() if name != "pin_ids"}
        each: list[Unread] = []
        for pin in ids:
            days = partial(_days, pin=pin)
            each.append(await self._ask(Namespaces.pins.analytics.operation, days, pin, **common))
        return Unread(lambda: [row for one in each for row in one.read()]), calls + len(ids)


def method(client: Pinterest, operation: Operation[Any]) -> Any:
    """The client's method for an operation."""
    return getattr(getattr(client, operation.namespace), operation.name)


def field(thing: Any, name: str) -> Any:
    """A field of an answer, also where the answer did not fit its struct and was kept as sent."""
    if isinstance(thing, dict):
        return thing.get(name)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    value = getattr(thing, name, None)
    return None if value is msgspec.UNSET else value  # another row of the answer has the field


def field_of_all(things: Sequence[Any], name: str) -> list[Any]:
    """A field of several things, in their order."""
    try:
        return list(map(attrgetter(name), things))
    except AttributeError:  # one did not fit its struct and was kept as it was sent
        return [field(one, name) for one in things]


def texts(things: Sequence[Any], name: str) -> list[str]:
    """A field of all that have it, as text."""
    values = field_of_all(things, name)
    if {*map(type, values)} == {str}:
        return [*filter(None, values)]
    return [str(value) for value in values if value]


def _days_of_pins(answer: Any) -> list[Any]:
    """Rows of an organic answer about several Pins."""
    return [row for pin in _object(answer) for row in _days(answer[pin], pin)]


def _days(answer: Any, pin: str | None = None) -> list[Any]:
    """Rows of an organic answer: one for each day."""
    days = field(_object(answer).get("all"), "daily_metrics")
    constants = {} if pin is None else {"PIN_ID": pin}
    return [
        {
            **_fields(field(day, "metrics")),
            "DATE": field(day, "date"),
            DATA_STATUS: field(day, "data_status"),
            **constants,
        }
        for day in (() if days is None else _list(days, "`daily_metrics` of the answer"))
    ]


def _as_sent(raw: bytes) -> Any:
    try:
        return msgspec.json.decode(raw)
    except (ValueError, RecursionError):
        return None


def _object(value: Any) -> Mapping[Any, Any]:
    if not is_mapping(value):
        raise _unusable("the answer", "object", value)
    return value


def _list(value: Any, place: str) -> Sequence[Any]:
    if not is_items(value):
        raise _unusable(place, "list", value)
    return value


def _fields(value: Any) -> Mapping[str, Any]:
    """What an object holds; nothing where there is none."""
    return value if is_mapping(value) else {}


def _unusable(place: str, expected: str, found: Any) -> UnusableAnswerError:
    kind = "null" if found is None else type(found).__name__
    return UnusableAnswerError(f"{place} is no {expected} but {kind}")
