"""Ads credits: a code is redeemed once, and the discounts of an ad account list what it gave."""

from typing import Any, Final

from pinterest_async.emulator.contract.calls import ApiCall
from pinterest_async.emulator.handlers.access import account, add_row, rows_of_account
from pinterest_async.emulator.handlers.handler import Handlers
from pinterest_async.emulator.model.pseudorandom import text_number
from pinterest_async.emulator.model.world import Fields, World, page, without

_TABLE: Final = "discounts"
_EMPTY, _REDEEMED = 1, 2
"""Codes of refusals: the emulator's own, Pinterest publishes none."""


def _redeem(world: World, call: ApiCall) -> Any:
    owner, code = account(world, call), call.body["offerCodeHash"]
    if not code:
        return _answer(_EMPTY, "offerCodeHash: is empty")
    if world.table(_TABLE).where(code=code):
        return _answer(_REDEEMED, "offerCodeHash: was redeemed before")
    if not call.body["validateOnly"]:
        credit = (10 + text_number(code) % 90) * 1_000_000
        discount: Fields = {
            "code": code,
            "active": True,
            "advertiser_id": owner["id"],
            "discountType": "MARKETING_OFFER_CREDIT",
            "discountCurrency": owner["currency"],
            "discountInMicroCurrency": credit,
            "remainingDiscountInMicroCurrency": credit,
            "title": "Ads credit",
        }
        add_row(world, _TABLE, owner, discount)
    return _answer(None, None)


def _answer(code: int | None, message: str | None) -> Fields:
    return {"success": code is None, "errorCode": code, "errorMessage": message}


def _list(world: World, call: ApiCall) -> Any:
    rows = rows_of_account(world, call, _TABLE)
    return page(call, rows, lambda row: without(row, "id", "ad_account_id", "code"))


HANDLERS: Final[Handlers] = {
    "ads_credit/redeem": _redeem,
    "ads_credits_discounts/get": _list,
}
