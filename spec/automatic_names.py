"""Names that nobody gave: made from path and verb, recorded, and never changed again.

`automatic_names.toml` is written by the generator and committed. Its `ids` say by which id an
operation at a place is known, so that one that Pinterest renames keeps its words. Its `names` are
those of operations that came without words; once operations.toml has words, they stay as aliases.
"""

import re
import tomllib
from collections.abc import Collection, Iterator
from pathlib import Path

import msgspec
from facts import METHODS, Json
from naming import singular, snake
from overlay import OperationWords, Overlay
from overlay import load as load_overlay

_VERBS = {"get": "get", "post": "create", "put": "replace", "patch": "update", "delete": "delete"}
_SCOPES = ("ad_accounts", "businesses")
_NOT_PLURAL = ("analytics", "status", "access", "news", "basis", "previous")
_HEAD = """\
# Written by spec/generate.py: what operations are known by, so that names stay what they are.
# ids: the id of the operation at a place, whatever Pinterest calls it later.
# names: automatic names of operations that came before their words.
"""


class Names(msgspec.Struct, forbid_unknown_fields=True):
    """The recorded ids by place, and the recorded names by id."""

    ids: dict[str, str] = {}
    names: dict[str, str] = {}


def load(path: Path) -> Names:
    """Read automatic_names.toml; without the file nothing is recorded yet."""
    return (
        msgspec.convert(tomllib.loads(path.read_text("utf-8")), Names) if path.exists() else Names()
    )


def text(names: Names) -> str:
    """The content of automatic_names.toml."""
    tables = (("ids", names.ids), ("names", names.names))
    parts = [
        f"[{title}]\n" + "".join(f'"{key}" = "{table[key]}"\n' for key in sorted(table))
        for title, table in tables
    ]
    return "\n".join([_HEAD, *parts])


def place(method: str, path: str) -> str:
    """Where an operation is; what a path parameter is called does not count."""
    return f"{method.upper()} {re.sub(r'{[^}]*}', '{}', path)}"


def each(document: Json) -> Iterator[tuple[str, str, Json]]:
    """`(method, path, operation)` of each operation."""
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield method, path, item[method]


def named(document: Json, overlay: Overlay, names: Names) -> tuple[Overlay, list[str]]:
    """The overlay with words for every operation; what is automatic is recorded, and noted."""
    words = dict(overlay.operations)
    notes: list[str] = []
    for method, path, operation in each(document):
        identifier = str(operation["operationId"])
        names.ids.setdefault(place(method, path), identifier)
        if identifier in words:
            continue
        if identifier not in names.names:
            taken = {one.name for one in words.values()} | {*names.names.values()}
            names.names[identifier] = automatic(method, path, taken)
        name = names.names[identifier]
        words[identifier] = OperationWords(name, f"Call `{method.upper()} {path}`.")
        notes.append(f'[operations."{identifier}"] is missing: its automatic name is {name}')
    return msgspec.structs.replace(overlay, operations=words), notes


def aliases(overlay: Overlay, names: Names) -> dict[str, str]:
    """Automatic names of operations that have words now, by id."""
    return {
        identifier: name
        for identifier, name in names.names.items()
        if identifier in overlay.operations and overlay.operations[identifier].name != name
    }


def known_names(document: Json, folder: Path) -> dict[str, str]:
    """The name of every operation of a document, by id."""
    words, _ = named(document, load_overlay(folder), load(folder / "automatic_names.toml"))
    ids = {str(operation["operationId"]) for _, _, operation in each(document)}
    return {one: words.operations[one].name for one in ids}


def automatic(method: str, path: str, taken: Collection[str]) -> str:
    """A name that misleads nobody: `DELETE .../campaigns/preview` is `campaigns.delete_preview`."""
    parts = [part for part in path.split("/") if part]
    inner = parts[2:] if parts[0] in _SCOPES and len(parts) > 2 else parts
    if len(inner) == 1 and not _is_plural(inner[0]):
        inner = parts
    words = [snake(part) for part in inner if not part.startswith("{")] or ["misc"]
    name = _verb(method, inner) if len(words) == 1 else _phrase(method, inner, words[1:])
    found = f"{words[0]}.{name}"
    if found in taken:
        outer = [singular(snake(part)) for part in parts if part in _SCOPES]
        keys = [snake(part[1:-1]) for part in inner if part.startswith("{")]
        ends = [*(f"of_{one}" for one in outer), *(f"by_{one}" for one in keys)]
        ends += [str(number) for number in range(2, 1000)]
        found = next(f"{found}_{end}" for end in ends if f"{found}_{end}" not in taken)
    return found


def _is_plural(word: str) -> bool:
    return word == "media" or (word.endswith("s") and not word.endswith(_NOT_PLURAL))


def _verb(method: str, parts: list[str]) -> str:
    if method == "get" and not parts[-1].startswith("{") and _is_plural(parts[-1]):
        return "list"
    return _VERBS[method]


def _phrase(method: str, parts: list[str], words: list[str]) -> str:
    """The verb and what it is done to; of POST on what may be a verb itself, just that."""
    *outer, last = words
    one = parts[-1].startswith("{")
    verb = _verb(method, parts)
    if method == "post" and not one and not _is_plural(last):
        verb = "post"
    return "_".join([verb, *map(singular, outer), singular(last) if one else last])
