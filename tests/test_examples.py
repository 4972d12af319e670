"""The examples run as they stand, against the emulator."""

from pathlib import Path

import pytest
from programs import EXAMPLES, STRICT, finished, started

from pinterest_async.emulator import Emulator


@pytest.mark.parametrize(
    ("command", "said"),
    [(["walk_a_list.py"], "to go on after them"), (["harvest_to_parquet.py", "out"], "rows by")],
    ids=["walk_a_list", "harvest_to_parquet"],
)
async def test_scripts_run(command: list[str], said: str, tmp_path: Path) -> None:
    async with Emulator(accounts=2) as emulator:
        script = str(EXAMPLES / command[0])
        process = await started(emulator, tmp_path, *STRICT, script, *command[1:])
        assert said in await finished(process)
