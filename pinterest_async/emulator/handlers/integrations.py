"""What a shop system stores about its connection with Pinterest, by its own business id."""

from typing import Any, Final

from pinterest_async.emulator.contract.calls import ApiCall, RejectedError
from pinterest_async.emulator.handlers.access import timestamp
from pinterest_async.emulator.handlers.handler import Handlers
from pinterest_async.emulator.model.world import Fields, World, page

INTEGRATIONS: Final = "integrations"

_TEXTS: Final = (
    *("external_business_id", "connected_merchant_id", "connected_advertiser_id"),
    *("connected_lba_id", "connected_tag_id", "partner_metadata", "additional_id_1", "scopes"),
)
_TIMES: Final = ("partner_access_token_expiry", "partner_refresh_token_expiry")
_SECRETS: Final = ("partner_access_token", "partner_refresh_token", "partner_primary_email")

_UNKNOWN: Final = RejectedError(404, 4180, "There is no such integration.")
_NOT_OWNED: Final = RejectedError(409, 4182, "This integration is somebody else's.")
_NO_RECORD: Final = RejectedError(404, 4517, "There is no such integration.")


def _post(world: World, call: ApiCall) -> Any:
    """Connect a business; a second time for the same business replaces what was stored."""
    name = call.body.get("external_business_id")
    if not name:
        raise RejectedError(400, 1, "Field `external_business_id`: pass the shop system's own id.")
    row = _found(world, call, name)
    if row is None:
        new = {"user": call.user, "external_business_id": name, "created": timestamp(call)}
        row = world.table(INTEGRATIONS).create(new)
    return _metadata(_update(row, call))


def _get(world: World, call: ApiCall) -> Any:
    return _metadata(_known(world, call))


def _patch(world: World, call: ApiCall) -> Any:
    return _metadata(_update(_known(world, call), call))


def _delete(world: World, call: ApiCall) -> None:
    world.table(INTEGRATIONS).remove(_known(world, call)["id"])


def _list(world: World, call: ApiCall) -> Any:
    return page(call, world.table(INTEGRATIONS).where(user=call.user), _record)


def _get_record(world: World, call: ApiCall) -> Any:
    table = world.table(INTEGRATIONS)
    return _record(table.get(call.path["id"], _NO_RECORD, user=call.user))


def _found(world: World, call: ApiCall, name: str) -> Fields | None:
    """The integration of this name; one of another user is an error."""
    rows = world.table(INTEGRATIONS).where(external_business_id=name)
    if rows and rows[0]["user"] != call.user:
        raise _NOT_OWNED
    return rows[0] if rows else None


def _known(world: World, call: ApiCall) -> Fields:
    row = _found(world, call, call.path["external_business_id"])
    if row is None:
        raise _UNKNOWN
    return row


def _update(row: Fields, call: ApiCall) -> Fields:
    """Store the fields of the body; the name does not change."""
    sent = {name: call.body[name] for name in (*_TEXTS, *_TIMES, *_SECRETS) if name in call.body}
    row.update(sent, external_business_id=row["external_business_id"], updated=timestamp(call))
    return row


def _metadata(row: Fields) -> Fields:
    """As /integrations/commerce answers: "" and 0 for what is absent, and no secrets."""
    return {
        "id": row["id"],
        **{name: row.get(name, "") for name in _TEXTS},
        **{name: row.get(name, 0) for name in _TIMES},
        "connected_user_id": row["user"],
        "created_timestamp": row["created"],
        "updated_timestamp": row["updated"],
    }


def _record(row: Fields) -> Fields:
    """As /integrations answers: null for what is absent."""
    return {
        "id": row["id"],
        **{name: row.get(name) for name in (*_TEXTS, *_TIMES, *_SECRETS)},
        "connected_user_id": row["user"],
        "created_time": row["created"],
        "updated_time": row["updated"],
    }


HANDLERS: Final[Handlers] = {
    "integrations/get_list": _list,
    "integrations/get_by_id": _get_record,
    "integrations_commerce/post": _post,
    "integrations_commerce/get": _get,
    "integrations_commerce/patch": _patch,
    "integrations_commerce/del": _delete,
}
