"""Any upstream OpenAPI document -> a new version of the package, in one step.

Usage: python spec/update.py UPSTREAM.json [--root FOLDER] [--all]

Import, generate, gate, format, changelog. All is made beside the package first, so that nothing
changes where the gate finds something: mend corrections.toml by what it says, and run it again.
Prints what a user will notice, and notes on the overlay; no note is a failure.
"""

import argparse
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import changelog
from facts import NotOpenAPIError
from gate import gated
from generate import generate
from import_openapi import Imported, import_document
from overlay import SECTIONS

ROOT = Path(__file__).parent.parent
_FACTS = ("openapi.json", "additions.json", "retired.json", "automatic_names.toml", *SECTIONS)
_GENERATED = ("resources", "namespaces.py", "types.py", "emulator/contract/description.json")
_NO_CACHE = shutil.ignore_patterns("__pycache__")


class Updated(NamedTuple):
    """What an update did: the report, notes for whoever keeps the overlay, and what the gate found.

    With problems of the gate, nothing was changed.
    """

    imported: Imported
    notes: list[str]
    problems: list[str]


def update(upstream: Path, root: Path) -> Updated:
    """Update the project in a folder from a document."""
    facts, package = root / "spec", root / "pinterest_async"
    with tempfile.TemporaryDirectory() as made:
        new_facts, new_package = Path(made) / "spec", Path(made) / "pinterest_async"
        new_facts.mkdir()
        for name in _FACTS:
            if (facts / name).exists():
                shutil.copy(facts / name, new_facts / name)
        imported = import_document(upstream, new_facts)
        shutil.copytree(package, new_package, ignore=_NO_CACHE)
        notes = generate(new_facts, new_package)
        problems = gated(new_package, new_facts)
        if not problems:
            for name in _FACTS:
                if (new_facts / name).exists():
                    shutil.copy(new_facts / name, facts / name)
            for name in _GENERATED:
                _replace(new_package / name, package / name)
    if not problems and (root / "CHANGELOG.md").exists():
        changelog.enter(root / "CHANGELOG.md", imported.version, imported.changes)
    return Updated(imported, [*imported.notes, *notes], problems)


def _replace(made: Path, old: Path) -> None:
    if made.is_dir():
        shutil.rmtree(old, ignore_errors=True)
        shutil.copytree(made, old, ignore=_NO_CACHE)
    else:
        shutil.copy(made, old)


def main(arguments: Sequence[str]) -> int:
    """Run the command: 0 when it is done, 1 when the gate stays shut, 2 for a useless document."""
    parser = argparse.ArgumentParser(description="Update the package to another description.")
    parser.add_argument("upstream", type=Path, help="an OpenAPI 3 document, as JSON")
    parser.add_argument("--root", type=Path, default=ROOT, help="the folder of the project")
    parser.add_argument("--all", action="store_true", help="a report of everything")
    options = parser.parse_args(arguments)
    try:
        done = update(options.upstream, options.root)
    except NotOpenAPIError as error:
        print(error, file=sys.stderr)
        return 2
    print("\n".join(done.imported.lines(everything=options.all)))
    if done.notes:
        print(f"\nNotes for {' and '.join(SECTIONS)}, none of which stops anything:")
        print("\n".join(f"  {note}" for note in done.notes))
    if done.problems:
        print("\nNothing was changed, since the gate found:", file=sys.stderr)
        print("\n".join(f"  {one}" for one in done.problems), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
