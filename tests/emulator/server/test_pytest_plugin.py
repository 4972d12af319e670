"""The pytest plugin from outside: test suites of applications, in processes of their own."""

import shutil
import subprocess
import sys
from pathlib import Path

SAMPLE = Path(__file__).parents[3] / "examples" / "publisher"

SUITE = """
import asyncio
import json
import os
import subprocess
import sys
import urllib.request

import pytest

from pinterest_async import Pinterest, RateLimitError, RateLimitWaitError
from pinterest_async.emulator.faults import RateLimited

TOKENS = set()


@pytest.fixture
def pinterest_emulator_options():
    return {"accounts": 1, "seed": 3}


def test_without_a_loop(pinterest_emulator):
    asked = urllib.request.Request(
        pinterest_emulator.url + "/ad_accounts",
        headers={"Authorization": f"Bearer {pinterest_emulator.token}"},
    )
    with urllib.request.urlopen(asked) as answer:
        assert len(json.load(answer)["items"]) == 1
    assert pinterest_emulator.world.seed == 3
    assert [one.status for one in pinterest_emulator.calls("ad_accounts.list")] == [200]


def test_a_loop_inside(pinterest):
    async def accounts():
        return await pinterest.ad_accounts.list().collect()

    assert len(asyncio.run(accounts())) == 1
    assert len(asyncio.run(accounts())) == 1


@pytest.mark.pinterest_emulator(accounts=4)
@pytest.mark.asyncio
async def test_a_loop_outside(pinterest):
    assert len(await pinterest.ad_accounts.list().collect()) == 4


@pytest.mark.anyio
async def test_another_library(pinterest):
    assert len(await pinterest.ad_accounts.list().collect()) == 1


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.mark.asyncio
@pytest.mark.parametrize("turn", [1, 2])
async def test_no_quota_is_shared(turn, pinterest_emulator, pinterest_environment):
    TOKENS.add(pinterest_emulator.token)
    assert len(TOKENS) == turn
    client = Pinterest.from_env()
    assert await client.user_account.get()
    pinterest_emulator.faults.add(RateLimited(reset=86_400))
    with pytest.raises(RateLimitError):
        await client.user_account.get()
    with pytest.raises(RateLimitWaitError):
        await client.user_account.get()


def test_another_process(pinterest_environment, pinterest_emulator):
    script = "import os; print(os.environ['PINTEREST_BASE_URL'])"
    said = subprocess.check_output([sys.executable, "-c", script], text=True)
    assert said.strip() == pinterest_emulator.url


def test_the_environment_is_as_before():
    assert "PINTEREST_BASE_URL" not in os.environ
"""


def pytest_in(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            *(sys.executable, "-W", "error", "-m", "pytest", "-q", "-p", "no:cacheprovider"),
            *("-W", "error", "-o", "asyncio_default_fixture_loop_scope=function", *options),
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )


def test_suites_of_every_kind(tmp_path: Path) -> None:
    (tmp_path / "test_application.py").write_text(SUITE)
    ran = pytest_in(tmp_path, "--strict-markers")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "8 passed" in ran.stdout


def test_the_sample_application(tmp_path: Path) -> None:
    shutil.copytree(SAMPLE, tmp_path / "publisher", ignore=shutil.ignore_patterns("__pycache__"))
    ran = pytest_in(tmp_path / "publisher")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "7 passed" in ran.stdout


def test_a_marker_without_names_is_refused(tmp_path: Path) -> None:
    (tmp_path / "test_marked.py").write_text(
        "import pytest\n\n"
        "@pytest.mark.pinterest_emulator(50)\n"
        "def test_it(pinterest_emulator):\n    pass\n"
    )
    ran = pytest_in(tmp_path)
    assert ran.returncode != 0
    assert "takes options by name" in ran.stdout


def test_a_start_of_pytest_stays_light(tmp_path: Path) -> None:
    (tmp_path / "test_light.py").write_text(
        "import sys\n\n"
        "def test_it():\n"
        "    loaded = {'aiohttp', 'jsonschema_rs', 'msgspec', 'pinterest_async.client'}\n"
        "    assert not loaded & set(sys.modules)\n"
        "    assert 'pinterest_async.integrations.pytest_plugin' in sys.modules\n"
    )
    options = ("-p", "no:aiohttp", "-p", "no:schemathesis")
    ran = pytest_in(tmp_path, *options)
    assert ran.returncode == 0, ran.stdout + ran.stderr
