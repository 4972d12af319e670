"""Trends, audience insights, targeting options and keyword metrics answer what was asked."""

import datetime as dt
import math
from typing import Any

import pytest
from emulator.bench import Caller

from pinterest_async.emulator.model.tokens import utc

WEEKS = "include_prediction=true&include_demographics=true"


async def got(call: Caller, target: str) -> Any:
    said = await call("GET", target)
    assert said.status == 200, said.text
    return said.json


async def account(call: Caller) -> str:
    return str((await got(call, "/ad_accounts"))["items"][0]["id"])


async def test_trends_are_numbers_by_week(call: Caller) -> None:
    top = "/trends/keywords/US/top/growing"
    today = utc(call.emulator.now()).date()
    trends = (await got(call, f"{top}?{WEEKS}"))["trends"]
    for trend in trends:
        past, ahead = ([*map(dt.date.fromisoformat, trend[name])] for name in SERIES)
        assert {day.weekday() for day in (*past, *ahead)} == {5}
        assert max(past) < today <= min(ahead)
        for shares in trend["demographics"].values():
            assert math.isclose(sum(shares.values()), 1)
    plain = (await got(call, top))["trends"]
    assert [one["keyword"] for one in plain] == [one["keyword"] for one in trends]
    assert {one["demographics"] for one in plain} == {None}
    assert [one["predicted_time_series"] for one in plain] == [{}] * len(plain)
    assert (await got(call, f"{top}?limit=3"))["trends"] == plain[:3]
    (lamp,) = (await got(call, f"{top}?include_keywords=LAMP"))["trends"]
    assert lamp["keyword"] == "paper lamp"
    assert (await got(call, "/trends/keywords/CA/top/growing"))["trends"] != plain


SERIES = ("time_series", "predicted_time_series")


async def test_topics_are_those_of_the_region(call: Caller) -> None:
    found: dict[str, str] = {}
    for region in ("US", "CA", "GB%2BIE"):
        (topics,) = await got(call, f"/trends/topics/featured?region={region}&interest=ART")
        assert (topics["market"], topics["interest"]) == (region.replace("%2B", "+"), "ART")
        found[region] = str(topics["trends"])
    assert len({*found.values()}) == 3


@pytest.mark.parametrize("kind", ["YOUR_ENGAGED_AUDIENCE", "PINTEREST_TOTAL_AUDIENCE"])
async def test_insights_are_on_the_audience_asked_for(call: Caller, kind: str) -> None:
    of = f"/ad_accounts/{await account(call)}/audience_insights?audience_insight_type="
    said = await got(call, f"{of}{kind}")
    assert said["type"] == kind
    for shares in said["demographics"].values():
        assert math.isclose(sum(one["ratio"] for one in shares), 1)
    assert all(0 <= one["ratio"] <= 1 for one in said["categories"])
    assert said != await got(call, f"{of}YOUR_TOTAL_AUDIENCE")
    stranger = call.emulator.issue_token("806000000000000009")
    assert (await call("GET", f"{of}{kind}", token=stranger)).error == (403, 29)


async def test_targeting_options_are_one_object_of_names(call: Caller) -> None:
    (genders,) = await got(call, "/resources/targeting/GENDER")
    assert genders.keys() == {"female", "male", "unknown"}
    (ages,) = await got(call, "/resources/targeting/AGE_BUCKET")
    assert "25-34" in ages
    (none,) = await got(call, "/resources/targeting/AUDIENCE_INCLUDE")
    assert none == {}


async def test_metrics_are_ready_when_their_day_has_ended(call: Caller) -> None:
    for day, ready in (("2026-06-08", True), ("2026-06-09", False)):
        said = await got(call, f"/resources/metrics_ready_state?date={day}")
        assert {*said.values()} == {ready}


async def test_keyword_metrics_are_volumes_in_words(call: Caller) -> None:
    target = f"/ad_accounts/{await account(call)}/keywords/metrics?country_code=US&keywords="
    data = (await got(call, f"{target}lamp,oak%20shelf,lamp"))["data"]
    assert [one["keyword"] for one in data] == ["lamp", "oak shelf"]
    assert all(isinstance(one["metrics"]["KEYWORD_QUERY_VOLUME"], str) for one in data)


async def test_days_before_a_user_existed_have_no_metrics(call: Caller) -> None:
    target = "/user_account/analytics?start_date=2026-06-01&end_date=2026-06-09"
    old = await got(call, target)
    assert {day["data_status"] for day in old["all"]["daily_metrics"]} == {"READY", "PROCESSING"}
    token = call.emulator.issue_token("806000000000000009")
    new = (await call("GET", target, token=token)).json["all"]
    *before, today = new["daily_metrics"]
    assert {day["data_status"] for day in before} == {"BEFORE_BUSINESS_CREATED"}
    assert [day["metrics"] for day in before] == [{}] * len(before)
    assert today["data_status"] == "PROCESSING"
    past = target.replace("06-09", "06-08")
    assert (await call("GET", past, token=token)).json["all"]["summary_metrics"] == {}
    top = target.replace("analytics?", "analytics/top_pins?sort_by=IMPRESSION&")
    assert (await call("GET", top, token=token)).json["date_availability"] == {}
    latest = (await got(call, top))["date_availability"]["latest_available_timestamp"]
    assert f"{utc(latest / 1000):%Y-%m-%dT%H:%M:%S}" == "2026-06-08T23:59:59"


async def test_a_board_cannot_be_given_a_taken_name(call: Caller) -> None:
    first, second = [(await call("POST", "/boards", json={"name": n})).json for n in ("A", "B")]
    said = await call("PATCH", f"/boards/{second['id']}", json={"name": first["name"]})
    assert said.error == (400, 58)
    assert said.json["message"].startswith("Could not edit board")
