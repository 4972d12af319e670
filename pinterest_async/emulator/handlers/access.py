"""Who may see which ad account, and the refusals that all ads handlers share."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

from pinterest_async.emulator.contract.calls import Call, Handler, Refusal
from pinterest_async.emulator.model.businesses import through_groups
from pinterest_async.emulator.model.world import Row, World, page


def visible(world: World, row: Row, user: str) -> bool:
    """Whether a user has access to an ad account, be it as one of an asset group."""
    direct = row["owner"]["id"] == user or user in row["members"]
    return direct or row["id"] in through_groups(world, user)


def account(world: World, call: Call) -> Row:
    """The ad account in the path.

    Raises:
        Refusal: 403 where it does not exist or is nobody's concern, which the API does not tell
            apart.
    """
    row = world.table("ad_accounts").find(call.path["ad_account_id"])
    if row is None or not visible(world, row, call.user):
        raise Refusal(403, 29, "You are not permitted to access that resource.")
    return row


def on_behalf(handler: Handler) -> Handler:
    """Lets those who have access to an ad account act as its owner, by naming it in the query."""

    def acting(world: World, call: Call) -> Any:
        id = call.query.get("ad_account_id")
        if id is not None:
            path = {**call.path, "ad_account_id": id}
            owner = account(world, msgspec.structs.replace(call, path=path))["owner"]["id"]
            call = msgspec.structs.replace(call, user=owner)
        return handler(world, call)

    return acting


def mine(world: World, call: Call, table: str) -> list[Row]:
    """The rows of a table that belong to the ad account in the path."""
    return world.table(table).by("ad_account_id", account(world, call)["id"])


def one(world: World, call: Call, table: str, parameter: str, title: str) -> Row:
    """The row that a path parameter names, within the ad account in the path.

    Raises:
        Refusal: 403 for the ad account, 404 for the row.
    """
    owner = account(world, call)
    row = world.table(table).find(call.path[parameter])
    if row is None or row["ad_account_id"] != owner["id"]:
        raise Refusal(404, 404, f"{title} not found: {call.path[parameter]}.")
    return row


def owned(world: World, table: str, id: Any, owner: Row, title: str) -> Row:
    """The row that a body names, within one ad account. Ids may have the old letters in front.

    Raises:
        Refusal: 404 for an id that this ad account does not know.
    """
    row = world.table(table).find(str(id).lstrip("AGC"))
    if row is None or row["ad_account_id"] != owner["id"]:
        raise Refusal(404, 404, f"{title} not found: {id}.")
    return row


def new(world: World, table: str, owner: Row, *parts: Row) -> Row:
    """Keep a row made of these parts, a later one before an earlier, for an ad account."""
    row: Row = {}
    for part in parts:
        row |= part
    row |= {"id": world.table(table).new_id(), "ad_account_id": owner["id"]}
    return world.table(table).add(row)


def lister(table: str) -> Handler:
    """Lists all rows of a table that belong to the ad account in the path."""
    return lambda world, call: page(call, mine(world, call, table))


def getter(table: str, parameter: str, title: str) -> Handler:
    """Answers the row that a path parameter names."""
    return lambda world, call: one(world, call, table, parameter, title)


def stamp(call: Call) -> int:
    """The moment of a call as the API writes it: Unix time in seconds."""
    return int(call.now.timestamp())


def filtered(rows: Iterable[Row], filters: Mapping[str, Sequence[str] | None]) -> list[Row]:
    """The rows whose fields have one of the values asked for; None asks for nothing."""
    wanted = [(field, frozenset(values)) for field, values in filters.items() if values is not None]
    return [row for row in rows if all(row.get(field) in values for field, values in wanted)]


def each(
    items: Sequence[Row], do: Callable[[Row], Any], *, listed: bool = True
) -> dict[str, list[Any]]:
    """Answer a bulk write item by item: a refused item does not stop the others.

    Exceptions are a list, or where not `listed` the one object that the description has for ads.
    """
    answers: list[Any] = []
    for item in items:
        try:
            answers.append({"data": do(item)})
        except Refusal as refusal:
            said = {"code": refusal.code, "message": refusal.message}
            answers.append({"exceptions": [said] if listed else said})
    return {"items": answers}


_BELOW: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "campaigns": ("campaign_id", ("ad_groups",)),
    "ad_groups": ("ad_group_id", ("ads", "product_group_promotions")),
}
"""What lies below the rows of a table: by which field it knows them, and in which tables it is."""


def archive_below(world: World, table: str, id: str, now: int) -> None:
    """Archive everything below an archived row."""
    field, tables = _BELOW.get(table, ("", ()))
    for name in tables:
        for row in world.table(name).by(field, id):
            if row["status"] != "ARCHIVED":
                row.update(status="ARCHIVED", updated_time=now)
            archive_below(world, name, row["id"], now)


def merged(row: Row, changes: Row, now: int, fixed: Iterable[str] = ()) -> None:
    """Take over what was sent; ids and parents stay."""
    keep = {"id", "ad_account_id", *fixed}
    row.update({key: value for key, value in changes.items() if key not in keep})
    row["updated_time"] = now
