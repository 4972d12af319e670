"""Commands whose libraries are not installed: a sentence, and the command that installs them."""

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("click")
pytest.importorskip("rich")

PROGRAM = """
import sys
sys.modules[sys.argv.pop(1)] = None  # as if it were not installed
from pinterest_async.cli import main
main()
"""


@pytest.mark.parametrize(
    ("library", "words", "extra"),
    [
        ("pyarrow", ["demo"], "harvest"),
        ("pyarrow", ["harvest", "ads", "--out", "data"], "harvest"),
        ("pyarrow", ["harvest", "status", "data"], "harvest"),
        ("jsonschema_rs", ["emulator"], "emulator"),
        ("rstr", ["emulator", "--token"], "emulator"),
        ("click", ["demo"], "cli,harvest"),
        ("rich", ["demo"], "cli,harvest"),
    ],
)
def test_one_sentence_names_the_extra(
    library: str, words: list[str], extra: str, tmp_path: Path
) -> None:
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", PROGRAM, library, *words],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert ran.returncode == 1
    assert ran.stdout == ""
    [line] = ran.stderr.splitlines()
    assert f"pip install 'pinterest-async[{extra}]'" in line
    assert list(tmp_path.iterdir()) == []
