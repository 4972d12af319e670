"""The entry of CHANGELOG.md for a new version of the API."""

import re
from collections.abc import Sequence
from pathlib import Path

from changes import line, weight
from comparison import Change

_LISTED = 20
"""Changes of a kind that an entry lists; it counts the rest."""


def enter(path: Path, version: str, changes: Sequence[Change]) -> None:
    """Write the entry of a version, in place of an earlier one for the same version."""
    text = path.read_text("utf-8")
    head, mark, rest = text.partition("## [Unreleased]\n")
    if mark:
        path.write_text(head + mark + _entered(rest, version, changes), "utf-8")


def _entered(text: str, version: str, changes: Sequence[Change]) -> str:
    title = f"### API {version}"
    old = re.compile(rf"\n{re.escape(title)}\n(?:(?!\n##).|\n(?!##))*", re.DOTALL)
    return f"\n{title}\n\n{_lines(changes)}" + old.sub("", text, count=1)


def _lines(changes: Sequence[Change]) -> str:
    kinds = (("breaking", "May break your code"), ("new", "New"), ("changed", "Changed"))
    lines: list[str] = []
    for effect, heading in kinds:
        found = sorted((one for one in changes if one.effect == effect), key=weight)
        if found:
            more = len(found) - _LISTED
            lines += [f"{heading}:", "", *(f"- {line(one)}" for one in found[:_LISTED])]
            lines += [f"- and {more} more"] * (more > 0) + [""]
    return "\n".join(lines or ["No change that a user notices.", ""])
