"""Insertion orders and the order lines that they make: created, edited, and found again."""

import datetime as dt
from typing import Any, Final

from pinterest_async.emulator.contract.calls import ApiCall, RejectedError
from pinterest_async.emulator.handlers import access
from pinterest_async.emulator.handlers.handler import Handlers
from pinterest_async.emulator.model.world import Fields, World, page

_LINES: Final = "order_lines"
_OWN_IDS: Final = ("ads_manager_order_line_id", "salesforce_order_line_id")
_NAMES: Final = (
    *("pin_order_id", "order_name", "po_number", "start_date", "end_date", "budget_amount"),
    *("estimated_monthly_spend", "currency_info", "accepted_terms_id", "agency_link"),
    *("billing_contact_email", "billing_contact_firstname", "billing_contact_lastname"),
    *("media_contact_email", "media_contact_firstname", "media_contact_lastname", *_OWN_IDS),
)


def _create(world: World, call: ApiCall) -> Any:
    owner = access.account(world, call)
    order = world.table("insertion_orders").new_id()
    row = access.add_row(world, _LINES, owner, call.body, {"pin_order_id": order}, _now(call))
    row["created"] = row["changed"]
    row["ads_manager_order_line_id"] = row["id"]
    row["salesforce_order_line_id"] = f"sf-{row['id']}"
    return {"pin_order_id": order}


def _now(call: ApiCall) -> Fields:
    return {"changed": access.timestamp(call)}


def _edit(world: World, call: ApiCall) -> Any:
    """Change the order line that one of its ids names."""
    body = call.body
    wanted = {name: body[name] for name in _OWN_IDS if body.get(name)}
    rows = access.rows_of_account(world, call, _LINES)
    found = [row for row in rows if any(row[name] == id for name, id in wanted.items())]
    if not found:
        raise RejectedError(404, 404, f"{', '.join(_OWN_IDS)}: name no order line of the account")
    row = found[0]
    row.update({name: one for name, one in body.items() if name not in _OWN_IDS}, **_now(call))
    return {"pin_order_id": row["pin_order_id"]}


def _status(row: Fields) -> Fields:
    created = dt.datetime.fromtimestamp(row["created"], dt.UTC)
    return {
        "pin_order_id": row["pin_order_id"],
        "creation_time": f"{created:%Y-%m-%dT%H:%M:%SZ}",
        "status": "ACTIVE",
    }


def _statuses(world: World, call: ApiCall) -> Any:
    return page(call, access.rows_of_account(world, call, _LINES), _status)


def _one_status(world: World, call: ApiCall) -> Any:
    wanted = call.path["pin_order_id"]
    rows = access.rows_of_account(world, call, _LINES)
    found = [row for row in rows if row["pin_order_id"] == wanted]
    if not found:
        raise RejectedError(404, 404, f"Insertion order not found: {wanted}.")
    return _status(found[0])


def _lines_of_orders(world: World, call: ApiCall) -> Any:
    rows = access.rows_of_account(world, call, _LINES)
    order = call.query.get("pin_order_id")
    return page(call, [row for row in rows if order in (None, row["pin_order_id"])], _in_order)


def _in_order(row: Fields) -> Fields:
    return {
        **{name: row.get(name) for name in _NAMES},
        "bill_to_company_name": row.get("billto_company_id"),
        "pmp_name": row.get("pmp_id"),
        "accepted_terms_time": _moment(row.get("accepted_terms_time")),
        "last_modified_date_time": _moment(row["changed"]),
    }


def _moment(seconds: int | None) -> str | None:
    if seconds is None:
        return None
    return f"{dt.datetime.fromtimestamp(seconds, dt.UTC):%Y-%m-%dT%H:%M:%S.000Z}"


# Order lines, as campaigns know them


def _list(world: World, call: ApiCall) -> Any:
    rows = access.rows_of_account(world, call, _LINES)
    return page(call, rows, lambda row: _line(world, row))


def _get(world: World, call: ApiCall) -> Any:
    return _line(world, access.row_of_path(world, call, _LINES, "order_line_id", "Order line"))


def _line(world: World, row: Fields) -> Fields:
    """An order line, with the campaigns that are billed to it."""
    campaigns = world.table("campaigns").by("ad_account_id", row["ad_account_id"])
    budget = row.get("budget_amount")
    return {
        "id": row["id"],
        "ad_account_id": row["ad_account_id"],
        "type": "orderline",
        "name": row.get("order_name"),
        "status": "ACTIVE",
        "paid_type": "PAID",
        "budget": budget,
        "paid_budget": budget,
        "purchase_order_id": row.get("po_number"),
        "start_time": _day(row.get("start_date")) or row["created"],
        "end_time": _day(row.get("end_date")),
        "campaign_ids": [one["id"] for one in campaigns if one.get("order_line_id") == row["id"]],
    }


def _day(text: str | None) -> int | None:
    """The beginning of a day in UTC, in seconds since 1970."""
    if text is None:
        return None
    return int(dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC).timestamp())


HANDLERS: Final[Handlers] = {
    "ssio_insertion_order/create": _create,
    "ssio_insertion_order/edit": _edit,
    "ssio_insertion_orders_status/get_by_ad_account": _statuses,
    "ssio_insertion_orders_status/get_by_pin_order_id": _one_status,
    "ssio_order_lines/get_by_ad_account": _lines_of_orders,
    "order_lines/list": _list,
    "order_lines/get": _get,
}
