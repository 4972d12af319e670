"""Every program that measures runs, in small; what it finds is no matter here."""

import ast
import json
import math
import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
from redis_server import executable

from pinterest_async._core.guards import is_items, is_mapping

ROOT = Path(__file__).parents[2]
BENCHMARKS = ROOT / "benchmarks"
TINY = {
    "calls": "--only tls,gzip,post,page --processes 1 --rounds 1",
    "compare": "{root} {root} --case memory64,import --processes 1 --rounds 1",
    "emulator": "--seconds 0.05",
    "entities_memory": "--pins 500",
    "harvest_quota": "--only accounts --window 0.1",
    "harvest_speed": "--accounts 1",
    "heavy_answers": "--limit 1 --cpu --kind numbers",
    "hostile_answers": "--only '10 GB announced'",
    "job_memory": "--report 0.01 --upload 0.01",
    "limiter_cost": "--quick",
    "limiter_quota": "--window 0.1 --windows 2 --pairs 1",
    "limiter_redis": "--window 0.1 --windows 1 --kinds fixed",
    "million_calls": "--calls 500 --faults 0.05",
    "peers": "--only get64 --processes 1 --rounds 1",
    "pool_clients": "--clients 20 --processes 1 --rounds 1",
    "report_body": "--size 0.05",
}
"""Programs, with arguments that keep them short."""
ELSEWHERE = {"chaos", "first_call", "harvest_peers", "pending"}
"""Programs that a test below runs, or that take long in small as well."""
FIGURES = {
    "calls",
    "compare",
    "peers",
    "pool_clients",
}
"""Programs that write a file with what they have found."""
NEED_REDIS = {"limiter_cost", "limiter_redis"}


def ran(name: str, arguments: list[str]) -> str:
    """What a program prints; it ends with 1 where something is not as promised, as in a hurry.

    It leaves nothing where temporary files are.
    """
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, str(BENCHMARKS / f"{name}.py"), *arguments],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "TMPDIR": folder},
        )
        assert list(Path(folder).iterdir()) == []
    assert "Traceback" not in done.stderr, done.stderr
    assert done.returncode in (0, 1), done.stderr
    assert done.stdout
    return done.stdout


def given(name: str) -> list[str]:
    return shlex.split(TINY[name].format(root=ROOT))


def numbers(value: Any) -> list[float]:
    """All numbers in plain JSON."""
    if isinstance(value, int | float):
        return [value]
    inner = value.values() if is_mapping(value) else value if is_items(value) else ()
    return [number for one in inner for number in numbers(one)]


def test_every_program_is_here_and_in_make_bench() -> None:
    programs = {path.stem for path in BENCHMARKS.glob("[!_]*.py")}
    assert programs == {*TINY, *ELSEWHERE, "account"}
    tree = ast.parse((BENCHMARKS / "_all.py").read_text("utf-8"))
    named = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    assert programs <= named


@pytest.mark.parametrize("name", TINY)
def test_it_runs(name: str, tmp_path: Path) -> None:
    if name in NEED_REDIS:
        executable()
    file = tmp_path / "figures.json"
    arguments = given(name)
    if name in FIGURES:
        arguments += ["--json", str(file)]
    ran(name, arguments)
    if name in FIGURES:
        printed = json.loads(file.read_text("utf-8"))
        assert printed["machine"]
        assert printed["rows"]
        assert all(map(math.isfinite, numbers(printed["rows"])))


def test_the_steps_of_a_call_add_up_and_are_written_between_markers(tmp_path: Path) -> None:
    figures, document = tmp_path / "figures.json", tmp_path / "document.md"
    begin = "<!-- account of a call: python benchmarks/account.py --write CONTRIBUTING.md -->"
    document.write_text(f"before\n\n{begin}\nold\n<!-- end of account -->\n\nafter\n", "utf-8")
    size = ["--seconds", "1", "--processes", "1", "--functions"]
    ran("account", [*size, "--json", str(figures), "--write", str(document)])
    printed = json.loads(figures.read_text("utf-8"))
    for side in ("bare", "ours"):
        steps = sum(row[side] for row in printed["rows"])
        assert steps == pytest.approx(printed["total"][side])
    text = document.read_text("utf-8")
    assert text.startswith("before\n\n")
    assert text.endswith("\n\nafter\n")
    assert "| a call |" in text
    assert "old" not in text


def test_figures_become_the_table_of_speed(tmp_path: Path) -> None:
    ran("pending", ["--pending", "50", "--runs", "1", "--json", str(tmp_path / "pending.json")])
    ran("first_call", ["--pairs", "1", "--json", str(tmp_path / "first_call.json")])
    printed = ran("_speed_table", ["--results", str(tmp_path)])
    assert printed.startswith("Measured on ")
    assert len(printed.splitlines()) == 2 + 2 + 2 + 2  # machine, space, head, rows of each


def test_a_checkout_without_the_package_is_refused(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(BENCHMARKS / "compare.py"), str(ROOT), str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "has no folder pinterest_async" in done.stderr
