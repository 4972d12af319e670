"""The application's tests. Nothing but `pip install 'pinterest-async[emulator]'` is behind them."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from publisher import Post, publish

from pinterest_async import Pinterest, PinterestError
from pinterest_async.emulator import Emulator
from pinterest_async.emulator.faults import EmptyPage, Error, Reset

NEWS = [
    Post(f"News {number}", f"https://example.com/{number}", f"https://example.com/{number}.png")
    for number in range(3)
]


async def test_posts_are_published(pinterest: Pinterest, pinterest_emulator: Emulator) -> None:
    assert await publish(pinterest, "News", NEWS) == 3
    (first, *_) = pinterest_emulator.calls("pins.create")
    assert first.body["title"] == "News 0"
    (board,) = [one async for one in pinterest.boards.list() if one.name == "News"]
    assert board.pin_count == 3


async def test_nothing_is_published_twice(pinterest: Pinterest) -> None:
    await publish(pinterest, "News", NEWS[:2])
    assert await publish(pinterest, "News", NEWS) == 1
    assert await publish(pinterest, "News", NEWS) == 0


@pytest.mark.parametrize("fault", [Error(400, 2787, applied=True, times=1), Reset(at=40, times=1)])
async def test_an_answer_that_is_lost_doubles_nothing(
    pinterest: Pinterest, pinterest_emulator: Emulator, fault: Error | Reset
) -> None:
    with pinterest_emulator.faults.add(fault):
        assert await publish(pinterest, "News", NEWS) == 3
    assert len(pinterest_emulator.calls("pins.create")) == 3


async def test_what_fails_for_good_is_told(
    pinterest: Pinterest, pinterest_emulator: Emulator
) -> None:
    pinterest_emulator.faults.add(Error(403, 29, operation="pins.create"))
    with pytest.raises(PinterestError, match="403"):
        await publish(pinterest, "News", NEWS)


async def test_empty_pages_hide_no_board(
    pinterest: Pinterest, pinterest_emulator: Emulator
) -> None:
    await publish(pinterest, "News", NEWS)
    pinterest_emulator.faults.add(EmptyPage())
    assert await publish(pinterest, "News", NEWS) == 0


@pytest.mark.usefixtures("pinterest_environment")
def test_the_command(tmp_path: Path, pinterest_emulator: Emulator) -> None:
    file = tmp_path / "posts.json"
    file.write_text(json.dumps([post._asdict() for post in NEWS]))
    program = Path(__file__).with_name("publisher.py")
    ran = subprocess.run(
        [sys.executable, str(program), "News", str(file)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout == "3 published\n"
    assert len(pinterest_emulator.calls("pins.create")) == 3
