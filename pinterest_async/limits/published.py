"""Pinterest's published quotas: what a limiter starts from before any headers have arrived.

Source: https://developers.pinterest.com/docs/reference/rate-limits/ . Standard quotas apply to a
minute, a user and an app; trial quotas to a day and an app. The emulator has a table of its own, in
`emulator/model/quotas.py`, so that one wrong number cannot hide in both: change them independently.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import msgspec

from pinterest_async.errors import ConfigurationError
from pinterest_async.limits.protocol import BucketKey, LimitRequest
from pinterest_async.options import Access

MINUTE: Final = 60.0
DAY: Final = 86_400.0


class Quota(msgspec.Struct, frozen=True):
    """At most `limit` requests in any `window` seconds."""

    limit: int
    window: float


SAFETY_NET: Final = Quota(100, 1.0)
TRIAL_TOTAL: Final = Quota(1000, DAY)

STANDARD: Final[dict[str, int]] = {
    "ads_read": 1000,
    "ads_write": 400,
    "ads_analytics": 300,
    "ads_conversions": 120_000,
    "org_read": 1000,
    "org_write": 100,
    "org_analytics": 60,
    "catalogs_read": 100,
    "catalogs_write": 100,
    "trends_read": 60,
    "advanced_auction_read": 50,
    "advanced_auction_write": 25,
}
TRIAL: Final[dict[str, int]] = {"ads_write": 300, "org_write": 300}

UNPUBLISHED: Final = 60
"""For a category that the page does not list: as few as the scarcest of the common ones."""

# Bulk Pin analytics has a window of its own, seen in its headers.
OWN_BUCKETS: Final[dict[str, tuple[str, Quota]]] = {
    "multi_pins/analytics": ("multi_pins_analytics", Quota(100, 1.0)),
}


def quota(category: str, access: Access) -> Quota:
    """The published quota of a category."""
    if access == "trial":
        return Quota(TRIAL.get(category, 1000), DAY)
    return Quota(STANDARD.get(category, UNPUBLISHED), MINUTE)


def checked_quotas(quotas: Mapping[str, tuple[int, float]] | None) -> dict[str, Quota]:
    """Quotas that a user gives in place of published ones, by category or `safety_net`, checked."""
    checked: dict[str, Quota] = {}
    for name, quota in (quotas or {}).items():
        match quota:
            case (int(limit), int(window) | float(window)) if limit >= 1 and window > 0:
                checked[name] = Quota(limit, window)
            case _:
                raise ConfigurationError(
                    f"quotas[{name!r}] is {quota!r}",
                    advice="Use (requests, seconds), such as (1000, 60): at least one request, "
                    "and seconds above 0.",
                )
    return checked


def buckets_of(
    request: LimitRequest, overrides: Mapping[str, Quota] = MappingProxyType({})
) -> tuple[tuple[BucketKey, Quota], ...]:
    """The key and the quota of each bucket that a request needs a token of, widest first.

    The live API names its keys: user and app, or the ad account for conversions. A trial's quotas
    count for the app, whoever the user. `overrides` take the place of published quotas.
    """
    category, user = request.category, request.subject
    first, owner = (("safety_net", user), SAFETY_NET), user
    if request.access == "trial":
        first, owner = (("trial_total", "app"), TRIAL_TOTAL), "app"
    elif category == "ads_conversions" and request.ad_account_id is not None:
        owner = request.ad_account_id
    found = [first, ((category, owner), quota(category, request.access))]
    if request.access == "standard" and request.operation_id in OWN_BUCKETS:
        name, own = OWN_BUCKETS[request.operation_id]
        found.append(((name, user), own))
    return tuple((key, overrides.get(key[0], quota)) for key, quota in found)
