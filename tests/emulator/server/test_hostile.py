"""What pages of other sites, and others on the machine, may try with an emulator."""

import json
import stat
from pathlib import Path
from typing import Any, Final

import aiohttp
import pytest

from pinterest_async.emulator import Emulator

DEEP: Final = b"[" * 100_000 + b"]" * 100_000


async def ask(
    emulator: Emulator, path: str, host: str | None = None, method: str = "GET", body: Any = None
) -> tuple[int, str, dict[str, str]]:
    headers = {} if host is None else {"Host": host}
    headers["Authorization"] = f"Bearer {emulator.token}"
    headers["Content-Type"] = "application/json"
    async with (
        aiohttp.ClientSession() as session,
        session.request(
            method, emulator.world.origin + path, headers=headers, data=body
        ) as response,
    ):
        return response.status, await response.text(), dict(response.headers)


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:{port}",
        "127.0.0.1.evil.example",
        "localhost.evil",
        "",
        "127.0.0.1@evil.example",
        "[::1].evil.example",
        "192.168.0.7",
        "[fe80::1]",
        "localhost:x",
    ],
)
@pytest.mark.parametrize("path", ["/_emulator/state", "/_emulator", "/v5/boards", "/oauth/"])
async def test_a_foreign_host_is_refused(host: str, path: str) -> None:
    async with Emulator() as emulator:
        port = emulator.world.origin.rpartition(":")[2]
        status, text, _ = await ask(emulator, path, host.format(port=port))
        assert status == 421
        assert emulator.token not in text
        assert emulator.calls() == []


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "LOCALHOST:{port}",
        "127.0.0.1",
        "127.0.0.1:1",
        "[::1]",
        "[::1]:{port}",
        None,
        "localhost.",
        "127.0.0.2",
    ],
)
async def test_this_machine_is_let_in_by_each_of_its_names(host: str | None) -> None:
    async with Emulator() as emulator:
        port = emulator.world.origin.rpartition(":")[2]
        host = host and host.format(port=port)
        assert (await ask(emulator, "/v5/boards", host))[0] == 200
        assert (await ask(emulator, "/_emulator", host))[0] == 200


async def test_where_it_listens_everywhere_any_address_will_do() -> None:
    async with Emulator(host="0.0.0.0") as emulator:  # noqa: S104  (what is tried here)
        assert (await ask(emulator, "/v5/boards", "192.168.0.7:80"))[0] == 200
        assert (await ask(emulator, "/v5/boards", "evil.example"))[0] == 421


async def test_the_page_runs_nothing_and_stands_in_no_frame() -> None:
    async with Emulator() as emulator:
        _, text, headers = await ask(emulator, "/_emulator")
    policy = headers["Content-Security-Policy"]
    for part in ("default-src 'none'", "frame-ancestors 'none'", "form-action 'self'"):
        assert part in policy
    assert "unsafe" not in policy
    assert "<script" not in text
    assert "style=" not in text


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/_emulator/faults"),
        ("PUT", "/_emulator/state"),
        ("POST", "/_emulator/time"),
        ("POST", "/_emulator/tokens"),
        ("POST", "/v5/boards"),
    ],
)
@pytest.mark.parametrize("depth", [100_000, 900])
async def test_deep_json_is_a_bad_request(method: str, path: str, depth: int) -> None:
    for body in (b"[" * depth + b"]" * depth, b'{"name":' * depth + b"1" + b"}" * depth):
        async with Emulator() as emulator:
            status, text, _ = await ask(emulator, path, method=method, body=body)
            assert status == 400, text
            for shown in ("/_emulator/calls", "/_emulator"):
                assert (await ask(emulator, shown))[0] == 200


@pytest.mark.parametrize("seconds", [1e12, 1e300, "1e999", -1, "NaN", 3.2e9])
async def test_a_clock_is_not_moved_out_of_the_calendar(seconds: object) -> None:
    async with Emulator() as emulator:
        before = emulator.now()
        body = f'{{"advance": {seconds}}}'.encode()
        assert (await ask(emulator, "/_emulator/time", method="POST", body=body))[0] == 400
        form = f"advance={seconds}".encode()
        async with (
            aiohttp.ClientSession() as session,
            session.post(
                f"{emulator.page}/time",
                data=form,
                headers={"Content-Type": "application/x-www-form-urlencoded"},
            ) as response,
        ):
            assert response.status == 400
        state = json.loads((await ask(emulator, "/_emulator/state"))[1])
        if isinstance(seconds, float | int):
            wrong = json.dumps({**state, "ahead": seconds}).encode()
            assert (await ask(emulator, "/_emulator/state", method="PUT", body=wrong))[0] == 400
            late = json.dumps({"expires_in": seconds}).encode()
            assert (await ask(emulator, "/_emulator/tokens", method="POST", body=late))[0] == 400
        assert emulator.now() - before < 1000
        assert (await ask(emulator, "/_emulator"))[0] == 200


def test_a_hundred_years_are_possible() -> None:
    emulator = Emulator()
    for _ in range(2):
        emulator.advance(50 * 365 * 86_400)
    with pytest.raises(ValueError, match="100 years"):
        emulator.advance(50 * 365 * 86_400)


@pytest.mark.parametrize("name", ["state.json", "state.json.new"])
def test_saving_follows_no_link(name: str, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("mine", "utf-8")
    (tmp_path / name).symlink_to(victim)
    emulator = Emulator()
    emulator.save(tmp_path / "state.json")
    assert victim.read_text("utf-8") == "mine"
    saved = tmp_path / "state.json"
    assert not saved.is_symlink()
    assert stat.S_IMODE(saved.stat().st_mode) == 0o600
    Emulator().restore(saved)
    assert {one.name for one in tmp_path.iterdir()} == {"victim", "state.json", name}


@pytest.mark.parametrize("content", [DEEP, b"\xff", b"{"])
def test_a_broken_state_is_reported(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    path.write_bytes(content)
    with pytest.raises(ValueError, match="no state of the emulator"):
        Emulator().restore(path)
