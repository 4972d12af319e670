"""Who may see which ad account, and the refusals that all ads handlers share."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from pinterest_async.emulator.call import Call, Refusal
from pinterest_async.emulator.world import Row, World


def visible(row: Row, user: str) -> bool:
    """Whether a user has access to an ad account."""
    return row["owner"]["id"] == user or user in row["members"]


def account(world: World, call: Call) -> Row:
    """The ad account in the path.

    Raises:
        Refusal: 403 where it does not exist or is nobody's concern, which the API does not tell
            apart.
    """
    row = world.table("ad_accounts").find(call.path["ad_account_id"])
    if row is None or not visible(row, call.user):
        raise Refusal(403, 29, "You are not permitted to access that resource.")
    return row


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


def archive(world: World, table: str, field: str, parent: str, now: int) -> None:
    """Archive everything below an archived parent."""
    for row in world.table(table).by(field, parent):
        if row["status"] != "ARCHIVED":
            row.update(status="ARCHIVED", updated_time=now)
        if table == "ad_groups":
            archive(world, "ads", "ad_group_id", row["id"], now)


def merged(row: Row, changes: Row, now: int, fixed: Iterable[str] = ()) -> None:
    """Take over what was sent; ids and parents stay."""
    keep = {"id", "ad_account_id", *fixed}
    row.update({key: value for key, value in changes.items() if key not in keep})
    row["updated_time"] = now
