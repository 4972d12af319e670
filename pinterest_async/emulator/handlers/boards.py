"""Boards and their sections."""

from collections.abc import Mapping
from typing import Any, Final

from pinterest_async.emulator.contract.calls import ApiCall, RejectedError
from pinterest_async.emulator.handlers.handler import Handlers
from pinterest_async.emulator.model import boards
from pinterest_async.emulator.model.world import Fields, World, page

_FILTERS: Final[Mapping[str, tuple[str, ...]]] = {
    "PUBLIC": ("PUBLIC",),
    "PROTECTED": ("PROTECTED",),
    "SECRET": ("SECRET",),
    "PUBLIC_AND_SECRET": ("PUBLIC", "SECRET"),
}


def _create(world: World, call: ApiCall) -> Any:
    name = call.body["name"]
    _check_name(world, call.user, name)
    board = boards.add_board(world, call.user, boards.iso_time(call.now), **call.body)
    return boards.shown_board(board)


def _get(world: World, call: ApiCall) -> Any:
    board = boards.visible_board(world, call, call.path["board_id"])
    return boards.shown_board(board)


def _list(world: World, call: ApiCall) -> Any:
    wanted = _FILTERS.get(call.query.get("privacy") or "ALL")
    rows = world.table(boards.BOARDS).by("user", call.user)
    if wanted is not None:
        rows = [row for row in rows if row["privacy"] in wanted]
    return page(call, rows, boards.shown_board)


def _list_pins(world: World, call: ApiCall) -> Any:
    board = boards.visible_board(world, call, call.path["board_id"])
    types = call.query.get("creative_types")
    pins = boards.pins_on_board(world, board)
    if types:
        pins = [pin for pin in pins if pin["creative_type"] in types]
    return page(call, pins, lambda pin: boards.shown_pin(world, call, pin))


def _update(world: World, call: ApiCall) -> Any:
    board = boards.own_board(world, call, call.path["board_id"])
    name = call.body.get("name", board["name"])
    if name != board["name"]:
        _check_name(world, call.user, name, "Could not edit board. ")
    for field in ("name", "description", "privacy"):
        if field in call.body:
            board[field] = call.body[field]
    return boards.shown_board(board)


def _delete(world: World, call: ApiCall) -> None:
    boards.remove_board(world, boards.own_board(world, call, call.path["board_id"]))


def _check_name(world: World, user: str, name: str, first: str = "") -> None:
    """Reject a name that another board of the user has; `first` begins the message."""
    if not name.strip():
        raise RejectedError(400, 1, f"{first}Field `name`: a board needs a name.")
    if world.table(boards.BOARDS).where(user=user, name=name):
        message = f"{first}Field `name`: you have a board named {name!r} already."
        raise RejectedError(400, 58, message)


def _create_section(world: World, call: ApiCall) -> Any:
    board = boards.own_board(world, call, call.path["board_id"])
    _check_section_name(world, board, call.body["name"])
    return _section(boards.add_section(world, board, call.body["name"]))


def _list_sections(world: World, call: ApiCall) -> Any:
    board = boards.visible_board(world, call, call.path["board_id"])
    return page(call, world.table(boards.SECTIONS).by("board_id", board["id"]), _section)


def _update_section(world: World, call: ApiCall) -> Any:
    board = boards.own_board(world, call, call.path["board_id"])
    section = boards.section_of(world, board, call.path["section_id"])
    if call.body["name"] != section["name"]:
        _check_section_name(world, board, call.body["name"])
    section["name"] = call.body["name"]
    return _section(section)


def _delete_section(world: World, call: ApiCall) -> None:
    """Delete a section with its Pins, as the live site does."""
    board = boards.own_board(world, call, call.path["board_id"])
    section = boards.section_of(world, board, call.path["section_id"])
    for pin in boards.pins_on_board(world, board, section["id"]):
        boards.remove_pin(world, pin)
    world.table(boards.SECTIONS).remove(section["id"])


def _list_section_pins(world: World, call: ApiCall) -> Any:
    board = boards.visible_board(world, call, call.path["board_id"])
    section = boards.section_of(world, board, call.path["section_id"])
    pins = boards.pins_on_board(world, board, section["id"])
    return page(call, pins, lambda pin: boards.shown_pin(world, call, pin))


def _check_section_name(world: World, board: Fields, name: str) -> None:
    """Reject a name that another section of the board has."""
    if world.table(boards.SECTIONS).where(board_id=board["id"], name=name):
        raise RejectedError(
            409, 409, f"Field `name`: the board has a section named {name!r} already."
        )


def _section(section: Fields) -> Fields:
    return {"id": section["id"], "name": section["name"]}


HANDLERS: Final[Handlers] = {
    "boards/create": _create,
    "boards/delete": _delete,
    "boards/get": _get,
    "boards/list": _list,
    "boards/list_pins": _list_pins,
    "boards/update": _update,
    "board_sections/create": _create_section,
    "board_sections/delete": _delete_section,
    "board_sections/list": _list_sections,
    "board_sections/list_pins": _list_section_pins,
    "board_sections/update": _update_section,
}
