"""Build the API reference of the package.

Usage: python spec/reference.py FOLDER

pdoc reads the package and renders. This program tells it which names are public and on which page
each stands, how annotations are written in the source (see written), and what the first page
holds. What a public signature, field or base names is part of the reference as well.
"""

import ast
import html
import inspect
import json
import re
import shutil
import sys
import warnings
from collections import Counter
from pathlib import Path
from typing import Any, Final, TypeAlias

import pdoc.doc
import pdoc.doc_ast
import pdoc.render
import pdoc.render_helpers
import pdoc.search
from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup
from written import (
    ROOT,
    Function,
    Place,
    annotations,
    arguments,
    defaults,
    definition,
    definitions,
    exported,
    is_function,
    module,
    modules,
    named,
    place_of,
    private,
    public,
    source,
    words,
    written,
)

from pinterest_async import limits
from pinterest_async._core.operation import is_operation

RESOURCES: Final = f"{ROOT}.resources"
TYPES: Final = f"{ROOT}.types"
WHOLE: Final = (f"{RESOURCES}.", f"{ROOT}.integrations.", f"{ROOT}.jobs.")
"""Where every name without an underscore is public; elsewhere `__all__` says what is."""
FIRST: Final = (
    "client",
    "resources",
    "types",
    "options",
    "errors",
    "pages",
    "response",
    "auth",
    "limits",
)
"""How the first page begins; what is not named here comes after, by the alphabet."""


Doc: TypeAlias = pdoc.doc.Doc[Any]


class Text:
    """An annotation or a default that shows as its text."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return self._text


def starts() -> list[Place]:
    """Where the names are defined that are public by themselves."""
    found: list[Place | None] = []
    for name in modules():
        if name.startswith(WHOLE):
            own = (one for one in definitions(name) if "." not in one and public(one))
            found += [(name, one) for one in own if not one.startswith("pytest_")]
        elif not private(name):
            found += [place_of(name, one) for one in exported(name)]
    return [one for one in found if one]


def place(where: Place) -> Place:
    """The page and the name under which something is found: where users import it from.

    That is the package that exports it, else the module that defines it, else the root.
    """
    name, own = where
    parts = name.split(".")
    for end in range(len(parts), 1, -1):
        package = ".".join(parts[:end])
        if own in exported(package):
            return package, own
    return (ROOT, own) if private(name) and own in exported(ROOT) else where


def everything() -> dict[Place, Place]:
    """All that the reference has: where it is defined, and where it is found."""
    found: dict[Place, Place] = {}
    left = starts()
    while left:
        where = left.pop()
        node = definition(where)
        if where in found or node is None:
            continue
        found[where] = place(where)
        for annotation in annotations(node):
            left += [one for one in named(annotation, where[0]) if _may_follow(one)]
    return found


def _may_follow(where: Place) -> bool:
    name, own = where
    inner = private(name) and not name.startswith((f"{ROOT}._core.", f"{RESOURCES}."))
    return public(own) and not inner


class Reference:
    """The pages, from pdoc's reading of the package to the files."""

    def __init__(self) -> None:
        self._places = everything()
        self._homes = {found: where for where, found in self._places.items()}
        times = Counter(own for _, own in self._places)
        self._alone = {own: (name, own) for name, own in self._places if times[own] == 1}
        names = {name for name, _ in self._homes} | {ROOT, RESOURCES, TYPES}
        self._pages = {name: pdoc.doc.Module(module(name)) for name in sorted(names)}
        self._methods: dict[str, Place] = {}
        for page in self._pages.values():
            self._settle(page)
        types = self._pages[TYPES]
        types.docstring = f"{types.docstring}\n\n{self._types()}"
        root = self._pages[ROOT]
        root.docstring = f"{root.docstring}\n\n{self._index()}"

    def write(self, folder: Path) -> None:
        """Render all pages into an empty folder."""
        pdoc.render.configure(
            docformat="google",
            show_source=False,
            footer_text=f"pinterest-async {module(ROOT).__version__}",
        )
        plain = pdoc.render_helpers.linkify

        @pass_context
        def linkify(context: Context, code: str, namespace: str = "", shorten: bool = True) -> str:
            linked = str(plain(context, code, namespace, shorten))
            # Both are pdoc's own HTML, with links changed or added.
            if shorten:
                return Markup(re.sub(r'(<a href="[^"]*">)[\w.]+\.(\w+</a>)', r"\1\2", linked))  # noqa: S704
            return Markup(self._linked(context["module"].modulename, linked))  # noqa: S704

        filters: Any = pdoc.render.env.filters
        filters["linkify"] = linkify
        shutil.rmtree(folder, ignore_errors=True)
        for name, page in self._pages.items():
            rendered = pdoc.render.html_module(page, self._pages)
            _write(folder / f"{name.replace('.', '/')}.html", rendered)
        _write(folder / "index.html", pdoc.render.html_index(self._pages))
        # pdoc would compile it with Node.js, to six times the size; a browser does so by itself.
        search: Any = pdoc.search
        found = search.make_index(self._pages, _is_searched, "google")
        script = pdoc.render.env.get_template("search.js.jinja2")
        _write(folder / "search.js", script.render(search_index=json.dumps(found)))

    def _settle(self, page: pdoc.doc.Module) -> None:
        """Leave on a page what belongs there, in the order in which it is read."""
        name = page.modulename
        page.submodules = [
            other for other in self._pages.values() if other.modulename.rpartition(".")[0] == name
        ]
        page.docstring = page.docstring.partition("\n\nGenerated by")[0]
        if private(name):
            page.docstring += "\n\n@public"
        first = _namespace(name)
        members = _members(page)
        order = sorted(members, key=lambda own: (own != first, own.isupper()))
        kept = {own: members[own] for own in order if (name, own) in self._homes}
        for own in sorted(own for other, own in self._homes if other == name):
            if own not in kept:
                # An alias that is another thing at runtime.
                kept[own] = _variable(page, own, self._homes[name, own])
        page.members = kept
        for own, member in kept.items():
            self._tell(member, self._homes[name, own])

    def _tell(self, doc: Doc, where: Place) -> None:
        """Show a definition, and all that it holds, as its source has it."""
        node = definition(where)
        if isinstance(doc, pdoc.doc.Class):
            self._tell_class(doc, where)
        elif isinstance(doc, pdoc.doc.Variable):
            doc.annotation_str = self._annotation(node, where)
            doc.default_value_str = self._value(doc, node, where)
        elif isinstance(doc, pdoc.doc.Function) and is_function(node):
            self._tell_function(doc, node, where)
        else:
            raise LookupError(f"{'.'.join(where)} is not in the source as pdoc finds it")

    def _tell_class(self, doc: pdoc.doc.Class, where: Place) -> None:
        name, own = where
        members = _members(doc)
        node = definition(where)
        if isinstance(node, ast.ClassDef):
            doc.bases = [self._base(base, name) for base in node.bases]
        if definition((name, f"{own}.__init__")) is None:
            members.pop("__init__", None)
        for qualified in definitions(name):
            owner, _, field = qualified.rpartition(".")
            if owner == own and public(field) and field not in members:
                # A column of an analytics row: at runtime a row has those that were asked for.
                members[field] = _variable(doc, field, (name, qualified))
        for field, member in list(members.items()):
            origin = member.taken_from
            if not origin[0].startswith(ROOT) or not (public(field) or field == "__init__"):
                continue
            shown = member
            if isinstance(definition(origin), ast.AnnAssign):
                if not isinstance(member, pdoc.doc.Variable):
                    # The descriptor of a namespace, or a key of a typed dict such as `values`.
                    shown = members[field] = _variable(doc, field, origin)
                if origin[1] == f"Namespaces.{field}":
                    shown.taken_from = name, f"{own}.{field}"
            self._tell(shown, origin)
        # A class that a package exports is read elsewhere than where it is defined.
        doc.own_members = [
            one for one in members.values() if one.taken_from == (name, f"{own}.{one.name}")
        ]

    def _tell_function(self, doc: pdoc.doc.Function, node: Function, where: Place) -> None:
        def text(annotation: ast.expr | None) -> Any:
            empty = inspect.Signature.empty
            return Text(written(annotation, where[0], self._places)) if annotation else empty

        texts, fallbacks = arguments(node), defaults(node)
        parameters = [
            one.replace(
                annotation=text(texts[name]),
                default=Text(fallbacks[name])
                if repr(one.default)[0] == "<" and name in fallbacks
                else one.default,
            )
            for name, one in inspect.signature(doc.obj).parameters.items()
            if name in texts
        ]
        returned = text(None if doc.name == "__init__" else node.returns)
        doc.signature = inspect.Signature(parameters, return_annotation=returned)
        doc.decorators = [one for one in doc.decorators if one in ("@classmethod", "@staticmethod")]
        operation = getattr(doc.wrapped, "operation", None)
        if is_operation(operation):
            self._methods[operation.full_name] = doc.modulename, doc.qualname
            doc.docstring = f"`{operation.method} {operation.path}`\n\n{doc.docstring}"
        else:
            doc.docstring += _overloads(where)

    def _base(self, node: ast.expr, name: str) -> tuple[str, str, str]:
        text = written(node, name, self._places)
        owner, _, own = text.partition("[")[0].rpartition(".")
        return owner, own, text.removeprefix(f"{owner}.")

    def _annotation(self, node: ast.stmt | None, where: Place) -> str:
        name, own = where
        match node:
            case ast.AnnAssign(annotation=annotation):
                pass
            case ast.FunctionDef(returns=ast.expr() as annotation):
                pass  # a property
            case _:
                # `self.status = status`
                owner, _, field = own.rpartition(".")
                maker = definition((name, f"{owner}.__init__"))
                found = arguments(maker).get(field) if is_function(maker) else None
                if found is None:
                    return ""
                annotation = found
        text = written(annotation, name, self._places)
        lazy = re.fullmatch(r"[\w.]*\bLazy\[(.+)\]", text)
        return "" if text == "Final" else f": {lazy[1] if lazy else text}"

    def _value(self, doc: pdoc.doc.Variable, node: ast.stmt | None, where: Place) -> str:
        value: Any = vars(doc)["default_value"]
        if is_operation(value):
            return repr(value)
        match node:
            case ast.AnnAssign(annotation=ast.Name(id="TypeAlias"), value=ast.expr() as value):
                return written(value, where[0], self._places)
            case ast.AnnAssign(value=ast.expr() as value) | ast.Assign(value=value):
                text = ast.unparse(value)
                return "" if text.startswith("Lazy(") else text
            case _:
                return ""

    def _index(self) -> str:
        """The first page: namespaces, options, errors and the rest, each with its first line."""
        chief = {place(one)[0] for one in starts()} | {RESOURCES, TYPES}
        names = [one for one in self._pages if one.rpartition(".")[0] != RESOURCES and one != ROOT]
        names.sort(key=_rank)
        sections = [self._section(self._pages[one]) for one in names if one in chief]
        named_by_these = [
            (one.removeprefix(f"{ROOT}."), _address(one), self._pages[one].docstring)
            for one in names
            if one not in chief
        ]
        return "\n\n".join(
            (
                *sections,
                f"## Types that these name\n\n{_table(named_by_these)}",
                "## More names of the package",
            )
        )

    def _types(self) -> str:
        """All types of the namespaces, by the alphabet; each stands on the page of its module."""
        found = {own: name for name, own in self._homes if name.startswith(f"{RESOURCES}.")}
        return _table(
            [
                (
                    own,
                    f"{_address(found[own]).partition('/')[2]}#{own}",
                    _members(self._pages[found[own]])[own].docstring,
                )
                for own in dir(module(TYPES))
            ]
        )

    def _section(self, page: pdoc.doc.Module) -> str:
        address = _address(page.modulename)
        title = page.modulename.removeprefix(f"{ROOT}.").replace(".", ": ").replace("_", " ")
        rows = [
            (one.name, f"{address}#{one.qualname}", one.docstring)
            for one in _members(page).values()
        ]
        if page.modulename == RESOURCES:
            title = "namespaces"
            others = {one.modulename.rpartition(".")[2]: one for one in page.submodules}
            rows = [
                (
                    f"pinterest.{name}" if public(name) else name,
                    _address(one.modulename),
                    one.docstring,
                )
                for name, one in sorted(
                    others.items(), key=lambda item: (not public(item[0]), item)
                )
            ]
        first = _first(page.docstring)
        table = _table(rows) if rows else ""
        return f"## {title.capitalize()}\n\n{first} [The page.]({address})\n\n{table}"

    def _linked(self, page: str, text: str) -> str:
        """A docstring's HTML, with links for the names of the package that it mentions."""

        def link(match: re.Match[str]) -> str:
            found = self._known(page, html.unescape(match[1]))
            if found is None:
                return match[0]
            address = pdoc.render_helpers.relative_link(page, found[0])
            return f'<a href="{address}#{found[1]}">{match[0]}</a>'

        return re.sub(r'(?<!">)<code>([\w.]+)</code>(?!</a>)', link, text)

    def _known(self, page: str, name: str) -> Place | None:
        """Where the reference has what a docstring on a page mentions."""
        if name in self._methods:
            return self._methods[name]
        head, _, rest = name.partition(".")
        found = [one for one in (place_of(page, head), place_of(ROOT, head)) if one in self._places]
        if not found and head[:1].isupper() and head in self._alone:
            found.append(self._alone[head])
        for where in found:
            owner, own = self._places[where]
            if not rest:
                return owner, own
            if f"{where[1]}.{rest}" in definitions(where[0]):
                return owner, f"{own}.{rest}"
        return None


def _namespace(name: str) -> str:
    """What the class of a namespace is called that has the module of this name."""
    return "".join(word[:1].upper() + word[1:] for word in name.rpartition(".")[2].split("_"))


def _members(doc: Any) -> dict[str, Doc]:
    """What a module or a class holds; in pdoc's own types, its documentation is of nothing."""
    members: dict[str, Doc] = doc.members
    return members


def _variable(doc: Doc, name: str, origin: Place) -> pdoc.doc.Variable:
    qualified = f"{doc.qualname}.{name}".removeprefix(".")
    return pdoc.doc.Variable(doc.modulename, qualified, taken_from=origin, docstring=words(origin))


def _overloads(where: Place) -> str:
    """The ways to call an overloaded function, unless types that nobody else sees tell them."""
    ways = [one for one in definitions(where[0])[where[1]][:-1] if is_function(one)]
    texts = [f"{one.name}{_signature(one)}" for one in ways]
    if not texts or re.search(r"\b_\w+\[", "".join(texts)):
        return ""
    return "\n\nWays to call it:\n\n```python\n" + "\n".join(texts) + "\n```\n"


def _signature(node: Function) -> str:
    returned = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    return f"({ast.unparse(node.args)}){returned}"


def _address(name: str) -> str:
    return f"{name.replace('.', '/')}.html"


def _rank(name: str) -> tuple[int, str]:
    part = name.split(".")[1]
    return FIRST.index(part) if part in FIRST else len(FIRST), name


def _first(docstring: str) -> str:
    """The first sentence."""
    return re.split(r"(?<=\.)\s", " ".join(docstring.partition("\n\n")[0].split()))[0]


def _table(rows: list[tuple[str, str, str]]) -> str:
    lines = [f"| [`{name}`]({link}) | {_cell(docstring)} |" for name, link, docstring in rows]
    return "\n".join(("| | |", "|---|---|", *lines))


def _cell(docstring: str) -> str:
    return _first(docstring).replace("|", "\\|")


def _is_searched(doc: Doc) -> bool:
    return public(doc.name) or doc.name == "__init__" or doc.kind == "module"


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


def main(folder: Path) -> None:
    """Build; a warning is an error."""
    _ = limits.RedisLimiter  # pdoc does not find a name that is imported when it is first used

    if folder.exists() and any(folder.iterdir()) and not (folder / "search.js").exists():
        sys.exit(f"{folder} holds something else; name a new folder, or remove it")
    warnings.simplefilter("error")
    # Until Python 3.13, inspect parses a module anew for each of its classes.
    pdoc.doc_ast.get_source = source
    Reference().write(folder)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
