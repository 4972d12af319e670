"""Layers point downward, files form no circle, imports are lazy, names are unique and promised."""

import ast
import importlib
import importlib.metadata
import pkgutil
import re
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

import pinterest_async

PACKAGE = Path(pinterest_async.__file__).parent

LAYERS = (
    ("_core",),
    ("namespace", "pages", "observers", "options", "response", "bulk_answers", "errors"),
    ("_request",),
    ("resources", "auth", "limits", "pool"),
    ("types",),
    ("jobs",),
    ("namespaces", "dispatcher", "client_options"),
    ("client",),
    ("harvest",),
    ("cli", "integrations"),
)
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}
EMULATOR_MAY_USE = {"_core", "resources", "namespace", "pages", "errors"}


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def part(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported(path: Path) -> Iterator[str]:
    """Parts of the package that a module imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        match node:
            case ast.ImportFrom(module=str(name), level=0):
                names = [name, *(f"{name}.{alias.name}" for alias in node.names)]
            case ast.Import():
                names = [alias.name for alias in node.names]
            case ast.ImportFrom():
                pytest.fail(f"{path}: relative import")
            case _:
                continue
        for name in names:
            pieces = name.split(".")
            if pieces[0] == "pinterest_async" and len(pieces) > 1 and pieces[1] in KNOWN:
                yield pieces[1]


KNOWN = {part(path) for path in modules()} - {"__init__", "__main__"}


CONTRIBUTING = (PACKAGE.parent / "CONTRIBUTING.md").read_text("utf-8")


def test_every_part_has_its_layer() -> None:
    assert KNOWN - {"emulator"} == set(LEVEL) & KNOWN


def test_contributing_has_the_same_layers() -> None:
    shown = re.findall(r"^\d+\. (`.*`)$", CONTRIBUTING, re.MULTILINE)
    assert [set(re.findall(r"`(\w+)`", line)) for line in reversed(shown)] == [*map(set, LAYERS)]


def test_contributing_names_files_that_exist() -> None:
    paths = re.findall(r"`([\w/]+\.(?:py|toml|json|lua))`", CONTRIBUTING)
    missing = {
        path
        for path in paths
        if not (PACKAGE / path).exists() and not (PACKAGE.parent / path).exists()
    }
    assert len(paths) > 10
    assert not missing


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_downward(path: Path) -> None:
    own = part(path)
    if own == "emulator":
        assert set(imported(path)) <= EMULATOR_MAY_USE | {"emulator"}
    elif own not in {"__init__", "__main__"}:
        above = {
            name
            for name in imported(path)
            if name != own and (name == "emulator" or LEVEL[name] > LEVEL[own])
        }
        allowed = {"emulator"} if own in {"cli", "integrations"} else set[str]()
        assert above <= allowed


def loaded_after(statement: str) -> set[str]:
    script = f"import sys; {statement}; print(*sys.modules)"
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", script], capture_output=True, text=True, check=True
    )
    return set(ran.stdout.split())


def test_the_import_is_light() -> None:
    loaded = loaded_after("import pinterest_async")
    assert not [name for name in loaded if name.startswith("pinterest_async.resources")]
    assert not loaded & {"aiohttp", "pyarrow", "click", "rich"}


def test_a_namespace_is_imported_on_first_use() -> None:
    loaded = loaded_after(
        "import pinterest_async; c = pinterest_async.Pinterest('pina_x'); c.boards"
    )
    assert "pinterest_async.resources.boards" in loaded
    assert "pinterest_async.resources.campaigns" not in loaded
    assert not [name for name in loaded if name.endswith("_ads")]


LATER = {
    f"pinterest_async.{name}"
    for name in (
        "_core.annotations",
        "_core.arguments",
        "_core.backoff",
        "_core.body_content",
        "_core.checks",
        "_core.display",
        "_core.drift",
        "_core.failure_fields",
        "_core.forecast",
        "_core.free_call",
        "_core.guards",
        "_core.item_failures",
        "_core.oauth_scopes",
        "_core.path_fields",
        "_core.patterns",
        "_core.pieces",
        "_core.problems",
        "_core.query_string",
        "_core.redaction",
        "_core.retry_rules",
        "_core.rows",
        "_core.scalars",
        "_core.struct_classes",
        "_core.unknown_fields",
        "_core.unknown_variant",
        "_core.unpacking",
        "_core.values",
        "_core.weight",
        "_request.answers_in_steps",
        "_request.failed_requests",
        "_request.foreign_addresses",
        "_request.foreign_requests",
        "_request.reading",
        "_request.retrying",
        "_request.session_lane",
        "_request.transport_errors",
        "_request.watching",
        "bulk_answers",
        "client_options",
        "limits.notices",
        "observers",
        "resources._pins_bodies",
    )
}
"""What only some calls need."""


def test_what_only_some_calls_need_is_imported_with_the_first_of_them() -> None:
    loaded = loaded_after("from pinterest_async import Pinterest; Pinterest('pina_x').pins.get")
    assert "pinterest_async.dispatcher" in loaded
    assert not loaded & LATER


def test_preload_imports_every_namespace() -> None:
    loaded = loaded_after("import pinterest_async; pinterest_async.preload()")
    names = {operation.namespace for operation in pinterest_async.operations()}
    assert {f"pinterest_async.resources.{name}" for name in names} <= loaded
    files = (PACKAGE / "resources").glob("_*_bodies.py")
    assert {f"pinterest_async.resources.{file.stem}" for file in files} <= loaded
    assert loaded >= LATER


def test_public_names_are_exactly_all() -> None:
    assert sorted(pinterest_async.__all__) == list(pinterest_async.__all__)
    for name in pinterest_async.__all__:
        assert getattr(pinterest_async, name) is not None
    assert set(dir(pinterest_async)) >= set(pinterest_async.__all__)
    parts = {info.name for info in pkgutil.iter_modules(pinterest_async.__path__)}
    # pytest rewrites the assertions of what has a plugin for it, and adds names with an @.
    public = {name for name in vars(pinterest_async) if not name.startswith(("_", "@"))}
    assert public - parts <= set(pinterest_async.__all__)
    with pytest.raises(AttributeError, match="no attribute 'Pinterst'"):
        _ = vars(pinterest_async)["__getattr__"]("Pinterst")


def test_what_an_extra_installs_is_used() -> None:
    project = tomllib.loads((PACKAGE.parent / "pyproject.toml").read_text("utf-8"))["project"]
    examples = (PACKAGE.parent / "examples").glob("*.py")
    code = "".join(path.read_text("utf-8") for path in (*modules(), *examples))
    for extra, requirements in project["optional-dependencies"].items():
        for requirement in requirements if extra != "dev" else ():
            name = re.split(r"[^\w-]", requirement)[0].replace("-", "_").removesuffix("_api")
            assert re.search(rf'(import |from |import_module\("){name}\b', code), (extra, name)


def test_the_version_is_that_of_the_distribution() -> None:
    assert pinterest_async.__version__ == importlib.metadata.version("pinterest-async")


def test_every_module_imports_alone() -> None:
    for info in pkgutil.walk_packages(pinterest_async.__path__, "pinterest_async."):
        if "__main__" not in info.name:
            importlib.import_module(info.name)


ROOMS = {
    PACKAGE / "emulator": (("contract",), ("model",), ("handlers", "faults"), ("server",)),
    PACKAGE / "harvest": (("plan",), ("output",), ("execute",)),
}
"""Folders of large parts: each may import from those before it, and from itself."""
SAME_NAME = {"Drift": "public in the API's answers and among the emulator's faults"}
"""Names that two types may share, and why."""
every_file = pytest.mark.parametrize(
    "path", modules(), ids=lambda path: str(path.relative_to(PACKAGE))
)


def files_imported(path: Path) -> Iterator[Path]:
    """The files of the package that a file imports, for type checkers only as well."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        targets: list[Path] = []
        if isinstance(node, ast.ImportFrom) and node.module:
            folder = PACKAGE.parent.joinpath(*node.module.split("."))
            # A package of which only modules are named is not imported for what it holds.
            targets = [] if all_modules(folder, node) else [folder]
            targets += [folder / alias.name for alias in node.names]
        elif isinstance(node, ast.Import):
            targets = [PACKAGE.parent.joinpath(*alias.name.split(".")) for alias in node.names]
        for target in targets:
            file = target / "__init__.py" if target.is_dir() else target.with_suffix(".py")
            if file.is_relative_to(PACKAGE) and file.exists():
                yield file


def all_modules(folder: Path, node: ast.ImportFrom) -> bool:
    return all((folder / f"{alias.name}.py").exists() for alias in node.names)


@pytest.mark.parametrize(
    ("large", "path"),
    [(large, path) for large in ROOMS for path in sorted(large.rglob("*.py"))],
    ids=lambda path: str(path.relative_to(PACKAGE)),
)
def test_folders_of_large_parts_point_one_way(large: Path, path: Path) -> None:
    room, *inner = path.relative_to(large).parts
    level = {name: level for level, names in enumerate(ROOMS[large]) for name in names}
    files = [file for file in files_imported(path) if file.is_relative_to(large)]
    others = {other.relative_to(large).parts for other in files}
    if inner:
        assert not [other for other in others if len(other) == 1]
        above = {other[0] for other in others if level[other[0]] >= level[room]}
        assert above <= {room}


def test_no_file_imports_itself_by_way_of_others() -> None:
    graph = {path: set(files_imported(path)) for path in modules()}
    free: set[Path] = set()
    while loose := {path for path, others in graph.items() if others <= free} - free:
        free |= loose
    circle = graph.keys() - free
    # Files that merely use the circle are no part of it.
    while users := circle - {other for path in circle for other in graph[path]}:
        circle -= users
    assert not circle


def types_defined(path: Path) -> set[str]:
    """The names of classes and of aliases of types, without underscores in front."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        match node:
            case ast.ClassDef(name=name):
                names.add(name.lstrip("_"))
            case ast.AnnAssign(target=ast.Name(id=name), annotation=ast.Name(id="TypeAlias")):
                names.add(name.lstrip("_"))
            case ast.Assign(
                targets=[ast.Name(id=name)], value=ast.Subscript() | ast.BinOp() | ast.Name()
            ) if re.fullmatch("_?[A-Z]+[a-z][A-Za-z]*", name):
                names.add(name.lstrip("_"))  # an alias that does not say so
            case _:
                pass
    return names


def test_no_two_types_share_a_name() -> None:
    files = [path for path in modules() if part(path) not in {"resources", "types"}]
    names = Counter(name for path in files for name in types_defined(path))
    shared = {name for name, times in names.items() if times > 1}
    assert shared == set(SAME_NAME)


def test_a_harvest_asks_its_level_and_not_for_its_name() -> None:
    for path in (*(PACKAGE / "harvest").rglob("*.py"), *(PACKAGE / "cli").rglob("*.py")):
        asked = re.findall(r'\b(?:level|kind) (?:[!=]=|in) [("{].*', path.read_text("utf-8"))
        assert asked == [], path


@every_file
def test_every_file_begins_with_a_sentence(path: Path) -> None:
    docstring = ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""
    assert re.match(r"[A-Z`](?:[^.]|\.(?!\s|$))+[.:]", docstring)
    assert len(docstring.partition("\n\n")[0].split()) > 2, "say what it is for"
