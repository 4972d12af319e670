"""The state of an emulator in a file, and another emulator that goes on with it."""

from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession
from emulator_bench import Caller

from pinterest_async.emulator import Emulator


async def test_another_emulator_goes_on(tmp_path: Path, session: ClientSession) -> None:
    first = Emulator(seed=11, accounts=2, prerendered=True)
    other = first.issue_token("806000000000000002", scopes=["user_accounts:read"])
    first.world.table("things").add({"id": "1", "name": "é"})
    async with first:
        told = await Caller(first, session)("GET", "/trends/topics/featured?region=US")
    first.save(tmp_path / "state.json")
    second = Emulator(accounts=0, prerendered=True)
    async with second:
        call = Caller(second, session)
        assert (await call("GET", "/trends/topics/featured?region=US")).text != told.text
        second.restore(tmp_path / "state.json")
        assert (await call("GET", "/trends/topics/featured?region=US")).text == told.text
        assert (await call("GET", "/user_account", token=other)).status == 200
        assert (await call("GET", "/boards", token=other)).refusal == (401, 3)
    assert second.token == first.token
    assert second.dump() == first.dump()
    assert second.world.table("things").find("1") == {"id": "1", "name": "é"}


def test_no_half_file_stays(tmp_path: Path) -> None:
    emulator = Emulator()
    emulator.save(tmp_path / "state.json")
    emulator.save(tmp_path / "state.json")
    assert [path.name for path in tmp_path.iterdir()] == ["state.json"]


@pytest.mark.parametrize(
    ("content", "said"),
    [("{", "is no state"), ("[]", "is no state"), ("{}", "is no state"), ('{"format":2}', "anew")],
)
def test_what_is_no_state_is_refused(tmp_path: Path, content: str, said: str) -> None:
    path = tmp_path / "state.json"
    path.write_text(content)
    emulator = Emulator()
    before: Any = emulator.dump()
    with pytest.raises(ValueError, match=said):
        emulator.restore(path)
    assert emulator.dump() == before
