"""What the package's source says of a name: where it is defined, and how annotations are written.

At runtime an alias is the type that it stands for, with all its 200 literals. In the source it has
its name, so the reference takes annotations from there.
"""

import ast
import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, TypeAlias, TypeGuard

ROOT = "pinterest_async"

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
Place: TypeAlias = tuple[str, str]
"""A module, and a name in it."""


def modules() -> list[str]:
    """Every module of the package but its command line."""
    package = importlib.import_module(ROOT)
    found = pkgutil.walk_packages(package.__path__, f"{ROOT}.")
    return [ROOT, *(one.name for one in found if not one.name.startswith(f"{ROOT}.cli"))]


@cache
def module(name: str) -> ModuleType:
    """A module, with its lazy names in place."""
    found = importlib.import_module(name)
    for public in exported(name):
        getattr(found, public)
    return found


@cache
def exported(name: str) -> tuple[str, ...]:
    """What a module's `__all__` lists."""
    return tuple(getattr(importlib.import_module(name), "__all__", ()))


@cache
def _text(name: str) -> str:
    path = importlib.import_module(name).__file__
    return Path(path).read_text("utf-8") if path else ""


@cache
def _tree(name: str) -> ast.Module:
    return ast.parse(_text(name))


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Statements, with those in `if TYPE_CHECKING` and its like."""
    for one in body:
        if isinstance(one, ast.If):
            yield from _statements([*one.orelse, *one.body])
        elif isinstance(one, ast.Try):
            yield from _statements(one.body)
        else:
            yield one


def target(node: ast.stmt) -> str:
    """The name that a statement defines, or nothing."""
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return node.name
        case ast.Assign(value=ast.Call(func=ast.Name(id="LazyType" | "ParamSpec" | "TypeVar"))):
            return ""
        case ast.AnnAssign(target=ast.Name(id=name)) | ast.Assign(targets=[ast.Name(id=name)]):
            return name
        case _:
            return ""


@cache
def _read(name: str) -> tuple[dict[str, list[ast.stmt]], dict[str, str]]:
    """Definitions of a module, and what it says of its variables, by qualified names."""
    found: dict[str, list[ast.stmt]] = {}
    said: dict[str, str] = {}

    def walk(body: list[ast.stmt], prefix: str) -> None:
        before = ""
        for node in _statements(body):
            match node:
                case ast.Expr(value=ast.Constant(value=str() as text)) if before:
                    said[before] = inspect.cleandoc(text)
                case _:
                    pass
            before = ""
            if own := target(node):
                found.setdefault(prefix + own, []).append(node)
                before = prefix + own
            if isinstance(node, ast.ClassDef):
                walk(node.body, f"{prefix}{node.name}.")

    walk(_tree(name).body, "")
    return found, said


def definitions(name: str) -> dict[str, list[ast.stmt]]:
    """Every definition of a module by its qualified name; of an overloaded function several."""
    return _read(name)[0]


def words(place: Place) -> str:
    """What stands below a variable or a field."""
    return _read(place[0])[1].get(place[1], "")


def definition(place: Place) -> ast.stmt | None:
    """The definition that counts, the last one."""
    return definitions(place[0]).get(place[1], [None])[-1]


@cache
def _imports(name: str) -> dict[str, str]:
    """What the names that a module imports are called where they come from."""
    found: dict[str, str] = {}
    for node in _statements(_tree(name).body):
        if isinstance(node, ast.ImportFrom):
            found |= {one.asname or one.name: f"{node.module}.{one.name}" for one in node.names}
        elif isinstance(node, ast.Import):
            found |= {one.asname: one.name for one in node.names if one.asname}
    return found


@cache
def place_of(name: str, used: str) -> Place | None:
    """Where the package defines what a module knows by a name, dotted or not."""
    head, _, rest = used.partition(".")
    if head in definitions(name) and not rest:
        return name, head
    source = _imports(name).get(head)
    if source is None or not source.startswith(ROOT):
        return None
    owner, _, own = (f"{source}.{rest}" if rest else source).rpartition(".")
    return place_of(owner, own)


def source(obj: Any) -> str:
    """The source of a module, class or function.

    `inspect.getsource` would do; but until Python 3.13 it parses the module anew for every class.
    """
    found: Any = inspect.unwrap(obj) if callable(obj) else obj
    name = found.__name__ if isinstance(found, ModuleType) else getattr(found, "__module__", None)
    if not isinstance(name, str) or name.partition(".")[0] != ROOT:
        return ""
    if isinstance(found, ModuleType):
        return _text(name)
    node = definition((name, getattr(found, "__qualname__", "")))
    if not isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        return ""
    start = min([node.lineno, *(one.lineno for one in node.decorator_list)])
    return "".join(_text(name).splitlines(keepends=True)[start - 1 : node.end_lineno])


class _Written(ast.NodeTransformer):
    """Names in an annotation become those under which the reference has them."""

    def __init__(self, module: str, places: dict[Place, Place]) -> None:
        self._module = module
        self._places = places
        self.found: list[Place] = []

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self._named(node.id)

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        return self._named(ast.unparse(node))

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        # Strings are forward references everywhere but here.
        literal = isinstance(node.value, ast.Name) and node.value.id == "Literal"
        return node if literal else self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        if not isinstance(node.value, str):
            return node
        written: ast.AST = self.visit(ast.parse(node.value, mode="eval").body)
        return written

    def visit_Call(self, node: ast.Call) -> ast.AST:
        return node

    def _named(self, name: str) -> ast.expr:
        place = place_of(self._module, name)
        if place is None:
            head, _, rest = name.partition(".")
            source = _imports(self._module).get(head, head)
            # `dt.date` is `datetime.date`; what is imported by itself needs no module.
            return ast.Name(f"{source}.{rest}" if rest else source.rpartition(".")[2])
        self.found.append(place)
        placed = self._places.get(place)
        return ast.Name(".".join(placed) if placed else place[1])


def written(node: ast.expr, module: str, places: dict[Place, Place]) -> str:
    """An annotation as it is written, each name under which the reference has it."""
    return ast.unparse(_Written(module, places).visit(_copy(node)))


def named(node: ast.expr, module: str) -> list[Place]:
    """What of the package an annotation names."""
    walk = _Written(module, {})
    walk.visit(_copy(node))
    return walk.found


def _copy(node: ast.expr) -> ast.expr:
    return ast.parse(ast.unparse(node), mode="eval").body


def annotations(node: ast.stmt) -> Iterator[ast.expr]:
    """What a reader of a definition sees of types: arguments, fields, bases, aliases."""
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            yield from (one for one in (*arguments(node).values(), node.returns) if one)
        case ast.ClassDef():
            yield from node.bases
            for own in _statements(node.body):
                if public(target(own)) or target(own) == "__init__":
                    yield from annotations(own)
        case ast.AnnAssign(annotation=ast.Name(id="TypeAlias"), value=ast.expr() as value):
            yield value
        case ast.AnnAssign():
            yield node.annotation
        case _:
            pass


def arguments(node: Function) -> dict[str, ast.expr | None]:
    """The arguments of a function with their annotations; those with an underscore are left out."""
    given = node.args
    every = [*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg]
    return {one.arg: one.annotation for one in every if one and public(one.arg)}


def defaults(node: Function) -> dict[str, str]:
    """The defaults of the arguments of a function, as they are written."""
    given = node.args
    plain = [*given.posonlyargs, *given.args]
    last = plain[len(plain) - len(given.defaults) :]
    found = dict(zip(last, given.defaults, strict=True)) | dict(
        zip(given.kwonlyargs, given.kw_defaults, strict=True)
    )
    return {one.arg: ast.unparse(value) for one, value in found.items() if value}


def is_function(node: ast.stmt | None) -> TypeGuard[Function]:
    """Whether a definition is that of a function."""
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)


def private(name: str) -> bool:
    """Whether a module is one that users do not import from."""
    return any(part.startswith("_") for part in name.split("."))


def public(name: str) -> bool:
    """Whether a name is one for users."""
    return bool(name) and not name.startswith("_")
