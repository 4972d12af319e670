"""Promotions: created and updated in bulk, with answers of their own shape."""

from typing import Any, Final

from pinterest_async.emulator.contract.calls import ApiCall
from pinterest_async.emulator.handlers.access import account, add_row, answer_each, row_of_account
from pinterest_async.emulator.handlers.handler import Handlers
from pinterest_async.emulator.model.world import Fields, World


def _create(world: World, call: ApiCall) -> Any:
    owner = account(world, call)
    defaults = {"platform_type": "DEFAULT", "discount_status": "ACTIVE", "status": "ACTIVE"}

    def create(item: Fields) -> Fields:
        row = add_row(world, "promotions", owner, defaults, item)
        row.setdefault("promotion_custom_id", row["id"])
        return row

    return _renamed(answer_each(call.body, create))


def _update(world: World, call: ApiCall) -> Any:
    owner = account(world, call)

    def update(item: Fields) -> Fields:
        row = row_of_account(world, "promotions", item["id"], owner, "Promotion")
        row.update({**item, "id": row["id"]})
        return row

    return _renamed(answer_each(call.body, update))


def _renamed(answer: Fields) -> Fields:
    """The answer to a bulk write under the names that promotions have for its parts."""
    return {
        "promotions": [
            {"exception": one["exceptions"][0]} if "exceptions" in one else one
            for one in answer["items"]
        ]
    }


HANDLERS: Final[Handlers] = {"promotions/create": _create, "promotions/update": _update}
