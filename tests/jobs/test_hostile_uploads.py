"""Registrations and storage hosts that lie, stall, echo secrets, and callers who go away."""

import asyncio
import json
from typing import Any

import pytest

from pinterest_async import (
    ConnectionFailedError,
    JobFailedError,
    JobProgress,
    Pinterest,
    PinterestError,
    Polling,
)
from pinterest_async.emulator import Emulator
from pinterest_async.jobs import uploads as module

VIDEO = b"\x00\x00\x00\x18ftypmp42" + b"v" * 3_000_000


class Changed:
    """Changes what is answered by a host or an operation."""

    def __init__(self, name: str, change: Any) -> None:
        self._name = name
        self._change = change

    def before(self, operation: Any, incoming: Any) -> None:
        assert operation.name
        assert incoming.method

    def after(self, operation: Any, incoming: Any, answer: Any) -> Any:
        assert incoming.method
        if f"{operation.namespace}.{operation.name}" == self._name:
            self._change(answer)
        return answer


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"upload_url": ""}, "names no address"),
        ({"upload_url": None}, "names no address"),
        ({"upload_url": 7}, "names no address"),
        ({"media_id": ""}, "names no media id"),
        ({"upload_parameters": None}, "names no fields"),
        ({"upload_parameters": "key"}, "names no fields"),
        ({"upload_parameters": {"key": 7}}, "is not text"),
        ({"upload_parameters": {"key": None}}, "is not text"),
        ({"upload_parameters": {f"f{n}": "" for n in range(100)}}, "too many or too long"),
        ({"upload_parameters": {"key": "x" * 70_000}}, "too many or too long"),
        ({"upload_parameters": {"a\r\nb": "x"}}, "control characters"),
        ({"upload_url": "http://user:pass@127.0.0.1/"}, "is not an http or https"),
        ({"upload_url": "file:///etc/passwd"}, "is not an http or https"),
    ],
)
async def test_a_registration_that_cannot_be_used_is_told(
    fields: Any, words: str, emulator: Emulator, client: Pinterest
) -> None:
    def change(answer: Any) -> None:
        answer.body = json.dumps({**json.loads(answer.body), **fields}).encode()

    emulator.hooks.append(Changed("media.create", change))
    lenient = client.with_options(on_drift="ignore")
    with pytest.raises((JobFailedError, ConnectionFailedError), match=words):
        await lenient.media.upload(VIDEO[:1000])


async def test_what_was_signed_is_in_no_error(emulator: Emulator, client: Pinterest) -> None:
    found: dict[str, str] = {}

    def keep(answer: Any) -> None:
        found.update(json.loads(answer.body)["upload_parameters"])

    def echo(answer: Any) -> None:
        answer.status = 403
        words = " ".join(found.values())
        answer.body = f"<Error><Code>X</Code><Message>{words}</Message></Error>".encode()

    emulator.hooks.append(Changed("media.create", keep))
    emulator.hooks.append(Changed("uploads.media", echo))
    with pytest.raises(JobFailedError) as caught:
        await client.media.upload(VIDEO[:1000])
    text = repr(caught.value) + str(caught.value.__dict__)
    for name in ("policy", "x-amz-signature", "x-amz-security-token", "x-amz-credential"):
        assert len(found[name]) > 5
        assert found[name] not in text


@pytest.mark.parametrize("body", [b"\xff\xfe" * 9000, b"<Code>" * 9000, b"", b"\x1b[31mred"])
async def test_any_refusal_is_short_and_printable(
    body: bytes, emulator: Emulator, client: Pinterest
) -> None:
    def refuse(answer: Any) -> None:
        answer.status, answer.body = 418, body

    emulator.hooks.append(Changed("uploads.media", refuse))
    with pytest.raises(JobFailedError, match="with status 418") as caught:
        await client.media.upload(VIDEO[:1000])
    assert len(str(caught.value)) < 600
    assert str(caught.value).replace("\n", "").isprintable()


async def test_a_host_that_takes_nothing_more_is_left(
    client: Pinterest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Time is the event loop's; the host never reads, so the limit is what ends it."""
    monkeypatch.setattr(module, "STALLED", 0.05)
    stop = asyncio.Event()

    async def host(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        await stop.wait()
        writer.close()

    server = await asyncio.start_server(host, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    registration = {"upload_url": f"http://127.0.0.1:{port}/", "upload_parameters": {"key": "k"}}
    from pinterest_async.jobs.content import opened

    async with opened(VIDEO * 10, "video") as content:
        with pytest.raises(ConnectionFailedError, match="stood still"):
            await module.upload_form(client, registration, content, _ignore)
    stop.set()
    server.close()


def _ignore(_progress: JobProgress) -> None:
    """Nobody wants to know."""


@pytest.mark.parametrize("step", ["registering", "uploading", "pausing"])
async def test_a_caller_who_goes_away_leaves_nothing_behind(step: str, client: Pinterest) -> None:
    reached = asyncio.Event()

    def reach(progress: JobProgress) -> None:
        if progress.step == step:
            reached.set()

    async def pause(_seconds: float) -> None:
        reached.set()
        await asyncio.Event().wait()

    before = asyncio.all_tasks()
    upload = client.media.upload(VIDEO, progress=reach, polling=Polling(sleep=pause))
    task = asyncio.ensure_future(upload)
    await reached.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await client.media.list()  # the next call finds everything in order
    for _ in range(100):
        await asyncio.sleep(0)
    left = {str(one) for one in asyncio.all_tasks() - before}
    assert [one for one in left if "RequestHandler" not in one] == []  # those of the emulator


async def test_nothing_but_our_own_errors_leaves_an_upload(
    emulator: Emulator, client: Pinterest
) -> None:
    def garble(answer: Any) -> None:
        answer.body = b"[]"

    emulator.hooks.append(Changed("media.create", garble))
    with pytest.raises(PinterestError):
        await client.with_options(on_drift="ignore").media.upload(VIDEO[:1000])
