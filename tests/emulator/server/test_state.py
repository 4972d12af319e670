"""The state of an emulator in a file, and another emulator that goes on with it."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiohttp import ClientSession
from emulator.bench import Caller

from pinterest_async.emulator import ApiCall, Emulator, HttpRequest
from pinterest_async.emulator.contract.contract import contract
from pinterest_async.emulator.model.tokens import TokenIssuer
from pinterest_async.emulator.model.world import World
from pinterest_async.emulator.server.api import Api


@pytest.mark.parametrize("prerendered", [True, False])
def test_prerendered_answers_stay_what_they_were(*, prerendered: bool) -> None:
    rules, world = contract(), World()
    auth = TokenIssuer(rules.description, seed=1)
    table = world.table("visits")

    def count(world: World, call: ApiCall) -> Any:
        del world
        table.add({"id": table.new_id()})
        return {"username": f"{call.user}: {len(table)}"}

    api = Api(
        rules,
        world,
        auth,
        None,
        {"user_account/get": count},
        owner="1",
        prerendered=prerendered,
        remember=2,
    )

    def ask(token: str) -> bytes:
        headers = {"Authorization": f"Bearer {token}"}
        sent = HttpRequest(method="GET", target="/user_account", headers=headers, body=b"", now=1.0)
        return api.answer(sent).body

    first, second = auth.issue("1", 0.0), auth.issue("2", 0.0)
    assert ask(first) == b'{"username":"1: 1"}'
    assert ask(second) == b'{"username":"2: 2"}'
    assert ask(first) == (b'{"username":"1: 1"}' if prerendered else b'{"username":"1: 3"}')
    assert ask("pina_x") != ask(first)
    assert len(api.log) == 2
    api.clear_prerendered()
    assert ask(first) == f'{{"username":"1: {len(table)}"}}'.encode()


async def test_another_emulator_goes_on(tmp_path: Path, session: ClientSession) -> None:
    first = Emulator(seed=11, accounts=2, prerendered=True)
    other = first.issue_token("806000000000000002", scopes=["user_accounts:read"])
    first.world.table("things").add({"id": "1", "name": "é"})
    async with first:
        answer = await Caller(first, session)("GET", "/trends/topics/featured?region=US")
    first.save(tmp_path / "state.json")
    second = Emulator(accounts=0, prerendered=True)
    async with second:
        call = Caller(second, session)
        assert (await call("GET", "/trends/topics/featured?region=US")).text != answer.text
        second.restore(tmp_path / "state.json")
        assert (await call("GET", "/trends/topics/featured?region=US")).text == answer.text
        assert (await call("GET", "/user_account", token=other)).status == 200
        assert (await call("GET", "/boards", token=other)).error == (401, 3)
    assert second.token == first.token
    assert second.dump() == first.dump()
    assert second.world.table("things").find("1") == {"id": "1", "name": "é"}


def test_no_half_file_stays(tmp_path: Path) -> None:
    emulator = Emulator()
    emulator.save(tmp_path / "state.json")
    emulator.save(tmp_path / "state.json")
    assert [path.name for path in tmp_path.iterdir()] == ["state.json"]


def test_a_dump_is_a_moment_to_come_back_to() -> None:
    emulator = Emulator(accounts=1, now=lambda: 1_781_006_400.0)
    board = next(iter(emulator.world.table("boards")))["id"]
    kept = emulator.dump()
    before = msgspec.json.encode(kept)
    for name in ("Once", "Again"):
        change(emulator, f"/boards/{board}", name)
        emulator.advance(60)
        assert msgspec.json.encode(kept) == before
        emulator.load(kept)
        assert emulator.now() == 1_781_006_400.0
        assert msgspec.json.encode(emulator.dump()) == before


def change(emulator: Emulator, target: str, name: str) -> None:
    said = emulator.api.answer(
        HttpRequest(
            method="PATCH",
            target=target,
            headers={
                "Authorization": f"Bearer {emulator.token}",
                "Content-Type": "application/json",
            },
            body=msgspec.json.encode({"name": name}),
            now=emulator.now(),
        )
    )
    assert said.status == 200


def test_the_clock_goes_on_where_it_was() -> None:
    first = Emulator(accounts=0, now=lambda: 1_781_006_400.0)
    token = first.issue_token(expires_in=60)
    first.advance(61)
    second = Emulator(accounts=0, now=lambda: 1_781_006_400.0)
    second.load(first.dump())
    assert second.now() == first.now()
    assert second.auth.tokens.grants[token].expires < second.now()


def cut(name: str, value: Any) -> str:
    """A state with one thing wrong."""
    return msgspec.json.encode({**Emulator(accounts=0).dump(), name: value}).decode()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "is no state"),
        ("[]", "is no state"),
        ("{}", "is no state"),
        ('{"format":2}', "anew"),
        ('{"format":1}', "user"),
        (cut("world", {}), "world"),
        (cut("world", {"seed": 1, "tables": {"pins": {"next": 1, "rows": [{}]}}}), "no id"),
        (cut("auth", {"grants": 1}), r"auth\.grants"),
        (cut("ahead", "soon"), "ahead"),
    ],
)
def test_what_is_no_state_is_refused(tmp_path: Path, content: str, said: str) -> None:
    path = tmp_path / "state.json"
    path.write_text(content)
    emulator = Emulator()
    before: Any = emulator.dump()
    with pytest.raises(ValueError, match=said):
        emulator.restore(path)
    assert emulator.dump() == before
