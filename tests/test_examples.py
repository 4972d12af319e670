"""The examples run as they stand, against the emulator."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from programs import EXAMPLES, STRICT, example, finished, started

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


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    """An emulator in an event loop of its own, as the backend has one of its own."""
    import threading

    emulator = Emulator(accounts=1)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(emulator.start(), loop).result()
        yield emulator
        asyncio.run_coroutine_threadsafe(emulator.stop(), loop).result()
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def test_a_backend_serves_each_user_over_one_pool(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PINTEREST_BASE_URL", emulator.url)
    app: Any = example("fastapi_backend").app
    for _ in range(2):  # started, stopped, and started again
        with TestClient(app) as browser:
            mine = browser.get("/boards", headers={"Authorization": f"Bearer {emulator.token}"})
            assert mine.status_code == 200
            assert len(mine.json()) == 12
            nobody = browser.get("/boards", headers={"Authorization": "Bearer pina_unknown"})
            assert nobody.status_code == 401
            assert nobody.json()["request_id"]
            assert browser.get("/boards").status_code in {401, 403}
