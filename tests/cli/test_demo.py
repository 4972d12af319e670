"""The demo as a person runs it: in a process of its own, in an empty folder."""

import os
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pq: Any = pytest.importorskip("pyarrow.parquet")
pytest.importorskip("click")
pytest.importorskip("rich")

COMMAND = [sys.executable, "-W", "error", "-m", "pinterest_async.cli", "demo"]


def demo(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *options],
        cwd=folder,
        env={**os.environ, "COLUMNS": "100"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def sound(folder: Path) -> int:
    """The rows below a folder, after a look at every file that a harvest left there."""
    left = [path for path in folder.rglob("*") if path.is_file()]
    assert not [path for path in left if "unfinished" in path.parts]
    return sum(pq.ParquetFile(path).metadata.num_rows for path in left if path.suffix == ".parquet")


def test_the_demo_harvests_and_shows(tmp_path: Path) -> None:
    ran = demo(tmp_path, "--accounts", "3", "--days", "4")
    assert ran.stderr == ""
    assert ran.returncode == 0
    assert "100 %" in ran.stdout
    assert "The 3 ad accounts that spent most" in ran.stdout
    assert "Spend by day" in ran.stdout
    rows = sound(tmp_path / "data" / "demo")
    assert rows > 0
    assert f"{rows:,} rows" in ran.stdout
    (said, *commands) = ran.stdout.splitlines()[-4:]
    assert said == "Read them:"
    for line in commands:
        shown = subprocess.run(
            shlex.split(line), cwd=tmp_path, capture_output=True, text=True, check=True
        )
        assert re.search(r"SPEND_IN_MICRO_DOLLAR|shape: \([\d_]+, \d+\)", shown.stdout)


def test_a_second_demo_begins_anew(tmp_path: Path) -> None:
    first = demo(tmp_path, "--accounts", "2", "--days", "3")
    second = demo(tmp_path, "--accounts", "2", "--days", "2", "--seed", "8")
    assert (first.returncode, second.returncode) == (0, 0)
    days = pq.read_table(tmp_path / "data" / "demo").column("DATE").unique()
    assert len(days) == 2
    assert {one.name for one in (tmp_path / "data" / "demo").iterdir()} == {"level=ad"}


def test_a_demo_of_an_earlier_version_is_replaced(tmp_path: Path) -> None:
    out = tmp_path / "data" / "demo"
    (out / "level=ad").mkdir(parents=True)
    (out / "level=ad" / "old.parquet").write_bytes(b"PAR1")
    (out / ".pinterest-demo").write_text("finished")
    assert demo(tmp_path, "--accounts", "2", "--days", "2").returncode == 0
    assert not (out / "level=ad" / "old.parquet").exists()
    assert not (out / ".pinterest-demo").exists()


def test_foreign_files_are_not_touched(tmp_path: Path) -> None:
    other = tmp_path / "data" / "demo" / "thesis.txt"
    other.parent.mkdir(parents=True)
    other.write_text("mine")
    ran = demo(tmp_path)
    assert ran.returncode == 1
    assert "Choose another folder with --out" in ran.stderr
    assert "Traceback" not in ran.stderr
    assert other.read_text() == "mine"


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    ran = demo(tmp_path)
    assert ran.returncode != 0
    assert "--out" in ran.stderr
    assert "Traceback" not in ran.stderr
    ran = demo(tmp_path, "--out", "data/deeper")
    assert ran.returncode == 1
    assert "data/deeper/demo cannot be made, since data is a file" in ran.stderr
    assert "Choose another folder with --out" in ran.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT for another process")
def test_ctrl_c_leaves_no_half_file_and_no_traceback(tmp_path: Path) -> None:
    with subprocess.Popen(
        COMMAND, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        for line in process.stdout:
            if line.startswith("Harvesting"):
                break
        process.send_signal(signal.SIGINT)
        said, complained = process.stdout.read(), process.stderr.read()
    assert process.returncode == 130
    assert complained == ""
    assert "Stopped" in said
    before = sound(tmp_path)
    again = demo(tmp_path)
    assert again.returncode == 0
    assert "Going on with the unfinished harvest" in again.stdout
    assert sound(tmp_path) > before
