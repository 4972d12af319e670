"""The facts and the overlay -> pinterest_async/resources and the emulator's facts.

Usage: python spec/generate.py [PACKAGE]

Without PACKAGE, another folder, the package itself is written anew. The facts are
openapi.json, additions.json (of a newer version) and retired.json. Every step is a pure function in
the modules beside this one: overlay (words), schemas and operations (facts -> definitions and
methods), rendering (-> source), shipped (-> the emulator's facts); only this module reads and
writes files.
"""

import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple, TypeAlias

import additions
import automatic_names as recorded
import msgspec
import rendering
import shipped
from automatic_names import Names, aliases, named
from definitions import (
    Alias,
    Definition,
    Expression,
    Field,
    Input,
    Method,
    Module,
    Row,
    Struct,
    uses,
)
from method_source import common_parameters, operation_name, parameters
from naming import pascal
from operations import Planner, shared_components
from operations import scopes as operation_scopes
from overlay import Overlay, load
from presence import marked
from rules import mended
from schemas import Schemas
from source_text import quoted
from values import Schema
from variants import alike
from vocabularies import closure, settled

from pinterest_async._core.failure_fields import REPORTS

Files: TypeAlias = Mapping[str, str]

HERE = Path(__file__).parent
PACKAGE = HERE.parent / "pinterest_async"
SCOPE = "Scope"
"""The name of the type of OAuth scopes."""


def whole(document: Schema, retired: Schema) -> Schema:
    """One document: retired operations beside today's, with today's schemas where both have one."""
    old, new = retired.get("components", {}), document["components"]
    return {
        **document,
        "paths": _joined(document["paths"], retired["paths"]),
        "components": {kind: {**old.get(kind, {}), **new.get(kind, {})} for kind in {*old, *new}},
    }


def _joined(paths: Schema, retired: Schema) -> Schema:
    shared = {path: {**retired[path], **paths[path]} for path in paths.keys() & retired.keys()}
    return {**paths, **retired, **shared}


class Plan(NamedTuple):
    """Methods and definitions of the whole API.

    `notes` say what the overlay should mend, `origins` which schema a type was made of.
    """

    methods: list[Method]
    definitions: dict[str, Definition]
    notes: list[str]
    origins: dict[str, str]


def plan(facts: Schema, overlay: Overlay, old_names: Mapping[str, str] | None = None) -> Plan:
    """Plan the whole API; `old_names` are further names of operations, by id."""
    here = {str(operation["operationId"]) for _, _, operation in recorded.each(facts)}
    words = [overlay.operations[one].name for one in here]
    namespaces = {pascal(name.split(".")[0]) for name in (*words, *(old_names or {}).values())}
    reserved = frozenset(namespaces) | rendering.RESERVED | {SCOPE}
    schemas = Schemas(facts, overlay, shared_components(facts), reserved)
    planner = Planner(facts, overlay, schemas)
    methods = [replace(one, former=(old_names or {}).get(one.id, "")) for one in planner.methods()]
    unused = sorted(overlay.operations.keys() - here)
    notes = [f'[operations."{name}"] is not in the description' for name in unused]
    methods, definitions = settled(methods, schemas.definitions)
    methods = [replace(one, items_may_fail=_items_may_fail(one, definitions)) for one in methods]
    notes = [*schemas.names.notes, *schemas.names.unused(), *notes]
    return Plan(methods, alike(definitions), notes, schemas.names.origins)


def _items_may_fail(method: Method, definitions: Mapping[str, Definition]) -> bool:
    """Whether an answer can report items that failed; plain values always can."""
    if method.answer.source == "None":
        return False
    held = [definitions[name] for name in closure(method.answer.uses, definitions)]
    structs = [one for one in held if isinstance(one, Struct | Row)]
    names = {field.name for one in structs for field in one.fields}
    return not (structs or method.item) or not REPORTS.isdisjoint(names)


def modules(
    methods: Sequence[Method], definitions: Mapping[str, Definition], overlay: Overlay
) -> tuple[list[Module], list[Definition]]:
    """Namespaces with the definitions that only they use, and the definitions that they share."""
    by_namespace: dict[str, list[Method]] = defaultdict(list)
    for method in methods:
        by_namespace[method.namespace].append(method)
        if method.former and not method.former.startswith(f"{method.namespace}."):
            namespace, _, name = method.former.partition(".")
            moved = replace(method, namespace=namespace, name=name, former="", moved=method)
            by_namespace[namespace].append(moved)
    users: dict[str, set[str]] = defaultdict(set)
    for namespace, own in by_namespace.items():
        for name in closure(_named(own), definitions):
            users[name].add(namespace)
    commented = described({name: definitions[name] for name in users}, methods)
    found: list[Module] = []
    for namespace, own in sorted(by_namespace.items()):
        words = overlay.namespaces.get(namespace)
        summary = words.summary if words else f"Operations on {namespace.replace('_', ' ')}."
        alone = [commented[name] for name in sorted(users) if users[name] == {namespace}]
        ordered = sorted(own, key=lambda m: m.name)
        jobs = words is not None and words.jobs
        found.append(Module(namespace, summary, alone, ordered, jobs=jobs))
    shared = [commented[name] for name in sorted(users) if len(users[name]) > 1]
    return found, shared


def described(
    definitions: Mapping[str, Definition], methods: Iterable[Method]
) -> dict[str, Definition]:
    """Definitions with a line that tells which operations they belong to, if they do directly."""
    answers: dict[str, set[str]] = defaultdict(set)
    bodies: dict[str, set[str]] = defaultdict(set)
    arguments: dict[str, set[str]] = defaultdict(set)
    for method in methods:
        called = f"`{method.namespace}.{method.name}`"
        for name in method.answer.uses:
            answers[name].add(called)
        if method.body:
            for name in method.body.type.uses:
                bodies[name].add(called)
        for argument in (*method.path_arguments, *method.query):
            for name in argument.type.uses:
                arguments[name].add(called)
    commented: dict[str, Definition] = {}
    for name, definition in definitions.items():
        if name in answers:
            doc = f"Answer of {_some(answers[name])}."
        elif name in bodies:
            doc = f"Body of {_some(bodies[name])}."
        elif name in arguments:
            doc = f"Argument of {_some(arguments[name])}."
        elif isinstance(definition, Row) and definition.columns:
            doc = "Every column that a caller may ask for; a row has those that were."
        else:
            doc = ""
        commented[name] = replace(definition, doc=doc)
    return commented


def _some(names: set[str]) -> str:
    """The names in words, as many as fit on a line."""
    first, *rest = sorted(names)
    if not rest:
        return first
    if len(rest) == 1 and len(first + rest[0]) < 70:
        return f"{first} and {rest[0]}"
    if len(first + rest[0]) < 60:
        return f"{first}, {rest[0]} and {len(rest) - 1} more"
    return f"{first} and {len(rest)} more"


def _named(methods: Iterable[Method]) -> Iterator[str]:
    """The definitions that methods name."""
    for method in methods:
        yield from _outside_of_body(method)
        yield from method.body.type.uses if method.body else ()


def _outside_of_body(method: Method) -> Iterator[str]:
    """The definitions that a method names beside those of its body."""
    yield from method.answer.uses
    for argument in (*method.path_arguments, *method.query):
        yield from argument.type.uses


def inputs(definitions: Mapping[str, Definition]) -> dict[str, tuple[Field, ...]]:
    """The fields of each type that a body may have; of a union, those of its variants."""
    found: dict[str, tuple[Field, ...]] = {}
    for name in definitions:
        parts = [definitions[one] for one in sorted(closure([name], _aliases(definitions)))]
        objects = [one for one in parts if isinstance(one, Input)]
        fields: dict[str, Field] = {}
        for one in objects:
            for field in one.fields:
                everywhere = all(field.name in _required(other) for other in objects)
                fields[field.name] = replace(field, required=everywhere)
        if fields:
            found[name] = tuple(fields.values())
    return found


def _required(one: Input) -> set[str]:
    return {field.name for field in one.fields if field.required}


def _aliases(definitions: Mapping[str, Definition]) -> dict[str, Definition]:
    """The definitions with objects cut off from what they hold."""
    return {
        name: one if isinstance(one, Alias) else Alias(name, Expression("Any"))
        for name, one in definitions.items()
    }


def facts(document: Schema, retired: Schema, overlay: Overlay) -> tuple[Schema, list[str]]:
    """The corrected facts of the whole API, and notes on corrections that are not needed."""
    made, overtaken = mended(whole(document, retired), overlay)
    made, unused = marked(made, overlay.present)
    return made, [*overtaken, *unused]


def read(folder: Path) -> tuple[Schema, Schema, list[str]]:
    """The description in a folder with its additions, the retired part, and notes."""
    document = msgspec.json.decode((folder / "openapi.json").read_bytes())
    retired = msgspec.json.decode((folder / "retired.json").read_bytes())
    document, notes = additions.laid(document, additions.load(folder))
    return document, retired, notes


def sources(
    document: Schema, retired: Schema, overlay: Overlay, names: Names | None = None
) -> tuple[Files, list[str]]:
    """Source text by path in the package, before formatting, and notes on the overlay.

    Operations without words get names, which are recorded in `names`.
    """
    names = Names() if names is None else names
    known, notes = facts(document, retired, overlay)
    former = aliases(overlay, names)
    overlay, unworded = named(known, overlay, names)
    methods, definitions, more, _ = plan(known, overlay, former)
    found, shared = modules(methods, definitions, overlay)
    own_bodies = {one.name: _bodies(one, definitions) for one in found}
    for one in found:
        apart = {d.name for d in own_bodies[one.name]} | _in_bodies_too(one, own_bodies[one.name])
        shared += [d for d in one.definitions if d.name in apart and d not in own_bodies[one.name]]
        one.definitions = [d for d in one.definitions if d.name not in apart]
    moved = [one for one in methods if _is_moved(one)]
    long = [d for one in found for d in one.definitions if _is_long(d)]
    for one in found:
        one.definitions = [d for d in one.definitions if not _is_long(d)]
    words = [d for d in (*shared, *long) if isinstance(d, Alias) and _is_long(d)]
    types = [d for d in shared if not _is_long(d)]
    in_bodies = {d.name for d in types if _is_of_bodies(d, definitions)}
    bodies = [d for d in types if d.name in in_bodies]
    types = [d for d in types if d.name not in in_bodies]
    common = common_parameters(methods)
    content = [method for one in found if _is_content(one) for method in one.methods]
    light = closure(_named(content), definitions) | {SCOPE} | parameters(content)
    parts = (
        _part("", "", [*words, scopes(known)], types, common, light.__contains__),
        _part("_ads", "of ads and catalogs ", words, types, common, lambda name: name not in light),
    )
    files: dict[str, str] = {}
    for_bodies: dict[str, str] = {}
    for part in parts:
        file = f"resources/_vocabularies{part.ending}.py"
        files[file] = rendering.vocabularies(part.words, part.of)
        for_bodies |= dict.fromkeys((d.name for d in part.words), f"_vocabularies{part.ending}")
        summary = f"Types and parameters that several namespaces {part.of}share."
        files[f"resources/_shared{part.ending}.py"] = rendering.shared_module(
            part.types, summary, dict(for_bodies), common=part.constants
        )
        names_here = [*(d.name for d in part.types), *part.constants.values()]
        for_bodies |= dict.fromkeys(names_here, f"_shared{part.ending}")
    for_operations = for_bodies | {operation_name(one): "_shared_operations" for one in moved}
    fields = inputs(definitions)
    in_shared = {d.name: "_shared_bodies" for d in bodies}
    summary = "Types of bodies that several namespaces share; calls that only read need none."
    files["resources/_shared_bodies.py"] = rendering.shared_module(bodies, summary, for_bodies)
    for one in found:
        here = own_bodies[one.name]
        later = in_shared | {d.name: f"_{one.name}_bodies" for d in here}
        files[f"resources/{one.name}.py"] = rendering.module(
            one, for_operations, fields, common, later
        )
        if here:
            summary = f"Types of bodies in `{one.name}`; calls that only read need none."
            files[f"resources/_{one.name}_bodies.py"] = rendering.shared_module(
                here, summary, for_bodies | in_shared
            )
    if moved:
        summary = "Operations that have former names in other namespaces."
        file = "resources/_shared_operations.py"
        files[file] = rendering.shared_module((), summary, for_bodies, moved, common, in_shared)
    files["resources/__init__.py"] = (
        f'"""The namespaces of the API, a module each.\n\n{rendering.GENERATED}\n"""\n'
    )
    files["namespaces.py"] = rendering.namespaces(found)
    places = {one.name: [d.name for d in one.definitions] for one in found}
    for part in parts:
        places[f"_shared{part.ending}"] = [d.name for d in part.types]
        places[f"_vocabularies{part.ending}"] = [d.name for d in part.words if d.name != SCOPE]
    places["_shared_bodies"] = [d.name for d in bodies]
    places |= {f"_{name}_bodies": [d.name for d in few] for name, few in own_bodies.items()}
    files["types.py"] = rendering.types({place: names for place, names in places.items() if names})
    files["emulator/contract/description.json"] = shipped.description(known, overlay)
    return files, [*unworded, *notes, *more]


class Part(NamedTuple):
    """What several namespaces share, and which modules hold it: `_shared` with an ending.

    Namespaces of content, such as Pins and boards, need the first part only; to import what the
    others share as well would take a third of their first call.
    """

    ending: str
    of: str
    words: list[Alias]
    types: list[Definition]
    constants: Mapping[str, str]


def _part(
    ending: str,
    of: str,
    words: Iterable[Alias],
    types: Iterable[Definition],
    constants: Mapping[str, str],
    belongs: Callable[[str], bool],
) -> Part:
    """A part, by what belongs to it: names of definitions, and sources of parameters."""
    return Part(
        ending,
        of,
        [one for one in words if belongs(one.name)],
        [one for one in types if belongs(one.name)],
        {source: name for source, name in constants.items() if belongs(source)},
    )


def _is_content(one: Module) -> bool:
    """Whether a namespace is one of content: most of its calls count as those of organic use."""
    return 2 * sum(method.category.startswith("org_") for method in one.methods) > len(one.methods)


def scopes(facts: Schema) -> Alias:
    """The vocabulary of the OAuth scopes that may be asked for, or that operations need."""
    schemes: Schema = facts["components"].get("securitySchemes", {})
    flows = [flow for scheme in schemes.values() for flow in scheme.get("flows", {}).values()]
    found = {scope for flow in flows for scope in flow.get("scopes", ())}
    for _, _, operation in recorded.each(facts):
        found |= {scope for few in operation_scopes(operation) for scope in few}
    values = tuple(sorted(found))
    source = f"Open[Literal[{', '.join(map(quoted, values))}]]" if values else "str"
    return Alias(SCOPE, Expression(source), values=values)


def _is_of_bodies(one: Definition, definitions: Mapping[str, Definition]) -> bool:
    """Whether a type is one for input, or holds one: such a type stands in bodies only."""
    return any(isinstance(definitions[name], Input) for name in closure([one.name], definitions))


def _bodies(one: Module, definitions: Mapping[str, Definition]) -> list[Definition]:
    """The types of a namespace that stand in bodies only, with the vocabularies of these alone."""
    bodies = [d for d in one.definitions if _is_of_bodies(d, definitions)]
    used = {name for d in one.definitions if d not in bodies for name in uses(d)}
    used |= {name for method in one.methods for name in _outside_of_body(method)}
    needed = {name for d in bodies for name in uses(d)} - used
    return [d for d in one.definitions if d in bodies or (d.name in needed and not _is_long(d))]


def _in_bodies_too(one: Module, bodies: Sequence[Definition]) -> set[str]:
    """The names of what the bodies of a namespace have in common with its other types."""
    needed = {name for d in bodies for name in uses(d)} - {d.name for d in bodies}
    return needed & {d.name for d in one.definitions if not _is_long(d)}


def _is_moved(one: Method) -> bool:
    """Whether an operation has a former name in another namespace."""
    return bool(one.former) and not one.former.startswith(f"{one.namespace}.")


def _is_long(one: Definition) -> bool:
    """Whether a vocabulary takes more than a line."""
    return isinstance(one, Alias) and bool(one.values) and "\n" in rendering.vocabulary(one)


def write(files: Files, package: Path) -> None:
    """Write generated files into a package, formatted; no other module stays in `resources`."""
    shutil.rmtree(package / "resources", ignore_errors=True)
    for name, text in files.items():
        path = package / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    settings = ["--config", str(HERE.parent / "pyproject.toml"), "--quiet", "--no-cache"]
    ruff = [sys.executable, "-m", "ruff"]
    fixes = ["--fix", "--select", "I,F401", "--exit-zero"]
    written = [str(package / name) for name in files if name.endswith(".py")]
    subprocess.run([*ruff, "check", *settings, *fixes, *written], check=True)
    subprocess.run([*ruff, "format", *settings, *written], check=True)


def origins(folder: Path) -> dict[str, str]:
    """The schema that each type is made of, for whoever has to mend it."""
    document, retired, _ = read(folder)
    overlay, names = load(folder), recorded.load(folder / "automatic_names.toml")
    known, _ = facts(document, retired, overlay)
    return plan(known, named(known, overlay, names)[0], aliases(overlay, names)).origins


def generate(folder: Path, package: Path) -> list[str]:
    """Generate from the facts in a folder into a package; returns the notes."""
    document, retired, unplaced = read(folder)
    names = recorded.load(folder / "automatic_names.toml")
    files, notes = sources(document, retired, load(folder), names)
    write(files, package)
    (folder / "automatic_names.toml").write_text(recorded.text(names), "utf-8")
    return [*unplaced, *notes]


def main(arguments: Sequence[str]) -> None:
    """Generate into the package, or into a folder like it."""
    for note in generate(HERE, Path(arguments[0]) if arguments else PACKAGE):
        print(note, file=sys.stderr)


if __name__ == "__main__":
    main(sys.argv[1:])
