"""Webhooks for the leads of lead forms."""

import base64
from typing import Any, Final

from pinterest_async.emulator.contract.calls import ApiCall
from pinterest_async.emulator.handlers.access import account, add_row, timestamp
from pinterest_async.emulator.handlers.handler import Handlers
from pinterest_async.emulator.model.pseudorandom import mix
from pinterest_async.emulator.model.world import World


def _create(world: World, call: ApiCall) -> Any:
    state = {
        "lead_form_id": call.body.get("lead_form_id"),
        "webhook_url": call.body["webhook_url"],
        "user_account_id": call.user,
        "api_version": "v5",
        "cryptographic_algorithm": "AES-256-GCM",
        "created_time": timestamp(call) * 1000,
    }
    row = add_row(world, "lead_subscriptions", account(world, call), state)
    numbers = (mix(world.seed, 16, int(row["id"]), part) for part in range(4))
    key = b"".join(number.to_bytes(8, "big") for number in numbers)
    row["cryptographic_key"] = base64.b64encode(key).decode().rstrip("=")
    return row


HANDLERS: Final[Handlers] = {"ad_accounts_subscriptions/post": _create}
