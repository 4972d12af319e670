"""A world in which every list has rows to be told apart, and what its parameters have to do."""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from pinterest_async.emulator import ApiCall, Emulator
from pinterest_async.emulator.contract.calls import Reply
from pinterest_async.emulator.handlers import HANDLERS
from pinterest_async.emulator.model.tokens import utc

Row = dict[str, Any]
Keeps = Callable[[Row], bool]

MEMBER: Final = "806000000000002001"
NOW: Final = 1_781_006_400.0
ALL: Final = ["ACTIVE", "PAUSED", "ARCHIVED"]


class Listed(NamedTuple):
    """How to get at the rows of one list, and the filters that it has.

    A filter is a value, and whether it lets through a row of the list without it.
    """

    path: tuple[str, ...]
    filters: Mapping[str, tuple[Any, Keeps]] = {}
    query: Mapping[str, Any] = {}
    """What the list is asked for without a filter."""
    adds: Mapping[str, str] = {}
    """Parameters that, being true, fill a field of each row: `pin.title` is the pin's."""


def when(value: Any, keeps: Keeps) -> tuple[Any, Keeps]:
    """A filter: ask for the value, and get the rows that it keeps."""
    return value, keeps


class Shop:
    """An emulator with something in every list."""

    def __init__(self, emulator: Emulator) -> None:
        self.emulator, self.world, self.boss = emulator, emulator.world, emulator.user
        campaign = next(iter(self.world.table("product_group_promotions")))
        self.account = campaign["ad_account_id"]

    def do(self, operation: str, body: Any = None, *, user: str = "", **named: Any) -> Any:
        path = {"ad_account_id": self.account, "business_id": self.boss, **named}
        call = ApiCall(
            operation=operation,
            path=path,
            query=named,
            body=body,
            user=user or self.boss,
            now=utc(NOW),
        )
        said = HANDLERS[operation](self.world, call)
        return said.body if isinstance(said, Reply) else said

    def rows(self, table: str) -> list[Row]:
        return self.world.table(table).by("ad_account_id", self.account)

    def lists(self) -> dict[str, Listed]:
        """Fill the world; every list by the id of its operation."""
        return {
            **self._of_users(),
            **self._of_ad_accounts(),
            **self._of_campaigns(),
            **self._of_catalogs(),
            **self._of_businesses(),
        }

    def _of_users(self) -> dict[str, Listed]:
        do = self.do
        image: Any = {"source_type": "image_url", "url": "https://shop.example/1.jpg"}
        images = [{"url": "https://shop.example/1.jpg", "title": "lamp"}] * 2
        carousel = {"source_type": "multiple_image_urls", "items": images}
        board = do("boards/create", {"name": "Hidden lamps", "privacy": "PROTECTED"})["id"]
        sections = [do("board_sections/create", {"name": n}, board_id=board)["id"] for n in "ab"]
        within = {"board_id": board, "board_section_id": sections[0]}
        pins = [
            do("pins/create", {**within, "media_source": source, "title": "Odd lamp"})["id"]
            for source in (image, carousel)
        ]
        first = next(iter(self.world.table("boards")))["id"]
        saved = do("pins/save", {"board_id": first}, pin_id=pins[1])["id"]
        promoted = do("pins/create", {"board_id": first, "media_source": image})["id"]
        group = next(row["id"] for row in self.rows("ad_groups") if row["status"] == "ACTIVE")
        ad = {"ad_group_id": group, "creative_type": "REGULAR", "pin_id": promoted}
        do("ads/create", [ad])
        promoted = {row["pin_id"] for row in self.world.table("ads")}
        do("verify_website/update", {"website": "lamps.example"})
        for _ in range(2):
            do("media/create", {"media_type": "video"})
        do("integrations_commerce/post", {"external_business_id": "one"})
        do("integrations_commerce/post", {"external_business_id": "two"})
        privacy = {row["id"]: row["privacy"] for row in self.world.table("boards")}
        followed = {row["followed"] for row in self.world.table("board_follows")}
        strangers = self.world.table("follows").by("user", self.boss)
        names = {f"user_{row['followed'][-6:]}" for row in strangers}

        def secret(row: Row) -> bool:
            return bool(privacy[row["board_id"]] == "SECRET")

        def carousels(row: Row) -> bool:
            return bool(row["creative_type"] == "CAROUSEL")

        def lamps(row: Row) -> bool:
            return "lamp" in (row.get("name") or row.get("title") or "").lower()

        metrics = {"pin_metrics": "pin_metrics"}
        types = {"creative_types": (["CAROUSEL"], carousels)}
        return {
            "boards/list": Listed(
                (), {"privacy": when("SECRET", lambda row: row["privacy"] == "SECRET")}
            ),
            "boards/list_pins": Listed((board,), types, adds=metrics),
            "board_sections/list": Listed((board,)),
            "board_sections/list_pins": Listed((board, sections[0])),
            "boards_user_follows/list": Listed(
                (), {"explicit_following": when(True, lambda row: row["id"] in followed)}
            ),
            "followers/list": Listed(()),
            "integrations/get_list": Listed(()),
            "media/list": Listed(()),
            "pins/list": Listed(
                (),
                {
                    **types,
                    "pin_filter": when("has_been_promoted", lambda row: row["id"] in promoted),
                    "pin_filter=exclude_native": when(
                        "exclude_native",
                        lambda row: row["id"] == saved,
                    ),
                    "pin_filter=exclude_repins": when(
                        "exclude_repins",
                        lambda row: row["id"] != saved,
                    ),
                    "pin_type": ("PRIVATE", secret),
                    "include_protected_pins": when(
                        False,
                        lambda row: privacy[row["board_id"]] != "PROTECTED",
                    ),
                },
                {"include_protected_pins": True},
                adds=metrics,
            ),
            "search_partner_pins": Listed(
                (), {"term": when("in", lambda _: True)}, {"term": "for", "country_code": "US"}
            ),
            "search_user_boards/get": Listed((), {"query": ("lamp", lamps)}),
            "search_user_pins/list": Listed((), {"query": ("lamp", lamps)}, {"query": "l"}),
            "user_account/followed_interests": Listed((min(names),)),
            "user_following/get": Listed(
                (), {"explicit_following": when(True, lambda row: row["username"] in names)}
            ),
            "user_websites/get": Listed(()),
        }

    def _of_ad_accounts(self) -> dict[str, Listed]:
        do, at = self.do, (self.account,)
        own = {row["id"] for row in self.world.table("ad_accounts") if self._owned(row)}
        other = min(own - {self.account})
        audience: Row = {"name": "a", "audience_type": "VISITOR", "rule": {}}
        audiences = [do("audiences/create", audience)["id"] for _ in "ab"]
        for name in "ab":
            tag = do("conversion_tags/create", {"name": name})
            fired = {"last_fired_time_ms": 1_781_006_400_000}
            self.world.table("conversion_tags").add({**tag, **fired})
            do("customer_lists/create", {"name": name, "records": "a"})
            do("conversion_deletion_request/create", {"deletion_targets": [{"event_id": name}]})
            do("ads_credit/redeem", {"offerCodeHash": name, "validateOnly": False})
            do("ssio_insertion_order/create", {"order_name": name})
            do("lead_forms/create", [{"name": name}])
            promotion = {"promotion_title": name, "promotion_type": "SITEWIDE"}
            do("promotions/create", [promotion])
            do("ad_accounts_subscriptions/post", {"webhook_url": f"https://{name}.example"})
            template: Row = {"name": f"Template {name}", "targeting_attributes": {}}
            do("targeting_template/create", template)
        received = do("audiences/create", audience, ad_account_id=other)["id"]
        share: Row = {"operation_type": "SHARE", "audience_id": received}
        share["recipient_account_ids"] = [self.account]
        operation = "update_ad_account_to_ad_account_shared_audience"
        do(operation, share, ad_account_id=other)
        share |= {"audience_id": audiences[0], "recipient_account_ids": sorted(own)}
        do(operation, share)
        for id in audiences:
            share |= {"audience_id": id, "recipient_business_ids": [MEMBER, self.boss]}
            do("update_ad_account_to_business_shared_audience", share)
        shared: Row = {
            "audience_id": when(audiences[1], lambda _: False),
            "account_type": when("BUSINESS_ACCOUNT", lambda _: False),
        }
        order = self.rows("order_lines")[0]["pin_order_id"]
        query = {"audience_id": audiences[0], "account_type": "AD_ACCOUNT"}
        return {
            "ad_accounts/list": Listed(
                (), {"include_shared_accounts": when(False, lambda row: row["id"] in own)}
            ),
            "ad_accounts_audiences_shared_accounts/list": Listed(at, shared, query),
            "ad_accounts_subscriptions/get_list": Listed(at),
            "ads_credits_discounts/get": Listed(at),
            "order_lines/list": Listed(at),
            "ssio_insertion_orders_status/get_by_ad_account": Listed(at),
            "ssio_order_lines/get_by_ad_account": Listed(
                at, {"pin_order_id": when(order, lambda row: row["pin_order_id"] == order)}
            ),
            "audiences/list": Listed(at, {"ownership_type": when("RECEIVED", lambda _: False)}),
            "business_account_audiences_shared_accounts/list": Listed((self.boss,), shared, query),
            "conversion_deletion_request/list": Listed(at),
            "customer_lists/list": Listed(at),
            "lead_forms/list": Listed(at),
            "page_visit_conversion_tags/get": Listed(at),
            "promotions/list": Listed(at),
            "shared_audiences_for_business/list": Listed((self.boss,)),
            "targeting_template/list": Listed(
                at,
                {"search_query": when("template A", lambda row: row["name"] == "Template a")},
                adds={"include_sizing": "sizing"},
            ),
            "templates/list": Listed(at),
        }

    def _owned(self, row: Row) -> bool:
        return bool(row["owner"]["id"] == self.boss)

    def _of_campaigns(self) -> dict[str, Listed]:
        do, at, everything = self.do, (self.account,), {"entity_statuses": ALL}
        campaigns, groups, ads = (self.rows(name) for name in ("campaigns", "ad_groups", "ads"))
        promoted = self.rows("product_group_promotions")
        campaign = groups[0]["campaign_id"]
        promoted[0]["status"], promoted[-1]["status"] = "ACTIVE", "ARCHIVED"
        words = [{"match_type": kind, "value": "oak"} for kind in ("BROAD", "EXACT")]
        for parent in (campaign, groups[0]["id"], groups[1]["id"]):
            do("keywords/create", {"parent_id": parent, "keywords": words})
        labels = [{"label_type": kind, "value": "A"} for kind in ("BRAND", "CUSTOM", "CUSTOM")]
        for parent in (campaigns[0]["id"], campaigns[-1]["id"]):
            made = do("labels/create", {"parent_id": parent, "labels": labels})["labels"]
        do("labels/update", {"labels": [{"id": made[-1]["id"], "status": "ARCHIVED"}]})

        def among(field: str, *values: str) -> tuple[Any, Keeps]:
            return [*values], lambda row: row[field] in values

        def exactly(field: str, value: str) -> tuple[Any, Keeps]:
            return value, lambda row: row[field] == value

        def label(field: str, value: str) -> tuple[Any, Keeps]:
            return [value], lambda row: row["labels"][0][field] == value

        archived = {"entity_statuses": among("status", "ARCHIVED")}
        return {
            "campaigns/list": Listed(
                at, {**archived, "campaign_ids": among("id", campaigns[0]["id"])}, everything
            ),
            "ad_groups/list": Listed(
                at,
                {
                    **archived,
                    "campaign_ids": among("campaign_id", campaign),
                    "ad_group_ids": among("id", groups[0]["id"], groups[-1]["id"]),
                },
                everything,
            ),
            "ads/list": Listed(
                at,
                {
                    **archived,
                    "campaign_ids": among("campaign_id", campaign),
                    "ad_group_ids": among("ad_group_id", groups[0]["id"]),
                    "ad_ids": among("id", ads[0]["id"]),
                },
                everything,
            ),
            "product_group_promotions/list": Listed(
                at,
                {
                    "entity_statuses": among("status", promoted[0]["status"]),
                    "product_group_promotion_ids": among("id", promoted[0]["id"]),
                    "ad_group_id": exactly("ad_group_id", promoted[0]["ad_group_id"]),
                },
                everything,
            ),
            "keywords/get": Listed(
                at,
                {
                    "campaign_id": exactly("parent_id", campaign),
                    "ad_group_id": exactly("parent_id", groups[0]["id"]),
                    "ad_group_ids": among("parent_id", groups[0]["id"], groups[1]["id"]),
                    "match_types": among("match_type", "EXACT"),
                },
            ),
            "labels/list": Listed(
                at,
                {
                    "campaign_ids": label("parent_id", campaigns[0]["id"]),
                    "label_ids": label("id", made[0]["id"]),
                    "label_types": label("label_type", "BRAND"),
                    "entity_statuses": label("status", "ARCHIVED"),
                },
                {"entity_statuses": ["ACTIVE", "ARCHIVED"]},
            ),
        }

    def _of_catalogs(self) -> dict[str, Listed]:
        do = self.do
        hotels = do("catalogs/create", {"name": "Inns", "catalog_type": "HOTEL"})["id"]
        place = {"default_country": "US", "default_locale": "en-US", "format": "TSV"}
        source = {**place, "location": "https://shop.example/f.tsv"}
        feed = do("feeds/create", {**source, "name": "Second"})
        inns = {**source, "catalog_type": "HOTEL", "catalog_id": hotels, "name": "Inns"}
        do("feeds/create", inns)
        for _ in range(2):
            do("feed_processing_results/list", feed_id=feed["id"])
        (result,) = self.world.table("processing_results").by("feed_id", feed["id"])
        do("feeds/ingest", feed_id=feed["id"])
        result["issues"].append({"item_number": 999, "item_id": "odd"})
        filters: Row = {"any_of": []}
        group = do("catalogs_product_groups/create", self._group(feed["id"], filters))["id"]
        body = {"name": "Inns", "catalog_type": "HOTEL", "catalog_id": hotels, "filters": filters}
        do("catalogs_product_groups/create", body)

        def catalog(row: Row) -> bool:
            return bool(row["catalog_id"] == hotels)

        return {
            "ad_accounts_catalogs_product_groups/list": Listed(
                (self.account,),
                {
                    "feed_profile_id": when(
                        feed["id"],
                        lambda row: row["feed_profile_id"] == feed["id"],
                    )
                },
            ),
            "catalogs/list": Listed(()),
            "catalogs_product_group_pins/list": Listed(
                (group,), adds={"pin_metrics": "pin.pin_metrics"}
            ),
            "catalogs_product_groups/list": Listed(
                (),
                {
                    "id": when([int(group)], lambda row: row["id"] == group),
                    "feed_id": when(feed["id"], lambda row: row.get("feed_id") == feed["id"]),
                    "catalog_id": (hotels, catalog),
                },
            ),
            "feed_processing_results/list": Listed((feed["id"],)),
            "feeds/list": Listed(
                (), {"catalog_id": when(hotels, lambda row: row["name"] == "Inns")}
            ),
            "items_issues/list": Listed(
                (result["id"],),
                {
                    "item_numbers": when([999], lambda row: row["item_number"] == 999),
                    "item_validation_issue": when("INVALID_DOMAIN", lambda _: False),
                },
            ),
        }

    @staticmethod
    def _group(feed: str, filters: Row) -> Row:
        return {"name": "Everything else", "feed_id": feed, "filters": filters}

    def _of_businesses(self) -> dict[str, Listed]:
        do, at, stamp = self.do, (self.boss,), "549755886"
        members = [MEMBER, f"{stamp}001", f"{stamp}002"]
        for number, user in enumerate(members):
            role = "BIZ_ADMIN" if number == 1 else "EMPLOYEE"
            for kind, one in (("MEMBER", role), ("PARTNER", "PARTNER")):
                field = f"{kind.lower()}s"
                body = {"invite_type": f"{kind}_INVITE", "business_role": one, field: [user]}
                invite = do("create_membership_or_partnership_invites", body)
                answer: Row = {"invite_id": invite["items"][0]["invite"]["id"]}
                answer["action"] = {"accept_invite": True}
                do("respond_business_access_invites", {"invites": [answer]}, user=user)
        mails = ("a@shop.example", "b@shop.example")
        body = {"invite_type": "MEMBER_INVITE", "business_role": "EMPLOYEE", "members": [*mails]}
        do("create_membership_or_partnership_invites", body)
        body = {"invite_type": "PARTNER_INVITE", "business_role": "PARTNER", "partners": ["1"]}
        do("create_membership_or_partnership_invites", body)
        group = next(iter(self.world.table("asset_groups")))
        group["assets"] = [self.account]
        accounts = [row["id"] for row in self.world.table("ad_accounts") if self._owned(row)]
        for user in members:
            for asset in (*accounts[:3], self.account, group["id"]):
                access: Row = {"asset_id": asset, "permissions": ["ADMIN"]}
                accesses = {"accesses": [{**access, "member_id": user, "partner_id": user}]}
                do("business_members_asset_access/update", accesses)
                do("update_partner_asset_access_handler_impl", accesses)

        def user_of(*ids: str) -> Keeps:
            return lambda row: row["user"]["id"] in ids

        def nothing(_: Row) -> bool:
            return False

        summaries = {"assets_summary": "assets_summary"}
        groups = {"asset_type": ("ASSET_GROUP", nothing)}
        return {
            "business_asset_members/get": Listed(
                (self.boss, self.account), {"fetch_system_users": (True, nothing)}
            ),
            "business_asset_partners/get": Listed((self.boss, self.account)),
            "business_assets/get": Listed(
                at,
                {
                    **groups,
                    "child_asset_id": (self.account, nothing),
                    "asset_group_id": when(
                        group["id"],
                        lambda row: row["asset_id"] == self.account,
                    ),
                    "permissions": (["ANALYST"], nothing),
                },
            ),
            "business_member_assets/get": Listed((self.boss, MEMBER), groups),
            "business_partner_asset_access/get": Listed(
                (self.boss, MEMBER), {**groups, "partner_type": ("EXTERNAL", nothing)}
            ),
            "get/business_employers": Listed(()),
            "get/business_members": Listed(
                at,
                {
                    "fetch_system_users": (True, nothing),
                    "business_roles": (["BIZ_ADMIN"], user_of(members[1])),
                    "member_ids": (",".join(members[1:]), user_of(*members[1:])),
                },
                adds=summaries,
            ),
            "get/business_partners": Listed(
                at,
                {
                    "partner_type": ("EXTERNAL", nothing),
                    "partner_ids": (",".join(members[1:]), user_of(*members[1:])),
                },
                adds=summaries,
            ),
            "get/invites": Listed(
                at,
                {
                    "is_member": (False, nothing),
                    "invite_status": (["EXPIRED"], nothing),
                    "invite_type": ("PARTNER_INVITE", nothing),
                },
            ),
        }
