"""What the columns of analytics rows mean, in words put together from the parts of their names."""

import re
from collections.abc import Mapping
from typing import Final

from pinterest_async._core.column_kinds import kind

PAID_AND_EARNED: Final = (
    "Paid is what the ad itself brought, earned what followed where people saved and shared it."
)

_EVENTS: Final = {
    "CHECKOUT": "checkouts",
    "SIGNUP": "sign-ups",
    "LEAD": "leads",
    "ADD_TO_CART": "additions to a cart",
    "ADD_TO_WISHLIST": "additions to a wish list",
    "APP_INSTALL": "app installs",
    "ASSISTED_APP_INSTALL": "assisted app installs",
    "CUSTOM": "custom events",
    "PAGE_VISIT": "page visits",
    "SEARCH": "searches",
    "SUBSCRIBE": "subscriptions",
    "UNKNOWN": "events of unknown kind",
    "VIEW_CATEGORY": "visits of category pages",
    "WATCH_VIDEO": "videos watched",
    "CONVERSIONS": "conversions of all kinds",
}
_COUNTS: Final = {
    "IMPRESSION": "impressions",
    "CLICKTHROUGH": "Pin clicks",
    "OUTBOUND_CLICK": "clicks that leave Pinterest",
    "REPIN": "saves",
    "ENGAGEMENT": "engagements, as clicks and saves",
    "WEB_SESSIONS": "sessions on the website",
    "ONSITE_CHECKOUTS": "checkouts on Pinterest",
    "IDEA_PIN_PRODUCT_TAG_VISIT": "visits by product tags of Idea Pins",
    "IDEA_PIN_PAGE_BACKWARD": "turns back to a page of Idea Pins",
    "IDEA_PIN_PAGE_FORWARD": "turns to the next page of Idea Pins",
    "COLLECTION_PIN_ITEM_IMPRESSION": "impressions of items in collections",
    "COLLECTION_PIN_ITEM_CLICKTHROUGH": "Pin clicks on items in collections",
    "VIDEO_P0_COMBINED": "videos started",
    "VIDEO_P25_COMBINED": "videos watched to 25 %",
    "VIDEO_P50_COMBINED": "videos watched to 50 %",
    "VIDEO_P75_COMBINED": "videos watched to 75 %",
    "VIDEO_P95_COMBINED": "videos watched to 95 %",
    "VIDEO_P100_COMPLETE": "videos watched to the end",
    "VIDEO_3SEC_VIEWS": "videos watched for 3 seconds",
    "VIDEO_15SEC_UNIQUE_VIEWS": "videos watched for 15 seconds, once a person",
    "VIDEO_MRC_VIEWS": "video views, half in sight for 2 seconds (MRC)",
    "VIDEO_AVG_WATCHTIME_IN_SECOND": "average time for which a video is watched",
}
_COSTS: Final = {
    "CPC": "paid Pin click",
    "ECPC": "Pin click, paid or earned",
    "CPM": "1,000 paid impressions",
    "ECPM": "1,000 impressions, paid or earned",
    "ECPE": "engagement, paid or earned",
    "CPV": "paid video view (MRC)",
    "ECPV": "video view (MRC), paid or earned",
    "CPCV": "paid video watched to the end",
    "ECPCV": "video watched to the end, paid or earned",
    "CPCV_P95": "paid video watched to 95 %",
    "ECPCV_P95": "video watched to 95 %, paid or earned",
}
_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "event": _EVENTS,
    "count": _COUNTS,
    "cost": _COSTS,
    "place": {
        "WEB": " on the web",
        "INAPP": " in apps",
        "INAPP_SKAN": " in apps, as SKAdNetwork tells them",
        "OFFLINE": " offline",
        "PINTEREST": " on Pinterest",
    },
    "source": {
        "CLICK": " after a click",
        "ENGAGEMENT": " after another engagement",
        "VIEW": " after a view alone",
    },
    "device": (_DEVICES := {"DESKTOP": "a desktop", "MOBILE": "a phone", "TABLET": "a tablet"}),
    "other": _DEVICES,
    "thing": {
        "AD_ACCOUNT": "ad account",
        "ADVERTISER": "ad account",
        "CAMPAIGN": "campaign",
        "AD_GROUP": "ad group",
        "AD": "ad",
        "PIN_PROMOTION": "ad",
        "PIN": "Pin",
        "KEYWORD": "keyword",
        "PRODUCT_GROUP": "product group",
        "PRODUCT_ITEM": "product item",
        "PROMO": "promotion",
        "ORDER_LINE": "order line",
        "SPEND_ORDER_LINE": "order line that is spent from",
        "STANDARD_AD_FEED_ITEM": "feed item of a standard ad",
    },
    "part": {
        "PIN": "showcase Pins",
        "SUBPAGE": "pages of showcases",
        "SUBPIN": "Pins in showcases",
        "CARD_THUMBNAIL": "thumbnails of showcases",
    },
    "act": {
        "CLICKTHROUGH": "Pin clicks on",
        "IMPRESSION": "impressions of",
        "REPIN": "saves of",
        "CLOSEUP": "close-ups of",
        "SWIPE_LEFT": "swipes to the left on",
        "SWIPE_RIGHT": "swipes to the right on",
        "SWIPE_FORWARD": "swipes forward on",
        "SWIPE_BACKWARD": "swipes back on",
    },
    "spend": {
        "SPEND": "spend",
        "VIDEO_SPEND": "spend on videos",
        "ADS_CREDIT_SPEND": "spend that ads credit paid",
    },
}
"""What the parts of names stand for. Parts that are optional begin with a space."""


def _pattern(form: str) -> re.Pattern[str]:
    """A form of names, where `<event>` is any key of that table."""

    def choices(place: re.Match[str]) -> str:
        return f"(?P<{place[1]}>{'|'.join(map(re.escape, _WORDS[place[1]]))})"

    return re.compile(re.sub(r"(?<!P)<(\w+)>", choices, form))


_FORMS: Final = [
    (_pattern(form), words)
    for form, words in (
        (r"<count>_1", "{count}, paid"),
        (r"<count>_1_GROSS", "{count}, paid, with invalid ones"),
        (r"<count>_2", "{count}, earned"),
        (r"TOTAL_<count>", "{count}, paid and earned"),
        (r"<spend>_IN_(MICRO_)?DOLLAR", "{spend}"),
        (r"<cost>_IN_(MICRO_)?DOLLAR", "spend per {cost}"),
        (r"(TOTAL_)?(<place>_)?(<source>_)?<event>", "{event}{place}{source}"),
        (r"TOTAL_(<place>_)?(<source>_)?<event>_QUANTITY", "units in {event}{place}{source}"),
        (
            r"TOTAL_(<place>_)?(<source>_)?<event>_VALUE_IN_MICRO_DOLLAR",
            "value of {event}{place}{source}",
        ),
        (r"(TOTAL_)?(<place>_)?<event>_CONVERSION_RATE", "conversion rate of {event}{place}"),
        (r"(<place>_)?<event>_COST_PER_ACTION", "spend divided by {event}{place}"),
        (r"(<place>_)?<event>_ROAS", "value of {event}{place} divided by spend"),
        (
            r"TOTAL_<event>_<device>_ACTION_TO_<other>_CONVERSION",
            "{event} on {other} after an action on {device}",
        ),
        (r"<thing>_ID", "id of the {thing}"),
        (r"<thing>_NAME", "name of the {thing}"),
        (r"<thing>_STATUS", "state of the {thing}, as it follows from all that it depends on"),
        (r"<thing>_ENTITY_STATUS", "state that the {thing} was given"),
        (r"SHOWCASE_<part>_<act>", "{act} {part}"),
    )
]

_OTHERS: Final = {
    "DATE": "day (UTC) that the row is about, or the begin of its hour, week or month",
    "START_DATE": "first day (UTC) that the row sums up",
    "END_DATE": "last day (UTC) that the row sums up",
    "TARGETING_TYPE": "what the row is broken down by, such as GENDER",
    "TARGETING_VALUE": "the target that the row is about, such as female",
    "DATA_STATUS": "whether the figures of the day are final",
    "TOTAL_IMPRESSION_USER": "people reached",
    "TOTAL_IMPRESSION_FREQUENCY": "impressions per person reached",
    "PAID_IMPRESSION": "impressions, paid",
    "TOTAL_DESTINATION_VIEWS": "views of the page that an ad leads to",
    "LEADS": "leads by forms on Pinterest",
    "COST_PER_LEAD": "spend per lead by a form on Pinterest",
    "COST_PER_OUTBOUND_CLICK": "spend per click that leaves Pinterest",
    "COST_PER_OUTBOUND_CLICK_IN_DOLLAR": "spend per click that leaves Pinterest, paid or earned",
    "COST_PER_OUTBOUND_CLICK_IN_DOLLAR_1": "spend per paid click that leaves Pinterest",
    "CTR": "Pin clicks per impression, paid",
    "CTR_2": "Pin clicks per impression, earned",
    "ECTR": "Pin clicks per impression, paid and earned",
    "OUTBOUND_CTR": "clicks that leave Pinterest per impression, paid and earned",
    "OUTBOUND_CTR_1": "clicks that leave Pinterest per impression, paid",
    "EENGAGEMENT_RATE": "engagements per impression, paid and earned",
    "REPIN_RATE": "saves per impression, paid",
    "TOTAL_REPIN_RATE": "saves per impression, paid and earned",
    "PAID_VIDEO_VIEWABLE_RATE": "video views (MRC) per impression, paid",
    "VIDEO_LENGTH": "length of the video",
    "CAMPAIGN": "the campaign",
    "CAMPAIGN_BRAND_LABEL": "brand that the campaign is labelled with",
    "CAMPAIGN_CUSTOM_LABELS": "labels of the campaign's own",
    "CAMPAIGN_BUDGET_OPTIMIZATION": "whether the campaign has one budget for its ad groups",
    "CAMPAIGN_DAILY_SPEND_CAP": "most that the campaign may spend in a day",
    "CAMPAIGN_LIFETIME_SPEND_CAP": "most that the campaign may ever spend",
    "CAMPAIGN_MANAGED_STATUS": "who manages the campaign",
    "CAMPAIGN_OBJECTIVE_TYPE": "what the campaign is for",
    "IS_CATALOG_CREATIVE_CAMPAIGN": "whether the campaign's ads are made from a catalog",
    "IS_PREMIERE_CAMPAIGN": "whether the campaign has a premiere placement",
    "AD_GROUP_BID_MULTIPLIER": "factor that bids of the ad group are multiplied by",
    "AD_GROUP_BUDGET_IN_LOCAL_CURRENCY": "budget of the ad group",
    "AD_GROUP_BUDGET_TYPE": "whether the budget of the ad group is for a day or for its whole time",
    "AD_GROUP_OPTIMIZATION": "what delivery of the ad group aims at",
    "PRODUCT_GROUP_AD_IMAGE_TAG": "image that the ad of the product group shows",
    "PRODUCT_GROUP_AD_VIDEO_TAG": "video that the ad of the product group shows",
    "PRODUCT_ITEM_BRAND": "brand of the product item",
    "PRODUCT_ITEM_CURRENCY": "currency of the product item's price",
    "PRODUCT_ITEM_DESCRIPTION": "description of the product item",
    "PRODUCT_ITEM_IMAGE_URL": "address of the product item's image",
    "PRODUCT_ITEM_PIN_URL": "address of the product item's Pin",
    "PRODUCT_ITEM_PRICE": "price of the product item",
    "PRODUCT_ITEM_SALE_PRICE": "price of the product item in a sale",
    "PRODUCT_ITEM_PRODUCT_CATEGORY": "category of the product item",
    "PRODUCT_ITEM_PRODUCT_TYPE": "product type of the product item",
    "PRODUCT_ITEM_PRODUCT_URL": "address of the product item in its shop",
    "QUIZ_COMPLETED": "quizzes answered to the end",
    "QUIZ_COMPLETION_RATE": "quizzes answered to the end per quiz begun",
    "QUIZ_PIN_RESULT_OPEN": "results of quizzes opened",
    "SHOWCASE_AVERAGE_SUBPAGE_CLOSEUP_PER_SESSION": "close-ups of pages of showcases per session",
    "ENGAGEMENT": "engagements with Pins, as clicks and saves",
    "ENGAGEMENT_RATE": "engagements per impression; of ads, paid ones",
    "IMPRESSION": "impressions of Pins",
    "OUTBOUND_CLICK": "clicks on Pins that leave Pinterest",
    "OUTBOUND_CLICK_RATE": "clicks that leave Pinterest per impression",
    "PIN_CLICK": "clicks on Pins",
    "PIN_CLICK_RATE": "clicks on Pins per impression",
    "SAVE": "saves of Pins",
    "SAVE_RATE": "saves per impression",
    "TOTAL_COMMENTS": "comments",
    "TOTAL_REACTIONS": "reactions",
    "USER_FOLLOW": "people who began to follow",
    "PROFILE_VISIT": "visits of the profile",
    "VIDEO_START": "videos started",
    "VIDEO_MRC_VIEW": "video views, half in sight for 2 seconds (MRC)",
    "VIDEO_10S_VIEW": "videos watched for 10 seconds",
    "QUARTILE_95_PERCENT_VIEW": "videos watched to 95 %",
    "VIDEO_V50_WATCH_TIME": "time for which videos are watched in all; no unit is documented",
    "VIDEO_AVG_WATCH_TIME": "average time for which a video is watched; no unit is documented",
}
"""Columns whose names say too little, or something else."""

_UNITS: Final = (
    (re.compile(r"_IN_MICRO_DOLLAR$|_SPEND_CAP$"), "micro-currency"),
    (re.compile(r"_IN_(DOLLAR|LOCAL_CURRENCY)(_|$)|COST_PER_"), "currency"),
    (re.compile(r"_IN_SECOND(_|$)"), "seconds"),
    (re.compile(r"_RATE$|_ROAS$|(^|_)E?CTR(_|$)"), "ratio"),
)


def meaning(column: str) -> str:
    """What a column means; nothing for one whose name has parts that are not known."""
    words = _OTHERS.get(column)
    if words is None:
        for form, template in _FORMS:
            found = form.fullmatch(column)
            if found is not None:
                words = template.format_map(
                    {
                        name: _WORDS[name].get(part or "", "")
                        for name, part in found.groupdict().items()
                    }
                )
                break
    return f"{words[0].upper()}{words[1:]}" if words else ""


def unit(column: str) -> str:
    """What the numbers of a column are in; nothing for counts, and for what is no number.

    `micro-currency` are millionths of the ad account's currency, `currency` whole units of it, and
    a `ratio` of 0.01 is 1 %.
    """
    if kind(column) not in ("micro", "number"):
        return ""
    return next((name for form, name in _UNITS if form.search(column)), "")
