"""The table of what ad accounts have: one entry for each kind of thing, without any code.

To add a kind, add an entry with its operationIds. Operations that do something special have a
handler in the module that is named after their namespace.
"""

from typing import Final

from pinterest_async.emulator.handlers.crud import EntityKind, Verb, usual_handlers
from pinterest_async.emulator.handlers.handler import Handlers
from pinterest_async.emulator.model import ad_entities, ad_rules

_RUNNING: Final = ("ACTIVE", "PAUSED")
_ACTIVE: Final = {"status": "ACTIVE"}
_USUAL: Final[tuple[Verb, ...]] = ("list", "get", "create", "update")


def _ids(namespace: str, *verbs: Verb) -> dict[Verb, str]:
    """The usual operationIds of a namespace."""
    return {verb: f"{namespace}/{verb}" for verb in verbs}


KINDS: Final = (
    EntityKind(
        table="campaigns",
        title="Campaign",
        path_id="campaign_id",
        operations=_ids("campaigns", *_USUAL),
        shown=ad_entities.shown_campaign,
        filters={"id": "campaign_ids"},
        statuses=_RUNNING,
        defaults=_ACTIVE,
        new=ad_rules.new_campaign,
        check=ad_rules.check_item,
    ),
    EntityKind(
        table="ad_groups",
        title="Ad group",
        path_id="ad_group_id",
        operations=_ids("ad_groups", *_USUAL),
        shown=ad_entities.shown_ad_group,
        filters={"id": "ad_group_ids", "campaign_id": "campaign_ids"},
        statuses=_RUNNING,
        defaults=_ACTIVE,
        parent="campaigns",
        new=ad_rules.new_ad_group,
        check=ad_rules.check_item,
    ),
    EntityKind(
        table="ads",
        title="Ad",
        path_id="ad_id",
        operations=_ids("ads", *_USUAL),
        shown=ad_entities.shown_ad,
        filters={"id": "ad_ids", "ad_group_id": "ad_group_ids", "campaign_id": "campaign_ids"},
        statuses=_RUNNING,
        defaults=_ACTIVE,
        parent="ad_groups",
        inherited=("campaign_id",),
        indexed=("pin_id",),
        many_errors=False,
        check=ad_rules.check_ad,
    ),
    EntityKind(
        table="product_group_promotions",
        title="Product group",
        path_id="product_group_promotion_id",
        operations=_ids("product_group_promotions", *_USUAL),
        shown=ad_entities.shown_product_group,
        filters={"id": "product_group_promotion_ids", "ad_group_id": "ad_group_id"},
        statuses=_RUNNING,
        defaults={"status": "ACTIVE", "included": True},
        items="product_group_promotion",
        parent="ad_groups",
        inherited=("campaign_id",),
    ),
    EntityKind(
        "conversion_tags", "Conversion tag", "conversion_tag_id", _ids("conversion_tags", "get")
    ),
    EntityKind(
        "customer_lists", "Customer list", "customer_list_id", _ids("customer_lists", "list")
    ),
    EntityKind(
        table="labels",
        title="Label",
        path_id="",
        operations=_ids("labels", "list"),
        # A page whose items are answers in themselves, as described: one for each label.
        shown=lambda row: {"labels": [ad_entities.shown_label(row)], "errors": []},
        filters={"id": "label_ids", "parent_id": "campaign_ids", "label_type": "label_types"},
        statuses=("ACTIVE",),
    ),
    EntityKind(
        table="lead_forms",
        title="Lead form",
        path_id="lead_form_id",
        operations={**_ids("lead_forms", "list", "create", "update"), "get": "lead_form/get"},
        defaults={"status": "DRAFT", "has_accepted_terms": True, "questions": []},
        code="error_code",
        check=ad_rules.check_lead_form,
    ),
    EntityKind(
        table="lead_subscriptions",
        title="Subscription",
        path_id="subscription_id",
        operations={
            "list": "ad_accounts_subscriptions/get_list",
            "get": "ad_accounts_subscriptions/get_by_id",
            "delete": "ad_accounts_subscriptions/del_by_id",
        },
    ),
    EntityKind(
        "promotions", "Promotion", "promotion_id", _ids("promotions", "list", "get", "delete")
    ),
    EntityKind("templates", "Template", "template_id", _ids("templates", "list")),
)

HANDLERS: Final[Handlers] = usual_handlers(KINDS)
