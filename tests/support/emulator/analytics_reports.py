"""Jobs of handlers without HTTP: asked about until they end, and what they leave to download."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from emulator.analytics_bench import Desk

from pinterest_async.emulator.contract.calls import FileRequest
from pinterest_async.emulator.handlers import FILE_HANDLERS


def poll(desk: Desk, operation: str, field: str = "report_status", **values: Any) -> Any:
    for _ in range(9):
        state = desk.call(operation, **values)
        inner = state.get("data", state)
        if inner[field] not in ("IN_PROGRESS", "RUNNING"):
            return inner
    raise AssertionError("it never ended")


def download(desk: Desk, url: str, **headers: str) -> bytes:
    parts = urlsplit(url)
    visit = FileRequest(
        method="GET",
        path=parts.path,
        query=dict(parse_qsl(parts.query)),
        headers=headers,
        body=b"",
        now=desk.now,
    )
    body: bytes = FILE_HANDLERS["downloads"](desk.world, visit).body
    return body


def report(desk: Desk, request: Mapping[str, Any]) -> bytes:
    token = desk.call("analytics/create_report", request)["token"]
    state = poll(desk, "analytics/get_report", token=token)
    body = download(desk, state["url"])
    assert state["size"] == len(body)
    return body
