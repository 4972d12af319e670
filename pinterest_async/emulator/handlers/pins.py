"""Pins: created from images and videos, moved between boards, saved from other users."""

from typing import Any, Final

from pinterest_async.emulator.contract.calls import ApiCall, RejectedError
from pinterest_async.emulator.handlers import media
from pinterest_async.emulator.handlers.handler import Handlers
from pinterest_async.emulator.model import boards
from pinterest_async.emulator.model.world import Fields, World, page

_CAPTIONS: Final = ("description", "link", "title")
_TEXTS: Final = ("alt_text", *_CAPTIONS)


def _create(world: World, call: ApiCall) -> Any:
    body = call.body
    board = _board(world, call, body.get("board_id"))
    fields = dict(body)
    fields["board_section_id"] = _section(world, board, body.get("board_section_id"))
    source = body.get("media_source")
    if source and "media_id" in source:
        media.ready(world, call.user, source["media_id"])
    fields |= _media(source)
    pin = boards.add_pin(world, board, boards.iso_time(call.now), **fields)
    return boards.shown_pin(world, call, pin)


def _get(world: World, call: ApiCall) -> Any:
    return boards.shown_pin(world, call, boards.visible_pin(world, call, call.path["pin_id"]))


def _list(world: World, call: ApiCall) -> Any:
    query = call.query
    privacy = {row["id"]: row["privacy"] for row in world.table(boards.BOARDS)}
    hidden = None if query.get("include_protected_pins") else "PROTECTED"
    pins = [
        pin
        for pin in world.table(boards.PINS).by("user", call.user)
        if privacy[pin["board_id"]] != hidden
    ]
    if query.get("pin_type") == "PRIVATE":
        pins = [pin for pin in pins if privacy[pin["board_id"]] == "SECRET"]
    match query.get("pin_filter"):
        case "exclude_repins":
            pins = [pin for pin in pins if pin["parent_pin_id"] is None]
        case "exclude_native":
            pins = [pin for pin in pins if pin["parent_pin_id"] is not None]
        case "has_been_promoted":
            pins = [pin for pin in pins if boards.is_promoted(world, pin["id"])]
        case _:
            pass
    types = query.get("creative_types")
    if types:
        pins = [pin for pin in pins if pin["creative_type"] in types]
    return page(call, pins, lambda pin: boards.shown_pin(world, call, pin))


def _update(world: World, call: ApiCall) -> Any:
    pin = boards.own_pin(world, call, call.path["pin_id"])
    body = call.body
    if "board_id" in body or "board_section_id" in body:
        board = boards.own_board(world, call, body.get("board_id") or pin["board_id"])
        stays = board["id"] == pin["board_id"] and "board_section_id" not in body
        section = pin["board_section_id"] if stays else body.get("board_section_id")
        section = _section(world, board, section)
        boards.move_pin(world, pin, board, section, boards.iso_time(call.now))
    for field in _TEXTS:
        if field in body:
            pin[field] = body[field]
    if "carousel_slots" in body:
        _update_captions(pin, body["carousel_slots"])
    return boards.shown_pin(world, call, pin)


def _update_captions(pin: Fields, slots: list[Fields]) -> None:
    """Replace the texts of the images of a carousel, in their order."""
    images = pin["media"].get("items", ())
    if len(slots) > len(images):
        raise RejectedError(400, 1, f"Field `carousel_slots`: the Pin has {len(images)} of them.")
    for image, slot in zip(images, slots, strict=False):
        image.update({name: slot[name] for name in _CAPTIONS if name in slot})


def _delete(world: World, call: ApiCall) -> None:
    boards.remove_pin(world, boards.own_pin(world, call, call.path["pin_id"]))


def _save(world: World, call: ApiCall) -> Any:
    """A copy of a Pin, on a board of the user."""
    source = boards.visible_pin(world, call, call.path["pin_id"])
    board = _board(world, call, call.body.get("board_id"))
    section = _section(world, board, call.body.get("board_section_id"))
    fields = {**source, "board_section_id": section, "parent_pin_id": source["id"]}
    pin = boards.add_pin(world, board, boards.iso_time(call.now), **fields)
    return boards.shown_pin(world, call, pin)


def _board(world: World, call: ApiCall, id: str | None) -> Fields:
    """The board that is named, or the first one of the user."""
    if id is not None:
        return boards.own_board(world, call, id)
    rows = world.table(boards.BOARDS).by("user", call.user)
    if not rows:
        raise RejectedError(400, 1, "Field `board_id`: the user has no board to put the Pin on.")
    return rows[0]


def _section(world: World, board: Fields, id: str | None) -> str | None:
    return None if id is None else boards.section_of(world, board, id)["id"]


def _media(source: Fields | None) -> Fields:
    """The media of a Pin, from its media source."""
    source = source or {"source_type": "pin_url"}
    kind, standard = source["source_type"], source.get("is_standard", True)
    if kind == "video_id":
        cover = ("cover_image_url", "cover_image_data", "cover_image_key_frame_time")
        if not any(name in source for name in cover):
            raise RejectedError(400, 1, "Field `media_source`: a video needs a cover image.")
        shown: Fields = {
            "media_type": "video",
            "images": None,
            "video_url": f"https://v.pinimg.example/{source['media_id']}.mp4",
            "duration": 15000.0,
            "width": 1080,
            "height": 1920,
        }
        if "cover_image_url" in source:
            shown["cover_image_url"] = source["cover_image_url"]
        return {"media": shown, "creative_type": "VIDEO", "is_standard": standard}
    if kind.startswith("multiple_image"):
        items = [
            {"item_type": "image"} | {name: item[name] for name in _CAPTIONS if name in item}
            for item in source["items"]
        ]
        shown = {"media_type": "multiple_images", "items": items}
        return {"media": shown, "creative_type": "CAROUSEL", "is_standard": standard}
    return {"media": {"media_type": "image", "images": None}, "is_standard": standard}


HANDLERS: Final[Handlers] = {
    "pins/create": _create,
    "pins/delete": _delete,
    "pins/get": _get,
    "pins/list": _list,
    "pins/save": _save,
    "pins/update": _update,
}
