"""Variants of unions in answers: what one of them has, the others have as None.

Whoever walks a list of feeds, say, may then read `feed.default_country` of each, and not only of
those kinds that have one.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from definitions import Alias, Definition, Struct


def alike(definitions: Mapping[str, Definition]) -> dict[str, Definition]:
    """The definitions with the fields of other variants noted in each variant of a union."""
    absent: dict[str, set[str]] = {}
    for group in _groups(definitions):
        names = {field.name for one in group for field in one.fields}
        for one in group:
            own = {field.name for field in one.fields} | {one.tag[0] if one.tag else ""}
            absent.setdefault(one.name, set()).update(names - own)
    return {
        name: replace(one, absent=tuple(sorted(absent[name])))
        if isinstance(one, Struct) and name in absent
        else one
        for name, one in definitions.items()
    }


def _groups(definitions: Mapping[str, Definition]) -> Iterator[list[Struct]]:
    """The variants of each union, and what stands in the same field of each of them."""
    for one in definitions.values():
        if isinstance(one, Alias) and one.type.source.startswith("OpenUnion["):
            variants = _structs(one.type.uses, definitions)
            yield variants
            yield from _held(variants, definitions)


def _held(
    variants: Sequence[Struct], definitions: Mapping[str, Definition]
) -> Iterator[list[Struct]]:
    for name in {field.name for one in variants for field in one.fields}:
        fields = [field for one in variants for field in one.fields if field.name == name]
        held = [_structs(field.type.uses, definitions) for field in fields]
        if len(held) == len(variants) and all(len(each) == 1 for each in held):
            yield list({each[0].name: each[0] for each in held}.values())


def _structs(names: Iterable[str], definitions: Mapping[str, Definition]) -> list[Struct]:
    found = (definitions[name] for name in sorted(names))
    return [one for one in found if isinstance(one, Struct)]
