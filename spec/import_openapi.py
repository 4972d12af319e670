"""Any upstream OpenAPI document -> spec/openapi.json and spec/retired.json, and what changed.

Usage: python spec/import_openapi.py UPSTREAM.json [--into FOLDER]

openapi.json holds the facts of the document given. retired.json holds the operations that the
present openapi.json has and the document lacks, with the components that only they need; where both
documents have a component, the newer one counts, since the server answers today's objects. An
operation that comes back leaves retired.json. Both documents count with what additions.json lays
over them, since that is what users had and will have. A document older than the present one retires
nothing: its gaps are the newer operations.
"""

import argparse
import re
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple, cast

import additions
import automatic_names as recorded
import msgspec
from additions import version
from changes import changes, report
from comparison import Change
from facts import METHODS, Extractor, Json, NotOpenAPIError
from gaps import filled
from overlay import Overlay, load

HERE = Path(__file__).parent
EMPTY: Json = {"paths": {}, "components": {}}
_REFERENCE = re.compile(r'"#/components/(\w+)/([^"]+)"')


def operations(document: Json) -> dict[str, tuple[str, str, Json]]:
    """Of each operationId: path, method and operation, the path's own parameters included."""
    found: dict[str, tuple[str, str, Json]] = {}
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                operation = dict(item[method])
                parameters = [*item.get("parameters", ()), *operation.get("parameters", ())]
                if parameters:
                    operation["parameters"] = parameters
                found[operation["operationId"]] = (path, method, operation)
    return found


def retire(retired: Json, present: Json, new: Json) -> Json:
    """The retired operations after `new` has taken the place of `present`."""
    here = operations(new)
    places = {(path, method) for path, method, _ in here.values()}
    gone = operations(retired)
    if version(new) >= version(present):
        said = str(new["info"]["version"])
        for name, (path, method, operation) in operations(present).items():
            gone[name] = (path, method, {**operation, "deprecated": True, "x-retired-in": said})
    paths: dict[str, Json] = {}
    for name, (path, method, operation) in gone.items():
        if name not in here and (path, method) not in places:
            paths.setdefault(path, {})[method] = operation
    known = [new, present, retired]
    return {"paths": paths, "components": _only_there(paths, known)}


def _only_there(paths: Json, documents: Sequence[Json]) -> Json:
    """Components that the paths need and the first document lacks, from the next that has them."""
    found: dict[str, Json] = {}
    open_ends: list[Json] = [paths]
    seen: set[tuple[str, str]] = set()
    while open_ends:
        for kind, name in _REFERENCE.findall(msgspec.json.encode(open_ends.pop()).decode()):
            if (kind, name) in seen:
                continue
            seen.add((kind, name))
            holders = (one.get("components", {}).get(kind, {}) for one in documents)
            level, component = next((i, h[name]) for i, h in enumerate(holders) if name in h)
            open_ends.append(component)
            if level:
                found.setdefault(kind, {})[name] = component
    return found


def encoded(document: Json) -> bytes:
    """Bytes of a facts file: sorted keys, one fact a line."""
    return msgspec.json.format(msgspec.json.encode(document, order="sorted"), indent=1) + b"\n"


def read(path: Path) -> Json:
    """A JSON document; `NotOpenAPIError` tells what is wrong with the file."""
    try:
        found = msgspec.json.decode(path.read_bytes())
    except OSError as error:
        raise NotOpenAPIError(f"cannot read {path}: {error.strerror}") from error
    except msgspec.DecodeError as error:
        raise NotOpenAPIError(f"{path} is no JSON ({error}); convert YAML to JSON first") from error
    if not isinstance(found, dict):
        raise NotOpenAPIError(f"{path} holds no JSON object")
    return cast("Json", found)


def dropped(unknown: Counter[str]) -> Iterable[str]:
    """A line that names the keywords which were not read, if there are any."""
    if unknown:
        names = ", ".join(f"{name} ({count})" for name, count in sorted(unknown.items()))
        yield f"Not read, for want of a meaning here: {names}."


class Imported(NamedTuple):
    """What an import brought: the version, a headline, the changes, and what had to be guessed."""

    version: str
    headline: str
    changes: list[Change]
    notes: list[str]

    def lines(self, *, everything: bool = False) -> list[str]:
        """The report for users of the SDK: what fits on a few pages, or everything."""
        most = {"most": len(self.changes)} if everything else {}
        return [self.headline, *report(self.changes, **most)]


def import_document(upstream: Path, folder: Path) -> Imported:
    """Import a document into a folder."""
    extractor = Extractor(read(upstream))
    new = extractor.facts()
    present_path, retired_path = folder / "openapi.json", folder / "retired.json"
    present = read(present_path) if present_path.exists() else EMPTY
    retired = read(retired_path) if retired_path.exists() else EMPTY
    more = additions.load(folder)
    present, _ = additions.laid(present, more)
    names = recorded.load(folder / "automatic_names.toml")
    for document in (present, retired):
        for method, path, operation in recorded.each(document):
            names.ids.setdefault(recorded.place(method, path), str(operation["operationId"]))
    notes = filled(new, names)
    whole, _ = additions.laid(new, more)
    overlay = load(folder) if (folder / "operations.toml").exists() else Overlay()
    known, _ = recorded.named(whole, overlay, names)
    called = {identifier: one.name for identifier, one in known.operations.items()}
    kept = version(new) >= version(present)  # then what is gone is retired
    found = changes(present, whole, called, kept=kept) if present["paths"] else []
    retired_path.write_bytes(encoded(retire(retired, present, whole)))
    present_path.write_bytes(encoded(new))
    (folder / "automatic_names.toml").write_text(recorded.text(names), "utf-8")
    said = str(new["info"]["version"])
    headline = f"Imported {said}: {len(operations(new))} operations."
    if not present["paths"]:
        headline += " The first import: nothing to compare with."
    elif version(new) < version(present):
        headline += f" Older than {present['info']['version']}, which it replaces."
    return Imported(said, headline, found, [*dropped(extractor.unknown), *notes])


def main(arguments: Sequence[str]) -> int:
    """Run the command; the status is 0, or 2 when the document is of no use."""
    parser = argparse.ArgumentParser(description="Import a new description of the API.")
    parser.add_argument("upstream", type=Path, help="an OpenAPI 3 document, as JSON")
    parser.add_argument("--into", type=Path, default=HERE, help="the folder of the facts")
    parser.add_argument("--all", action="store_true", help="a report of everything")
    options = parser.parse_args(arguments)
    try:
        found = import_document(options.upstream, options.into)
    except NotOpenAPIError as error:
        print(error, file=sys.stderr)
        return 2
    print("\n".join([*found.lines(everything=options.all), *found.notes]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
