"""Keywords of campaigns and ad groups, and how often keywords are searched for."""

from typing import Any, Final

from pinterest_async.emulator.contract.calls import ApiCall, RejectedError
from pinterest_async.emulator.handlers import access
from pinterest_async.emulator.handlers.handler import Handlers
from pinterest_async.emulator.model.ad_entities import shown_keyword
from pinterest_async.emulator.model.pseudorandom import text_number
from pinterest_async.emulator.model.world import Fields, World, page


def _parent(world: World, owner: Fields, id: str) -> tuple[Fields, str]:
    for table, kind in (("campaigns", "CAMPAIGN"), ("ad_groups", "AD_GROUP")):
        row = world.table(table).find(id.lstrip("AGC"))
        if row is not None and row["ad_account_id"] == owner["id"]:
            return row, kind
    raise RejectedError(404, 404, f"parent_id: there is no campaign or ad group {id}.")


def _create(world: World, call: ApiCall) -> Any:
    owner, state = access.account(world, call), dict[str, Any]()
    if "parent_id" in call.body:
        parent, kind = _parent(world, owner, call.body["parent_id"])
        state = {"parent_id": parent["id"], "parent_type": kind}
    more = {"type": "KEYWORD", "archived": False, "updated_time": access.timestamp(call)}

    def create(item: Fields) -> Fields:
        access.require({**item, **state}, "parent_id", "match_type", "value")
        parts = ({"bid": None}, item, state, more)
        return shown_keyword(access.add_row(world, "keywords", owner, *parts))

    return access.answer_beside_errors("keywords", call.body["keywords"], create)


def _update(world: World, call: ApiCall) -> Any:
    owner = access.account(world, call)

    def update(item: Fields) -> Fields:
        row = access.row_of_account(world, "keywords", item.get("id"), owner, "Keyword")
        row.update({key: item[key] for key in ("archived", "bid") if key in item})
        row["updated_time"] = access.timestamp(call)
        return shown_keyword(row)

    return access.answer_beside_errors("keywords", call.body.get("keywords", ()), update)


def _list(world: World, call: ApiCall) -> Any:
    query = call.query
    parents = [query[name] for name in ("campaign_id", "ad_group_id") if query.get(name)]
    parents += query.get("ad_group_ids") or []
    filters = {"parent_id": parents or None, "match_type": query.get("match_types")}
    return page(
        call,
        access.filtered(access.rows_of_account(world, call, "keywords"), filters),
        shown_keyword,
    )


_VOLUMES: Final = ("<10K", "10K-50K", "50K-100K", "100K-500K", "500K-1M", "1M-5M", "5M+")
"""How often a keyword is searched for in a month, as the live API writes it."""


def _metrics(world: World, call: ApiCall) -> Any:
    access.account(world, call)

    def volume(keyword: str) -> str:
        return _VOLUMES[text_number(f"{call.query['country_code']} {keyword}") % len(_VOLUMES)]

    return {
        "data": [
            {"keyword": one, "metrics": {"KEYWORD_QUERY_VOLUME": volume(one)}}
            for one in dict.fromkeys(call.query["keywords"])
        ]
    }


HANDLERS: Final[Handlers] = {
    "keywords/create": _create,
    "keywords/update": _update,
    "keywords/get": _list,
    "country_keywords_metrics/get": _metrics,
}
