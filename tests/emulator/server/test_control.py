"""Control over HTTP, and the page for people, in a real browser where one is installed."""

import asyncio
import shutil
from html import escape
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession
from emulator.bench import Caller, Clock

from pinterest_async.emulator import Emulator
from pinterest_async.emulator.faults import Error, Late
from pinterest_async.emulator.faults.parsing import kinds

BROWSER = shutil.which("chromium") or shutil.which("google-chrome")


@pytest.fixture
def page(call: Caller) -> str:
    return call.emulator.page


async def test_faults_by_http(call: Caller, page: str) -> None:
    added = await call("POST", f"{page}/faults", json={"kind": "error", "status": 503, "times": 1})
    assert added.json[0]["number"] == 1
    assert [(await call("GET", "/user_account")).status for _ in range(2)] == [503, 200]
    two = [{"kind": "late", "seconds": 0.1}, "error:operation=pins.list"]
    await call("POST", f"{page}/faults", json=two)
    (first, *others) = (await call("GET", f"{page}/faults")).json
    assert (first["hits"], first["matched"]) == (1, 1)
    assert [one["fault"]["kind"] for one in others] == ["late", "error"]
    assert [active.fault for active in call.emulator.faults][1:] == [
        Late(0.1),
        Error(operation="pins.list"),
    ]
    left = (await call("DELETE", f"{page}/faults/2")).json
    assert [one["number"] for one in left] == [1, 3]
    assert (await call("DELETE", f"{page}/faults")).json == []
    assert not call.emulator.faults


async def test_state_by_http(call: Caller, page: str, clock: Clock, session: ClientSession) -> None:
    await call("POST", "/boards", json={"name": "Kept"})
    state = (await call("GET", f"{page}/state")).json
    async with Emulator(seed=2, accounts=0, now=clock) as other:
        elsewhere = Caller(other, session)
        assert (await elsewhere("PUT", f"{other.page}/state", json=state)).status == 200
        boards = (await elsewhere("GET", "/boards?page_size=250")).json["items"]
    assert "Kept" in [board["name"] for board in boards]


async def test_the_log_by_http(call: Caller, page: str) -> None:
    await call("GET", "/boards?page_size=3")
    await call.client(
        "/oauth/token", grant_type="refresh_token", refresh_token="pinr_hidden", scope="pins:read"
    )
    calls = (await call("GET", f"{page}/calls?operation=boards.list")).json
    assert [(one["path"], one["query"]["page_size"]) for one in calls] == [("/boards", 3)]
    everything = await call("GET", f"{page}/calls")
    assert len(everything.json) == 2
    assert b"pinr_hidden" not in everything.text
    await call("DELETE", f"{page}/calls")
    assert call.emulator.calls() == []


async def test_time_and_tokens_by_http(call: Caller, page: str, clock: Clock) -> None:
    wish = {"scopes": ["user_accounts:read"], "expires_in": 60}
    token = (await call("POST", f"{page}/tokens", json=wish)).json["access_token"]
    assert (await call("GET", "/user_account", token=token)).status == 200
    assert (await call("POST", f"{page}/time", json={"advance": 61})).json == {
        "now": clock.now + 61
    }
    assert (await call("GET", f"{page}/time")).json == {"now": clock.now + 61}
    assert (await call("GET", "/user_account", token=token)).error == (401, 2)
    assert (await call("GET", "/user_account")).status == 200
    await call("POST", f"{page}/tokens/expire")
    assert (await call("GET", "/user_account")).error == (401, 2)


@pytest.mark.parametrize(
    ("method", "target", "body", "status", "named"),
    [
        ("POST", "/faults", {"kind": "nothing"}, 400, "kind"),
        ("POST", "/faults", {"kind": "error", "rate": 3}, 400, "rate"),
        ("POST", "/faults", {"kind": "error", "operation": "x.y"}, 400, "x.y"),
        ("POST", "/faults", 3, 400, "fault"),
        ("DELETE", "/faults/9", None, 404, "9"),
        ("PUT", "/state", {}, 400, "format"),
        ("POST", "/time", {"advance": -1}, 400, "advance"),
        ("POST", "/time", {"forward": 1}, 400, "forward"),
        ("POST", "/tokens", {"scope": []}, 400, "scope"),
        ("GET", "/other", None, 404, "other"),
    ],
)
async def test_what_is_not_understood_is_refused(
    call: Caller, page: str, method: str, target: str, body: Any, status: int, named: str
) -> None:
    said = await call(method, page + target, json=body)
    assert said.status == status
    assert named in said.json["message"]


async def test_other_sites_control_nothing(call: Caller, page: str) -> None:
    foreign = {"Origin": "https://example.com"}
    said = await call("POST", f"{page}/faults", data={"fault": "error"}, headers=foreign)
    assert said.status == 403
    own = {"Origin": call.emulator.world.origin}
    said = await call("POST", f"{page}/faults", data={"fault": "error"}, headers=own)
    assert (said.status, said.headers["Location"]) == (303, "/_emulator")
    await call("POST", f"{page}/faults/1/remove", data={"x": "y"})
    assert not call.emulator.faults
    await call("POST", f"{page}/time", data={"advance": "5"})
    assert call.emulator.now() == (await call("GET", f"{page}/time")).json["now"]


async def busy(call: Caller) -> None:
    """Leave something of every kind to be seen."""
    await call("GET", "/boards?page_size=3")
    await call("GET", "/nothing%3Cscript%3E?access_token=" + call.emulator.token)
    await call("POST", "/oauth/token/revoke", data={"token": call.emulator.token})
    call.emulator.faults.add(Error(503, message="<b>&", operation="pins.list"))
    await call("GET", "/pins")


async def test_the_page_shows_all_but_secrets(call: Caller, page: str) -> None:
    await busy(call)
    shown = (await call("GET", page)).text.decode()
    for word in ("boards.list", "pins.list", "/nothing%3Cscript", "org_read_app_id_user_id", "503"):
        assert word in shown
    assert "999 of 1,000" in shown
    assert "<b>&" not in shown
    assert shown.count("pina_") == shown.count(call.emulator.token) == 1
    tokens = {*call.emulator.auth.tokens.grants, *call.emulator.auth.tokens.refresh}
    assert not [one for one in tokens - {call.emulator.token} if one in shown]
    assert call.emulator.client[0] in shown
    assert call.emulator.client[1] not in shown
    assert all(name in shown for name in call.emulator.users.values())


async def test_the_page_is_shown_anew_unless_something_is_typed(call: Caller, page: str) -> None:
    anew = (await call("GET", page)).text.decode()
    assert '<meta http-equiv="refresh" content="5">' in anew
    assert 'name="fault"' not in anew
    still = (await call("GET", f"{page}?refresh=off")).text.decode()
    assert "http-equiv" not in still
    assert 'name="fault"' in still
    for kind in kinds():
        assert f"<code>{kind}</code>" in still


@pytest.mark.parametrize(
    ("method", "target", "headers", "why"),
    [
        ("GET", "/nothing", {}, "no such path"),
        ("PUT", "/boards", {}, "does not know PUT"),
        ("GET", "/boards?page_size=0", {}, "page_size"),
        ("GET", "/boards", {"Authorization": ""}, "no header Authorization"),
        ("GET", "/boards", {"Authorization": "Bearer x"}, "not one of this emulator"),
        ("GET", "/pins", {}, "a fault"),
        ("GET", "/pins/1", {}, "no such Pin"),
        ("POST", "/oauth/token", {"Authorization": "Basic eDp5"}, "id or the secret"),
    ],
)
async def test_why_a_request_was_refused(
    call: Caller, page: str, method: str, target: str, headers: dict[str, str], why: str
) -> None:
    call.emulator.faults.add(Error(503, operation="pins.list"))
    assert (await call(method, target, headers=headers)).status >= 400
    (record,) = (await call("GET", f"{page}/calls")).json
    assert why in record["reason"]
    assert escape(why) in (await call("GET", page)).text.decode()


async def test_an_expired_token_and_a_used_quota_are_told(session: ClientSession) -> None:
    async with Emulator(quotas={"org_read": 1}) as emulator:
        call = Caller(emulator, session)
        await call("GET", "/boards")
        await call("GET", "/boards")
        emulator.expire()
        await call("GET", "/boards")
        reasons = [one.reason for one in emulator.calls()]
    quota = "the quota org_read_app_id_user_id is used up"
    assert reasons == ["", quota, "the access token has expired"]


@pytest.mark.skipif(BROWSER is None, reason="no Chromium here")
async def test_the_page_in_a_browser(call: Caller, page: str, tmp_path: Path) -> None:
    await busy(call)
    dom = await browse("--dump-dom", page, profile=tmp_path)
    assert dom.count("<tr>") >= 6
    assert "<td>boards.list</td>" in dom
    assert "<meter" in dom
    picture = tmp_path / "page.png"
    await browse(f"--screenshot={picture}", "--window-size=1100,900", page, profile=tmp_path)
    assert picture.stat().st_size > 20_000


async def browse(*arguments: str, profile: Path) -> str:
    process = await asyncio.create_subprocess_exec(
        *(str(BROWSER), "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"),
        *("--no-first-run", "--disable-extensions", f"--user-data-dir={profile / 'profile'}"),
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    said, _ = await asyncio.wait_for(process.communicate(), 600)
    assert process.returncode == 0
    return said.decode()


def test_a_step_back_in_time_is_refused() -> None:
    with pytest.raises(ValueError, match="advance is -1"):
        Emulator(accounts=0).advance(-1)
