"""Searches for the user's boards and Pins, and for the Pins of everybody."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from pinterest_async.emulator.contract.calls import Call, Handler
from pinterest_async.emulator.model import boards_and_pins
from pinterest_async.emulator.model.world import Row, World, page


def _boards(world: World, call: Call) -> Any:
    boards = world.table(boards_and_pins.BOARDS).by("user", call.user)
    return page(call, _matching(boards, call.query.get("query")), boards_and_pins.shown_board)


def _pins(world: World, call: Call) -> Any:
    pins = _matching(world.table(boards_and_pins.PINS).by("user", call.user), call.query["query"])
    return page(call, pins, lambda pin: boards_and_pins.shown_pin(world, call, pin))


def _public_pins(world: World, call: Call) -> Any:
    boards = world.table(boards_and_pins.BOARDS)
    public = {board["id"] for board in boards if board["privacy"] == "PUBLIC"}
    pins = [pin for pin in world.table(boards_and_pins.PINS) if pin["board_id"] in public]
    found = _matching(pins, call.query["term"])
    return page(
        call, found, lambda pin: _summary(world, call, pin), size=call.query.get("limit") or 10
    )


def _summary(world: World, call: Call, pin: Row) -> Row:
    told = boards_and_pins.shown_pin(world, call, pin)
    return {
        name: told[name] for name in ("id", "title", "description", "alt_text", "link", "media")
    }


def _matching(rows: Iterable[Row], query: str | None) -> list[Row]:
    """The rows whose texts hold every word that is asked for, in any case."""
    words = (query or "").lower().split()
    return [row for row in rows if all(word in _text(row) for word in words)]


def _text(row: Row) -> str:
    texts = [row.get(name) for name in ("name", "title", "description", "alt_text")]
    return " ".join(text for text in texts if text).lower()


HANDLERS: Final[Mapping[str, Handler]] = {
    "search_partner_pins": _public_pins,
    "search_user_boards/get": _boards,
    "search_user_pins/list": _pins,
}
