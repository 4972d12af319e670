"""What operations do to the state: one module for each family, each with its own `HANDLERS`."""

from collections.abc import Mapping
from typing import Final

from pinterest_async.emulator.call import Handler, Host
from pinterest_async.emulator.handlers import (
    ad_accounts,
    ad_analytics,
    boards,
    campaigns,
    downloads,
    events,
    integrations,
    jobs,
    kept,
    keywords,
    media,
    organic_analytics,
    pins,
    reports,
    search,
    user_account,
)

HANDLERS: Final[Mapping[str, Handler]] = {
    **ad_accounts.HANDLERS,
    **ad_analytics.HANDLERS,
    **boards.HANDLERS,
    **campaigns.HANDLERS,
    **events.HANDLERS,
    **integrations.HANDLERS,
    **jobs.HANDLERS,
    **kept.HANDLERS,
    **keywords.HANDLERS,
    **media.HANDLERS,
    **organic_analytics.HANDLERS,
    **pins.HANDLERS,
    **reports.HANDLERS,
    **search.HANDLERS,
    **user_account.HANDLERS,
}
"""By operationId. An operation without a handler is answered from its schema."""

HOSTS: Final[Mapping[str, Host]] = {**downloads.HOSTS, **media.HOSTS}
"""By the first part of a path outside the API, such as `downloads` in `{origin}/downloads/...`."""
