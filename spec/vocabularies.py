"""Vocabularies: those that callers send keep a type of their own, those of answers become text.

An answer may hold a value that is newer than this version, so a type for its vocabulary would
promise nothing: its field is a `str`, and the known values stand in its docs. Of equal
vocabularies that callers send, one stays.
"""

import itertools
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from definitions import Alias, Definition, Expression, Field, Input, Method, Row, Struct, uses

_LISTED = 60
"""Values of a vocabulary that the docs of a field list; of a longer one, the first half of that."""


def settled(
    methods: Sequence[Method], definitions: Mapping[str, Definition]
) -> tuple[list[Method], dict[str, Definition]]:
    """Methods and definitions without the vocabularies of answers, and each other one once."""
    known = {d.name: d for d in definitions.values() if isinstance(d, Alias) and d.values}
    sent = closure(_arguments(methods), definitions)
    names: dict[str, str] = dict.fromkeys(known.keys() - sent, "str")
    equal: dict[frozenset[str], list[str]] = defaultdict(list)
    for name in sorted(known.keys() & sent, key=lambda name: (len(name), name)):
        equal[frozenset(known[name].values)].append(name)
    common: dict[str, Definition] = {}
    for group in equal.values():
        name = _common(group, definitions)
        names |= {other: name for other in group if other != name}
        common[name] = replace(known[group[0]], name=name)
    definitions = {**definitions, **common}
    rename = _renamer(names)

    def described(field: Field) -> Field:
        values = [known[name].values for name in field.type.uses if names.get(name) == "str"]
        listed = f"One of {_listed(values[0])}." if len(values) == 1 else ""
        doc = f"{field.doc} {listed}".strip()
        return replace(field, type=rename(field.type), doc=doc)

    kept = {
        name: _each_field(one, described, rename)
        for name, one in definitions.items()
        if name not in names
    }
    return [_method(one, rename) for one in methods], kept


def _common(names: Sequence[str], taken: Mapping[str, Definition]) -> str:
    """One name for equal vocabularies: the words that all end with, if that says enough."""
    words = [re.findall(r"[A-Z][a-z0-9]*|[A-Z]+(?![a-z])", name) for name in names]
    ends = itertools.takewhile(
        lambda column: len(set(column)) == 1, zip(*map(reversed, words), strict=False)
    )
    name = "".join(reversed([column[0] for column in ends]))
    enough = len(re.findall(r"[A-Z][a-z]", name)) > 1
    return name if enough and (name in names or name not in taken) else names[0]


def closure(start: Iterable[str], definitions: Mapping[str, Definition]) -> set[str]:
    """The definitions that some need, these included."""
    found: set[str] = set()
    open_ends = list(start)
    while open_ends:
        name = open_ends.pop()
        if name not in found:
            found.add(name)
            open_ends += uses(definitions[name])
    return found


def _arguments(methods: Iterable[Method]) -> Iterable[str]:
    for method in methods:
        yield from method.body.type.uses if method.body else ()
        for argument in (*method.path_arguments, *method.query):
            yield from argument.type.uses


def _renamer(names: Mapping[str, str]) -> Callable[[Expression], Expression]:
    words = re.compile(r"\b[A-Za-z_]\w*\b")

    def rename(kind: Expression) -> Expression:
        if not kind.uses & names.keys():
            return kind
        source = words.sub(lambda m: names.get(m[0], m[0]), kind.source)
        left = {names.get(name, name) for name in kind.uses} - {"str"}
        return Expression(_without_repeats(source), frozenset(left))

    return rename


def _without_repeats(source: str) -> str:
    """`str | str` is `str`."""
    return re.sub(r"\bstr \| str\b", "str", source)


def _listed(values: Sequence[str]) -> str:
    if len(values) <= _LISTED:
        return ", ".join(values)
    half = _LISTED // 2
    return f"{len(values)} values, such as {', '.join(values[:half])}"


def _each_field(
    one: Definition, field: Callable[[Field], Field], rename: Callable[[Expression], Expression]
) -> Definition:
    match one:
        case Alias():
            return replace(one, type=rename(one.type))
        case Row():
            return one
        case Struct():
            return replace(one, fields=tuple(map(field, one.fields)))
        case Input():
            fields = (replace(each, type=rename(each.type)) for each in one.fields)
            return replace(one, fields=tuple(fields))


def _method(one: Method, rename: Callable[[Expression], Expression]) -> Method:
    return replace(
        one,
        path_arguments=tuple(replace(a, type=rename(a.type)) for a in one.path_arguments),
        query=tuple(replace(a, type=rename(a.type)) for a in one.query),
        body=replace(one.body, type=rename(one.body.type)) if one.body else None,
        answer=rename(one.answer),
        item=rename(one.item) if one.item else None,
    )
