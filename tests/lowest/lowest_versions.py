"""Prints constraints: the lowest version that pyproject.toml allows of each direct dependency."""

import re
import sys
import tomllib
from pathlib import Path

EXTRAS = ("cli", "dask", "emulator", "fastapi", "harvest", "leads", "otel", "redis")
BOUND = re.compile(r"([A-Za-z0-9._-]+)(?:\[[^]]*\])?>=([0-9.]+)")


def main() -> None:
    """Print a line for each."""
    project = tomllib.loads(Path("pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    for need in (*project["dependencies"], *(need for name in EXTRAS for need in extras[name])):
        found = BOUND.fullmatch(need)
        if found is not None:
            sys.stdout.write(f"{found[1]}=={found[2]}\n")
        elif not need.startswith("pinterest-async"):
            raise SystemExit(f"{need!r} has no lowest version")


if __name__ == "__main__":
    main()
