"""Pins published from files: their media, and Pins of which nobody knows whether they were made."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from pinterest_async import (
    BadRequestError,
    ConnectionFailedError,
    InvalidCallError,
    JobError,
    JobFailedError,
    JobProgress,
    Pinterest,
    Polling,
    ServerError,
)
from pinterest_async.emulator import Emulator
from pinterest_async.emulator.faults import read
from pinterest_async.jobs.pin_search import KNOWN

JPEG = b"\xff\xd8\xff\xe0" + b"j" * 100
PNG = b"\x89PNG\r\n\x1a\n" + b"p" * 100
WEBP = b"RIFF\x00\x00\x00\x00WEBPVP8 " + b"w" * 100
VIDEO = b"\x00\x00\x00\x18ftypmp42" + b"v" * 2000
URL = "https://example.com/lamp.jpg"


@pytest.fixture
async def board(client: Pinterest) -> str:
    KNOWN.clear()
    return (await client.boards.create(name="Lamps")).id


async def on_board(client: Pinterest, board: str) -> list[str]:
    return [pin.id async for pin in client.boards.list_pins(board)]


def source(emulator: Emulator) -> dict[str, Any]:
    """The media source of the latest Pin that was asked for."""
    found: dict[str, Any] = emulator.calls("pins.create")[-1].body["media_source"]
    return found


async def test_an_image_by_its_address(emulator: Emulator, client: Pinterest, board: str) -> None:
    pin = await client.pins.create_image(board, URL, title="Lamp", alt_text="A lamp")
    assert (pin.board_id, pin.title, pin.alt_text) == (board, "Lamp", "A lamp")
    assert source(emulator)["url"] == URL
    assert len(emulator.calls()) == 2  # with the board, and no look


@pytest.mark.parametrize(("content", "type"), [(JPEG, "image/jpeg"), (PNG, "image/png")])
@pytest.mark.parametrize("how", ["bytes", "path"])
async def test_an_image_by_its_content(
    content: bytes,
    type: str,
    how: str,
    emulator: Emulator,
    client: Pinterest,
    board: str,
    tmp_path: Path,
) -> None:
    path = tmp_path / "wrongly-named.webp"
    path.write_bytes(content)
    await client.pins.create_image(board, content if how == "bytes" else path)
    sent = source(emulator)
    assert sent["source_type"] == "image_base64"
    assert sent["content_type"] == type
    assert base64.b64decode(sent["data"]) == content


@pytest.mark.parametrize(
    ("image", "words"),
    [
        (WEBP, "is WebP, which Pinterest does not take; convert it to JPEG or PNG"),
        (b"GIF89a", "is image/gif; pass a JPEG or PNG"),
        (VIDEO, "is video/mp4"),
        (b"text", "is no image that is known"),
        (JPEG + bytes(32_000_000), "has 32,000,104 bytes, of 32,000,000 at most"),
        ("no-such-file.jpg", "cannot be read"),
    ],
)
async def test_what_is_no_image_is_refused(
    image: Any, words: str, emulator: Emulator, client: Pinterest
) -> None:
    with pytest.raises(InvalidCallError, match=words):
        await client.pins.create_image("1", image)
    with pytest.raises(InvalidCallError, match=words) as caught:
        await client.pins.create_video("1", VIDEO, cover=image)
    assert caught.value.problems[0].field == "cover"
    assert emulator.calls() == []


async def test_a_carousel(emulator: Emulator, client: Pinterest, board: str) -> None:
    pin = await client.pins.create_carousel(board, [JPEG, {"image": PNG, "title": "2"}], index=1)
    sent = source(emulator)
    assert sent["source_type"] == "multiple_image_base64"
    assert sent["index"] == 1
    assert [one["content_type"] for one in sent["items"]] == ["image/jpeg", "image/png"]
    assert sent["items"][1]["title"] == "2"
    assert pin.creative_type == "CAROUSEL"
    await client.pins.create_carousel(board, [URL, {"image": URL, "link": "https://example.com"}])
    sent = source(emulator)
    assert sent["source_type"] == "multiple_image_urls"
    assert [one["url"] for one in sent["items"]] == [URL, URL]


@pytest.mark.parametrize(
    ("images", "field", "words"),
    [
        ([JPEG], "images", "2 to 5"),
        ([JPEG] * 6, "images", "2 to 5"),
        (JPEG, "images", "2 to 5"),
        ([URL, JPEG], "images", "does not mix"),
        ([JPEG, WEBP], r"images[1]", "WebP"),
        ([URL, {"title": "x"}], "images[1].image", "is required"),
        ([URL, {"image": URL, "titel": "x"}], "images[1].titel", "unknown field"),
    ],
)
async def test_what_is_no_carousel_is_refused(
    images: Any, field: str, words: str, client: Pinterest
) -> None:
    with pytest.raises(InvalidCallError, match=words) as caught:
        await client.pins.create_carousel("1", images)
    assert caught.value.problems[0].field == field


@pytest.mark.parametrize(
    ("cover", "fields"),
    [
        (URL, {"cover_image_url": URL}),
        (3, {"cover_image_key_frame_time": 3}),
        (
            JPEG,
            {
                "cover_image_content_type": "image/jpeg",
                "cover_image_data": base64.b64encode(JPEG).decode(),
            },
        ),
    ],
)
async def test_a_video(
    cover: Any,
    fields: dict[str, Any],
    emulator: Emulator,
    uploads: Any,
    client: Pinterest,
    board: str,
    polling: Polling,
    tmp_path: Path,
) -> None:
    path = tmp_path / "lamp.mp4"
    path.write_bytes(VIDEO)
    steps: list[JobProgress] = []
    pin = await client.pins.create_video(
        board, path, cover=cover, title="Lamp", polling=polling, progress=steps.append
    )
    assert pin.creative_type == "VIDEO"
    sent = source(emulator)
    assert {name: sent[name] for name in fields} == fields
    expected = ["media.create", "uploads.media", *["media.get"] * 2, "pins.create"]
    assert uploads.names[1:] == expected
    assert [*dict.fromkeys(one.step for one in steps)] == [
        "registering",
        "uploading",
        "waiting",
        "publishing",
    ]


async def test_a_video_is_checked_whole_before_it_is_sent(
    emulator: Emulator, client: Pinterest
) -> None:
    video: Any = client.pins.create_video
    for fields in ({"title": "x" * 101}, {"titel": "x"}, {"cover": -1}):
        with pytest.raises(InvalidCallError):
            await video("1", VIDEO, **{"cover": 1, **fields})
    assert emulator.calls() == []


async def test_a_video_whose_processing_fails(
    client: Pinterest, board: str, polling: Polling, tmp_path: Path
) -> None:
    path = tmp_path / "fails.mp4"
    path.write_bytes(VIDEO)
    with pytest.raises(JobFailedError, match="ended as failed"):
        await client.pins.create_video(board, path, cover=1, polling=polling)
    assert await on_board(client, board) == []


# In doubt

CODE_2787 = "error:operation=pins.create,status=400,code=2787"


@pytest.mark.parametrize(
    "fault",
    [
        f"{CODE_2787},applied=true,times=1",
        "error:operation=pins.create,status=400,code=12,applied=true,times=1",
        "error:operation=pins.create,status=500,applied=true,times=1",
        "reset:operation=pins.create,at=0,times=1",
        "truncated:operation=pins.create,at=10,times=1",
        "truncated:operation=pins.create,at=10,announced=false,times=1",
        "truncated:operation=pins.create,at=0,announced=false,times=1",
    ],
)
@pytest.mark.filterwarnings("ignore::pinterest_async.DriftWarning")
@pytest.mark.parametrize("fields", [{"title": "Lamp ", "link": "https://Example.com/x/"}, {}])
async def test_a_pin_that_was_made_after_all_is_found(
    fault: str,
    fields: Any,
    emulator: Emulator,
    client: Pinterest,
    board: str,
    polling: Polling,
) -> None:
    await client.pins.create_image(board, URL, title="Another")
    emulator.faults.add(read(fault))
    steps: list[JobProgress] = []
    pin = await client.pins.create_image(
        board, URL, polling=polling, progress=steps.append, **fields
    )
    ids = await on_board(client, board)
    assert len(ids) == 2
    assert pin.id in ids
    assert (pin.title or None) == fields.get("title")
    assert "looking for the Pin" in [one.step for one in steps]
    assert len(emulator.calls("pins.create")) == 2


async def test_a_pin_that_was_not_made_is_sent_again_after_an_answer(
    emulator: Emulator, client: Pinterest, board: str, polling: Polling
) -> None:
    emulator.faults.add(read(f"{CODE_2787},times=2"))
    pin = await client.pins.create_image(board, URL, polling=polling)
    assert await on_board(client, board) == [pin.id]
    assert len(emulator.calls("pins.create")) == 3


async def test_a_pin_that_is_never_made_fails_with_pinterests_error(
    emulator: Emulator, client: Pinterest, board: str, polling: Polling
) -> None:
    emulator.faults.add(read(CODE_2787))
    with pytest.raises(ServerError) as caught:
        await client.pins.create_image(board, URL, polling=polling)
    assert caught.value.code == 2787
    assert len(emulator.calls("pins.create")) == 3
    assert len(emulator.calls("boards.list_pins")) == 9  # three looks after each


@pytest.mark.parametrize(
    "fault",
    [
        "reset:operation=pins.create,applied=false,times=1",
        "error:operation=pins.create,status=502,times=1",
    ],
)
async def test_a_request_that_may_still_arrive_is_not_sent_again_by_itself(
    fault: str, emulator: Emulator, client: Pinterest, board: str, polling: Polling
) -> None:
    emulator.faults.add(read(fault))
    job = await client.pins.start_image(board, URL, title="Lamp")
    with pytest.raises((ConnectionFailedError, ServerError)):
        await job.result(polling=polling)
    assert await on_board(client, board) == []
    pin = await job.result(polling=polling)  # looks first, and then publishes
    assert await on_board(client, board) == [pin.id]
    assert (await job.result()).id == pin.id
    assert len(await on_board(client, board)) == 1


async def test_a_refusal_is_no_doubt(
    emulator: Emulator, client: Pinterest, board: str, polling: Polling
) -> None:
    emulator.faults.add(read("error:operation=pins.create,status=400,code=1"))
    with pytest.raises(BadRequestError):
        await client.pins.create_image(board, URL, polling=polling)
    assert emulator.calls("boards.list_pins") == []


async def test_a_pin_of_another_job_is_not_taken_for_ones_own(
    emulator: Emulator, client: Pinterest, board: str, polling: Polling
) -> None:
    twin = await client.pins.create_image(board, URL, title="Lamp")
    emulator.faults.add(read(f"{CODE_2787},times=1"))
    pin = await client.pins.create_image(board, URL, title="Lamp", polling=polling)
    assert pin.id != twin.id
    assert sorted(await on_board(client, board)) == sorted([twin.id, pin.id])


async def test_several_pins_that_fit_are_told_and_none_is_guessed(
    emulator: Emulator, client: Pinterest, board: str, polling: Polling
) -> None:
    twins = [await client.pins.create_image(board, URL, title="Lamp") for _ in range(2)]
    KNOWN.clear()  # another process has made them
    emulator.faults.add(read(f"{CODE_2787},times=1"))
    with pytest.raises(JobError, match="2 Pins on the board fit") as caught:
        await client.pins.create_image(board, URL, title="Lamp", polling=polling)
    assert twins[0].id in str(caught.value)
    assert len(await on_board(client, board)) == 2


async def test_a_pin_from_before_is_not_ones_own(
    emulator: Emulator, client: Pinterest, board: str, polling: Polling
) -> None:
    old = await client.pins.create_image(board, URL, title="Lamp")
    KNOWN.clear()
    row = emulator.world.table("pins").find(old.id)
    assert row is not None
    row["created_at"] = "2024-06-30T04:54:04"
    emulator.faults.add(read(f"{CODE_2787},times=1"))
    pin = await client.pins.create_image(board, URL, title="Lamp", polling=polling)
    assert pin.id != old.id


async def test_a_board_that_is_too_large_is_told(
    emulator: Emulator,
    client: Pinterest,
    board: str,
    monkeypatch: pytest.MonkeyPatch,
    polling: Polling,
) -> None:
    monkeypatch.setattr("pinterest_async.jobs.pin_search.MOST_PAGES", 1)
    await client.pins.create_image(board, URL, title="Another")
    emulator.faults.add(read(f"{CODE_2787},times=1"))
    emulator.faults.add(read("empty_page:operation=boards.list_pins"))
    with pytest.raises(JobError, match="too many Pins to look for it"):
        await client.pins.create_image(board, URL, title="Lamp", polling=polling)


async def test_a_pin_in_a_section_is_looked_for_there(
    emulator: Emulator, client: Pinterest, board: str, polling: Polling
) -> None:
    section = await client.board_sections.create(board, name="Desk")
    emulator.faults.add(read(f"{CODE_2787},applied=true,times=1"))
    pin = await client.pins.create_image(board, URL, board_section_id=section.id, polling=polling)
    assert pin.board_section_id == section.id
    assert len(emulator.calls("board_sections.list_pins")) == 1


# Saved


async def test_a_saved_pin_goes_on_in_another_process_and_is_made_once(
    client: Pinterest, board: str, polling: Polling
) -> None:
    job = await client.pins.start_video(board, VIDEO, cover=JPEG, title="Lamp")
    saved = json.loads(json.dumps(job.save()))
    pin = await client.job(saved).result(polling=polling)
    assert (await client.job(saved).result(polling=polling)).id == pin.id
    KNOWN.clear()  # as in another process
    again = await client.job(saved).result(polling=polling)
    assert again.id == pin.id
    assert await on_board(client, board) == [pin.id]


async def test_what_is_saved_shows_neither_token_nor_image(
    client: Pinterest, board: str, emulator: Emulator
) -> None:
    job = await client.pins.start_image(board, JPEG, title="Lamp")
    assert (await job.status()).done is False
    text = json.dumps(job.save())
    assert emulator.token not in text
    assert base64.b64encode(JPEG).decode() in text
    assert len(repr(job)) < 300
    assert base64.b64encode(JPEG).decode() not in repr(job)
