"""Reports, bulk jobs, exports and conversions: what is handed out later agrees with what is now."""

import csv
import datetime as dt
import io
from typing import Any

import msgspec
import pytest
from emulator.analytics_bench import ALL, COUNTS, USER, Desk
from emulator.analytics_reports import download, poll
from emulator.analytics_reports import report as reported

from pinterest_async.emulator.contract.calls import RejectedError


@pytest.fixture
def desk() -> Desk:
    desk = Desk()
    desk.world.origin = "http://127.0.0.1:1"
    return desk


def request(**values: Any) -> dict[str, Any]:
    return {
        "level": "PIN_PROMOTION",
        "columns": COUNTS,
        "granularity": "DAY",
        "start_date": "2026-05-10",
        "end_date": "2026-06-08",
        **values,
    }


def report(desk: Desk, **values: Any) -> bytes:
    return reported(desk, request(**values))


def test_a_report_agrees_with_the_answer_at_once(desk: Desk) -> None:
    for granularity in ("DAY", "WEEK", "MONTH", "TOTAL"):
        rows = msgspec.json.decode(report(desk, granularity=granularity))
        now = desk.analytics("ads/analytics", granularity=granularity, ad_ids=desk.ids("ads"))
        assert [row for of_ad in rows.values() for row in of_ad] == now != []
        assert all(row["AD_ID"] == id for id, of_ad in rows.items() for row in of_ad)


def test_report_filters_hold_for_all_below(desk: Desk) -> None:
    campaign = desk.ids("campaigns")[0]
    rows = msgspec.json.decode(report(desk, campaign_ids=[campaign]))
    below = desk.call("ads/list", campaign_ids=[campaign], entity_statuses=ALL, page_size=250)
    assert set(rows) == {ad["id"] for ad in below["items"]}
    paused = msgspec.json.decode(report(desk, ad_statuses=["PAUSED"]) or b"{}")
    assert {desk.call("ads/get", ad_id=id)["status"] for id in paused} <= {"PAUSED"}


def summed(rows: list[Any]) -> dict[str, int]:
    return {column: sum(row[column] for row in rows) for column in COUNTS}


def test_reports_by_keyword_and_by_item_add_up_to_what_is_above(desk: Desk) -> None:
    group = desk.ids("ad_groups")[0]
    words = [{"match_type": "BROAD", "value": word} for word in ("linen", "oak", "lamp")]
    body = {"parent_id": group, "keywords": words}
    ids = [row["id"] for row in desk.call("keywords/create", body)["keywords"]]
    columns = [*COUNTS, "KEYWORD_VALUE"]
    parts = msgspec.json.decode(
        report(desk, level="KEYWORD", ad_group_ids=[group], columns=columns)
    )
    assert [rows[0]["KEYWORD_VALUE"] for rows in parts.values()] == ["linen", "oak", "lamp"]
    assert [*parts] == ids
    assert all(row["KEYWORD_ID"] == id for id, rows in parts.items() for row in rows)
    whole = desk.analytics("ad_groups/analytics", ad_group_ids=[group], granularity="TOTAL")
    rows = [row for of_one in parts.values() for row in of_one]
    assert [summed(rows)] == [summed(whole)] != [dict.fromkeys(COUNTS, 0)]

    desk = Desk(accounts=5, ads=60)
    desk.account = next(iter(desk.world.table("product_group_promotions")))["ad_account_id"]
    products = desk.ids("product_group_promotions")
    parts = msgspec.json.decode(report(desk, level="PRODUCT_ITEM"))
    assert len(parts) == 3 * len(products)
    whole = desk.analytics("product_groups/analytics", product_group_ids=products)
    rows = [row for of_one in parts.values() for row in of_one]
    assert summed(rows) == summed(whole)
    item = next(iter(parts))
    one = msgspec.json.decode(report(desk, level="PRODUCT_ITEM", product_item_ids=[item]))
    assert one == {item: parts[item]}
    columns = [*COUNTS, "AD_ID", "PIN_PROMOTION_STATUS"]
    [of_ads] = msgspec.json.decode(
        report(desk, level="PRODUCT_ITEM", product_item_ids=[item], columns=columns)
    ).values()
    assert summed(of_ads) == summed(parts[item])
    assert "AD_ID" not in of_ads[0]


@pytest.mark.parametrize("field", ["SPEND_IN_DOLLAR", "TOTAL_IMPRESSION"])
def test_reports_are_filtered_by_what_was_delivered_in_all(desk: Desk, field: str) -> None:
    ids = desk.ids("ads")
    totals = desk.analytics("ads/analytics", ad_ids=ids, granularity="TOTAL", columns=[field])
    ranked = sorted(totals, key=lambda row: row[field])
    limit = ranked[len(ranked) // 2][field]
    for operator, expected in (
        ("LESS_THAN", [row["AD_ID"] for row in totals if row[field] < limit]),
        ("GREATER_THAN", [row["AD_ID"] for row in totals if row[field] > limit]),
    ):
        filters = [{"field": field, "operator": operator, "values": [limit]}]
        assert [*msgspec.json.decode(report(desk, metrics_filters=filters))] == expected != []


def test_a_report_in_csv_has_the_same_rows(desk: Desk) -> None:
    text = report(desk, report_format="CSV", level="CAMPAIGN").decode()
    rows = list(csv.DictReader(io.StringIO(text)))
    now = desk.analytics("campaigns/analytics", campaign_ids=desk.ids("campaigns"))
    assert rows == [{name: str(value) for name, value in row.items()} for row in now]


def test_an_empty_report_has_an_empty_body(desk: Desk) -> None:
    assert report(desk, campaign_ids=["1"]) == b""


def test_a_download_ends_after_five_minutes_and_a_report_after_an_hour(desk: Desk) -> None:
    token = desk.call("analytics/create_report", request())["token"]
    url = poll(desk, "analytics/get_report", token=token)["url"]
    with pytest.raises(RejectedError, match="one way"):
        download(desk, url, authorization="Bearer pina_x")
    with pytest.raises(RejectedError, match="signed"):
        download(desk, url.replace("Expires=1", "Expires=2"))
    desk.now += dt.timedelta(seconds=301)
    with pytest.raises(RejectedError, match="expired"):
        download(desk, url)
    again = desk.call("analytics/get_report", token=token)
    assert download(desk, again["url"])
    desk.now += dt.timedelta(hours=1)
    assert desk.call("analytics/get_report", token=token)["report_status"] == "EXPIRED"
    assert desk.call("analytics/get_report", token="1")["report_status"] == "DOES_NOT_EXIST"


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"start_date": "2023-12-01", "end_date": "2023-12-02"}, "last 914 days"),
        ({"start_date": "2025-06-09"}, "at most 186 days"),
        ({"granularity": "HOUR"}, "last 8 days"),
        (
            {
                "level": "CAMPAIGN_TARGETING",
                "targeting_types": ["GENDER"],
                "columns": ["TOTAL_IMPRESSION_USER"],
            },
            "TOTAL_IMPRESSION_USER",
        ),
        ({"start_date": "2026-02-31"}, "start_date"),
        ({"level": "PRODUCT_ITEM", "ad_ids": ["1"]}, "ad_ids"),
        ({"level": "PRODUCT_ITEM_TARGETING", "start_date": "2025-08-01"}, "last 92 days"),
        (
            {"level": "PRODUCT_GROUP_TARGETING", "targeting_types": ["GENDER", "MEDIA_TYPE"]},
            "MEDIA_TYPE is for PRODUCT_ITEM_TARGETING only",
        ),
    ],
)
def test_reports_beyond_the_limits_are_refused(
    desk: Desk, values: dict[str, Any], words: str
) -> None:
    with pytest.raises(RejectedError, match=words):
        desk.call("analytics/create_report", request(**values))


@pytest.mark.parametrize("type", ["GENDER", "AGE_BUCKET_AND_GENDER", "APPTYPE", "AUDIENCE_INCLUDE"])
@pytest.mark.parametrize("granularity", ["DAY", "HOUR", "TOTAL"])
def test_targeting_sums_to_the_whole(desk: Desk, type: str, granularity: str) -> None:
    days = 3 if granularity == "HOUR" else 30
    ways: dict[str, tuple[str, str, Any]] = {
        "ad_account": ("ad_account/analytics", "AD_ACCOUNT_ID", {}),
        "campaign": ("campaigns/analytics", "CAMPAIGN_ID", {"campaign_ids": desk.ids("campaigns")}),
    }
    for name, (operation, id, ids) in ways.items():
        query: dict[str, Any] = {**ids, "granularity": granularity}
        whole = desk.analytics(operation, days, **query)
        query["targeting_types"] = [type]
        split = desk.analytics(f"{name}_targeting_analytics/get", days, **query)["data"]
        sums: dict[Any, dict[str, int]] = {}
        for one in split:
            assert one["targeting_type"] == type
            row = one["metrics"]
            found = sums.setdefault((row[id], row.get("DATE")), dict.fromkeys(COUNTS, 0))
            for column in COUNTS:
                found[column] += row[column]
        assert sums == {
            (row[id], row.get("DATE")): {column: row[column] for column in COUNTS} for row in whole
        }


def test_a_targeting_report_agrees_with_the_answer_at_once(desk: Desk) -> None:
    body = report(desk, level="CAMPAIGN_TARGETING", targeting_types=["GENDER"])
    now = desk.analytics(
        "campaign_targeting_analytics/get",
        campaign_ids=desk.ids("campaigns"),
        targeting_types=["GENDER"],
    )
    assert [row for rows in msgspec.json.decode(body).values() for row in rows] == [
        {"TARGETING_TYPE": "GENDER", "TARGETING_VALUE": one["targeting_value"], **one["metrics"]}
        for one in now["data"]
    ]


def test_other_reports_end_with_rows(desk: Desk) -> None:
    mmm = request(
        level="CAMPAIGN_TARGETING", targeting_types=["COUNTRY"], columns=COUNTS[:1], report_name="x"
    )
    token = desk.call("analytics/create_mmm_report", mmm)["data"]["token"]
    assert msgspec.json.decode(
        download(desk, poll(desk, "analytics/get_mmm_report", token=token)["url"])
    )
    template = desk.call("templates/list")["items"][0]
    token = desk.call("analytics/create_template_report", template_id=template["id"])["token"]
    found = download(desk, poll(desk, "analytics/get_report", token=token)["url"])
    assert set(msgspec.json.decode(found)) == set(desk.ids("campaigns"))
    products = request(
        level="CAMPAIGN",
        columns=["CAMPAIGN_NAME", "TOTAL_CONVERSION_PRODUCT_QUANTITY"],
        granularity="TOTAL",
    )
    token = desk.call("analytics/create_conversion_product_report", products)["token"]
    state = poll(desk, "analytics/get_conversion_product_report", token=token)
    rows = msgspec.json.decode(download(desk, state["url"]))
    whole = desk.analytics("ad_account/analytics", columns=["TOTAL_CHECKOUT"], granularity="TOTAL")
    assert [
        {
            "AD_ACCOUNT_ID": desk.account,
            "TOTAL_CHECKOUT": sum(
                row["TOTAL_CONVERSION_PRODUCT_QUANTITY"]
                for of_one in rows.values()
                for row in of_one
            ),
        }
    ] == whole


def test_promoted_pins_and_product_groups_have_rows(desk: Desk) -> None:
    ad = desk.call("ads/get", ad_id=desk.ids("ads")[0])
    (row,) = desk.analytics(
        "ad_pins/analytics",
        campaign_id=ad["campaign_id"],
        pin_ids=[ad["pin_id"], "1"],
        granularity="TOTAL",
    )
    (same,) = desk.analytics("ads/analytics", ad_ids=[ad["id"]], granularity="TOTAL")
    assert row == {"PIN_ID": ad["pin_id"], **{column: same[column] for column in COUNTS}}
    desk = Desk(accounts=5, ads=60)
    desk.account = next(iter(desk.world.table("product_group_promotions")))["ad_account_id"]
    groups = desk.ids("product_group_promotions")
    rows = desk.analytics("product_groups/analytics", product_group_ids=groups)
    assert {row["PRODUCT_GROUP_ID"] for row in rows} == set(groups) != set()


def test_organic_days_sum_and_pins_sum_to_the_user(desk: Desk) -> None:
    metrics = ["IMPRESSION", "SAVE", "PIN_CLICK", "SAVE_RATE", "TOTAL_COMMENTS"]
    pins = [pin["id"] for pin in desk.world.table("pins") if pin["user"] == USER]
    each = desk.analytics("multi_pins/analytics", pin_ids=[*pins, "1"], metric_types=metrics)
    assert set(each) == set(pins)
    assert each[pins[0]] == desk.analytics("pins/analytics", pin_id=pins[0], metric_types=metrics)
    user = desk.analytics("user_account/analytics", metric_types=metrics[:4])
    for metric in metrics[:3]:
        for one in [user["all"], *(of_pin["all"] for of_pin in each.values())]:
            days = [day["metrics"][metric] for day in one["daily_metrics"]]
            assert len(days) == 30
            assert sum(days) == one["summary_metrics"][metric]
        whole = sum(of_pin["all"]["summary_metrics"][metric] for of_pin in each.values())
        assert whole == user["all"]["summary_metrics"][metric] > 0
    assert each[pins[0]]["all"]["lifetime_metrics"]["TOTAL_COMMENTS"] >= 0
    split = desk.analytics(
        "user_account/analytics", metric_types=metrics[:1], split_field="APP_TYPE"
    )
    whole, *parts = (one["summary_metrics"]["IMPRESSION"] for one in split.values())
    assert sum(parts) == whole


def test_top_pins_are_the_top(desk: Desk) -> None:
    pins = desk.analytics("user_account/analytics/top_pins", sort_by="SAVE", num_of_pins=5)["pins"]
    saves = [pin["metrics"]["SAVE"] for pin in pins]
    assert len(saves) == 5
    assert saves == sorted(saves, reverse=True)
    everybody = desk.analytics(
        "multi_pins/analytics",
        pin_ids=[pin["id"] for pin in desk.world.table("pins") if pin["user"] == USER],
        metric_types=["SAVE"],
    )
    assert saves[0] == max(one["all"]["summary_metrics"]["SAVE"] for one in everybody.values())


def test_bulk_jobs_do_what_single_calls_do(desk: Desk) -> None:
    campaign = desk.ids("campaigns")[0]
    changes = {"update": {"campaigns": [{"id": campaign, "status": "ARCHIVED"}, {"id": "1"}]}}
    id = desk.call("bulk_upsert/create", changes)["request_id"]
    done = poll(desk, "bulk_request/get", "status", bulk_request_id=id)
    good, bad = msgspec.json.decode(download(desk, done["result_url"]))
    assert good["data"]["status"] == "ARCHIVED"
    assert bad["exceptions"]
    id = desk.call("bulk_download/create", {"entity_types": ["CAMPAIGN", "AD"]})["request_id"]
    done = poll(desk, "bulk_request/get", "status", bulk_request_id=id)
    rows = msgspec.json.decode(download(desk, done["result_url"]))
    assert [row["id"] for row in rows] == [*desk.ids("campaigns"), *desk.ids("ads")]
    assert rows[0]["status"] == "ARCHIVED"


def test_bulk_upserts_write_keywords_labels_and_product_groups(desk: Desk) -> None:
    row = next(one for one in desk.world.table("ad_groups") if one["status"] == "ACTIVE")
    desk.account, campaign, group = row["ad_account_id"], row["campaign_id"], row["id"]
    keywords = [{"match_type": "BROAD", "value": "linen"}]
    labels = [{"label_type": "BRAND", "value": "A"}]
    promoted = [{"catalog_product_group_id": "1"}]
    feed = next(iter(desk.world.table("feeds")))
    filters: Any = {"any_of": [{"BRAND": {"values": ["Fable"], "negated": False}}]}
    products = {"name": "Fable", "filters": filters, "catalog_id": "1", "catalog_type": "RETAIL"}

    def upserted(**writes: Any) -> list[Any]:
        id = desk.call("bulk_upsert/create", writes)["request_id"]
        done = poll(desk, "bulk_request/get", "status", bulk_request_id=id)
        found: list[Any] = msgspec.json.decode(download(desk, done["result_url"]))
        return found

    results = upserted(
        create={
            "keywords": [
                {"parent_id": group, "keywords": keywords},
                {"parent_id": "1", "keywords": keywords},
            ],
            "labels": [{"parent_id": campaign, "labels": labels}],
            "product_groups": [{"ad_group_id": group, "product_group_promotion": promoted}],
            "catalog_product_groups": [
                {"name": "Fable", "filters": filters, "feed_id": feed["id"]},
                products,
            ],
        }
    )
    word, lost, label, promoting, made, homeless = results
    assert [one["entity"] for one in results] == [
        *("keywords", "keywords", "labels", "product_groups"),
        *("catalog_product_groups", "catalog_product_groups"),
    ]
    found = desk.call("catalogs_product_groups/list", id=[int(made["data"]["id"])])
    assert found["items"] == [made["data"]]
    assert homeless["exceptions"][0]["code"] == 678
    assert desk.call("keywords/get", ad_group_id=group)["items"] == [word["data"]]
    assert desk.call("labels/list")["items"][0]["labels"] == [label["data"]]
    listed = desk.call("product_group_promotions/list", ad_group_id=group)["items"]
    assert promoting["data"] in listed
    assert lost["exceptions"][0]["code"] == 404
    results = upserted(
        update={
            "keywords": [{"id": word["data"]["id"], "archived": True}, {"id": "1"}],
            "labels": [{"id": label["data"]["id"], "value": "B"}],
            "catalog_product_groups": [{"id": made["data"]["id"], "name": "Renamed"}],
        }
    )
    assert results[3]["data"] == {**made["data"], "name": "Renamed"}
    assert results[0]["data"]["archived"]
    assert "exceptions" in results[1]
    assert results[2]["data"]["value"] == "B"


def test_bulk_downloads_know_what_changed_since(desk: Desk) -> None:
    body = {"parent_id": desk.ids("campaigns")[0], "labels": [{"label_type": "BRAND", "value": ""}]}
    (label,) = desk.call("labels/create", body)["labels"]
    for hours, expected in ((0, [label["id"]]), (1, [])):
        since = int(desk.now.timestamp()) + 3600 * hours
        asked = {"entity_types": ["CAMPAIGN", "LABEL"], "updated_since": str(since)}
        id = desk.call("bulk_download/create", asked)["request_id"]
        done = poll(desk, "bulk_request/get", "status", bulk_request_id=id)
        rows = msgspec.json.decode(download(desk, done["result_url"]))
        assert [row["id"] for row in rows] == expected


def test_leads_are_exported(desk: Desk) -> None:
    ad = desk.ids("ads")[0]
    body = {"ad_id": ad, "start_date": "2026-06-01", "end_date": "2026-06-08"}
    id = desk.call("leads_export/create", body)["leads_export_id"]
    done = poll(desk, "leads_export/get", "export_status", leads_export_id=id)
    assert {
        row["ad_id"]
        for row in csv.DictReader(io.StringIO(download(desk, done["download_url"]).decode()))
    } == {ad}
    with pytest.raises(RejectedError):
        desk.call("leads_export/create", {**body, "ad_id": "1"})


def test_every_event_has_its_own_result(desk: Desk) -> None:
    event: dict[str, Any] = {
        "event_name": "checkout",
        "action_source": "web",
        "event_time": int(desk.now.timestamp()),
        "event_id": "1",
        "user_data": {"em": ["a" * 64]},
    }
    bad = [
        {**event, "user_data": {"em": ["me@shop.example"]}},
        {**event, "action_source": "moon"},
        {**event, "event_time": event["event_time"] + 9999},
    ]
    answer = desk.call("events/create", {"data": [event, *bad, {**event, "event_name": "dance"}]})
    assert [one["status"] for one in answer["events"]] == [
        *("processed", "failed", "failed", "failed", "processed")
    ]
    assert (answer["num_events_received"], answer["num_events_processed"]) == (5, 2)
    assert "em" in answer["events"][1]["error_message"]
    assert "dance" in answer["events"][4]["warning_message"]
    tested = desk.call("events/create", {"data": [event] * 30}, test=True)
    assert (tested["num_events_received"], len(tested["events"])) == (30, 20)
    with pytest.raises(RejectedError) as caught:
        desk.call("events/create", {"data": []})
    assert caught.value.code == 4196


def test_keywords_belong_to_a_parent(desk: Desk) -> None:
    group = desk.ids("ad_groups")[0]
    body = {"parent_id": f"AG{group}", "keywords": [{"match_type": "BROAD", "value": "linen"}]}
    (made,) = desk.call("keywords/create", body)["keywords"]
    assert desk.call("keywords/get", ad_group_id=group)["items"] == [made]
    answer = desk.call(
        "keywords/update", {"keywords": [{"id": made["id"], "archived": True}, {"id": "1"}]}
    )
    assert answer["keywords"] == [{**made, "archived": True}]
    assert len(answer["errors"]) == 1
    with pytest.raises(RejectedError):
        desk.call("keywords/create", {**body, "parent_id": "1"})
