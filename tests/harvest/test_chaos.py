import sys
from pathlib import Path

import pytest
from harvest_chaos import chaos

pytest.importorskip("pyarrow")


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
@pytest.mark.parametrize("seed", [1])
async def test_killed_again_and_again_nothing_is_lost_or_doubled(tmp_path: Path, seed: int) -> None:
    found = await chaos(tmp_path, kills=8, accounts=12, seed=seed)
    assert found.kills == 8
    assert found.spoilt
    assert found.rows == found.expected
    assert found.again == []
    assert found.last["complete"], found.last
    assert found.idle["calls"] == 0
    assert found.unfinished == []
