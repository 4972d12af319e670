"""Send yesterday's orders as conversion events, and see which were not taken."""

import hashlib
import time
from typing import NamedTuple

from pinterest_async import Pinterest
from pinterest_async.types import ConversionEvent


class Order(NamedTuple):
    number: str
    email: str
    total: float
    currency: str


ORDERS = [Order("A-1", "ann@shop.example", 19.9, "USD"), Order("A-2", "bob@shop.example", 5, "USD")]


async def main(pinterest: Pinterest) -> None:
    account = (await pinterest.ad_accounts.list()).items[0]
    events: list[ConversionEvent] = [
        {
            "event_name": "checkout",
            "action_source": "web",
            "event_time": int(time.time()),
            "event_id": order.number,
            "user_data": {"em": [hashlib.sha256(order.email.encode()).hexdigest()]},
            "custom_data": {
                "currency": order.currency,
                "value": f"{order.total:.2f}",
                "order_id": order.number,
                "num_items": 1,
            },
        }
        for order in ORDERS
    ]
    answer = await pinterest.conversions.send(ad_account_id=account.id, test=True, data=events)
    print(f"{answer.num_events_processed} of {answer.num_events_received} events taken")
    for order, event in zip(ORDERS, answer.events, strict=True):
        if event.status != "processed":
            print(order.number, event.status, event.error_message, event.warning_message)
