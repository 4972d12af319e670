"""python-pinterest: all methods of its endpoints, by its blocking client and by its async one."""

import asyncio
import inspect
from collections.abc import Callable
from typing import Any

from pinterest import Api, AsyncApi
from reporting import call, given, run

GIVEN = given()
KNOWN = GIVEN["known"]
ACCOUNT = KNOWN["ad_account_id"]
DATES = {"start_date": KNOWN["start_date"], "end_date": KNOWN["end_date"]}
IN_BODY = "sends the parameters of a GET as a body"
THEIRS = {
    "ad_accounts.get_analytics": IN_BODY,
    "ad_accounts.get_campaign_analytics": IN_BODY,
    "ad_accounts.get_ad_group_analytics": IN_BODY,
    "ad_accounts.get_ad_analytics": IN_BODY,
    "ad_accounts.get_product_group_analytics": IN_BODY,
    "catalogs.create_feed": "sends feeds to the path of boards",
    "media.get": "sends a POST where the API has a GET",
}
ASYNC_THEIRS: dict[str, str] = {}

for each in (Api, AsyncApi):
    each.DEFAULT_API_URL = GIVEN["url"] + "/"
    each.ACCESS_TOKEN_URL = GIVEN["url"] + "/oauth/token"


def finished(result: Any) -> Any:
    """What a call of either client gives."""
    return LOOP.run_until_complete(result) if inspect.isawaitable(result) else result


LOOP = asyncio.new_event_loop()


def flow(client: Any, prefix: str, theirs: dict[str, str]) -> None:
    def ask(path: str, check: Callable[[Any], bool] = bool, /, **arguments: Any) -> Any:
        """Make a call, check its result, and give it."""
        group, _, method = path.partition(".")
        result = None
        with call(prefix + path, theirs=theirs.get(path, "")):
            result = finished(getattr(getattr(client, group), method)(**arguments))
            assert check(result), result
        return result

    ask("user_account.get", lambda one: bool(one.username))
    ask("user_account.get_analytics", lambda one: len(one.all.daily_metrics) == 3, **DATES)
    ask("ad_accounts.list", lambda one: ACCOUNT in {item.id for item in one.items})
    ads = {"ad_account_id": ACCOUNT}
    ask("ad_accounts.list_campaigns", lambda one: bool(one.items), **ads)
    ask("ad_accounts.list_ad_groups", lambda one: bool(one.items), **ads)
    ask("ad_accounts.list_ads", lambda one: bool(one.items), **ads)
    figures = {**ads, **DATES, "columns": ["SPEND_IN_DOLLAR"], "granularity": "DAY"}
    ask("ad_accounts.get_analytics", **figures)
    for level in ("campaign", "ad_group", "ad", "product_group"):
        ids = {f"{level}_ids": [KNOWN[f"{level}_id"]]}
        ask(f"ad_accounts.get_{level}_analytics", **figures, **ids)

    name = f"{prefix}flow"
    board = ask("boards.create", lambda one: one.name == name, name=name, description="of a test")
    on_board = {"board_id": board.id}
    ask("boards.get", lambda one: one.name == name, **on_board)
    ask("boards.update", lambda one: one.description == "on", **on_board, description="on")
    ask("boards.list", lambda one: bool(one.items))
    section = ask(
        "boards.create_section", lambda one: one.name == "Lamps", **on_board, name="Lamps"
    )
    in_section = {**on_board, "section_id": section.id}
    ask("boards.update_section", lambda one: one.name == "Light", **in_section, name="Light")
    ask("boards.list_sections", lambda one: len(one.items) == 1, **on_board)
    image = {"source_type": "image_url", "url": "https://shop.example/lamp.jpg"}
    pin = ask(
        "pins.create",
        lambda one: one.title == "Lamp",
        board_id=board.id,
        board_section_id=section.id,
        media_source=image,
        title="Lamp",
    )
    ask("pins.get", lambda one: one.board_id == board.id, pin_id=pin.id)
    ask("pins.get_analytics", pin_id=KNOWN["pin_id"], **DATES, metric_types=["IMPRESSION"])
    ask("boards.list_pins", lambda one: [item.id for item in one.items] == [pin.id], **on_board)
    ask("boards.list_section_pins", lambda one: len(one.items) == 1, **in_section)
    ask("pins.delete", pin_id=pin.id)
    ask("boards.delete_section", **in_section)
    ask("boards.delete", **on_board)

    ask("media.list", lambda one: bool(one.items))
    ask("media.register", lambda one: bool(one.upload_url), media_type="video")
    ask("media.get", media_id=KNOWN["media_id"])
    ask("catalogs.list_feeds", lambda one: bool(one.items))
    feed = {"feed_id": KNOWN["feed_id"]}
    ask("catalogs.get_feed", lambda one: one.id == KNOWN["feed_id"], **feed)
    ask("catalogs.list_feed_processing_results", lambda one: bool(one.items), **feed)
    ask("catalogs.update_feed", lambda one: one.name == name, **feed, name=name)
    ask(
        "catalogs.create_feed",
        lambda one: one.location == "https://shop.example/feed.tsv",
        country="US",
        format="TSV",
        locale="en-US",
        location="https://shop.example/feed.tsv",
    )


def blocking() -> None:
    flow(Api(access_token=GIVEN["token"]), "", THEIRS)


def asynchronous() -> None:
    flow(AsyncApi(access_token=GIVEN["token"]), "async ", THEIRS | ASYNC_THEIRS)


def oauth() -> None:
    app, secret = GIVEN["app"]
    api = Api(app_id=app, app_secret=secret)
    back = f"{GIVEN['redirect_uri']}?code={GIVEN['code']}&state={api.STATE}"
    with call("generate_access_token"):
        pair = api.generate_access_token(back, redirect_uri=GIVEN["redirect_uri"])
        assert pair["access_token"]
    with call("refresh_access_token", theirs="gives a keyword of its OAuth library twice"):
        again = api.refresh_access_token(pair["refresh_token"])
        assert Api(access_token=again["access_token"]).user_account.get().username


run(blocking, asynchronous, oauth)
