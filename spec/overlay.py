"""The overlay: our names, words and corrections, laid over the facts."""

import copy
import tomllib
from pathlib import Path
from typing import Any

import msgspec


class OperationWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Name (`namespace.method`) and words of one operation, and facts the description lacks."""

    name: str
    summary: str
    notes: str = ""
    body_name: str = ""
    idempotent: bool | None = None


class NamespaceWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Words for a namespace."""

    summary: str


class TypeWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A better name for a schema."""

    name: str


class InlineName(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A name for the anonymous schema at a JSON pointer."""

    at: str
    name: str


class Correction(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A mended fact: keys to rename, to remove and to set at a JSON pointer, and why."""

    at: str
    reason: str
    set: dict[str, Any] = {}
    remove: tuple[str, ...] = ()
    rename: dict[str, str] = {}


class Presence(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Properties that answers always hold, by name or as `Schema.name`, but for those `without`."""

    fields: tuple[str, ...]
    reason: str
    without: tuple[str, ...] = ()


class Overlay(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole of overlay.toml."""

    operations: dict[str, OperationWords]
    namespaces: dict[str, NamespaceWords] = {}
    types: dict[str, TypeWords] = {}
    inline: tuple[InlineName, ...] = ()
    units: dict[str, str] = {}
    secrets: tuple[str, ...] = ()
    correction: tuple[Correction, ...] = ()
    present: tuple[Presence, ...] = ()


class OverlayError(ValueError):
    """A place that the overlay names is not in the facts."""


def load(path: Path) -> Overlay:
    """Read overlay.toml."""
    return msgspec.convert(tomllib.loads(path.read_text("utf-8")), Overlay)


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
            target = locate(mended, one.at)
        except OverlayError as error:
            notes.append(f"correction at {one.at}: {error}")
            continue
        before = copy.deepcopy(target)
        for key, name in one.rename.items():
            if key in target:
                target[name] = target.pop(key)
        for key in one.remove:
            target.pop(key, None)
        target.update(one.set)
        if target == before:
            notes.append(f"correction at {one.at}: changes nothing, so it can go")
    return mended, notes
