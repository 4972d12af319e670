"""The handlers: what each operation does with the model. One module for each namespace.

Most of what ad accounts have needs no module: `kinds.py` is a table with one entry for each kind.
"""

from itertools import chain
from typing import Final

from pinterest_async.emulator.handlers import (
    ad_accounts,
    ad_analytics,
    ads_credits,
    advanced_auction,
    asset_groups,
    audience_insights,
    audiences,
    boards,
    bulk,
    business_assets,
    business_invites,
    business_members,
    business_partners,
    catalog_feeds,
    catalog_items,
    catalog_product_groups,
    catalog_reports,
    catalogs,
    conversion_tags,
    conversions,
    customer_lists,
    downloads,
    insertion_orders,
    integrations,
    keywords,
    kinds,
    labels,
    lead_exports,
    lead_subscriptions,
    media,
    pin_analytics,
    pins,
    promotions,
    reports,
    resources,
    search,
    targeting_templates,
    trends,
    user_account,
)
from pinterest_async.emulator.handlers.access import for_account_owner
from pinterest_async.emulator.handlers.handler import FileHandlers, Handlers

_MODULES: Final = (
    *(ad_accounts, ad_analytics, ads_credits, advanced_auction, asset_groups, audience_insights),
    *(audiences, bulk, insertion_orders),
    *(
        business_assets,
        business_invites,
        business_members,
        business_partners,
        catalog_feeds,
        catalog_items,
        catalog_product_groups,
    ),
    *(catalog_reports, catalogs, conversion_tags, conversions, customer_lists, integrations),
    *(keywords, kinds, labels, lead_exports, lead_subscriptions, media, promotions, reports),
    *(resources, targeting_templates, trends),
)
_FOR_ACCOUNT_OWNER: Final = (boards, pin_analytics, pins, search, user_account)

HANDLERS: Final[Handlers] = {
    **dict(chain.from_iterable(module.HANDLERS.items() for module in _MODULES)),
    **{
        operation: for_account_owner(handler)
        for module in _FOR_ACCOUNT_OWNER
        for operation, handler in module.HANDLERS.items()
    },
}
"""By operationId. An operation without a handler is answered from its schema."""

FILE_HANDLERS: Final[FileHandlers] = {
    **customer_lists.FILE_HANDLERS,
    **downloads.FILE_HANDLERS,
    **media.FILE_HANDLERS,
}
"""By the first part of a path outside the API, such as `downloads` in `{origin}/downloads/...`."""
