"""Boards and their sections."""

from collections.abc import Mapping
from typing import Any, Final

from pinterest_async.emulator.contract.calls import Call, Handler, Refusal
from pinterest_async.emulator.model import boards_and_pins
from pinterest_async.emulator.model.world import Row, World, page

_FILTERS: Final[Mapping[str, tuple[str, ...]]] = {
    "PUBLIC": ("PUBLIC",),
    "PROTECTED": ("PROTECTED",),
    "SECRET": ("SECRET",),
    "PUBLIC_AND_SECRET": ("PUBLIC", "SECRET"),
}


def _create(world: World, call: Call) -> Any:
    name = call.body["name"]
    _free(world, call.user, name)
    board = boards_and_pins.new_board(
        world, call.user, boards_and_pins.moment(call.now), **call.body
    )
    return boards_and_pins.shown_board(board)


def _get(world: World, call: Call) -> Any:
    board = boards_and_pins.visible_board(world, call, call.path["board_id"])
    return boards_and_pins.shown_board(board)


def _list(world: World, call: Call) -> Any:
    wanted = _FILTERS.get(call.query.get("privacy") or "ALL")
    boards = world.table(boards_and_pins.BOARDS).by("user", call.user)
    if wanted is not None:
        boards = [board for board in boards if board["privacy"] in wanted]
    return page(call, boards, boards_and_pins.shown_board)


def _list_pins(world: World, call: Call) -> Any:
    board = boards_and_pins.visible_board(world, call, call.path["board_id"])
    types = call.query.get("creative_types")
    pins = boards_and_pins.pins_of(world, board)
    if types:
        pins = [pin for pin in pins if pin["creative_type"] in types]
    return page(call, pins, lambda pin: boards_and_pins.shown_pin(world, call, pin))


def _update(world: World, call: Call) -> Any:
    board = boards_and_pins.own_board(world, call, call.path["board_id"])
    name = call.body.get("name", board["name"])
    if name != board["name"]:
        _free(world, call.user, name)
    for field in ("name", "description", "privacy"):
        if field in call.body:
            board[field] = call.body[field]
    return boards_and_pins.shown_board(board)


def _delete(world: World, call: Call) -> None:
    boards_and_pins.remove_board(
        world, boards_and_pins.own_board(world, call, call.path["board_id"])
    )


def _free(world: World, user: str, name: str) -> None:
    """Refuse a name that another board of the user has."""
    if not name.strip():
        raise Refusal(400, 1, "Field `name`: a board needs a name.")
    if world.table(boards_and_pins.BOARDS).where(user=user, name=name):
        raise Refusal(400, 58, f"Field `name`: you have a board named {name!r} already.")


def _create_section(world: World, call: Call) -> Any:
    board = boards_and_pins.own_board(world, call, call.path["board_id"])
    _free_section(world, board, call.body["name"])
    return _section(boards_and_pins.new_section(world, board, call.body["name"]))


def _list_sections(world: World, call: Call) -> Any:
    board = boards_and_pins.visible_board(world, call, call.path["board_id"])
    return page(call, world.table(boards_and_pins.SECTIONS).by("board_id", board["id"]), _section)


def _update_section(world: World, call: Call) -> Any:
    board = boards_and_pins.own_board(world, call, call.path["board_id"])
    section = boards_and_pins.section_of(world, board, call.path["section_id"])
    if call.body["name"] != section["name"]:
        _free_section(world, board, call.body["name"])
    section["name"] = call.body["name"]
    return _section(section)


def _delete_section(world: World, call: Call) -> None:
    """A section goes with the Pins in it, as it does on the live site."""
    board = boards_and_pins.own_board(world, call, call.path["board_id"])
    section = boards_and_pins.section_of(world, board, call.path["section_id"])
    for pin in boards_and_pins.pins_of(world, board, section["id"]):
        boards_and_pins.remove_pin(world, pin)
    world.table(boards_and_pins.SECTIONS).remove(section["id"])


def _list_section_pins(world: World, call: Call) -> Any:
    board = boards_and_pins.visible_board(world, call, call.path["board_id"])
    section = boards_and_pins.section_of(world, board, call.path["section_id"])
    pins = boards_and_pins.pins_of(world, board, section["id"])
    return page(call, pins, lambda pin: boards_and_pins.shown_pin(world, call, pin))


def _free_section(world: World, board: Row, name: str) -> None:
    """Refuse a name that another section of the board has."""
    if world.table(boards_and_pins.SECTIONS).where(board_id=board["id"], name=name):
        raise Refusal(409, 409, f"Field `name`: the board has a section named {name!r} already.")


def _section(section: Row) -> Row:
    return {"id": section["id"], "name": section["name"]}


HANDLERS: Final[Mapping[str, Handler]] = {
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
