"""Walks through boards without duplicates, boards with their sections, and copies of boards."""

import json
from collections import Counter
from contextlib import aclosing
from typing import Any

import pytest

from pinterest_async import (
    ConnectionFailedError,
    InvalidCallError,
    JobProgress,
    Pinterest,
    Polling,
    SpamError,
)
from pinterest_async.emulator import Emulator
from pinterest_async.emulator.faults import read

URL = "https://example.com/lamp.jpg"


@pytest.fixture
async def board(client: Pinterest) -> str:
    """A board with two sections and five Pins, of which three are in a section."""
    board = (await client.boards.create(name="Lamps", description="All", privacy="SECRET")).id
    desk = (await client.board_sections.create(board, name="Desk")).id
    await client.board_sections.create(board, name="Empty")
    source: Any = {"source_type": "image_url", "url": URL}
    for n in range(5):
        fields: Any = {"board_section_id": desk} if n >= 2 else {}
        await client.pins.create(board_id=board, title=f"Lamp {n}", media_source=source, **fields)
    return board


async def test_each_pin_comes_once(client: Pinterest, board: str) -> None:
    pins = [pin async for pin in client.boards.walk_pins(board)]
    assert sorted(pin.title or "" for pin in pins) == [f"Lamp {n}" for n in range(5)]
    every = [pin.id async for pin in client.boards.walk_all_pins()]
    assert {pin.id for pin in pins} <= {*every}
    assert len({*every}) == len(every)
    secret = [pin.id async for pin in client.boards.walk_all_pins(privacy="SECRET")]
    assert {*secret} < {*every}


async def test_pins_of_sections_come_where_the_board_lists_none_of_them(
    emulator: Emulator, client: Pinterest, board: str
) -> None:
    emulator.hooks.append(WithoutSections())
    pins = [pin.title async for pin in client.boards.walk_pins(board)]
    assert sorted(str(one) for one in pins) == [f"Lamp {n}" for n in range(5)]


class WithoutSections:
    """Lists of boards without the Pins that are in sections."""

    def before(self, operation: Any, incoming: Any) -> None:
        assert operation.name
        assert incoming.method

    def after(self, operation: Any, incoming: Any, answer: Any) -> Any:
        assert incoming.method
        if (operation.namespace, operation.name) == ("boards", "list_pins"):
            page = json.loads(answer.body)
            page["items"] = [one for one in page["items"] if not one.get("board_section_id")]
            answer.body = json.dumps(page).encode()
        return answer


async def test_a_walk_that_is_left_early_leaves_nothing_behind(
    client: Pinterest, board: str
) -> None:
    assert board
    async with aclosing(client.boards.walk_all_pins()) as pins:
        assert (await anext(pins)).id


async def test_a_board_with_its_sections(client: Pinterest, board: str) -> None:
    found = await client.boards.get_with_sections(board)
    assert found.board.name == "Lamps"
    assert sorted(str(pin.title) for pin in found.pins) == ["Lamp 0", "Lamp 1"]
    assert {one.section.name: len(one.pins) for one in found.sections} == {"Desk": 3, "Empty": 0}


async def shape(client: Pinterest, board: str) -> Any:
    """What a board holds: how many Pins, by the Pin that they were saved from, and by section."""
    found = await client.boards.get_with_sections(board)
    return (
        Counter(pin.parent_pin_id for pin in found.pins),
        {
            one.section.name: Counter(pin.parent_pin_id for pin in one.pins)
            for one in found.sections
        },
    )


async def expected(client: Pinterest, board: str) -> Any:
    found = await client.boards.get_with_sections(board)
    return (
        Counter(pin.id for pin in found.pins),
        {one.section.name: Counter(pin.id for pin in one.pins) for one in found.sections},
    )


async def test_a_board_is_copied_with_its_sections(
    emulator: Emulator, client: Pinterest, board: str, polling: Polling
) -> None:
    steps: list[JobProgress] = []
    copy = await client.boards.copy(board, "Copy", polling=polling, progress=steps.append)
    assert await shape(client, copy.board_id) == await expected(client, board)
    new = await client.boards.get(copy.board_id)
    assert (new.name, new.description, new.privacy) == ("Copy", "All", "SECRET")
    assert not copy.pins.failed
    assert [one.sent for one in steps if one.step == "copying"] == [1, 2, 3, 4, 5]
    assert len(emulator.calls("pins.save")) == 5


async def test_a_name_that_is_taken_is_refused_before_anything_is_written(
    emulator: Emulator, client: Pinterest, board: str
) -> None:
    written = len([call for call in emulator.calls() if call.method != "GET"])
    with pytest.raises(InvalidCallError, match="is that of a board"):
        await client.boards.copy(board, "Lamps")
    assert len([call for call in emulator.calls() if call.method != "GET"]) == written


@pytest.mark.parametrize(
    "fault",
    [
        "reset:operation=pins.save,at=0,times=2",
        "reset:operation=pins.save,applied=false,times=2",
        "error:operation=pins.save,status=400,code=2787,applied=true,times=2",
        "error:operation=pins.save,status=500,times=2",
        "reset:operation=boards.create,at=0,times=1",
        "error:operation=boards.create,status=500,applied=true,times=1",
    ],
)
async def test_nothing_is_saved_twice_where_answers_are_lost(
    fault: str, emulator: Emulator, client: Pinterest, board: str, polling: Polling
) -> None:
    emulator.faults.add(read(fault))
    copy = await client.boards.copy(board, "Copy", polling=polling)
    assert await shape(client, copy.board_id) == await expected(client, board)
    assert len(copy.pins.results) == 5


async def test_a_copy_that_stops_goes_on_in_another_process(
    emulator: Emulator, client: Pinterest, board: str, polling: Polling
) -> None:
    emulator.faults.add(read("error:operation=pins.save,status=400,code=9,skip=3"))
    job = await client.boards.start_copy(board, "Copy")
    before = json.loads(json.dumps(job.save()))
    with pytest.raises(SpamError):
        await job.result(polling=polling)
    emulator.faults.clear()
    for saved in (before, json.loads(json.dumps(job.save()))):
        copy = await client.job(saved).result(polling=polling)
        assert await shape(client, copy.board_id) == await expected(client, board)
        assert len(copy.pins.results) == 5
    assert len([one async for one in client.boards.list() if one.name == "Copy"]) == 1


async def test_a_pin_that_is_refused_is_among_the_outcomes(
    emulator: Emulator, client: Pinterest, board: str, polling: Polling
) -> None:
    emulator.faults.add(read("error:operation=pins.save,status=403,code=29,times=1"))
    copy = await client.boards.copy(board, "Copy", polling=polling)
    [failed] = copy.pins.failed
    assert failed.failed is not None
    assert failed.failed.code == 29
    assert len(copy.pins.results) == 4


async def test_a_copy_that_never_succeeds_ends_in_the_error(
    emulator: Emulator, client: Pinterest, board: str, polling: Polling
) -> None:
    emulator.faults.add(read("reset:operation=pins.save,applied=false"))
    with pytest.raises(ConnectionFailedError):
        await client.boards.copy(board, "Copy", polling=polling)
    assert len(emulator.calls("pins.save")) <= 3
