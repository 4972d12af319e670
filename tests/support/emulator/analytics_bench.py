"""Calls handlers without HTTP."""

import datetime as dt
from typing import Any

import msgspec

from pinterest_async.emulator.contract.calls import ApiCall, Reply
from pinterest_async.emulator.handlers import HANDLERS
from pinterest_async.emulator.model.seeding import seed_world
from pinterest_async.emulator.model.world import World

NOW = dt.datetime(2026, 6, 9, 12, tzinfo=dt.UTC)
USER = "549755885175"
ALL = ["ACTIVE", "PAUSED", "ARCHIVED"]
COUNTS = ["SPEND_IN_MICRO_DOLLAR", "IMPRESSION_1", "TOTAL_ENGAGEMENT", "TOTAL_CHECKOUT"]


class Desk:
    """A world, and its handlers as they are called for its owner."""

    def __init__(self, *, seed: int = 7, accounts: int = 3, ads: int = 12) -> None:
        self.world = World(seed)
        self.now = NOW
        seed_world(self.world, accounts=accounts, user=USER, now=NOW, ads=ads)
        self.account = next(iter(self.world.table("ad_accounts")))["id"]
        self.pin = next(pin["id"] for pin in self.world.table("pins") if pin["user"] == USER)

    def call(self, operation: str, body: Any = None, /, user: str = USER, **values: Any) -> Any:
        """The answer's body. Values go into the query, ids into the path as well."""
        path = {"ad_account_id": self.account}
        path |= {key: value for key, value in values.items() if key.endswith("_id")}
        call = ApiCall(
            operation=operation, path=path, query=values, body=body, user=user, now=self.now
        )
        said = HANDLERS[operation](self.world, call)
        if isinstance(said, Reply):
            said = said.body
        return msgspec.json.decode(said) if isinstance(said, bytes) else said

    def ids(self, table: str) -> list[str]:
        return [row["id"] for row in self.world.table(table).by("ad_account_id", self.account)]

    def analytics(self, operation: str, days: int = 30, **values: Any) -> Any:
        end = self.now.date() - dt.timedelta(days=1)
        question: dict[str, Any] = {
            "columns": COUNTS,
            "granularity": "DAY",
            "start_date": str(end - dt.timedelta(days=days - 1)),
            "end_date": str(end),
        }
        return self.call(operation, **{**question, **values})
