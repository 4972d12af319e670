"""openapi.json + retired.json + overlay.toml -> pinterest_async/resources and the emulator's facts.

Usage: python spec/generate.py [PACKAGE]

Without PACKAGE, another folder, the package itself is written anew. Every step is a pure function
in the modules beside this one: overlay (words), schemas and operations (facts -> definitions and
methods), rendering (-> source), shipped (-> the emulator's facts); only this module reads and
writes files.
"""

import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import msgspec
import rendering
import shipped
from definitions import Definition, Method, Module, Row, uses
from operations import Planner, shared_components
from overlay import Overlay, corrected, load
from schemas import Schemas
from values import Schema

HERE = Path(__file__).parent
PACKAGE = HERE.parent / "pinterest_async"


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


def plan(facts: Schema, overlay: Overlay) -> tuple[list[Method], dict[str, Definition], list[str]]:
    """Methods and definitions of the whole API, and notes on what the overlay should mend."""
    schemas = Schemas(facts, overlay, shared_components(facts))
    planner = Planner(facts, overlay, schemas)
    methods = list(planner.methods())
    unused = sorted(overlay.operations.keys() - {method.id for method in methods})
    notes = [f'[operations."{name}"] is not in the description' for name in unused]
    return methods, schemas.definitions, [*planner.notes, *schemas.notes, *notes]


def modules(
    methods: Sequence[Method], definitions: Mapping[str, Definition], overlay: Overlay
) -> tuple[list[Module], list[Definition]]:
    """Namespaces with the definitions that only they use, and the definitions that they share."""
    by_namespace: dict[str, list[Method]] = defaultdict(list)
    for method in methods:
        by_namespace[method.namespace].append(method)
    users: dict[str, set[str]] = defaultdict(set)
    for namespace, own in by_namespace.items():
        for name in _closure(own, definitions):
            users[name].add(namespace)
    told = described({name: definitions[name] for name in users}, methods)
    found: list[Module] = []
    for namespace, own in sorted(by_namespace.items()):
        words = overlay.namespaces.get(namespace)
        summary = words.summary if words else f"Operations on {namespace.replace('_', ' ')}."
        alone = [told[name] for name in sorted(users) if users[name] == {namespace}]
        found.append(Module(namespace, summary, alone, sorted(own, key=lambda m: m.name)))
    shared = [told[name] for name in sorted(users) if len(users[name]) > 1]
    return found, shared


def described(
    definitions: Mapping[str, Definition], methods: Iterable[Method]
) -> dict[str, Definition]:
    """Definitions with a line that tells where they occur."""
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
    owners: dict[str, set[str]] = defaultdict(set)
    for definition in definitions.values():
        for name in uses(definition):
            owners[name].add(f"`{definition.name}`")
    told: dict[str, Definition] = {}
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
            doc = f"Part of {_some(owners[name])}."
        told[name] = replace(definition, doc=doc)
    return told


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


def _closure(methods: Iterable[Method], definitions: Mapping[str, Definition]) -> set[str]:
    found: set[str] = set()
    open_ends: list[str] = []
    for method in methods:
        open_ends += method.answer.uses
        open_ends += method.body.type.uses if method.body else ()
        for argument in (*method.path_arguments, *method.query):
            open_ends += argument.type.uses
    while open_ends:
        name = open_ends.pop()
        if name not in found:
            found.add(name)
            open_ends += uses(definitions[name])
    return found


def sources(
    document: Schema, retired: Schema, overlay: Overlay
) -> tuple[dict[str, str], list[str]]:
    """Source text by file name, before formatting, and notes on what the overlay should mend."""
    facts, overtaken = corrected(whole(document, retired), overlay.correction)
    methods, definitions, notes = plan(facts, overlay)
    found, shared = modules(methods, definitions, overlay)
    names = {definition.name for definition in shared}
    files = {f"{one.name}.py": rendering.module(one, names) for one in found}
    files["_shared.py"] = rendering.shared_module(shared)
    files["_registry.py"] = rendering.registry(found)
    files["__init__.py"] = (
        f'"""The namespaces of the API, a module each.\n\n{rendering.GENERATED}\n"""\n'
    )
    return files, [*notes, *overtaken]


def write(files: Mapping[str, str], folder: Path) -> None:
    """Write the modules into a folder, formatted; nothing else stays in it."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / name).write_text(text, "utf-8")
    settings = ["--config", str(HERE.parent / "pyproject.toml"), "--quiet", "--no-cache"]
    ruff = [sys.executable, "-m", "ruff"]
    fixes = ["--fix", "--select", "I,F401", "--exit-zero"]
    subprocess.run([*ruff, "check", *settings, *fixes, str(folder)], check=True)
    subprocess.run([*ruff, "format", *settings, str(folder)], check=True)


def main(arguments: Sequence[str]) -> None:
    """Generate into the package, or into a folder like it."""
    document = msgspec.json.decode((HERE / "openapi.json").read_bytes())
    retired = msgspec.json.decode((HERE / "retired.json").read_bytes())
    folder = Path(arguments[0]) if arguments else PACKAGE
    overlay = load(HERE / "overlay.toml")
    files, notes = sources(document, retired, overlay)
    write(files, folder / "resources")
    facts, _ = corrected(whole(document, retired), overlay.correction)
    target = folder / "emulator" / "contract" / "description.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(shipped.description(facts, overlay), "utf-8")
    for note in notes:
        print(f"overlay.toml: {note}", file=sys.stderr)


if __name__ == "__main__":
    main(sys.argv[1:])
