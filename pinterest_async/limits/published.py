"""Pinterest's published quotas: where a limiter starts before the headers teach.

Source: https://developers.pinterest.com/docs/reference/rate-limits/ . Standard quotas hold for a
minute, a user and an app; trial quotas for a day and an app.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from pinterest_async.errors import ConfigurationError
from pinterest_async.limits.protocol import Access, LimitRequest

MINUTE: Final = 60.0
DAY: Final = 86_400.0


class Quota(NamedTuple):
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
OWN: Final[dict[str, tuple[str, Quota]]] = {
    "multi_pins/analytics": ("multi_pins_analytics", Quota(100, 1.0)),
}


def quota(category: str, access: Access) -> Quota:
    """The published quota of a category."""
    if access == "trial":
        return Quota(TRIAL.get(category, 1000), DAY)
    return Quota(STANDARD.get(category, UNPUBLISHED), MINUTE)


def known(quotas: Mapping[str, tuple[int, float]] | None) -> dict[str, Quota]:
    """Quotas that a user knows better, by category or `safety_net`, checked."""
    found: dict[str, Quota] = {}
    for name, quota in (quotas or {}).items():
        match quota:
            case (int(limit), int(window) | float(window)) if limit >= 1 and window > 0:
                found[name] = Quota(limit, window)
            case _:
                raise ConfigurationError(
                    f"quotas[{name!r}] is {quota!r}",
                    advice="Use (requests, seconds), such as (1000, 60): at least one request, "
                    "and seconds above 0.",
                )
    return found


def buckets(
    request: LimitRequest, better: Mapping[str, Quota] = MappingProxyType({})
) -> tuple[tuple[tuple[str, str], Quota], ...]:
    """The `(name, key)` and the quota of each bucket that a request draws on, widest first.

    The live API names its keys: user and app, or the ad account for conversions. A trial's quotas
    count for the app, whoever the user. `better` quotas take the place of published ones.
    """
    found = _buckets(request)
    return tuple((key, better.get(key[0], quota)) for key, quota in found) if better else found


def _buckets(request: LimitRequest) -> tuple[tuple[tuple[str, str], Quota], ...]:
    category, subject = request.category, request.subject
    if request.access == "trial":
        return (
            (("trial_total", "app"), TRIAL_TOTAL),
            ((category, "app"), quota(category, "trial")),
        )
    key = subject
    if category == "ads_conversions" and request.ad_account_id is not None:
        key = request.ad_account_id
    found = (
        (("safety_net", subject), SAFETY_NET),
        ((category, key), quota(category, "standard")),
    )
    own = OWN.get(request.operation_id)
    return found if own is None else (*found, ((own[0], subject), own[1]))
