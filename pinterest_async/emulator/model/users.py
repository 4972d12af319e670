"""Users, who follows whom, claimed websites, and uploaded media."""

import datetime as dt
from typing import Final

from pinterest_async.emulator.contract.calls import RejectedError
from pinterest_async.emulator.model.boards import BOARDS, iso_time, seed_organic, username
from pinterest_async.emulator.model.world import Fields, World

PEOPLE: Final = "people"
FOLLOWS: Final = "follows"
BOARD_FOLLOWS: Final = "board_follows"
WEBSITES: Final = "websites"
MEDIA: Final = "media"
_OTHERS: Final = 4
"""Users beside the one whom a new world belongs to."""


def find_user(world: World, name: str) -> str:
    """The id of the user with this name: a seeded user, or the owner of a board.

    Raises:
        RejectedError: 404 for an unknown name.
    """
    for row in world.table(PEOPLE):
        if row["username"] == name:
            return str(row["id"])
    for board in world.table(BOARDS):
        if username(board["user"]) == name:
            return str(board["user"])
    raise RejectedError(404, 30, f"There is no user named {name!r}.")


def following(world: World, user: str, *, explicit: bool = False) -> list[Fields]:
    """The users that a user follows, as rows of `FOLLOWS`.

    Users with a board that the user follows are among them, unless `explicit`.
    """
    rows = world.table(FOLLOWS).by("user", user)
    if explicit:
        return rows
    known = {row["followed"] for row in rows}
    for row in world.table(BOARD_FOLLOWS).by("user", user):
        board = world.table(BOARDS).find(row["followed"])
        if board is not None and board["user"] not in known:
            known.add(board["user"])
            rows.append({**row, "followed": board["user"]})
    return rows


def followers(world: World, user: str) -> list[Fields]:
    """The users that follow a user, as rows of `FOLLOWS`."""
    return world.table(FOLLOWS).by("followed", user)


def follow(world: World, user: str, followed: str) -> None:
    """Let one user follow another; nothing happens for a user who does already."""
    if not world.table(FOLLOWS).where(user=user, followed=followed):
        world.table(FOLLOWS).create({"user": user, "followed": followed})


def seed_people(world: World, user: str, now: dt.datetime) -> None:
    """Add other users with boards and followers, and a website and a video of the user."""
    people = world.table(PEOPLE)
    for number in range(_OTHERS):
        other = people.new_id()
        people.add({"id": other, "username": username(other)})
        seed_organic(world, other, now, boards=2, pins=4)
        if number % 2 == 0:
            follow(world, user, other)
        if number < 3:
            board = world.table(BOARDS).by("user", other)[0]
            world.table(BOARD_FOLLOWS).create({"user": user, "followed": board["id"]})
        if number % 3 == 0:
            follow(world, other, user)
    people.add({"id": user, "username": username(user)})
    website = {"user": user, "website": "shop.example", "verified_at": iso_time(now)}
    world.table(WEBSITES).create(website)
    video = {"user": user, "media_type": "video", "status": "succeeded"}
    world.table(MEDIA).create(video, {"polls": 0, "failing": False, "parameters": {}})
