"""Boards, sections and Pins: how they are stored and shown, and who may see and change them.

Pinterest writes the times of boards and Pins without a time zone, and so does this module.
"""

import datetime as dt
import random
from typing import Any, Final

from pinterest_async.emulator.contract.calls import ApiCall, RejectedError
from pinterest_async.emulator.model.world import Fields, World, picked

BOARDS: Final = "boards"
SECTIONS: Final = "board_sections"
PINS: Final = "pins"

NO_BOARD: Final = RejectedError(404, 40, "There is no such board.")
NO_SECTION: Final = RejectedError(404, 2031, "There is no such section on this board.")
NO_PIN: Final = RejectedError(404, 50, "There is no such Pin.")

_SIZES: Final = {
    "150x150": (150, 150),
    "400x300": (400, 300),
    "600x": (600, 900),
    "1200x": (1200, 1800),
}
_THEMES: Final = ("Kitchen", "Garden", "Travel", "Recipes", "Autumn", "Desk", "Hallway", "Weekend")
_KINDS: Final = ("ideas", "to try", "for later", "in blue", "2026", "on a budget")
_SUBJECTS: Final = (
    *("Oak shelf", "Linen curtain", "Lemon cake", "Climbing rose", "Tiled table", "Wool rug"),
)


def iso_time(now: dt.datetime) -> str:
    """A time as Pinterest writes it: in UTC, without saying so."""
    return now.replace(tzinfo=None, microsecond=0).isoformat()


def username(user: str) -> str:
    """The name of a user account."""
    return f"user_{user[-6:]}"


# Boards


def visible_board(world: World, call: ApiCall, id: str) -> Fields:
    """A board that the user may read: any public one, and all of their own."""
    board = world.table(BOARDS).get(id, NO_BOARD)
    if board["user"] != call.user and board["privacy"] == "SECRET":
        raise NO_BOARD
    return board


def own_board(world: World, call: ApiCall, id: str) -> Fields:
    """A board that the user may change."""
    board = visible_board(world, call, id)
    if board["user"] != call.user:
        raise RejectedError(401, 7, "This board belongs to somebody else.")
    return board


def shown_board(board: Fields) -> Fields:
    """A board as the API answers it."""
    pins = board["pins"]
    images = [_image(pin) for pin in pins[:5]]
    return {
        **picked(board, "id", "name", "description", "privacy", "is_ads_only", "created_at"),
        "owner": {"username": username(board["user"]), "id": board["user"]},
        "board_pins_modified_at": board["modified_at"],
        "pin_count": len(pins),
        "follower_count": int(board["id"]) % 500,
        "collaborator_count": 0,
        "media": {"image_cover_url": images[0] if images else None, "pin_thumbnail_urls": images},
    }


def created_day(world: World, call: ApiCall) -> int:
    """The day on which the account of a user was created: that of the oldest board, or today."""
    days = [str(board["created_at"])[:10] for board in world.table(BOARDS).by("user", call.user)]
    return dt.date.fromisoformat(min(days, default=str(call.now.date()))).toordinal()


def add_board(world: World, user: str, now: str, **fields: Any) -> Fields:
    """Add a board."""
    usual = {"description": "", "privacy": "PUBLIC", "is_ads_only": False}
    board = {name: fields.get(name, default) for name, default in usual.items()}
    state: Fields = {"created_at": now, "modified_at": now, "pins": []}
    return world.table(BOARDS).create({"user": user, "name": fields["name"]}, board, state)


def remove_board(world: World, board: Fields) -> None:
    """Remove a board, with its sections and Pins."""
    for pin in board["pins"]:
        world.table(PINS).remove(pin)
    for section in world.table(SECTIONS).by("board_id", board["id"]):
        world.table(SECTIONS).remove(section["id"])
    world.table(BOARDS).remove(board["id"])


# Sections


def section_of(world: World, board: Fields, id: str) -> Fields:
    """A section of this board."""
    return world.table(SECTIONS).get(id, NO_SECTION, board_id=board["id"])


def add_section(world: World, board: Fields, name: str) -> Fields:
    """Add a section."""
    return world.table(SECTIONS).create({"board_id": board["id"], "name": name})


# Pins


def visible_pin(world: World, call: ApiCall, id: str) -> Fields:
    """A Pin that the user may read."""
    pin = world.table(PINS).get(id, NO_PIN)
    if pin["user"] != call.user:
        board = world.table(BOARDS).find(pin["board_id"])
        if board is None or board["privacy"] == "SECRET":
            raise NO_PIN
    return pin


def own_pin(world: World, call: ApiCall, id: str) -> Fields:
    """A Pin that the user may change."""
    pin = visible_pin(world, call, id)
    if pin["user"] != call.user:
        raise RejectedError(401, 7, "This Pin belongs to somebody else.")
    return pin


def add_pin(world: World, board: Fields, now: str, **fields: Any) -> Fields:
    """Add a Pin to a board."""
    names = ("board_section_id", "title", "description", "alt_text", "link", "parent_pin_id")
    pin = world.table(PINS).create(
        {
            "user": board["user"],
            "board_id": board["id"],
            **{name: fields.get(name) for name in names},
            "dominant_color": fields.get("dominant_color") or "#c8a27d",
            "creative_type": fields.get("creative_type", "REGULAR"),
            "media": fields.get("media") or {"media_type": "image", "images": None},
            "is_standard": fields.get("is_standard", True),
            "created_at": now,
        }
    )
    board["pins"].append(pin["id"])
    board["modified_at"] = now
    return pin


def move_pin(world: World, pin: Fields, board: Fields, section: str | None, now: str) -> None:
    """Move a Pin to another board of its user, or into another section."""
    if pin["board_id"] != board["id"]:
        remove_from_board(world, pin)
        board["pins"].append(pin["id"])
        pin["board_id"] = board["id"]
    pin["board_section_id"] = section
    board["modified_at"] = now


def remove_pin(world: World, pin: Fields) -> None:
    """Remove a Pin."""
    remove_from_board(world, pin)
    world.table(PINS).remove(pin["id"])


def remove_from_board(world: World, pin: Fields) -> None:
    """Remove a Pin from its board; the Pin itself stays."""
    board = world.table(BOARDS).find(pin["board_id"])
    if board is not None:
        board["pins"].remove(pin["id"])


def pins_on_board(world: World, board: Fields, section: str | None = None) -> list[Fields]:
    """The Pins on a board with those in its sections, or the Pins of one section."""
    table = world.table(PINS)
    pins = [pin for id in board["pins"] if (pin := table.find(id)) is not None]
    return [pin for pin in pins if section is None or pin["board_section_id"] == section]


def is_promoted(world: World, pin: str) -> bool:
    """Whether there is, or was, an ad of a Pin."""
    return bool(world.table("ads").by("pin_id", pin))


_SHOWN: Final = (
    *("id", "board_id", "board_section_id", "title", "description", "alt_text", "link"),
    *("dominant_color", "parent_pin_id", "creative_type", "is_standard", "created_at"),
)


def shown_pin(world: World, call: ApiCall, pin: Fields) -> Fields:
    """A Pin as the API answers it to this user."""
    media = dict(pin["media"])
    if "images" in media:
        media["images"] = _images(pin["id"])
    shown = picked(pin, *_SHOWN)
    shown |= {name: pin[name] or "" for name in ("title", "description")}
    shown["media"] = media
    shown["board_owner"] = {"username": username(pin["user"]), "id": pin["user"]}
    shown |= {"is_product": False, "is_removable": False, "product_tags": []}
    shown["is_owner"] = pin["user"] == call.user
    shown["has_been_promoted"] = is_promoted(world, pin["id"])
    shown["pin_metrics"] = pin_metrics(pin["id"]) if call.query.get("pin_metrics") else None
    return shown


def _image(pin: str, size: str = "400x300") -> str:
    return f"https://i.pinimg.example/{size}/{pin}.jpg"


def _images(pin: str) -> Fields:
    return {
        size: {"url": _image(pin, size), "width": width, "height": height}
        for size, (width, height) in _SIZES.items()
    }


def pin_metrics(pin: str) -> Fields:
    """The figures of a Pin in the last 90 days and in its whole life."""
    generator = random.Random(pin)  # noqa: S311  (made-up figures)
    seen = generator.randrange(10, 5000)
    recent = {
        "impression": seen,
        "pin_click": seen // 9,
        "clickthrough": seen // 31,
        "save": seen // 17,
        "reaction": seen // 40,
        "comment": seen // 200,
    }
    return {"90d": recent, "lifetime_metrics": {name: 3 * n for name, n in recent.items()}}


def seed_organic(
    world: World, user: str, now: dt.datetime, *, boards: int = 12, pins: int = 20
) -> None:
    """Give a user boards with sections and Pins, made up from the world's seed."""
    generator = random.Random(f"{world.seed} {user}")  # noqa: S311  (made-up content)
    for number in range(boards):
        created = iso_time(
            now - dt.timedelta(days=400 - 20 * number, minutes=generator.randrange(900))
        )
        theme = _THEMES[number % len(_THEMES)]
        name = f"{theme} {generator.choice(_KINDS)}"
        privacy = "SECRET" if number % 6 == 5 else "PUBLIC"
        board = add_board(
            world, user, created, name=name, description=f"{theme}, collected.", privacy=privacy
        )
        sections = [add_section(world, board, kind)["id"] for kind in _KINDS[: number % 3]]
        for _ in range(generator.randrange(pins // 2, 2 * pins)):
            subject = generator.choice(_SUBJECTS)
            add_pin(
                world,
                board,
                created,
                title=subject,
                description=f"{subject} for the {theme.lower()}.",
                link=f"https://shop.example/{generator.randrange(10**6)}",
                board_section_id=generator.choice([None, *sections]),
            )
