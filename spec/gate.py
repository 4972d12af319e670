"""The gate: what was generated can be imported, decodes, checks, and gives no name twice.

Usage: python spec/gate.py PACKAGE [--facts FOLDER]

Whatever the generator could not express is reported here, with the schema it comes from and what
to do about it, and never at a user's call. The package is imported, so it has to be the
`pinterest_async` that Python finds: `gated` starts a Python that does.
"""

import argparse
import ast
import importlib
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, get_args

import msgspec

from pinterest_async import operations
from pinterest_async._core import checks
from pinterest_async._core.annotations import is_literal, is_typed_dict, keys, members, strip
from pinterest_async._core.codec import decode
from pinterest_async._core.failure_fields import may_report_failures
from pinterest_async._core.operation import Operation
from pinterest_async._core.values import compiled

_MEND = "a [[correction]] or a [[rule]] in corrections.toml can mend the schema"
_RENAME = 'an [[inline]] or a [types."..."] entry in corrections.toml can give one of them another'


def gated(package: Path, facts: Path) -> list[str]:
    """Problems of a generated package, looked for in a Python of its own."""
    path = os.pathsep.join([str(package.parent), str(Path(__file__).parent)])
    command = [sys.executable, __file__, str(package), "--facts", str(facts)]
    environment = {**os.environ, "PYTHONPATH": path}
    ran = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    lines = ran.stdout.splitlines()
    if ran.returncode not in {0, 1} or (ran.returncode and not lines):
        return [*lines, f"the gate itself broke: {ran.stderr.strip()}"]
    return lines


def problems(package: Path) -> Iterator[str]:
    """Everything that is wrong with the package as Python has it."""
    yield from name_problems(package)
    broken = False
    for file in sorted((package / "resources").glob("*.py")):
        name = f"pinterest_async.resources.{file.stem}".removesuffix(".__init__")
        try:
            module = importlib.import_module(name)
        except Exception as error:  # noqa: BLE001  (whatever a module raises is reported)
            broken = True
            yield f"{file.stem}.py cannot be imported: {error!r}; {_MEND}"
        else:
            yield from _exports(module)
    if not broken:
        yield from _operations()


# Names


def name_problems(package: Path) -> Iterator[str]:
    """Names that are given twice: in a module, in a class, and over all modules."""
    by_name: dict[str, list[str]] = defaultdict(list)
    for file in sorted((package / "resources").glob("*.py")):
        try:
            tree = ast.parse(file.read_text("utf-8"))
        except SyntaxError as error:
            yield f"{file.name}:{error.lineno} is no Python: {error.msg}; {_MEND}"
            continue
        seen: set[str] = set()
        for name, node in _defined(tree.body):
            if name in seen:
                yield f"{file.name}: two things are named {name}; {_RENAME}"
            seen.add(name)
            if not isinstance(node, ast.ImportFrom):
                by_name[name].append(file.stem)
            if isinstance(node, ast.ClassDef):
                inner = [one for one, _ in _defined(node.body)]
                for twice in sorted({one for one in inner if inner.count(one) > 1}):
                    yield f"{file.name}: {name}.{twice} is there twice; {_RENAME}"
    for name, found in sorted(by_name.items()):
        if len(found) > 1:
            yield f"{name} is defined in {' and '.join(found)}; {_RENAME}"


def _defined(body: Sequence[ast.stmt]) -> Iterator[tuple[str, ast.stmt]]:
    for node in body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, node
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.target.id, node
        elif isinstance(node, ast.Assign):
            yield from ((one.id, node) for one in node.targets if isinstance(one, ast.Name))
        elif isinstance(node, ast.ImportFrom):
            yield from ((one.asname or one.name, node) for one in node.names)


def _exports(module: ModuleType) -> Iterator[str]:
    """Types that the module of all types does not give out as they are."""
    types = importlib.import_module("pinterest_async.types")
    for name, value in vars(module).items():
        own = getattr(value, "__module__", "") == module.__name__ and isinstance(value, type)
        if own and issubclass(value, msgspec.Struct) and getattr(types, name, None) is not value:
            yield f"pinterest_async.types.{name} is not that of {module.__name__}; {_RENAME}"


# Operations


def _operations() -> Iterator[str]:
    ids: dict[str, str] = {}
    called: dict[str, str] = {}
    for one in operations():
        if one.id in ids:
            yield f"{one.full_name} and {ids[one.id]} have one id, {one.id}"
        if one.full_name in called:
            yield f"two operations are named {one.full_name}: {one.id} and {called[one.full_name]}"
        ids[one.id], called[one.full_name] = one.full_name, one.id
        yield from _one(one)


def _one(operation: Operation[Any]) -> Iterator[str]:
    """What cannot be built of an operation."""
    where = f"{operation.full_name} ({operation.method} {operation.path})"
    try:
        decode(operation, b"null")
    except msgspec.DecodeError:
        pass  # it says what does not fit, so there is a decoder
    except Exception as error:  # noqa: BLE001
        yield f"{where}: its answer cannot be decoded: {error}; {_MEND}"
    for strict in (True, False):
        try:
            path = ["1" for _ in operation.path_parameters]
            checks.check_call(operation, path, {}, {"": None}, strict=strict)
        except Exception as error:  # noqa: BLE001
            yield f"{where}: its requests cannot be checked: {error!r}; {_MEND}"
        for annotation in _annotations(operation):
            try:
                _build(annotation, strict, set())
            except Exception as error:  # noqa: BLE001
                yield f"{where}: {annotation} cannot be checked: {error!r}; {_MEND}"
    if operation.items_may_fail is False and may_report_failures(operation.answer):
        yield f"{where}: an answer of it can report items that failed; make it anew"
    names = [one.name for one in (*operation.path_parameters, *operation.query)]
    for twice in sorted({name for name in names if names.count(name) > 1}):
        remedy = "a [[correction]] in corrections.toml can remove one"
        yield f"{where}: two parameters are named {twice}; {remedy}"


def _annotations(operation: Operation[Any]) -> Iterator[Any]:
    yield from (one.type for one in (*operation.path_parameters, *operation.query))
    if operation.body:
        yield operation.body.type


def _build(annotation: Any, strict: bool, seen: set[Any]) -> None:
    """Build the check of an annotation, and of all that is inside of it."""
    compiled(annotation, strict=strict)
    for one in members(annotation):
        core = strip(one).core
        if is_typed_dict(core) and core not in seen:
            seen.add(core)
            for key in keys(core).values():
                _build(key.annotation, strict, seen)
        else:
            for inner in () if is_literal(core) else get_args(core):
                _build(inner, strict, seen)


def _with_schemas(line: str, origins: Mapping[str, str]) -> str:
    """A problem, with the schemas that the types in it were made of."""
    words = dict.fromkeys(word.strip("`'\".,:;()[]|") for word in line.split())
    found = [f"{word} is {origins[word]}" for word in words if word in origins]
    return f"{line} ({', '.join(found)})" if found else line


def _origins(facts: Path) -> dict[str, str]:
    """The schema that each type is made of."""
    import generate

    return generate.origins(facts)


def main(arguments: Sequence[str]) -> int:
    """Print the problems; the status is 1 if there are any."""
    parser = argparse.ArgumentParser(description="Try what was generated.")
    parser.add_argument("package", type=Path)
    parser.add_argument("--facts", type=Path, default=Path(__file__).parent)
    options = parser.parse_args(arguments)
    found = list(problems(options.package))
    if found:
        origins = _origins(options.facts)
        print("\n".join(_with_schemas(line, origins) for line in found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
