"""The program for the lowest versions runs with the present ones too, and so stays up to date."""

import subprocess
import sys
from pathlib import Path

from programs import STRICT


def test_it_goes_well() -> None:
    script = str(Path(__file__).with_name("smoke.py"))
    ran = subprocess.run(
        [sys.executable, *STRICT, script], capture_output=True, text=True, check=False
    )
    assert ran.stdout == "all went well\n", ran.stderr
