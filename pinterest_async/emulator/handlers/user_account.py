"""The user account of the token: its profile, whom it follows, its websites."""

import hashlib
from typing import Any, Final

from pinterest_async.emulator.contract.calls import ApiCall, RejectedError
from pinterest_async.emulator.handlers.handler import Handlers
from pinterest_async.emulator.model import boards, users
from pinterest_async.emulator.model.world import Fields, World, page

_INTERESTS: Final = ("gardening", "woodwork", "baking", "interior design", "hiking", "ceramics")


def _get(world: World, call: ApiCall) -> Any:
    name = boards.username(call.user)
    pins = world.table(boards.PINS).by("user", call.user)
    websites = world.table(users.WEBSITES).by("user", call.user)
    return {
        "id": call.user,
        "username": name,
        "account_type": "BUSINESS",
        "about": "Made up, and happy with it.",
        "business_name": f"Shop of {name}",
        "profile_image": f"https://i.pinimg.example/280x280/{call.user}.jpg",
        "website_url": websites[0]["website"] if websites else "",
        "board_count": len(world.table(boards.BOARDS).by("user", call.user)),
        "pin_count": len(pins),
        "follower_count": len(users.followers(world, call.user)),
        "following_count": len(users.following(world, call.user)),
        "monthly_views": 137 * len(pins),
    }


def _followers(world: World, call: ApiCall) -> Any:
    rows = users.followers(world, call.user)
    return page(call, rows, lambda row: _summary(row["user"]))


def _following(world: World, call: ApiCall) -> Any:
    explicit = bool(call.query.get("explicit_following"))
    rows = users.following(world, call.user, explicit=explicit)
    return page(call, rows, lambda row: _summary(row["followed"]))


def _follow(world: World, call: ApiCall) -> Any:
    other = users.find_user(world, call.path["username"])
    if other == call.user:
        raise RejectedError(400, 1, "Parameter `username`: nobody can follow themselves.")
    users.follow(world, call.user, other)
    return _summary(other)


def _followed_boards(world: World, call: ApiCall) -> Any:
    """Boards that the user follows, and unless `explicit_following`, those of followed users."""
    ids = {row["followed"] for row in world.table(users.BOARD_FOLLOWS).by("user", call.user)}
    followed: set[str] = set()
    if not call.query.get("explicit_following"):
        followed = {row["followed"] for row in users.following(world, call.user, explicit=True)}
    rows = [
        row
        for row in world.table(boards.BOARDS)
        if row["privacy"] != "SECRET" and (row["id"] in ids or row["user"] in followed)
    ]
    return page(call, rows, boards.shown_board)


def _summary(user: str) -> Fields:
    return {"type": "user", "username": boards.username(user)}


def _interests(world: World, call: ApiCall) -> Any:
    user = users.find_user(world, call.path["username"])
    rows = [
        {"id": str(940_000_000_000 + number), "name": name}
        for number, name in enumerate(_INTERESTS)
        if (int.from_bytes(hashlib.sha256(f"{user} {name}".encode()).digest()[:4]) % 3)
    ]
    return page(call, rows, _interest)


def _interest(row: Fields) -> Fields:
    key = row["name"].replace(" ", "-")
    url = f"https://www.pinterest.example/ideas/{key}/{row['id']}/"
    return {"id": row["id"], "key": key, "name": row["name"], "canonical_url": url}


def _businesses(_: World, call: ApiCall) -> Any:
    """The business accounts that the user works for, without the user's own."""
    name = boards.username(call.user)
    sizes = {"small": 30, "medium": 75, "large": 140, "xlarge": 280}
    images = {
        f"image_{size}_url": f"https://i.pinimg.example/{width}x/{call.user}.jpg"
        for size, width in sizes.items()
    }
    return [{"username": f"{name}_business", **images}]


# Websites


def _websites(world: World, call: ApiCall) -> Any:
    return page(call, world.table(users.WEBSITES).by("user", call.user), _website)


def _verify(world: World, call: ApiCall) -> Any:
    """Every claim succeeds: the emulator does not look at websites."""
    name = call.body.get("website", "").strip().removeprefix("https://").removeprefix("http://")
    name = name.strip("/").lower()
    if not name:
        raise RejectedError(400, 1, "Field `website`: pass a domain such as shop.example.")
    table = world.table(users.WEBSITES)
    known = table.where(user=call.user, website=name)
    row = known[0] if known else {"id": table.new_id(), "user": call.user, "website": name}
    row["verified_at"] = boards.iso_time(call.now)
    return _website(table.add(row))


def _unverify(world: World, call: ApiCall) -> None:
    table = world.table(users.WEBSITES)
    found = table.where(user=call.user, website=call.query["website"])
    if not found:
        raise RejectedError(404, 404, "Parameter `website`: the user has not claimed it.")
    table.remove(found[0]["id"])


def _verification(world: World, call: ApiCall) -> Any:
    code = hashlib.sha256(f"{world.seed} {call.user}".encode()).hexdigest()[:32]
    return {
        "verification_code": code,
        "dns_txt_record": f"pinterest-site-verification={code}",
        "metatag": f'<meta name="p:domain_verify" content="{code}"/>',
        "filename": f"pinterest-{code[:5]}.html",
        "file_content": f'<meta name="p:domain_verify" content="{code}"/>',
    }


def _website(row: Fields) -> Fields:
    return {"website": row["website"], "status": "verified", "verified_at": row["verified_at"]}


HANDLERS: Final[Handlers] = {
    "boards_user_follows/list": _followed_boards,
    "follow_user/update": _follow,
    "followers/list": _followers,
    "linked_business_accounts/get": _businesses,
    "unverify_website/delete": _unverify,
    "user_account/followed_interests": _interests,
    "user_account/get": _get,
    "user_following/get": _following,
    "user_websites/get": _websites,
    "verify_website/update": _verify,
    "website_verification/get": _verification,
}
