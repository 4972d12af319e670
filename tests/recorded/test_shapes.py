"""The emulator's answers beside recorded ones: no field has another type, or another kind of value.

A kind is what a program sees in a value: text of digits, a date, a time with or without a zone, an
address, a word in capitals, a time in seconds or in milliseconds.
"""

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from pinterest_async._core.guards import is_items, is_object
from pinterest_async.emulator import Emulator

BODIES: list[dict[str, Any]] = json.loads((Path(__file__).parent / "bodies.json").read_bytes())
LIST: Final = Path(__file__).parent / "one_sided.json"
OPERATIONS: Final = sorted({one["op"] for one in BODIES})
NOW: Final = 1_783_600_000.0

DAYS: Final = "start_date=2026-06-25&end_date=2026-07-06"
IMAGE: Final = {"source_type": "image_url", "url": "https://shop.example/a.png"}
EVENT: Final = {
    "event_name": "checkout",
    "action_source": "web",
    "event_time": int(NOW) - 60,
    "event_id": "1",
    "user_data": {"em": ["0" * 64]},
}

_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_MOMENT: Final = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})?")


class Asked:
    """Asks an emulator without a socket."""

    def __init__(self) -> None:
        self.emulator = Emulator(now=lambda: NOW, quotas=None, check_answers=True)
        self.emulator.world.origin = "http://127.0.0.1:8800"
        self.account = self("GET", "/ad_accounts")["items"][0]["id"]
        self.of_account = f"/ad_accounts/{self.account}"

    def __call__(self, method: str, target: str, body: Any = None) -> Any:
        headers = {
            "Authorization": f"Bearer {self.emulator.token}",
            "Content-Type": "application/json",
        }
        sent = b"" if body is None else json.dumps(body).encode()
        said = self.emulator.answer(method, "/v5" + target, headers, sent)
        assert said.status in (200, 201), said.body
        return json.loads(said.body)

    def made(self, target: str, body: Any) -> Any:
        """What a bulk write made of its one item."""
        return self("POST", self.of_account + target, [body])["items"][0]["data"]

    def campaign(self, **fields: Any) -> Any:
        campaign = {"name": "Spring", "objective_type": "AWARENESS", "daily_spend_cap": 10**8}
        return self.made("/campaigns", campaign | fields)

    def ad_group(self) -> Any:
        group = {"name": "Broad", "billable_event": "IMPRESSION", "bid_in_micro_currency": 10**6}
        group |= {"campaign_id": self.campaign()["id"], "targeting_spec": {"GEO": ["US"]}}
        return self.made("/ad_groups", group)

    def audience(self) -> Any:
        rule = {"retention_days": 180, "visitor_source_id": "1000000063365"}
        audience = {"name": "Buyers", "audience_type": "VISITOR", "rule": rule}
        return self("POST", f"{self.of_account}/audiences", audience | {"description": "All."})

    def customer_list(self) -> Any:
        sent = {"name": "Friends", "records": "a@x.example,b@x.example", "list_type": "EMAIL"}
        return self("POST", f"{self.of_account}/customer_lists", sent)

    def board(self) -> Any:
        return self("POST", "/boards", {"name": f"Board {len(self.emulator.calls())}"})

    def pin(self, board: Any) -> Any:
        return self("POST", "/pins", {"board_id": board["id"], "media_source": IMAGE})


def answers(ask: Asked, operation: str) -> Iterator[Any]:
    """Answers of an operation: to the question that was recorded, as far as it is known."""
    of = ask.of_account
    match operation:
        case "ad_accounts/list":
            yield ask("GET", "/ad_accounts")
        case "ad_accounts_subscriptions/get_list":
            ask("POST", f"{of}/leads/subscriptions", {"webhook_url": "https://shop.example/w"})
            yield ask("GET", f"{of}/leads/subscriptions")
        case "ad_groups/create":
            yield {"items": [{"data": ask.ad_group()}]}
        case "ad_groups/list":
            yield ask("GET", f"{of}/ad_groups")
            yield ask("GET", f"{of}/ad_groups?ad_group_ids={ask.ad_group()['id']}")
        case "ad_groups/audience_sizing":
            yield ask("POST", f"{of}/ad_groups/audience_sizing", {"auto_targeting_enabled": True})
        case "analytics/get_report":
            request: dict[str, Any] = {
                "start_date": "2026-06-25",
                "end_date": "2026-06-28",
                "level": "CAMPAIGN",
            }
            request |= {"granularity": "DAY", "columns": ["SPEND_IN_DOLLAR"]}
            token = ask("POST", f"{of}/reports", request)["token"]
            yield [ask("GET", f"{of}/reports?token={token}") for _ in range(3)][-1]
        case "audiences/list":
            ask.audience()
            yield ask("GET", f"{of}/audiences")
        case "audiences/update":
            yield ask("PATCH", f"{of}/audiences/{ask.audience()['id']}", {"name": "Visitors"})
        case "board_sections/create":
            yield ask("POST", f"/boards/{ask.board()['id']}/sections", {"name": "Lamps"})
        case "board_sections/list_pins":
            board = ask.board()
            section = ask("POST", f"/boards/{board['id']}/sections", {"name": "Lamps"})
            sent = {"board_id": board["id"], "board_section_id": section["id"]}
            ask("POST", "/pins", sent | {"media_source": IMAGE})
            yield ask("GET", f"/boards/{board['id']}/sections/{section['id']}/pins")
        case "boards/get":
            yield ask("GET", f"/boards/{ask.board()['id']}")
            yield ask("GET", f"/boards/{ask('GET', '/boards')['items'][0]['id']}")
        case "boards/list" | "search_user_boards/get":
            path = "/boards" if operation == "boards/list" else "/search/boards?page_size=1"
            yield ask("GET", path)
        case "boards/list_pins":
            board = ask.board()
            ask("POST", f"/pins/{ask.pin(board)['id']}/save", {"board_id": board["id"]})
            yield ask("GET", f"/boards/{board['id']}/pins")
            board = ask("GET", "/boards")["items"][0]
            yield ask("GET", f"/boards/{board['id']}/pins")
        case "campaigns/create":
            yield {"items": [{"data": ask.campaign()}]}
        case "campaigns/get":
            yield ask("GET", f"{of}/campaigns/{ask.campaign()['id']}")
            first = ask("GET", f"{of}/campaigns")["items"][0]
            yield ask("GET", f"{of}/campaigns/{first['id']}")
        case "conversion_tags/list":
            ask("POST", f"{of}/conversion_tags", {"name": "Shop"})
            yield ask("GET", f"{of}/conversion_tags")
        case "country_keywords_metrics/get":
            yield ask("GET", f"{of}/keywords/metrics?country_code=US&keywords=lamp,oak")
        case "customer_lists/create":
            yield ask.customer_list()
        case "customer_lists/get":
            yield ask("GET", f"{of}/customer_lists/{ask.customer_list()['id']}")
        case "events/create":
            yield ask("POST", f"{of}/events", {"data": [EVENT]})
        case "keywords/get":
            words = [
                {"match_type": "BROAD", "value": "lamp"},
                {"match_type": "EXACT", "value": "x"},
            ]
            sent = {"parent_id": ask.ad_group()["id"], "keywords": words}
            ask("POST", f"{of}/keywords", sent)
            yield ask("GET", f"{of}/keywords")
        case "lead_forms/create":
            form: dict[str, Any] = {"name": "Ask", "has_accepted_terms": False, "questions": []}
            form |= {"completion_message": None, "privacy_policy_link": None}
            yield ask("POST", f"{of}/lead_forms", [form])
        case "media/create":
            yield ask("POST", "/media", {"media_type": "video"})
        case "metrics_ready_state/get":
            yield ask("GET", "/resources/metrics_ready_state?date=2026-07-01")
        case "pins/get":
            yield ask("GET", f"/pins/{ask.pin(ask.board())['id']}")
        case "pins/save":
            board = ask.board()
            yield ask("POST", f"/pins/{ask.pin(board)['id']}/save", {"board_id": board["id"]})
        case "promotions/list":
            sent = {"promotion_title": "Ten", "promotion_type": "SITEWIDE"}
            sent |= {"start_time": int(NOW) - 10**6, "end_time": int(NOW) - 10**5}
            sent |= {"template_values": [{"percent": 10}]}
            ask("POST", f"{of}/promotions", [sent])
            yield ask("GET", f"{of}/promotions")
        case "targeting_options/get":
            yield ask("GET", "/resources/targeting/GENDER")
        case "targeting_template/list":
            sent = {"name": "Broad", "targeting_attributes": {"GEO": ["US"]}}
            ask("POST", f"{of}/targeting_templates", sent)
            yield ask("GET", f"{of}/targeting_templates")
        case "terms_suggested/list":
            yield ask("GET", "/terms/suggested?term=lamp")
        case "trending_keywords/list":
            yield ask("GET", "/trends/keywords/US/top/growing")
        case "trends_featured_topics/list":
            yield ask("GET", "/trends/topics/featured?region=US")
        case "user_account/analytics":
            yield ask("GET", f"/user_account/analytics?{DAYS}")
            ask.emulator.token = ask.emulator.issue_token("806000000000000002")
            yield ask("GET", f"/user_account/analytics?{DAYS}")
        case "user_account/analytics/top_video_pins":
            target = f"/user_account/analytics/top_video_pins?{DAYS}&sort_by=IMPRESSION"
            yield ask("GET", target)
            media = {"source_type": "video_id", "cover_image_url": "https://shop.example/a.png"}
            first = next(iter(ask.emulator.world.table("media")))
            media |= {"media_id": first["id"]}
            board = ask.board()["id"]
            ask("POST", "/pins", {"board_id": board, "media_source": media})
            yield ask("GET", target)
        case "ad_account_countries/get":
            yield ask("GET", "/resources/ad_account_countries")
        case "user_account/get":
            yield ask("GET", "/user_account")
        case _:
            raise AssertionError(f"say how {operation} is asked for")


def kind(value: Any) -> str:
    """What a program sees in a value that holds no others."""
    if isinstance(value, str):
        if value in ("", "text", "opaque"):  # what replaces personal details says no more
            return "text"
        if re.match("https?://", value):
            return "address"
        if value.isdecimal():
            return "digits"
        if _DATE.fullmatch(value):
            return "date"
        found = _MOMENT.fullmatch(value)
        if found:
            return "time with a zone" if found[2] else "time without a zone"
        return "WORD" if re.fullmatch(r"[A-Z][A-Z0-9_]+", value) else "words"
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int):
        return "milliseconds" if value > 10**12 else "seconds" if value > 10**9 else "int"
    return type(value).__name__


def shape(value: Any, at: str = "$") -> Iterator[tuple[str, str]]:
    """Every place in an answer, and the kind of what is there."""
    if is_object(value):
        yield at, "object"
        dated = bool(value) and all(_DATE.fullmatch(name) for name in value)
        for name, one in value.items():
            yield from shape(one, f"{at}.<date>" if dated else f"{at}.{name}")
    elif is_items(value):
        yield at, "list"
        for one in value:
            yield from shape(one, f"{at}[]")
    else:
        yield at, kind(value)


def places(answers: Iterable[Any]) -> dict[str, set[str]]:
    """The kinds at every place of some answers."""
    found: dict[str, set[str]] = {}
    for answer in answers:
        for at, one in shape(answer):
            found.setdefault(at, set()).add(one)
    return found


def differences(live: dict[str, set[str]], ours: dict[str, set[str]]) -> Iterator[str]:
    """The places that both have, and where ours holds a kind that live does not."""
    for at in sorted(live.keys() & ours.keys()):
        allowed = set(live[at])
        if allowed == {"NoneType"}:
            continue
        if "text" in allowed:
            allowed |= TEXTS
        if "text" in ours[at] and allowed & {"words", "WORD"}:
            allowed.add("text")
        if ours[at] - allowed:
            yield f"{at}: {sorted(ours[at])}, and live has {sorted(live[at])}"


TEXTS: Final = {"address", "digits", "date", "WORD", "words"}


def both(operation: str) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """The kinds of values of an operation, live and ours."""
    recorded = (one["body"] for one in BODIES if one["op"] == operation)
    return places(recorded), places(answers(Asked(), operation))


def one_sided(operation: str) -> dict[str, list[str]]:
    """The fields that only one side has; not those within a field that it lacks."""
    live, ours = both(operation)

    def lacking(some: dict[str, set[str]], others: dict[str, set[str]]) -> list[str]:
        found = {at for at in some if at not in others}
        return sorted(at for at in found if at.rpartition(".")[0].rstrip("[]") not in found)

    return {"live": lacking(live, ours), "ours": lacking(ours, live)}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_no_field_has_another_type_or_kind_than_live(operation: str) -> None:
    live, ours = both(operation)
    assert list(differences(live, ours)) == []


def test_fields_that_only_one_side_has_are_listed() -> None:
    """Run this file to write the list anew, and look at what has changed."""
    found = {operation: one_sided(operation) for operation in OPERATIONS}
    assert found == json.loads(LIST.read_bytes())


if __name__ == "__main__":
    all_of_them = {operation: one_sided(operation) for operation in OPERATIONS}
    LIST.write_text(json.dumps(all_of_them, indent=1) + "\n")
