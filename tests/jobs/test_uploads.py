"""Uploads of videos over real sockets: streamed, refused, broken off, begun anew, processed."""

import io
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinterest_async import (
    ConnectionFailedError,
    InvalidCallError,
    JobFailedError,
    JobProgress,
    JobTimeoutError,
    Pinterest,
    Polling,
)
from pinterest_async._core.media_types import media_type
from pinterest_async._core.multipart import form_around
from pinterest_async.emulator import Emulator
from pinterest_async.emulator.faults import read
from pinterest_async.emulator.handlers import media as storage
from pinterest_async.jobs.uploads import UploadRefusedError

VIDEO = b"\x00\x00\x00\x18ftypmp42" + bytes(range(256)) * 3000


@pytest.fixture(params=["path", "text", "bytes", "file"])
def video(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    """The same video in each of the ways in which it can be given."""
    path = tmp_path / "a video.mp4"
    path.write_bytes(VIDEO)
    if request.param == "file":
        file = io.BytesIO(b"what was read before" + VIDEO)
        file.seek(20)
        return file
    return {"path": path, "text": str(path), "bytes": VIDEO}[request.param]


async def test_a_video_is_uploaded_and_processed(
    video: Any, uploads: Any, client: Pinterest, polling: Polling
) -> None:
    steps: list[JobProgress] = []
    media_id = await client.media.upload(video, progress=steps.append, polling=polling)
    assert (await client.media.get(media_id)).status == "succeeded"
    assert uploads.names == ["media.create", "uploads.media", *["media.get"] * 3]
    uploading = [one for one in steps if one.step == "uploading"]
    assert [one.size for one in uploading] == [len(VIDEO)] * len(uploading)
    assert uploading[-1].sent == len(VIDEO)
    assert len(uploading) == 2  # in pieces
    assert [one.state for one in steps if one.step == "waiting"] == ["processing", "succeeded"]
    if not isinstance(video, str | Path | bytes):
        assert not video.closed


async def test_what_arrives_is_what_was_given(uploads: Any, client: Pinterest) -> None:
    await client.media.start_upload(VIDEO)
    (upload,) = uploads.requests
    content_type = upload.headers["Content-Type"]
    assert content_type.startswith("multipart/form-data; boundary=")
    assert VIDEO in upload.body
    names = re.findall(rb'form-data; name="([^"]+)"', upload.body)
    assert names[0] == b"Content-Type"  # as the registration has it
    assert names[-1] == b"file"
    assert len(names) == 9
    assert "Authorization" not in upload.headers
    assert "Transfer-Encoding" not in upload.headers


async def test_a_failed_processing_is_told_in_pinterests_word(
    client: Pinterest, polling: Polling, tmp_path: Path
) -> None:
    path = tmp_path / "fails.mp4"
    path.write_bytes(VIDEO)
    with pytest.raises(JobFailedError, match="ended as failed") as caught:
        await client.media.upload(path, polling=polling)
    assert caught.value.state == "failed"


async def test_a_slow_processing_is_waited_for_and_taken_up_elsewhere(
    emulator: Emulator, client: Pinterest, polling: Polling
) -> None:
    job = await client.media.start_upload(VIDEO)
    row = emulator.world.table("media").find(job.save()["media_id"])
    assert row is not None
    row["polls"] = -50
    assert (await job.status()).state == "processing"
    with pytest.raises(JobTimeoutError):
        await job.result(timeout=0, polling=polling)
    again = client.job(job.save())
    assert await again.result(polling=polling) == row["id"]


async def test_the_storage_refuses_by_its_policy(
    uploads: Any, client: Pinterest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage, "LARGEST", 1000)
    with pytest.raises(UploadRefusedError, match="EntityTooLarge: Your proposed") as caught:
        await client.media.upload(VIDEO)
    assert caught.value.status == 400
    assert isinstance(caught.value, JobFailedError)
    assert uploads.names == ["media.create", "uploads.media"]


async def test_a_registration_that_has_lapsed_is_replaced(
    emulator: Emulator, uploads: Any, client: Pinterest, polling: Polling
) -> None:
    def late(progress: JobProgress) -> None:
        if progress.step == "uploading" and len(emulator.calls()) == 1:
            emulator.advance(4000)

    media_id = await client.media.upload(VIDEO, progress=late, polling=polling)
    assert uploads.names[:4] == ["media.create", "uploads.media"] * 2
    assert (await client.media.get(media_id)).status == "succeeded"


@pytest.mark.parametrize(
    "fault",
    [
        "reset:operation=uploads.media,times=2",
        "reset:operation=uploads.media,times=2,applied=false",
        "error:operation=uploads.media,times=2,status=503",
    ],
)
async def test_a_broken_upload_is_begun_anew(
    fault: str, emulator: Emulator, client: Pinterest, polling: Polling
) -> None:
    emulator.faults.add(read(fault))
    media_id = await client.media.upload(VIDEO, polling=polling)
    created = [call for call in emulator.calls() if call.operation == "media.create"]
    assert len(created) == 3
    assert (await client.media.get(media_id)).status == "succeeded"


async def test_an_upload_that_breaks_off_each_time_fails(
    emulator: Emulator, client: Pinterest
) -> None:
    emulator.faults.add(read("reset:operation=uploads.media,applied=false"))
    with pytest.raises(ConnectionFailedError):
        await client.media.upload(VIDEO)
    assert len(emulator.calls("media.create")) == 3


@pytest.mark.parametrize(
    ("video", "words"),
    [
        (b"", "is empty"),
        (b"no video at all", "is no video that is known"),
        (b"\xff\xd8\xff\xe0 jpeg", "is image/jpeg"),
        (io.StringIO("text"), "is open as text"),
        ("/no/such/file.mp4", "cannot be read: No such file"),
        ("/", "cannot be read: Is a directory"),
        ("\0", "cannot be read"),
        (7, "expected a file, got int"),
        (None, "expected a file, got NoneType"),
    ],
)
async def test_what_is_no_video_is_refused_before_anything_is_sent(
    video: Any, words: str, emulator: Emulator, client: Pinterest
) -> None:
    with pytest.raises(InvalidCallError, match=words) as caught:
        await client.media.upload(video)
    assert caught.value.problems[0].field == "video"
    assert emulator.calls() == []


async def test_a_file_that_becomes_shorter_is_told(client: Pinterest, tmp_path: Path) -> None:
    path = tmp_path / "video.mp4"
    path.write_bytes(VIDEO)

    def cut(progress: JobProgress) -> None:
        if progress.step == "registering":
            path.write_bytes(VIDEO[:1000])

    with pytest.raises(InvalidCallError, match="became shorter"):
        await client.media.upload(path, progress=cut)


async def test_what_progress_raises_ends_the_upload(emulator: Emulator, client: Pinterest) -> None:
    def stop(progress: JobProgress) -> None:
        if progress.step == "uploading":
            raise LookupError("enough")

    with pytest.raises(LookupError, match="enough"):
        await client.media.upload(VIDEO, progress=stop)
    assert len(emulator.calls("media.create")) == 1


def test_a_form_around_a_file() -> None:
    around = form_around(
        [("key", "uploads/1"), ('a "name"', "v")], name="file", file_name="ä.mp4", boundary="B"
    )
    assert around.head.decode() == (
        '--B\r\nContent-Disposition: form-data; name="key"\r\n\r\nuploads/1\r\n'
        '--B\r\nContent-Disposition: form-data; name="a %22name%22"\r\n\r\nv\r\n'
        '--B\r\nContent-Disposition: form-data; name="file"; filename="ä.mp4"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    )
    assert around.tail == b"\r\n--B--\r\n"
    assert around.content_type == "multipart/form-data; boundary=B"


@given(st.text(), st.text(), st.text())
def test_no_name_of_a_field_breaks_the_form(name: str, value: str, file_name: str) -> None:
    try:
        around = form_around([(name, value)], name="file", file_name=file_name, boundary="B" * 40)
    except (ValueError, UnicodeEncodeError):
        return
    first = around.head.split(b"\r\n\r\n")[0]
    assert first.count(b"\r\n") == 1
    assert first.count(b'"') == 2


@pytest.mark.parametrize(
    ("first", "found"),
    [
        (b"\xff\xd8\xff\xe1", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n\x00", "image/png"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"RIFF\x00\x00\x00\x00AVI LIST", "video/x-msvideo"),
        (b"GIF89a", "image/gif"),
        (b"\x00\x00\x00\x18ftypisom", "video/mp4"),
        (b"\x00\x00\x00\x18ftypM4V ", "video/mp4"),
        (b"\x00\x00\x00\x14ftypqt  ", "video/quicktime"),
        (b"\x00\x00\x00\x14moovxxxx", "video/quicktime"),
        (b"\x00\x00\x00\x18ftypheic", "image/heif"),
        (b"\x1aE\xdf\xa3", "video/webm"),
        (b"", None),
        (b"hello", None),
    ],
)
def test_types_are_known_by_their_first_bytes(first: bytes, found: str | None) -> None:
    assert media_type(first) == found
