"""Searches in the boards and Pins of the user, and in the public Pins of everybody."""

from collections.abc import Iterable
from typing import Any, Final

from pinterest_async.emulator.contract.calls import ApiCall
from pinterest_async.emulator.handlers.handler import Handlers
from pinterest_async.emulator.model import boards
from pinterest_async.emulator.model.world import Fields, World, page


def _boards(world: World, call: ApiCall) -> Any:
    rows = world.table(boards.BOARDS).by("user", call.user)
    return page(call, _matching(rows, call.query.get("query")), boards.shown_board)


def _pins(world: World, call: ApiCall) -> Any:
    pins = _matching(world.table(boards.PINS).by("user", call.user), call.query["query"])
    return page(call, pins, lambda pin: boards.shown_pin(world, call, pin))


def _public_pins(world: World, call: ApiCall) -> Any:
    public = {row["id"] for row in world.table(boards.BOARDS) if row["privacy"] == "PUBLIC"}
    pins = [pin for pin in world.table(boards.PINS) if pin["board_id"] in public]
    found = _matching(pins, call.query["term"])
    return page(
        call, found, lambda pin: _summary(world, call, pin), size=call.query.get("limit") or 10
    )


def _summary(world: World, call: ApiCall, pin: Fields) -> Fields:
    shown = boards.shown_pin(world, call, pin)
    names = ("id", "title", "description", "alt_text", "link", "media")
    return {name: shown[name] for name in names}


def _matching(rows: Iterable[Fields], query: str | None) -> list[Fields]:
    """The rows whose texts contain every word of the query, in any case."""
    words = (query or "").lower().split()
    return [row for row in rows if all(word in _text(row) for word in words)]


def _text(row: Fields) -> str:
    texts = [row.get(name) for name in ("name", "title", "description", "alt_text")]
    return " ".join(text for text in texts if text).lower()


HANDLERS: Final[Handlers] = {
    "search_partner_pins": _public_pins,
    "search_user_boards/get": _boards,
    "search_user_pins/list": _pins,
}
