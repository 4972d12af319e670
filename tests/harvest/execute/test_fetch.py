"""Every level's calls and rows, answered by a client that keeps what it is asked."""

import datetime as dt
import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from pinterest_async.errors import PermissionDeniedError
from pinterest_async.harvest import Partition, Plan
from pinterest_async.harvest.plan.series import begin, cut

pytest.importorskip("pyarrow")

from pinterest_async.harvest.execute.fetch import Fetcher

MakePlan = Callable[..., Plan]


class Asked:
    """A client in which only the methods given exist."""

    def __init__(self, **methods: Any) -> None:
        self.queries: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = []
        for place, answer in methods.items():
            namespace, _, name = place.partition("__")
            holder = self.__dict__.setdefault(namespace, SimpleNamespace())
            setattr(holder, name, self._method(place, answer))

    async def send(self, method: Callable[..., Any], *path: Any, **query: Any) -> Any:
        data = await method(*path, **query)
        return SimpleNamespace(data=lambda: data, raw=json.dumps(data, default=str).encode())

    def undecoded(self) -> Any:
        return self

    def _method(self, place: str, answer: Any) -> Any:
        async def method(*path: Any, **query: Any) -> Any:
            self.queries.append((place, path, query))
            if isinstance(answer, Exception):
                raise answer
            return answer(*path, **query) if callable(answer) else answer

        return method


def only(plan: Plan, account: str, ids: tuple[str, ...] = ()) -> Partition:
    (partition,) = cut(begin(plan, None, plan.end), account, ids)
    return partition


async def test_targeting_rows_say_what_they_are_broken_down_by(make_plan: MakePlan) -> None:
    plan = make_plan(level="campaign_targeting", targeting_types=["GENDER"], view_window_days=7)
    day = plan.start.isoformat()
    item = {
        "targeting_type": "GENDER",
        "targeting_value": "female",
        "metrics": {"CAMPAIGN_ID": 7, "DATE": day, "SPEND_IN_MICRO_DOLLAR": 5.0},
    }
    client: Any = Asked(campaigns__targeting_analytics=SimpleNamespace(data=[item]))
    found = await Fetcher(plan, client).fetch(only(plan, "1", ("7",)))
    assert found.table.to_pylist() == [
        {
            "AD_ACCOUNT_ID": "1",
            "CAMPAIGN_ID": "7",
            "DATE": plan.start,
            "TARGETING_TYPE": "GENDER",
            "TARGETING_VALUE": "female",
            "SPEND_IN_MICRO_DOLLAR": 5,
        }
    ]
    ((_, path, query),) = client.queries
    assert path == ()
    assert query["ad_account_id"] == "1"
    assert query["targeting_types"] == ("GENDER",)
    assert query["campaign_ids"] == ("7",)
    assert query["view_window_days"] == 7
    assert "click_window_days" not in query


async def test_promoted_pins_are_asked_about_with_their_campaign(make_plan: MakePlan) -> None:
    plan = make_plan(level="ad_pin")
    row = msgspec.defstruct("Row", ["PIN_ID", "DATE", "SPEND_IN_MICRO_DOLLAR"])
    client: Any = Asked(campaigns__pin_analytics=[row("8", plan.start.isoformat(), 5)])
    found = await Fetcher(plan, client).fetch(only(plan, "1", ("7/8",)))
    assert found.table.to_pylist() == [
        {
            "AD_ACCOUNT_ID": "1",
            "CAMPAIGN_ID": "7",
            "PIN_ID": "8",
            "DATE": plan.start,
            "SPEND_IN_MICRO_DOLLAR": 5,
        }
    ]
    ((_, _, query),) = client.queries
    assert (query["campaign_id"], query["pin_ids"]) == ("7", ("8",))


def organic(plan: Plan, saves: float) -> Any:
    day = SimpleNamespace(
        date=plan.start.isoformat(), data_status="READY", metrics={"SAVE": saves, "SAVE_RATE": 0.5}
    )
    return {"all": SimpleNamespace(daily_metrics=[day])}


async def test_the_users_own_days(make_plan: MakePlan) -> None:
    plan = make_plan(level="user", columns=["SAVE", "SAVE_RATE"])
    client: Any = Asked(user_account__analytics=organic(plan, 3.0))
    found = await Fetcher(plan, client).fetch(only(plan, "me"))
    assert found.table.to_pylist() == [
        {
            "AD_ACCOUNT_ID": None,
            "DATE": plan.start,
            "DATA_STATUS": "READY",
            "SAVE": 3,
            "SAVE_RATE": 0.5,
        }
    ]
    ((_, _, query),) = client.queries
    assert query == {
        "start_date": plan.start,
        "end_date": plan.end,
        "metric_types": ("SAVE", "SAVE_RATE"),
    }


async def test_pins_are_asked_about_a_hundred_at_a_time(make_plan: MakePlan) -> None:
    plan = make_plan(level="pin", columns=["SAVE"], accounts=["1"])
    client: Any = Asked(pins__multi_analytics={"8": organic(plan, 2), "9": organic(plan, 4)})
    found = await Fetcher(plan, client).fetch(only(plan, "1", ("8", "9", "10")))
    assert found.calls == 1
    assert found.table.column("PIN_ID").to_pylist() == ["8", "9"]
    assert found.table.column("SAVE").to_pylist() == [2, 4]
    ((_, _, query),) = client.queries
    assert query["pin_ids"] == ("8", "9", "10")
    assert query["ad_account_id"] == "1"


async def test_an_app_that_may_not_ask_for_many_pins_asks_for_each(make_plan: MakePlan) -> None:
    plan = make_plan(level="pin", columns=["SAVE"])
    client: Any = Asked(
        pins__multi_analytics=PermissionDeniedError("restricted", status=401, code=3),
        pins__analytics=organic(plan, 2),
    )
    fetcher = Fetcher(plan, client)
    found = await fetcher.fetch(only(plan, "me", ("8", "9")))
    assert found.calls == 3
    assert found.table.column("PIN_ID").to_pylist() == ["8", "9"]
    again = await fetcher.fetch(only(plan, "me", ("8",)))
    assert again.calls == 1  # once refused, always refused


async def test_many_columns_are_asked_for_in_several_calls(make_plan: MakePlan) -> None:
    plan = make_plan(columns=["all"])
    ids = tuple(str(10**12 + number) for number in range(250))
    client: Any = Asked(ads__analytics=[])
    found = await Fetcher(plan, client).fetch(only(plan, "1", ids))
    asked = [query["ad_ids"] for _, _, query in client.queries]
    assert len(asked) == found.calls > 1
    assert tuple(id for part in asked for id in part) == ids
    assert found.table.num_rows == 0


def test_a_year_old_day_of_a_level_without_reports_is_refused() -> None:
    day = dt.date(2026, 1, 1)
    plan = Plan(level="ad_pin", start=day, end=day)
    with pytest.raises(ValueError, match="more than 90 days back"):
        plan.check(day + dt.timedelta(days=365))
