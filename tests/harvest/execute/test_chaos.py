"""Harvests that are killed again and again: nothing is lost, nothing doubled."""

import sys
from pathlib import Path

import pytest
from harvest import entity_chaos
from harvest.chaos import Outcome, chaos

pytest.importorskip("pyarrow")
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")


def check(found: Outcome) -> None:
    assert found.spoilt
    assert found.rows == found.expected
    assert found.again == []
    assert found.last["complete"], found.last
    assert found.idle["calls"] == 0
    assert found.unfinished == []


@pytest.mark.parametrize("seed", [1])
async def test_killed_again_and_again_nothing_is_lost_or_doubled(tmp_path: Path, seed: int) -> None:
    found = await chaos(tmp_path / "data", kills=8, accounts=12, seed=seed)
    assert found.kills == 8
    check(found)


@pytest.mark.usefixtures("redis")
async def test_on_a_cluster_whose_workers_and_whose_run_are_killed(
    tmp_path: Path, redis_socket: str
) -> None:
    pytest.importorskip("distributed")
    found = await chaos(
        tmp_path / "data",
        kills=1,
        accounts=8,
        seed=7,
        redis=f"unix://{redis_socket}",
        workers=1,
    )
    assert (found.kills, found.deaths) == (1, 1)
    assert found.refused == 0
    check(found)


async def test_entities_killed_again_and_again_are_those_that_the_emulator_holds(
    tmp_path: Path,
) -> None:
    found = await entity_chaos.chaos(tmp_path / "data", kills=6, accounts=2, seed=1)
    assert found.kills == 6
    assert found.spoilt
    assert found.differences == []
    assert found.again == []
    assert found.last["complete"], found.last
    assert found.unfinished == []
