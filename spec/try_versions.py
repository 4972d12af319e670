"""Updates from one document to the next, in a copy of the project: a table of the results.

Usage: python spec/try_versions.py FILE [FILE ...] [--keep FOLDER]

Goes through the files by their version, forwards and then backwards. Each step is `spec/update.py`,
then every operation is tried with what its own description says. The status is the number of steps
that failed.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from additions import version
from automatic_names import each
from import_openapi import read
from update import ROOT

_NEEDED = ("pinterest_async", "spec", "tests/support", "pyproject.toml")
_SHOWN = 12
"""Failures of a step that are printed."""


class Step(NamedTuple):
    """One update: the version, how long it took, and what was said."""

    version: str
    seconds: float
    operations: int
    notes: list[str]
    failures: list[str]


def copied(root: Path, into: Path) -> None:
    """Copy what an update and a trial need."""
    for name in _NEEDED:
        source, target = root / name, into / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)


def steps(files: Sequence[Path], root: Path, *, modules: bool = False) -> Iterator[Step]:
    """Update a project to each file in turn, forwards and backwards, and try it each time.

    With `modules`, all that is written by hand is imported as well.
    """
    in_order = sorted(files, key=lambda file: version(read(file)))
    for file in [*in_order, *reversed(in_order[:-1])]:
        yield step(file, root, modules=modules)


def step(file: Path, root: Path, *, modules: bool = False) -> Step:
    """Update a project to a file, and try every operation."""
    began = time.perf_counter()
    updated = _run(root, "spec/update.py", str(file), "--root", str(root))
    notes = updated.stdout.partition("Notes for operations.toml")[2].splitlines()[1:]
    failures = updated.stderr.splitlines() if updated.returncode else []
    if not failures:
        tried = _run(root, "spec/trial.py", *(["--modules"] if modules else []))
        failures = tried.stdout.splitlines()
        failures += tried.stderr.splitlines()[-5:] if tried.returncode and not failures else []
    imported = root / "spec" / "openapi.json"
    count = sum(1 for _ in each(read(imported))) if imported.exists() else 0
    said = str(read(file).get("info", {}).get("version", "?"))
    return Step(said, time.perf_counter() - began, count, notes, failures)


def _run(root: Path, *command: str) -> "subprocess.CompletedProcess[str]":
    path = os.pathsep.join(str(root / part) for part in ("", "spec", "tests/support"))
    return subprocess.run(
        [sys.executable, *command],
        cwd=root,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )


def main(arguments: Sequence[str]) -> int:
    """Print the table, and the first failures of each step."""
    parser = argparse.ArgumentParser(description="Try updates from version to version.")
    parser.add_argument("files", type=Path, nargs="+", help="OpenAPI 3 documents, as JSON")
    parser.add_argument("--keep", type=Path, help="where to leave the copy of the project")
    options = parser.parse_args(arguments)
    failed = 0
    with tempfile.TemporaryDirectory() as made:
        root = options.keep or Path(made)
        copied(ROOT, root)
        print(f"{'version':<10} {'seconds':>7} {'operations':>10} {'notes':>5} {'failures':>8}")
        files = [file.resolve() for file in options.files]
        for one in steps(files, root, modules=True):
            failed += bool(one.failures)
            print(
                f"{one.version:<10} {one.seconds:>7.1f} {one.operations:>10} {len(one.notes):>5} "
                f"{len(one.failures):>8}",
                flush=True,
            )
            for line in one.failures[:_SHOWN]:
                print(f"    {line}")
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
