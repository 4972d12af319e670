"""Boards, sections and Pins as rows of the world: who may see and change them, and how they count.

Pinterest writes the date-times of boards and Pins without a zone; so does this.
"""

import datetime as dt
import random
from typing import Any, Final

from pinterest_async.emulator.contract.calls import Call, Refusal
from pinterest_async.emulator.model.world import Row, World

BOARDS: Final = "boards"
SECTIONS: Final = "board_sections"
PINS: Final = "pins"

NO_BOARD: Final = Refusal(404, 40, "There is no such board.")
NO_SECTION: Final = Refusal(404, 2031, "There is no such section on this board.")
NO_PIN: Final = Refusal(404, 50, "There is no such Pin.")

_SIZES: Final = {
    "150x150": (150, 150),
    "400x300": (400, 300),
    "600x": (600, 900),
    "1200x": (1200, 1800),
}
_THEMES: Final = ("Kitchen", "Garden", "Travel", "Recipes", "Autumn", "Desk", "Hallway", "Weekend")
_KINDS: Final = ("ideas", "to try", "for later", "in blue", "2026", "on a budget")
_SUBJECTS: Final = (
    "Oak shelf",
    "Linen curtain",
    "Lemon cake",
    "Climbing rose",
    "Tiled table",
    "Wool rug",
)


def moment(now: dt.datetime) -> str:
    """A moment as Pinterest writes it: UTC, and does not say so."""
    return now.replace(tzinfo=None, microsecond=0).isoformat()


def username(user: str) -> str:
    """The name of a user account."""
    return f"user_{user[-6:]}"


# Boards


def visible_board(world: World, call: Call, id: str) -> Row:
    """A board that the user may read: any public one, and all of their own."""
    board = world.table(BOARDS).get(id, NO_BOARD)
    if board["user"] != call.user and board["privacy"] == "SECRET":
        raise NO_BOARD
    return board


def own_board(world: World, call: Call, id: str) -> Row:
    """A board that the user may change."""
    board = visible_board(world, call, id)
    if board["user"] != call.user:
        raise Refusal(401, 7, "This board belongs to somebody else.")
    return board


def shown_board(board: Row) -> Row:
    """A board as the API answers it."""
    pins = board["pins"]
    images = [_image(pin) for pin in pins[:5]]
    return {
        "id": board["id"],
        "name": board["name"],
        "description": board["description"],
        "privacy": board["privacy"],
        "is_ads_only": board["is_ads_only"],
        "owner": {"username": username(board["user"]), "id": board["user"]},
        "created_at": board["created_at"],
        "board_pins_modified_at": board["modified_at"],
        "pin_count": len(pins),
        "follower_count": int(board["id"]) % 500,
        "collaborator_count": 0,
        "media": {"image_cover_url": images[0] if images else None, "pin_thumbnail_urls": images},
    }


def new_board(world: World, user: str, now: str, **fields: Any) -> Row:
    """Make a board."""
    table = world.table(BOARDS)
    board: Row = {
        "id": table.new_id(),
        "user": user,
        "name": fields["name"],
        "description": fields.get("description"),
        "privacy": fields.get("privacy", "PUBLIC"),
        "is_ads_only": fields.get("is_ads_only", False),
        "created_at": now,
        "modified_at": now,
        "pins": [],
    }
    return table.add(board)


def remove_board(world: World, board: Row) -> None:
    """Remove a board, with its sections and Pins."""
    for pin in board["pins"]:
        world.table(PINS).remove(pin)
    for section in world.table(SECTIONS).by("board_id", board["id"]):
        world.table(SECTIONS).remove(section["id"])
    world.table(BOARDS).remove(board["id"])


# Sections


def section_of(world: World, board: Row, id: str) -> Row:
    """A section of this board."""
    section = world.table(SECTIONS).get(id, NO_SECTION)
    if section["board_id"] != board["id"]:
        raise NO_SECTION
    return section


def new_section(world: World, board: Row, name: str) -> Row:
    """Make a section."""
    table = world.table(SECTIONS)
    return table.add({"id": table.new_id(), "board_id": board["id"], "name": name})


# Pins


def visible_pin(world: World, call: Call, id: str) -> Row:
    """A Pin that the user may read."""
    pin = world.table(PINS).get(id, NO_PIN)
    if pin["user"] != call.user:
        board = world.table(BOARDS).find(pin["board_id"])
        if board is None or board["privacy"] == "SECRET":
            raise NO_PIN
    return pin


def own_pin(world: World, call: Call, id: str) -> Row:
    """A Pin that the user may change."""
    pin = visible_pin(world, call, id)
    if pin["user"] != call.user:
        raise Refusal(401, 7, "This Pin belongs to somebody else.")
    return pin


def new_pin(world: World, board: Row, now: str, **fields: Any) -> Row:
    """Put a Pin on a board."""
    table = world.table(PINS)
    pin: Row = {
        "id": table.new_id(),
        "user": board["user"],
        "board_id": board["id"],
        "board_section_id": fields.get("board_section_id"),
        "title": fields.get("title"),
        "description": fields.get("description"),
        "alt_text": fields.get("alt_text"),
        "link": fields.get("link"),
        "dominant_color": fields.get("dominant_color") or "#c8a27d",
        "parent_pin_id": fields.get("parent_pin_id"),
        "creative_type": fields.get("creative_type", "REGULAR"),
        "media": fields.get("media") or {"media_type": "image", "images": None},
        "is_standard": fields.get("is_standard", True),
        "created_at": now,
    }
    board["pins"].append(pin["id"])
    board["modified_at"] = now
    return table.add(pin)


def move_pin(world: World, pin: Row, board: Row, section: str | None, now: str) -> None:
    """Put a Pin on another board of its user, or into another section."""
    if pin["board_id"] != board["id"]:
        take_off(world, pin)
        board["pins"].append(pin["id"])
        pin["board_id"] = board["id"]
    pin["board_section_id"] = section
    board["modified_at"] = now


def remove_pin(world: World, pin: Row) -> None:
    """Remove a Pin."""
    take_off(world, pin)
    world.table(PINS).remove(pin["id"])


def take_off(world: World, pin: Row) -> None:
    """Take a Pin off its board."""
    board = world.table(BOARDS).find(pin["board_id"])
    if board is not None:
        board["pins"].remove(pin["id"])


def pins_of(world: World, board: Row, section: str | None = None) -> list[Row]:
    """The Pins on a board, those in its sections included; or those of one section."""
    table = world.table(PINS)
    pins = [pin for id in board["pins"] if (pin := table.find(id)) is not None]
    return [pin for pin in pins if section is None or pin["board_section_id"] == section]


def promoted(world: World, pin: str) -> bool:
    """Whether there is, or was, an ad of a Pin."""
    return bool(world.table("ads").by("pin_id", pin))


def shown_pin(world: World, call: Call, pin: Row) -> Row:
    """A Pin as the API answers it to this user."""
    media = dict(pin["media"])
    if "images" in media:
        media["images"] = _images(pin["id"])
    told = {
        name: pin[name]
        for name in (
            "id",
            "board_id",
            "board_section_id",
            "title",
            "description",
            "alt_text",
            "link",
            "dominant_color",
            "parent_pin_id",
            "creative_type",
            "is_standard",
            "created_at",
        )
    }
    told["media"] = media
    told["board_owner"] = {"username": username(pin["user"]), "id": pin["user"]}
    told["is_owner"] = pin["user"] == call.user
    told["has_been_promoted"] = promoted(world, pin["id"])
    if call.query.get("pin_metrics"):
        told["pin_metrics"] = metrics(pin["id"])
    return told


def _image(pin: str, size: str = "400x300") -> str:
    return f"https://i.pinimg.example/{size}/{pin}.jpg"


def _images(pin: str) -> Row:
    return {
        size: {"url": _image(pin, size), "width": width, "height": height}
        for size, (width, height) in _SIZES.items()
    }


def metrics(pin: str) -> Row:
    """What a Pin did lately and in all, as its own answer tells it."""
    chance = random.Random(pin)  # noqa: S311  (made-up figures)
    seen = chance.randrange(10, 5000)
    lately = {
        "impression": seen,
        "pin_click": seen // 9,
        "clickthrough": seen // 31,
        "save": seen // 17,
        "reaction": seen // 40,
        "comment": seen // 200,
    }
    return {"90d": lately, "lifetime_metrics": {name: 3 * n for name, n in lately.items()}}


def seed_organic(
    world: World, user: str, now: dt.datetime, *, boards: int = 12, pins: int = 20
) -> None:
    """Give a user boards with sections and Pins, made up from the world's seed."""
    chance = random.Random(f"{world.seed} {user}")  # noqa: S311  (made-up content)
    for number in range(boards):
        made = moment(now - dt.timedelta(days=400 - 20 * number, minutes=chance.randrange(900)))
        theme = _THEMES[number % len(_THEMES)]
        name = f"{theme} {chance.choice(_KINDS)}"
        privacy = "SECRET" if number % 6 == 5 else "PUBLIC"
        board = new_board(
            world, user, made, name=name, description=f"{theme}, collected.", privacy=privacy
        )
        sections = [new_section(world, board, kind)["id"] for kind in _KINDS[: number % 3]]
        for _ in range(chance.randrange(pins // 2, 2 * pins)):
            subject = chance.choice(_SUBJECTS)
            new_pin(
                world,
                board,
                made,
                title=subject,
                description=f"{subject} for the {theme.lower()}.",
                link=f"https://shop.example/{chance.randrange(10**6)}",
                board_section_id=chance.choice([None, *sections]),
            )
