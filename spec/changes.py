"""What changed between two descriptions, in the words of a user of the SDK."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from comparison import Change, Effect, Flat, changed, demanded
from facts import METHODS, Json
from operations import encoding, media, parameter_facts, success
from shapes import Shapes

_HEADINGS: dict[Effect, str] = {
    "breaking": "May break your code:",
    "new": "New:",
    "changed": "Changed:",
}
_LINES = 62
"""Lines of a kind that a report shows, so that it can be read; the rest is counted."""
_FIELDS = 6


class _Found(NamedTuple):
    """One difference of one operation: in which part of it (none: all), and at which field."""

    effect: Effect
    part: str
    field: str
    what: str
    operation: str


def changes(old: Json, new: Json, names: Mapping[str, str], *, kept: bool = True) -> list[Change]:
    """All changes from one facts document to another; `names` are operationId -> method.

    `kept` tells whether operations that are gone can still be called. The same change of several
    operations is one, and so is that of several fields of the same operations.
    """
    before, after = _operations(old), _operations(new)
    moved = {place: one for one, (place, _) in before.items() if one not in after}
    pairs = {one: one if one in before else moved.get(place) for one, (place, _) in after.items()}
    found = [_new(names, one, after[one][0]) for one, was in pairs.items() if was is None]
    gone = "dropped by Pinterest; " + ("callable still, deprecated" if kept else "not callable")
    dropped = [names.get(one, one) for one in before.keys() - pairs.values()]
    found += [Change("breaking", f"{name}: {gone}") for name in dropped]
    documents = (old, new)
    single: list[_Found] = []
    for identifier, was in pairs.items():
        if was is not None:
            name = names.get(identifier, identifier)
            called = _upstream(identifier, after[identifier][1])
            if called != _upstream(was, before[was][1]):
                found.append(Change("changed", f"{name}: Pinterest calls it {called} now"))
            single += _within(name, documents, before[was], after[identifier])
    return [*found, *_grouped(single)]


def report(found: Iterable[Change], most: int = _LINES) -> list[str]:
    """Lines for a person: what may break first; nothing but a word when nothing changed."""
    groups: dict[Effect, list[Change]] = defaultdict(list)
    for change in found:
        groups[change.effect].append(change)
    lines: list[str] = []
    for effect, heading in _HEADINGS.items():
        in_order = sorted(groups[effect], key=weight)
        if in_order:
            lines += ["", heading]
            lines += [f"  {line(one)}" for one in in_order[:most]]
            if len(in_order) > most:
                lines.append(f"  and {len(in_order) - most} more; --all shows them")
    return lines or ["Nothing changed."]


def line(one: Change) -> str:
    """A change and where it is, for a person."""
    return f"{one.what}{_where(one.operations)}"


def weight(one: Change) -> tuple[bool, int, Change]:
    """Whole operations come first, then what concerns many."""
    return bool(one.operations), -len(one.operations), one


def _where(operations: Sequence[str]) -> str:
    if not operations:
        return ""
    shown = ", ".join(operations[:2])
    more = f" and {len(operations) - 2} more" if len(operations) > 2 else ""
    return f" ({shown}{more})"


def _new(names: Mapping[str, str], identifier: str, place: str) -> Change:
    return Change("new", f"{names.get(identifier, identifier)}: {place}")


def _grouped(single: Iterable[_Found]) -> Iterator[Change]:
    users: dict[tuple[Effect, str, str, str], set[str]] = defaultdict(set)
    for one in single:
        users[one[:4]].add(one.operation)
    fields: dict[tuple[Effect, str, str, tuple[str, ...]], list[str]] = defaultdict(list)
    for (effect, part, field, what), callers in users.items():
        fields[effect, part, what, tuple(sorted(callers))].append(field)
    for (effect, part, what, operations), found in fields.items():
        if not part:
            yield Change(effect, what, operations)
            continue
        listed = sorted(one for one in found if one)
        more = f" and {len(listed) - _FIELDS} more" if len(listed) > _FIELDS else ""
        where = f"{part} {', '.join(listed[:_FIELDS])}{more}".rstrip()
        yield Change(effect, f"{where}: {what}", operations)


# Operations


def _operations(document: Json) -> dict[str, tuple[str, Json]]:
    """Of each operationId: place (`GET /pins`) and operation with parameters looked up."""
    found: dict[str, tuple[str, Json]] = {}
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                operation = dict(item[method])
                parameters = [*item.get("parameters", ()), *operation.get("parameters", ())]
                operation["parameters"] = [parameter_facts(document, one) for one in parameters]
                found[operation["operationId"]] = (f"{method.upper()} {path}", operation)
    return found


def _upstream(identifier: str, operation: Json) -> str:
    return str(operation.get("x-upstream-id", identifier))


def _within(
    name: str, documents: tuple[Json, Json], before: tuple[str, Json], after: tuple[str, Json]
) -> Iterator[_Found]:
    """What changed inside of an operation."""
    (old_place, old), (new_place, new) = before, after

    def whole(effect: Effect, what: str) -> _Found:
        return _Found(effect, "", "", what, name)

    if old_place != new_place:
        yield whole("changed", f"{old_place} became {new_place}")
    category = new.get("x-ratelimit-category")
    if old.get("x-ratelimit-category") != category:
        was = old.get("x-ratelimit-category")
        yield whole("changed", f"counts against {category} now, did against {was}")
    if old.get("x-sandbox") != new.get("x-sandbox"):
        gone = new.get("x-sandbox") == "disabled"
        what = "left the sandbox" if gone else "works in the sandbox now"
        yield whole("breaking" if gone else "new", what)
    if bool(new.get("deprecated")) != bool(old.get("deprecated")):
        now = "deprecated now" if new.get("deprecated") else "not deprecated any more"
        yield whole("changed", now)
    if _scopes(old) != _scopes(new):
        yield whole("changed", f"needs {_scopes(new)} now, needed {_scopes(old)}")
    if _statuses(old) != _statuses(new):
        said = f"succeeds with {_statuses(new)} now, did with {_statuses(old)}"
        yield whole("changed", said)
    parts = [*_parameters(documents, old, new), *_bodies(documents, old, new)]
    for effect, part, field, what in (*parts, *_answers(documents, old, new)):
        yield _Found(effect, part, field, what, name)


def _scopes(operation: Json) -> str:
    sets = [" ".join(scopes) for one in operation.get("security", ()) for scopes in one.values()]
    return " or ".join(dict.fromkeys(one for one in sets if one)) or "no scope"


def _statuses(operation: Json) -> str:
    return ", ".join(sorted(one for one in operation["responses"] if one.startswith("2")))


_Part = tuple[Effect, str, str, str]


def _parameters(documents: tuple[Json, Json], old: Json, new: Json) -> Iterator[_Part]:
    before = {one["name"]: one for one in old["parameters"]}
    after = {one["name"]: one for one in new["parameters"]}
    flat = [Flat(document) for document in documents]
    for name in sorted(before.keys() - after.keys()):
        yield "breaking", "parameter", name, "gone"
    for name, now in after.items():
        was = before.get(name)
        if was is None:
            must = bool(now.get("required"))
            what = "new and required" if must else "new"
            yield "breaking" if must else "new", "parameter", name, what
            continue
        ways = [
            encoding(facts, Shapes(document).resolve(facts["schema"], "")[0])
            for document, facts in zip(documents, (was, now), strict=True)
        ]
        if ways[0] != ways[1]:
            yield "changed", "parameter", name, f"{ways[1]} on the wire now, was {ways[0]}"
        fields = [
            demanded(one.fields(facts["schema"], sent=True), bool(facts.get("required")))
            for one, facts in zip(flat, (was, now), strict=True)
        ]
        for effect, path, what in changed(*fields, sent=True):
            inner = path if not path or path[0] in "[{" else f".{path}"
            yield effect, "parameter", f"{name}{inner}", what


def _bodies(documents: tuple[Json, Json], old: Json, new: Json) -> Iterator[_Part]:
    contents = [one.get("requestBody", {}).get("content", {}) for one in (old, new)]
    if not contents[0] and contents[1]:
        yield "breaking", "body", "", "new"
    elif contents[0] and not contents[1]:
        yield "breaking", "body", "", "gone"
    elif contents[0]:
        (was, before), (now, after) = map(media, contents)
        if was != now:
            yield "changed", "body", "", f"sent as {now} now, was {was}"
        yield from _compared(documents, "body", before.get("schema"), after.get("schema"))


def _answers(documents: tuple[Json, Json], old: Json, new: Json) -> Iterator[_Part]:
    (_, before), (_, after) = success(old), success(new)
    if before is None and after is not None:
        yield "new", "answer", "", "has a body now"
    elif before is not None and after is None:
        yield "breaking", "answer", "", "has no body any more"
    else:
        yield from _compared(documents, "answer", before, after)


def _compared(
    documents: tuple[Json, Json], part: str, before: Json | None, after: Json | None
) -> Iterator[_Part]:
    sent = part == "body"
    schemas = (before or {}, after or {})
    fields = [
        Flat(document).fields(schema, sent=sent)
        for document, schema in zip(documents, schemas, strict=True)
    ]
    for effect, path, what in changed(*fields, sent=sent):
        yield effect, part, path.removeprefix("items[].").removeprefix("[]."), what
