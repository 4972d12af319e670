"""A small application: publishes posts as Pins, each once, whatever goes wrong on the way.

    python publisher.py "Board name" posts.json

`posts.json` is a list of objects with `title`, `link` and `image`. The token comes from
PINTEREST_ACCESS_TOKEN. Beside it are its tests, which need no account: they use the pytest fixtures
of pinterest_async.
"""

import asyncio
import json
import sys
from pathlib import Path
from typing import NamedTuple

from pinterest_async import Pinterest, PinterestError


class Post(NamedTuple):
    """What is to be published."""

    title: str
    link: str
    image: str


async def publish(pinterest: Pinterest, board: str, posts: list[Post]) -> int:
    """Publish the posts whose links the board does not have yet; how many these were."""
    board_id = await find_or_create(pinterest, board)
    there = await links(pinterest, board_id)
    new = [post for post in posts if post.link not in there]
    for post in new:
        try:
            await pinterest.pins.create(
                board_id=board_id,
                title=post.title,
                link=post.link,
                media_source={"source_type": "image_url", "url": post.image},
            )
        except PinterestError:
            # The client never repeats this by itself: the Pin may exist although the answer was an
            # error, or never came.
            if post.link not in await links(pinterest, board_id):
                raise
    return len(new)


async def find_or_create(pinterest: Pinterest, name: str) -> str:
    async for board in pinterest.boards.list(page_size=250):
        if board.name == name and board.id:
            return board.id
    return (await pinterest.boards.create(name=name)).id or ""


async def links(pinterest: Pinterest, board_id: str) -> set[str | None]:
    return {pin.link async for pin in pinterest.boards.list_pins(board_id, page_size=250)}


async def main(board: str, file: str) -> None:
    posts = [Post(**post) for post in json.loads(await asyncio.to_thread(Path(file).read_text))]
    async with Pinterest.from_env() as pinterest:
        print(f"{await publish(pinterest, board, posts)} published")


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
