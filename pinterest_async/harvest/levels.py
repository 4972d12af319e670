"""The levels of a harvest: how to list the ids of each, and how to ask for its rows."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, Literal, TypeAlias, get_args, get_origin

from pinterest_async.client import Pinterest
from pinterest_async.harvest.partition import Partition
from pinterest_async.pages import Pager
from pinterest_async.resources.ads import ADS_ANALYTICS

Level: TypeAlias = Literal["account", "campaign", "ad_group", "ad"]

ID_COLUMN: Final[Mapping[Level, str]] = {
    "account": "AD_ACCOUNT_ID",
    "campaign": "CAMPAIGN_ID",
    "ad_group": "AD_GROUP_ID",
    "ad": "AD_ID",
}

PAGE_SIZE: Final = 250
STATUSES: Final = ("ACTIVE", "PAUSED", "ARCHIVED")
"""An archived ad has spent money as well; the lists leave it out unless asked."""


def _literals(annotation: Any) -> Iterator[str]:
    for part in get_args(annotation):
        if isinstance(part, str) and get_origin(annotation) is Literal:
            yield part
        else:
            yield from _literals(part)


KNOWN_COLUMNS: Final = tuple(
    column
    for parameter in ADS_ANALYTICS.query
    if parameter.name == ADS_ANALYTICS.row_columns
    for column in _literals(parameter.type)
)
"""The columns that the API's description knows; it knows the same ones on every level."""


def accounts(client: Pinterest) -> Pager[Any]:
    """All ad accounts that the token sees, shared ones included."""
    return client.ad_accounts.list(page_size=PAGE_SIZE)


def entities(client: Pinterest, level: Level, account: str) -> Pager[Any] | None:
    """What an account has on a level; None on the account level, where it is the account itself."""
    if level == "campaign":
        return client.campaigns.list(account, entity_statuses=STATUSES, page_size=PAGE_SIZE)
    if level == "ad_group":
        return client.ad_groups.list(account, entity_statuses=STATUSES, page_size=PAGE_SIZE)
    if level == "ad":
        return client.ads.list(account, entity_statuses=STATUSES, page_size=PAGE_SIZE)
    return None


async def rows(
    client: Pinterest, level: Level, partition: Partition, question: Mapping[str, Any]
) -> Sequence[Any]:
    """The rows of one partition, in one call.

    `question` holds the query parameters that all partitions of a plan share.
    """
    query: dict[str, Any] = {"start_date": partition.start, "end_date": partition.end, **question}
    if level == "campaign":
        return await client.campaigns.analytics(
            partition.account, campaign_ids=partition.ids, **query
        )
    if level == "ad_group":
        return await client.ad_groups.analytics(
            partition.account, ad_group_ids=partition.ids, **query
        )
    if level == "ad":
        return await client.ads.analytics(partition.account, ad_ids=partition.ids, **query)
    return await client.ad_accounts.analytics(partition.account, **query)
