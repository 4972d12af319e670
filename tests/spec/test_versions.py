"""Updates through a family of descriptions, forwards and backwards, without an edit by hand."""

import json
import re
import subprocess
import sys
from pathlib import Path

import automatic_names
import gate
import pytest
from try_versions import Step, copied, step, steps
from update import ROOT, update
from version_family import CORRECTIONS, OPERATIONS, additions, family


def project(folder: Path) -> Path:
    """A copy of the project that has imported nothing yet."""
    copied(ROOT, folder)
    for name in ("openapi.json", "retired.json", "automatic_names.toml"):
        (folder / "spec" / name).unlink()
    (folder / "spec" / "operations.toml").write_text(OPERATIONS, "utf-8")
    (folder / "spec" / "corrections.toml").write_text(CORRECTIONS, "utf-8")
    (folder / "spec" / "additions.json").write_text(json.dumps(additions()), "utf-8")
    (folder / "CHANGELOG.md").write_text("# Changelog\n\n## [Unreleased]\n\n### Added\n", "utf-8")
    return folder


def files(folder: Path) -> list[Path]:
    made: list[Path] = []
    for document in family():
        path = folder / f"{document['info']['version']}.json"
        path.write_text(json.dumps(document), "utf-8")
        made.append(path)
    return made


def asked(root: Path, question: str) -> str:
    """What a Python says that has the package of a project."""
    said = subprocess.run(
        [sys.executable, "-c", f"import pinterest_async as p\n{question}"],
        cwd=root,
        env={"PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=True,
    )
    return said.stdout.strip()


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return project(tmp_path_factory.mktemp("project"))


@pytest.fixture(scope="module")
def walked(root: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Step]:
    return list(steps(files(tmp_path_factory.mktemp("documents")), root))


def test_every_version_works_forwards_and_backwards(walked: list[Step]) -> None:
    versions = ["1.0.0", "1.1.0", "2.0.0", "2.1.0", "2.0.0", "1.1.0", "1.0.0"]
    assert [one.version for one in walked] == versions
    assert [failure for one in walked for failure in one.failures] == []


def test_rules_that_apply_nowhere_are_notes(walked: list[Step]) -> None:
    for one in walked:
        assert any("gone: applies nowhere" in note for note in one.notes)
        assert any("[[present]] gone" in note for note in one.notes)


def test_a_newer_version_is_laid_over_the_older_ones(walked: list[Step]) -> None:
    for one in walked:
        said = [note for note in one.notes if "additions.json" in note]
        newest = one.version == "2.1.0"
        assert any("so the file can go" in note for note in said) == newest
        assert any("'Gone' is not there" in note for note in said) == (not newest)


def test_names_are_written_down_and_stay(walked: list[Step], root: Path) -> None:
    recorded = automatic_names.load(root / "spec" / "automatic_names.toml")
    assert recorded.names["campaigns/delete_preview"] == "campaigns.delete_preview"
    assert recorded.ids["DELETE /campaigns/{}/preview"] == "campaigns/delete_preview"
    assert recorded.names["animals/list"] == "animals.list"
    assert recorded.ids["GET /creatures"] == "animals/list"
    assert recorded.ids["GET /pins/{}"] == "pins/get"
    assert recorded.ids["POST /deals"] == "deals/create"
    assert walked


def test_an_operation_that_is_renamed_keeps_its_words(root: Path, tmp_path: Path) -> None:
    assert step(files(tmp_path)[2], root).failures == []
    facts = json.loads((root / "spec" / "openapi.json").read_bytes())
    found = facts["paths"]["/pins/{pin_id}"]["get"]
    assert (found["operationId"], found["x-upstream-id"]) == ("pins/get", "pins/read_one")
    assert asked(root, "print(p.Pinterest.pins.fetch.operation.id)") == "pins/get"
    assert asked(root, "print(p.Pinterest.tables.create.operation.retired)") == "True"
    rows = "print(p.Pinterest.rows.get_analytics.operation.row_columns)"
    assert asked(root, rows) == "columns"
    base = "import pinterest_async.types as t; print(t.AnalyticsRow.__name__)"
    assert asked(root, base) == "AnalyticsRow"
    gone = "print(p.Pinterest.campaigns.delete_preview.operation.category)"
    assert asked(root, gone) == "org_write"


def test_an_automatic_name_stays_as_an_alias(root: Path, tmp_path: Path) -> None:
    operations = root / "spec" / "operations.toml"
    words = '[operations."{}"]\nname = "{}"\nsummary = "Words."\n'
    more = words.format("orders/list", "orders.all") + words.format("deals/list", "trade.list")
    operations.write_text(more + OPERATIONS, "utf-8")
    assert step(files(tmp_path)[3], root).failures == []
    assert asked(root, "print(p.Pinterest.orders.list is p.Pinterest.orders.all)") == "True"
    same = "print(p.Pinterest.deals.list.operation is p.Pinterest.trade.list.operation)"
    assert asked(root, same) == "True"
    ids = asked(root, "print(*[one.id for one in p.operations()])").split()
    assert len(ids) == len(set(ids))
    operations.write_text(OPERATIONS, "utf-8")


def test_the_changelog_has_one_entry_for_a_version(root: Path, walked: list[Step]) -> None:
    text = (root / "CHANGELOG.md").read_text("utf-8")
    assert all(text.count(f"### API {one.version}\n") == 1 for one in walked)
    assert text.startswith("# Changelog\n\n## [Unreleased]\n")
    assert text.endswith("### Added\n")


def test_what_cannot_be_imported_changes_nothing(root: Path, tmp_path: Path) -> None:
    document = family()[0]
    parameters = document["paths"]["/rows"]["get"]["parameters"]
    parameters.append({"name": "size", "in": "query", "schema": {"type": "string"}})
    path = tmp_path / "broken.json"
    path.write_text(json.dumps(document), "utf-8")
    before = (root / "spec" / "openapi.json").read_bytes()
    found = update(path, root).problems
    assert any("rows" in line for line in found)
    assert (root / "spec" / "openapi.json").read_bytes() == before


# The gate, on packages that are wrong


@pytest.mark.parametrize(
    ("module", "line", "expected"),
    [
        ("pins", "class Pin: ...\nclass Pin: ...", "pins.py: two things are named Pin"),
        ("pins", "class Pin:\n    def a(self): ...\n    def a(self): ...", "Pin.a is there twice"),
        ("pins", "class Pin: ...", "Pin is defined in boards and pins"),
        ("pins", "def broken(:", "pins.py:1 is no Python"),
    ],
)
def test_the_gate_finds_names_that_are_given_twice(
    tmp_path: Path, module: str, line: str, expected: str
) -> None:
    (tmp_path / "resources").mkdir()
    (tmp_path / "resources" / "boards.py").write_text("class Pin: ...\n")
    (tmp_path / "resources" / f"{module}.py").write_text(f"{line}\n")
    found = list(gate.name_problems(tmp_path))
    assert any(expected in one for one in found), found


def test_the_gate_tells_of_an_answer_that_has_no_decoder(root: Path, tmp_path: Path) -> None:
    copied(root, tmp_path / "copy")
    broken = tmp_path / "copy" / "pinterest_async"
    module = broken / "resources" / "rows.py"
    text = re.sub(r'("GET", "[^"]*", )', r"\1set[int] | ", module.read_text("utf-8"), count=1)
    module.write_text(text, "utf-8")
    found = gate.gated(broken, root / "spec")
    assert any(one.startswith("rows.") and "cannot be decoded" in one for one in found), found
    assert any("correction" in one for one in found)
