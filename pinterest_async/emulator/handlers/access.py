"""Who may use which ad account, and how its rows are found, filtered and added."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from pinterest_async.emulator.contract.calls import ApiCall, RejectedError
from pinterest_async.emulator.handlers.handler import Handler
from pinterest_async.emulator.model.businesses import permissions_through_groups
from pinterest_async.emulator.model.world import Fields, World


def has_access(world: World, row: Fields, user: str) -> bool:
    """Whether a user may use an ad account, directly or through an asset group."""
    direct = row["owner"]["id"] == user or user in row["members"]
    return direct or row["id"] in permissions_through_groups(world, user)


def account(world: World, call: ApiCall) -> Fields:
    """The ad account in the path.

    Raises:
        RejectedError: 403 where it does not exist or the user may not use it, which the API does
            not tell apart.
    """
    row = world.table("ad_accounts").find(call.path["ad_account_id"])
    if row is None or not has_access(world, row, call.user):
        raise RejectedError(403, 29, "You are not permitted to access that resource.")
    return row


def for_account_owner(handler: Handler) -> Handler:
    """Make a handler act for the owner of the ad account that the query names, if it names one."""

    def handle(world: World, call: ApiCall) -> Any:
        id = call.query.get("ad_account_id")
        if id is not None:
            path = {**call.path, "ad_account_id": id}
            owner = account(world, msgspec.structs.replace(call, path=path))["owner"]["id"]
            call = msgspec.structs.replace(call, user=owner)
        return handler(world, call)

    return handle


def rows_of_account(world: World, call: ApiCall, table: str) -> list[Fields]:
    """The rows of a table that belong to the ad account in the path."""
    return world.table(table).by("ad_account_id", account(world, call)["id"])


def row_of_path(world: World, call: ApiCall, table: str, parameter: str, title: str) -> Fields:
    """The row that a path parameter names, in the ad account in the path.

    Raises:
        RejectedError: 403 for the ad account, 404 for the row.
    """
    owner = account(world, call)
    unknown = RejectedError(404, 404, f"{title} not found: {call.path[parameter]}.")
    return world.table(table).get(call.path[parameter], unknown, ad_account_id=owner["id"])


def row_of_account(world: World, table: str, id: Any, owner: Fields, title: str) -> Fields:
    """The row that a body names, in one ad account. Ids may begin with the old letters.

    Raises:
        RejectedError: 404 for an id that this ad account does not have.
    """
    unknown = RejectedError(404, 404, f"{title} not found: {id}.")
    return world.table(table).get(str(id).lstrip("AGC"), unknown, ad_account_id=owner["id"])


def add_row(world: World, table: str, owner: Fields, *parts: Mapping[str, Any]) -> Fields:
    """Add a row for an ad account, made of these parts; later parts replace earlier ones."""
    return world.table(table).create(*parts, {"ad_account_id": owner["id"]})


def timestamp(call: ApiCall) -> int:
    """The time of a call as the API writes it: Unix time in seconds."""
    return int(call.now.timestamp())


def milliseconds(call: ApiCall) -> int:
    """The time of a call as the API writes it where businesses work together."""
    return int(call.now.timestamp() * 1000)


def filtered(rows: Iterable[Fields], filters: Mapping[str, Sequence[str] | None]) -> list[Fields]:
    """The rows whose fields have one of the values that the filters name; None is no filter."""
    wanted = [(field, frozenset(values)) for field, values in filters.items() if values is not None]
    return [row for row in rows if all(row.get(field) in values for field, values in wanted)]


def require(item: Fields, *names: str) -> None:
    """Check that an item has these fields.

    Raises:
        RejectedError: 400 for the first one that it lacks.
    """
    for name in names:
        if item.get(name) is None:
            raise RejectedError(400, 1, f"{name}: is required, and missing")


def answer_beside_errors(
    name: str, items: Sequence[Fields], handle: Callable[[Fields], Any]
) -> dict[str, list[Any]]:
    """Answer a bulk write with what was written, by this name, and the errors of the others."""
    written: list[Any] = []
    errors: list[Fields] = []
    for item in items:
        try:
            written.append(handle(item))
        except RejectedError as error:
            errors.append({**error.extra, "error_messages": [error.message]})
    return {name: written, "errors": errors}


def answer_each(
    items: Sequence[Fields],
    handle: Callable[[Fields], Any],
    *,
    many_errors: bool = True,
    code: str = "code",
) -> dict[str, list[Any]]:
    """Answer a bulk write item by item: an item that is rejected does not stop the others.

    It has a list of exceptions, or without `many_errors` the one object that ads have. `code` names
    the field of the code.
    """
    answers: list[Any] = []
    for item in items:
        try:
            answers.append({"data": handle(item)})
        except RejectedError as error:
            body = {"message": error.message, code: error.code}
            answers.append({"exceptions": [body] if many_errors else body})
    return {"items": answers}
