"""How the figures of a level are requested, and which rows its answers hold."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

from pinterest_async._core.operation import Operation
from pinterest_async.client import Pinterest
from pinterest_async.errors import PermissionDeniedError

ME: Final = "me"
"""Stands in an account's place for the user of the token, whose organic figures need no account."""
TARGETING_COLUMNS: Final = ("TARGETING_TYPE", "TARGETING_VALUE")
DATA_STATUS: Final = "DATA_STATUS"
"""Extra column of organic rows: whether the figures of the day are final."""

Rows: TypeAlias = tuple[Sequence[Any], int]
"""Rows, and the number of calls that they took."""


class AdsEndpoint:
    """An endpoint that answers with rows, for one ad account."""

    def __init__(self, client: Pinterest, operation: Operation[Any]) -> None:
        self._client = client
        self._operation = operation

    async def rows(self, account: str, ids: Sequence[str], query: Mapping[str, Any]) -> Rows:  # noqa: ARG002
        """The rows of some ids of an account; `query` holds the ids as well."""
        return await method(self._client, self._operation)(ad_account_id=account, **query), 1


class TargetingEndpoint(AdsEndpoint):
    """An endpoint whose answers are broken down by targeting types."""

    async def rows(self, account: str, ids: Sequence[str], query: Mapping[str, Any]) -> Rows:
        """The rows of some ids: the metrics, and what they are broken down by."""
        answer, calls = await super().rows(account, ids, query)
        return [
            {
                **(field(item, "metrics") or {}),
                **{name: field(item, name.lower()) for name in TARGETING_COLUMNS},
            }
            for item in field(answer, "data")
        ], calls


class OrganicEndpoint(AdsEndpoint):
    """The endpoint of a user's own figures, or of those of the user's Pins."""

    _one_by_one = False

    async def rows(self, account: str, ids: Sequence[str], query: Mapping[str, Any]) -> Rows:
        """The days of the user, or of some Pins: each alone where the app may do no more."""
        if account != ME:
            query = {**query, "ad_account_id": account}
        call = method(self._client, self._operation)
        if not ids:
            return list(_days(await call(**query), {})), 1
        calls, answers = 0, {}
        if not self._one_by_one:
            calls = 1
            try:
                answers = await call(**query)
            except PermissionDeniedError:
                # Permission for many Pins at a time is granted to single apps only.
                self._one_by_one = True
        if self._one_by_one:
            calls += len(ids)
            common = {name: value for name, value in query.items() if name != "pin_ids"}
            answers = {pin: await self._client.pins.analytics(pin, **common) for pin in ids}
        return [row for pin in answers for row in _days(answers[pin], {"PIN_ID": pin})], calls


def method(client: Pinterest, operation: Operation[Any]) -> Any:
    """The client's method for an operation."""
    return getattr(getattr(client, operation.namespace), operation.name)


def field(thing: Any, name: str) -> Any:
    """A field of an answer, also where the answer did not fit its struct and was kept as sent."""
    if isinstance(thing, dict):
        return thing.get(name)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    return getattr(thing, name, None)


def _days(answer: Mapping[str, Any], constants: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Rows of an organic answer: one for each day."""
    for day in field(answer.get("all"), "daily_metrics") or ():
        yield {
            **constants,
            "DATE": field(day, "date"),
            DATA_STATUS: field(day, "data_status"),
            **(field(day, "metrics") or {}),
        }
