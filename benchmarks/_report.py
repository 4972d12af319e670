"""What programs that measure have in common: options, files of figures, tables in documents."""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from _machine import describe


def options(doc: str | None) -> argparse.ArgumentParser:
    """A parser that knows `--quick` and `--json`; the text of a program is its help."""
    parser = argparse.ArgumentParser(
        description=doc, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="a rough figure in a short time")
    parser.add_argument("--json", type=Path, help="a file for the figures")
    return parser


def save(file: Path | None, rows: Sequence[Any], **facts: Any) -> None:
    """Write figures as JSON, with the machine; named tuples become objects."""
    if file is not None:
        told = {"machine": describe(), **facts, "rows": [_plain(row) for row in rows]}
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(told, indent=2) + "\n", "utf-8")


def between(text: str, begin: str, end: str, table: str) -> str:
    """A document with a table in place of what is between two markers."""
    before, found, rest = text.partition(begin)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        raise SystemExit(f"the file lacks the markers {begin} and {end}")
    return f"{before}{begin}\n\n{table}\n\n{end}{after}"


def _plain(value: Any) -> Any:
    if hasattr(value, "_asdict"):
        value = value._asdict()
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    return value
