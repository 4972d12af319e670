"""The overlay: our names, words and corrections, laid over the facts."""

import copy
import re
import tomllib
from pathlib import Path
from typing import Any, Final, cast

import msgspec


class OperationWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Name (`namespace.method`) and words of one operation, and facts the description lacks."""

    name: str
    summary: str
    notes: str = ""
    body_name: str = ""
    idempotent: bool | None = None


class NamespaceWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Words for a namespace; `jobs` says that it has a subclass in the package's `jobs`."""

    summary: str
    jobs: bool = False


class TypeWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A better name for a schema."""

    name: str


class InlineName(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A name for the anonymous schema at a JSON pointer, in which `*` stands for anything."""

    at: str
    name: str


class Correction(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A mended fact: keys to rename, to remove and to set at a JSON pointer, and why."""

    at: str
    reason: str
    set: dict[str, Any] = {}
    remove: tuple[str, ...] = ()
    rename: dict[str, str] = {}


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A mended fact wherever it occurs: which schemas it holds for, what becomes of them, and why.

    The schemas are those of components (`schemas`), of query parameters (`parameters`), and of
    properties of what is `sent`, of what is `answered`, or of either (`fields`): by name, or as
    `Schema.name`, where `*` stands for anything. Without any of these, all schemas. Of them, those
    count that have the `keys`, lack those in `lacking`, and say what `having` says.
    """

    reason: str
    schemas: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()
    sent: tuple[str, ...] = ()
    answered: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    lacking: tuple[str, ...] = ()
    having: dict[str, Any] = {}
    set: dict[str, Any] = {}
    remove: tuple[str, ...] = ()
    rename: dict[str, str] = {}
    wrap: bool = False
    """Put a reference into an `allOf`, so that what stands beside it counts."""

    def names(self) -> tuple[str, ...]:
        """All names that it selects by."""
        return (*self.schemas, *self.parameters, *self.sent, *self.answered, *self.fields)


class Presence(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Properties that answers always hold, but for those `without`.

    They are given by name or as `Schema.name`, where `*` stands for anything.
    """

    fields: tuple[str, ...]
    reason: str
    without: tuple[str, ...] = ()


class Overlay(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole of operations.toml and corrections.toml."""

    operations: dict[str, OperationWords] = {}
    namespaces: dict[str, NamespaceWords] = {}
    types: dict[str, TypeWords] = {}
    inline: tuple[InlineName, ...] = ()
    units: dict[str, str] = {}
    secrets: tuple[str, ...] = ()
    correction: tuple[Correction, ...] = ()
    rule: tuple[Rule, ...] = ()
    present: tuple[Presence, ...] = ()


_OF_OPERATIONS = frozenset({"namespaces", "operations"})
SECTIONS: Final = {
    "operations.toml": _OF_OPERATIONS,
    "corrections.toml": frozenset(Overlay.__struct_fields__) - _OF_OPERATIONS,
}
"""The files of the overlay, and which of its sections stand in each."""


class OverlayError(ValueError):
    """A place that the overlay names is not in the facts, or a section is in the wrong file."""


def load(folder: Path) -> Overlay:
    """Read operations.toml and corrections.toml; `OverlayError` for a section in the wrong one."""
    found: dict[str, Any] = {}
    for name, sections in SECTIONS.items():
        read = tomllib.loads((folder / name).read_text("utf-8"))
        if strange := sorted(read.keys() - sections):
            known = ", ".join(sorted(sections))
            raise OverlayError(f"{name} has a section {strange[0]}; it can have {known}")
        found |= read
    return msgspec.convert(found, Overlay)


def locate(document: Any, pointer: str) -> Any:
    """What stands at a JSON pointer (RFC 6901); `OverlayError` when nothing does."""
    here = document
    for part in pointer.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        try:
            here = here[int(key) if isinstance(here, list) else key]
        except (KeyError, IndexError, ValueError) as error:
            raise OverlayError(f"{key!r} is not there") from error
    return here


def mend(target: dict[str, Any], one: Correction | Rule) -> bool:
    """Rename, remove and set what a correction says; whether that changed anything."""
    before = copy.deepcopy(target)
    for key, name in one.rename.items():
        if key in target:
            target[name] = target.pop(key)
    for key in one.remove:
        target.pop(key, None)
    target.update(copy.deepcopy(one.set))
    return target != before


def unknown_schemas(document: dict[str, Any], mending: dict[str, Any]) -> str:
    """The components that a correction refers to and the document lacks, in words."""
    known = document.get("components", {}).get("schemas", {})
    named = re.findall(r'"#/components/schemas/([^"]+)"', msgspec.json.encode(mending).decode())
    return ", ".join(name for name in named if name not in known)


def corrected(
    document: dict[str, Any], corrections: tuple[Correction, ...]
) -> tuple[dict[str, Any], list[str]]:
    """Copy of the document with each correction made, and notes on those that did nothing.

    A correction whose place is gone, or which changes nothing, has been overtaken upstream.
    """
    mended = copy.deepcopy(document)
    notes: list[str] = []
    for one in corrections:
        try:
            target: Any = locate(mended, one.at)
        except OverlayError as error:
            notes.append(f"correction at {one.at}: {error}")
            continue
        if not isinstance(target, dict):
            notes.append(f"correction at {one.at}: that is no schema")
        elif missing := unknown_schemas(document, one.set):
            notes.append(f"correction at {one.at}: there is no {missing}")
        elif not mend(cast("dict[str, Any]", target), one):
            notes.append(f"correction at {one.at}: changes nothing, so it can go")
    return mended, notes
