"""Walk a list, page by page without noticing.

Needs a token in PINTEREST_ACCESS_TOKEN. PINTEREST_BASE_URL points it at an emulator instead of
Pinterest.
"""

import asyncio

from pinterest_async import Pinterest


async def main() -> None:
    async with Pinterest.from_env() as pinterest:
        # All boards: the next page is fetched when the loop gets there.
        async for board in pinterest.boards.list(page_size=250):
            print(board.id, board.name)

        # Ten pins of each of the first three boards, the boards at the same time.
        async with asyncio.TaskGroup() as tasks:
            async for board in pinterest.boards.list().limit(3):
                tasks.create_task(show_pins(pinterest, board.id))

        # Page by page, for a job that wants to go on later from where it stopped.
        async for page in pinterest.boards.list(page_size=10).pages():
            print(f"{len(page)} boards; to go on after them: start({page.bookmark!r})")


async def show_pins(pinterest: Pinterest, board_id: str) -> None:
    async for pin in pinterest.boards.list_pins(board_id).limit(10):
        print(board_id, pin.id, pin.title)


if __name__ == "__main__":
    asyncio.run(main())
