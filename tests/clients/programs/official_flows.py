"""pinterest-api-sdk: what its users do with its models and its generated client, step by step."""

import datetime as dt
import hashlib
import json
import os
import urllib.request

from reporting import call, given, refusal, run

GIVEN = given()
os.environ["PINTEREST_API_URI"] = GIVEN["url"]  # the models' only setting for it, read on import

from openapi_generated.pinterest_client import exceptions  # noqa: E402  (as above)
from openapi_generated.pinterest_client.api.ad_accounts_api import AdAccountsApi  # noqa: E402
from openapi_generated.pinterest_client.model.ads_analytics_create_async_request import (  # noqa: E402
    AdsAnalyticsCreateAsyncRequest,
)
from openapi_generated.pinterest_client.model.reporting_column_async import (  # noqa: E402
    ReportingColumnAsync,
)
from pinterest.ads.ad_accounts import AdAccount  # noqa: E402
from pinterest.ads.ad_groups import AdGroup  # noqa: E402
from pinterest.ads.ads import Ad  # noqa: E402
from pinterest.ads.audiences import Audience  # noqa: E402
from pinterest.ads.campaigns import Campaign  # noqa: E402
from pinterest.ads.conversion_events import Conversion  # noqa: E402
from pinterest.ads.conversion_tags import ConversionTag  # noqa: E402
from pinterest.ads.customer_lists import CustomerList  # noqa: E402
from pinterest.ads.keywords import Keyword  # noqa: E402
from pinterest.client import PinterestSDKClient  # noqa: E402
from pinterest.organic.boards import Board  # noqa: E402
from pinterest.organic.pins import Pin  # noqa: E402
from pinterest.utils.sdk_exceptions import SdkException  # noqa: E402

CLIENT = PinterestSDKClient.create_client_with_token(GIVEN["token"])
PinterestSDKClient.set_default_client(CLIENT)
ACCOUNT = GIVEN["known"]["ad_account_id"]
PIN = GIVEN["known"]["pin_id"]
EMAIL = hashlib.sha256(b"someone@example.com").hexdigest()
DAYS = range(3, 0, -1)


def tokens() -> None:
    app, secret = GIVEN["app"]
    for again in ("refresh", "refresh with the same refresh token"):
        with call(again):
            client = PinterestSDKClient.create_client_with_refresh_token(
                GIVEN["refresh_token"], app, secret
            )
            assert Board.get_all(client=client)[0]
    with call("refresh with an unknown token"):
        error = refusal(
            SdkException,
            lambda: PinterestSDKClient.create_client_with_refresh_token("pinr_no", app, secret),
        )
        assert error.status in {400, 401}
    with call("unknown access token"):
        unknown = PinterestSDKClient.create_client_with_token("pina_unknown")
        refusal(exceptions.UnauthorizedException, lambda: Board.get_all(client=unknown))


def boards_and_pins() -> None:
    with call("Board.create"):
        board = Board.create(name="Flow", description="of a test", client=CLIENT)
        assert (board.name, board.privacy) == ("Flow", "PUBLIC")
    with call("Board.make_secret"):
        board.make_secret()
        assert Board(board_id=board.id, client=CLIENT).privacy == "SECRET"
    with call("Board.update_fields"):
        board.update_fields(name="Flow on", description="of another test")
        assert Board(board_id=board.id, client=CLIENT).name == "Flow on"
    with call("Board.get_all"):
        assert board.id in {one.id for one in Board.get_all(privacy="SECRET", client=CLIENT)[0]}
    with call("Board.create_section"):
        section = board.create_section(name="Lamps")
        assert section.name == "Lamps"
    with call("Board.update_section"):
        assert board.update_section(section_id=section.id, name="Light").name == "Light"
    with call("Board.list_sections"):
        assert [one.name for one in board.list_sections()[0]] == ["Light"]
    image = {"source_type": "image_url", "content_type": "image/jpeg", "data": "string"}
    image["url"] = "https://shop.example/lamp.jpg"
    with call("Pin.create"):
        pin = Pin.create(
            board_id=board.id,
            board_section_id=section.id,
            media_source=image,
            title="Lamp",
            link="https://shop.example/lamp",
            client=CLIENT,
        )
        assert (pin.title, pin.board_id, pin.board_section_id) == ("Lamp", board.id, section.id)
    with call("Board.list_pins of a section"):
        assert [one.id for one in board.list_pins(section_id=section.id)[0]] == [pin.id]
    with call("Pin.get_all"):
        found, bookmark = Pin.get_all(client=CLIENT, page_size=250)
        while bookmark is not None:
            more, bookmark = bookmark.get_next()
            found += more
        assert pin.id in {one.id for one in found}
    with call("Pin.save"):
        Pin(pin_id=PIN, client=CLIENT).save(board_id=board.id)
    with call("Board.list_pins"):
        assert len(board.list_pins()[0]) == 2
    with call("Pin.delete"):
        assert Pin.delete(pin_id=pin.id, client=CLIENT)
    with call("Pin, deleted"):
        refusal(exceptions.NotFoundException, lambda: Pin(pin_id=pin.id, client=CLIENT))
    with call("Board.delete_section"):
        board.delete_section(section_id=section.id)
        assert board.list_sections()[0] == []
    with call("Board.delete"):
        assert Board.delete(board_id=board.id, client=CLIENT)


def ads() -> None:
    with call("AdAccount.create"):
        made = AdAccount.create(
            client=CLIENT, country="US", name="Flow", owner_user_id=GIVEN["user"]
        )
        assert made.name == "Flow"
    with call("AdAccount"):
        account = AdAccount(ad_account_id=ACCOUNT, client=CLIENT)
        assert account.id == ACCOUNT
    with call("Campaign.create"):
        campaign = Campaign.create(
            client=CLIENT,
            ad_account_id=ACCOUNT,
            name="Flow",
            objective_type="AWARENESS",
            daily_spend_cap=10_000_000,
        )
        assert (campaign.name, campaign.daily_spend_cap) == ("Flow", 10_000_000)
    with call("Campaign.create without a budget"):
        error = refusal(
            SdkException,
            lambda: Campaign.create(
                client=CLIENT, ad_account_id=ACCOUNT, name="Flow", objective_type="AWARENESS"
            ),
        )
        assert "2384" in str(error)
    for step in ("pause", "activate"):
        with call(f"Campaign.{step}"):
            getattr(campaign, step)()
            status = Campaign(ad_account_id=ACCOUNT, campaign_id=campaign.id, client=CLIENT).status
            assert status == {"pause": "PAUSED", "activate": "ACTIVE"}[step]
    with call("Campaign.set_daily_budget"):
        campaign.set_daily_budget(20_000_000)
        assert campaign.get_daily_budget() == 20_000_000
    with call("AdAccount.list_campaigns"):
        found, _ = account.list_campaigns(campaign_ids=[campaign.id])
        assert [one.id for one in found] == [campaign.id]
    with call("AdGroup.create"):
        group = AdGroup.create(
            client=CLIENT,
            ad_account_id=ACCOUNT,
            campaign_id=campaign.id,
            billable_event="IMPRESSION",
            name="Flow",
            auto_targeting_enabled=False,
            bid_in_micro_currency=10_000_000,
        )
        assert (group.campaign_id, group.auto_targeting_enabled) == (campaign.id, False)
    with call("AdGroup.update_fields"):
        group.update_fields(name="Flow on", targeting_spec={"gender": ["male"]})
        again = AdGroup(ad_account_id=ACCOUNT, ad_group_id=group.id, client=CLIENT)
        assert again.name == "Flow on"
    with call("AdGroup.enable_auto_targeting"):
        group.enable_auto_targeting()
        again = AdGroup(ad_account_id=ACCOUNT, ad_group_id=group.id, client=CLIENT)
        assert again.auto_targeting_enabled is True
    with call("Campaign.list_ad_groups"):
        assert [one.id for one in campaign.list_ad_groups()[0]] == [group.id]
    with call("Ad.create"):
        ad = Ad.create(
            client=CLIENT,
            ad_account_id=ACCOUNT,
            ad_group_id=group.id,
            creative_type="REGULAR",
            pin_id=PIN,
            name="Flow",
            status="ACTIVE",
        )
        assert (ad.name, ad.pin_id, ad.campaign_id) == ("Flow", PIN, campaign.id)
    with call("Ad.update_fields"):
        ad.update_fields(name="Flow on", status="PAUSED")
        again = Ad(ad_account_id=ACCOUNT, ad_id=ad.id, client=CLIENT)
        assert (again.name, again.status.value) == ("Flow on", "PAUSED")
    with call("AdGroup.list_ads", theirs="asks for the ads of the whole ad account"):
        assert [one.id for one in group.list_ads()[0]] == [ad.id]
    with call("Keyword.create"):
        keyword = Keyword.create(
            client=CLIENT,
            ad_account_id=ACCOUNT,
            parent_id=group.id,
            value="desk lamp",
            match_type="BROAD",
            bid=1_000,
        )
        assert keyword.value == "desk lamp"
    with call("Keyword.update_fields"):
        keyword.update_fields(archived=True)
    with call("Keyword.create without a match type"):
        refusal(
            SdkException,
            lambda: Keyword.create(
                client=CLIENT, ad_account_id=ACCOUNT, parent_id=group.id, value="lamp"
            ),
        )
    with call("Campaign.get_all, by pages"):
        first, bookmark = Campaign.get_all(ad_account_id=ACCOUNT, page_size=1, client=CLIENT)
        second, _ = bookmark.get_next()
        assert first[0].id != second[0].id
    with call("Campaign.archive"):
        campaign.archive()
        again = AdGroup(ad_account_id=ACCOUNT, ad_group_id=group.id, client=CLIENT)
        assert again.status == "ARCHIVED"


def people() -> None:
    with call("CustomerList.create"):
        customers = CustomerList.create(
            ad_account_id=ACCOUNT,
            name="Flow",
            records="someone@example.com",
            list_type="EMAIL",
            client=CLIENT,
        )
        assert customers.name == "Flow"
    with call("CustomerList.add_record"):
        customers.add_record("another@example.com")
    with call("CustomerList.remove_record"):
        customers.remove_record("another@example.com")
    with call("CustomerList.get_all"):
        found, _ = CustomerList.get_all(ad_account_id=ACCOUNT, order="DESCENDING", client=CLIENT)
        assert found[0].id == customers.id
    with call("Audience.create"):
        audience = Audience.create(
            ad_account_id=ACCOUNT,
            name="Flow",
            rule={"customer_list_id": customers.id},
            audience_type="CUSTOMER_LIST",
            client=CLIENT,
        )
        assert audience.name == "Flow"
    with call("Audience.update_fields"):
        audience.update_fields(name="Flow on", description="of a test")
        again = Audience(ad_account_id=ACCOUNT, audience_id=audience.id, client=CLIENT)
        assert again.name == "Flow on"
    with call("AdAccount.list_audiences"):
        account = AdAccount(ad_account_id=ACCOUNT, client=CLIENT)
        found, _ = account.list_audiences(order="DESCENDING")
        assert found[0].id == audience.id


def conversions() -> None:
    with call("ConversionTag.create"):
        tag = ConversionTag.create(ad_account_id=ACCOUNT, name="Flow", client=CLIENT)
        assert (tag.name, tag.configs.aem_enabled) == ("Flow", False)
    with call("ConversionTag.create with settings"):
        tag = ConversionTag.create(
            ad_account_id=ACCOUNT, name="Flow", aem_enabled=True, md_frequency=1.2, client=CLIENT
        )
        assert (tag.configs.aem_enabled, tag.configs.md_frequency) == (True, 1.2)
    with call("ConversionTag.get_all"):
        found = ConversionTag.get_all(ad_account_id=ACCOUNT, client=CLIENT)
        assert tag.id in {one.id for one in found}
    with call("Conversion.send_conversion_events"):
        client = PinterestSDKClient.create_client_with_token(GIVEN["conversion_token"])
        now = int(dt.datetime.now(dt.UTC).timestamp())
        events = [
            Conversion.create_conversion_event(
                event_name="add_to_cart",
                action_source="app_ios",
                event_time=now,
                event_id=f"flow-{number}",
                user_data={"em": [EMAIL]},
                custom_data={},
            )
            for number in range(2)
        ]
        said = Conversion.send_conversion_events(
            client=client, ad_account_id=ACCOUNT, conversion_events=events, test=True
        )
        assert (said.num_events_received, said.num_events_processed) == (2, 2)


def reports() -> None:
    api = AdAccountsApi(CLIENT)
    today = dt.datetime.now(dt.UTC).date()
    first, *_, last = (today - dt.timedelta(days=days) for days in DAYS)
    columns = ["SPEND_IN_DOLLAR", "TOTAL_CLICKTHROUGH"]
    with call("ad_account_analytics"):
        rows = api.ad_account_analytics(
            ad_account_id=ACCOUNT,
            start_date=first,
            end_date=last,
            columns=columns,
            granularity="DAY",
        )
        assert len(rows.value) == len(DAYS)
    with call("analytics_create_report"):
        job = api.analytics_create_report(
            ACCOUNT,
            AdsAnalyticsCreateAsyncRequest(
                start_date=str(first),
                end_date=str(last),
                granularity="DAY",
                columns=[ReportingColumnAsync(one) for one in columns],
                level="CAMPAIGN",
            ),
        )
        assert job.token
    with call("analytics_get_report"):
        for _ in range(50):
            state = api.analytics_get_report(ACCOUNT, token=job.token)
            if state.report_status == "FINISHED":
                break
        with urllib.request.urlopen(state.url) as file:  # noqa: S310  (the emulator's own)
            rows = json.load(file)
        assert rows
        assert all("SPEND_IN_DOLLAR" in row for some in rows.values() for row in some)


run(tokens, boards_and_pins, ads, people, conversions, reports)
