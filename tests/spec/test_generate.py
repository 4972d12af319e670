"""The package holds what the generator makes today, and the overlay has words for it."""

import subprocess
import sys
from pathlib import Path

import generate
from overlay import (
    load,
)

SPEC = Path(generate.__file__).parent


PACKAGE = SPEC.parent / "pinterest_async"


def test_the_package_holds_what_the_generator_makes(tmp_path: Path) -> None:
    subprocess.run([sys.executable, str(SPEC / "generate.py"), str(tmp_path)], check=True)
    made, held = generated(tmp_path), generated(PACKAGE)
    assert made.keys() == held.keys()
    assert Path("emulator/contract/description.json") in made
    assert [name for name in made if made[name] != held[name]] == []


def generated(package: Path) -> dict[Path, str]:
    patterns = ("resources/*.py", "namespaces.py", "types.py", "emulator/contract/description.json")
    files = [path for pattern in patterns for path in package.glob(pattern)]
    return {path.relative_to(package): path.read_text("utf-8") for path in files}


def test_the_overlay_fits_the_facts() -> None:
    document, retired, unplaced = generate.read(SPEC)
    files, notes = generate.sources(document, retired, load(SPEC))
    assert len(files) > 3
    # A note is no failure: after an update, the overlay may be behind the facts.
    about = ("[operations.", "[[rule]]", "[[present]]", "[[inline]]", "correction at", "two types")
    assert [note for note in notes if not note.startswith(about)] == []
    assert all(note.startswith("additions.json") for note in unplaced)


def test_every_namespace_and_operation_has_words() -> None:
    overlay = load(SPEC)
    used = {words.name.split(".")[0] for words in overlay.operations.values()}
    assert used == overlay.namespaces.keys()
    names = [words.name for words in overlay.operations.values()]
    assert len(names) == len(set(names))
    assert all(words.summary.endswith(".") for words in overlay.operations.values())
