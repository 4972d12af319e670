"""The rate-limit category of a path that no description names."""

import re
from typing import Final

from pinterest_async._core.operation import HttpMethod

_RULES: Final = (
    (r"/ad_accounts/[^/]+/events(/|$)", "ads_conversions", "ads_conversions"),
    (r"/ad_accounts(/.*)?/(\w*analytics|(mmm_)?reports)(/|$)", "ads_analytics", ""),
    (r"/(ad_accounts|business(es|_access)|resources)(/|$)", "ads_read", "ads_write"),
    (r"/advanced_auction(/|$)", "advanced_auction_read", "advanced_auction_write"),
    (r"/catalogs(/|$)", "catalogs_read", "catalogs_write"),
    (r"/trends(/|$)", "trends_read", "trends_read"),
    (r".*/\w*analytics(/|$)", "org_analytics", "org_analytics"),
    (r"", "org_read", "org_write"),
)
"""Beginning of a path, category of a read, category of a write; empty: the same."""


def likely(method: HttpMethod, path: str) -> str:
    """The category that Pinterest most likely counts a call against, by what its neighbours do."""
    for rule, read, write in _RULES:
        if re.match(rule, path):
            return read if method == "GET" or not write else write
    raise AssertionError(path)
