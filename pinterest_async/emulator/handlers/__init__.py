"""What operations do to the state: one module for each family, each with its own `HANDLERS`."""

from collections.abc import Mapping
from typing import Final

from pinterest_async.emulator.contract.calls import Handler, Host
from pinterest_async.emulator.handlers import (
    ad_accounts,
    ad_analytics,
    audiences,
    boards,
    bulk,
    business_invites,
    business_members,
    campaigns,
    catalog_items,
    catalog_product_groups,
    catalog_reports,
    catalogs,
    conversion_tags,
    conversions,
    customer_lists,
    downloads,
    integrations,
    keywords,
    lead_forms,
    media,
    pin_analytics,
    pins,
    product_groups,
    reports,
    search,
    user_account,
)
from pinterest_async.emulator.handlers.access import on_behalf

_ON_BEHALF: Final = (boards, pin_analytics, pins, search, user_account)

HANDLERS: Final[Mapping[str, Handler]] = {
    **ad_accounts.HANDLERS,
    **ad_analytics.HANDLERS,
    **audiences.HANDLERS,
    **business_members.HANDLERS,
    **business_invites.HANDLERS,
    **campaigns.HANDLERS,
    **catalog_items.HANDLERS,
    **catalog_product_groups.HANDLERS,
    **catalog_reports.HANDLERS,
    **catalogs.HANDLERS,
    **conversion_tags.HANDLERS,
    **customer_lists.HANDLERS,
    **conversions.HANDLERS,
    **integrations.HANDLERS,
    **bulk.HANDLERS,
    **lead_forms.HANDLERS,
    **keywords.HANDLERS,
    **media.HANDLERS,
    **product_groups.HANDLERS,
    **reports.HANDLERS,
    **{name: on_behalf(one) for module in _ON_BEHALF for name, one in module.HANDLERS.items()},
}
"""By operationId. An operation without a handler is answered from its schema."""

HOSTS: Final[Mapping[str, Host]] = {
    **customer_lists.HOSTS,
    **downloads.HOSTS,
    **media.HOSTS,
}
"""By the first part of a path outside the API, such as `downloads` in `{origin}/downloads/...`."""
