"""The house holds: layers point downward, imports are lazy, public names are what is promised."""

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
    ("namespace", "pages", "options", "response", "errors"),
    ("_request",),
    ("resources", "auth", "limits", "pool"),
    ("namespaces", "types"),
    ("client",),
    ("jobs",),
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


def test_every_part_has_its_layer() -> None:
    assert KNOWN - {"emulator"} == set(LEVEL) & KNOWN


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


def test_preload_imports_every_namespace() -> None:
    loaded = loaded_after("import pinterest_async; pinterest_async.preload()")
    names = {operation.namespace for operation in pinterest_async.operations()}
    assert {f"pinterest_async.resources.{name}" for name in names} <= loaded


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
            name = re.split(r"[^\w-]", requirement)[0].replace("-", "_")
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
"""Rooms of large parts: each may import from those before it, and from itself."""
NAMED_TWICE = {"Drift", "Failure", "Plan", "Progress"}
"""Public names of types that something internal elsewhere has as well."""
houses = pytest.mark.parametrize("house", ROOMS, ids=lambda house: house.name)
files_in_rooms = pytest.mark.parametrize(
    ("house", "path"),
    [(house, path) for house in ROOMS for path in sorted(house.rglob("*.py"))],
    ids=lambda path: str(path.relative_to(PACKAGE)),
)


def imports_within(house: Path, path: Path) -> Iterator[Path]:
    """The files of a large part that one of them imports, for type checkers only as well."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            folder = PACKAGE.parent.joinpath(*node.module.split("."))
            for target in (folder, *(folder / alias.name for alias in node.names)):
                file = target / "__init__.py" if target.is_dir() else target.with_suffix(".py")
                inside = file.is_relative_to(house) and file.exists()
                # A package of which only modules are named is not imported for what it holds.
                if inside and not (target is folder and all_modules(folder, node)):
                    yield file


def all_modules(folder: Path, node: ast.ImportFrom) -> bool:
    return all((folder / f"{alias.name}.py").exists() for alias in node.names)


@files_in_rooms
def test_rooms_point_one_way(house: Path, path: Path) -> None:
    room, *inner = path.relative_to(house).parts
    level = {name: level for level, names in enumerate(ROOMS[house]) for name in names}
    others = {other.relative_to(house).parts for other in imports_within(house, path)}
    if inner:
        assert not [other for other in others if len(other) == 1]
        above = {other[0] for other in others if level[other[0]] >= level[room]}
        assert above <= {room}


@houses
def test_no_file_imports_itself_by_way_of_others(house: Path) -> None:
    graph = {path: set(imports_within(house, path)) for path in house.rglob("*.py")}
    free: set[Path] = set()
    while loose := {path for path, others in graph.items() if others <= free} - free:
        free |= loose
    assert not graph.keys() - free


def types_defined(path: Path) -> Iterator[str]:
    """The names of classes and of aliases of types, without underscores in front."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        match node:
            case ast.ClassDef(name=name):
                yield name.lstrip("_")
            case ast.AnnAssign(target=ast.Name(id=name), annotation=ast.Name(id="TypeAlias")):
                yield name.lstrip("_")
            case _:
                pass


@houses
def test_no_type_shares_its_name_within_a_part(house: Path) -> None:
    names = Counter(name for path in house.rglob("*.py") for name in types_defined(path))
    assert not [name for name, times in names.items() if times > 1]


def test_no_type_of_a_harvest_shares_its_name_with_another_part() -> None:
    harvest = PACKAGE / "harvest"
    inside = {name for path in harvest.rglob("*.py") for name in types_defined(path)}
    others = {path for path in modules() if not path.is_relative_to(harvest)}
    assert inside & {name for path in others for name in types_defined(path)} <= NAMED_TWICE


def test_a_harvest_asks_its_level_and_not_for_its_name() -> None:
    for path in (PACKAGE / "harvest").rglob("*.py"):
        asked = re.findall(r'\b(?:level|kind) (?:[!=]=|in) [("{].*', path.read_text("utf-8"))
        assert asked == [], path


@files_in_rooms
def test_every_file_in_a_room_begins_with_a_sentence(house: Path, path: Path) -> None:
    docstring = ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""
    assert re.match(r"[A-Z`](?:[^.]|\.(?!\s|$))+[.:]", docstring), house
