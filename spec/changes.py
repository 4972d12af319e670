"""What changed between two descriptions, in the words of a user of the SDK."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec
from comparison import Change, Comparison, Effect, required_too
from facts import METHODS, Json

_HEADINGS: dict[Effect, str] = {
    "breaking": "May break your code:",
    "new": "New:",
    "changed": "Changed:",
}
_REFERENCE = re.compile(r'"#/components/(\w+)/([^"]+)"')


def changes(old: Json, new: Json, names: Mapping[str, str]) -> list[Change]:
    """All changes from one facts document to another; `names` are operationId -> method."""
    return [*_operation_changes(old, new, names), *_component_changes(old, new, names)]


def report(found: Iterable[Change]) -> list[str]:
    """Lines for a person: what may break first; nothing but a word when nothing changed."""
    groups: dict[Effect, list[Change]] = defaultdict(list)
    for change in found:
        groups[change.effect].append(change)
    lines: list[str] = []
    for effect, heading in _HEADINGS.items():
        if groups[effect]:
            lines += ["", heading]
            lines += [f"  {one.what}{_where(one.operations)}" for one in sorted(groups[effect])]
    return lines or ["Nothing changed."]


def _where(operations: Sequence[str]) -> str:
    if not operations:
        return ""
    shown = ", ".join(operations[:2])
    more = f" and {len(operations) - 2} more" if len(operations) > 2 else ""
    return f" ({shown}{more})"


# Operations


def _operations(document: Json) -> dict[str, tuple[str, Json]]:
    """Of each operationId: place (`GET /pins`) and operation with parameters looked up."""
    shared = document.get("components", {}).get("parameters", {})
    found: dict[str, tuple[str, Json]] = {}
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                operation = dict(item[method])
                parameters = [*item.get("parameters", ()), *operation.get("parameters", ())]
                operation["parameters"] = [
                    shared[one["$ref"].rsplit("/", 1)[-1]] if "$ref" in one else one
                    for one in parameters
                ]
                found[operation["operationId"]] = (f"{method.upper()} {path}", operation)
    return found


def _operation_changes(old: Json, new: Json, names: Mapping[str, str]) -> Iterator[Change]:
    comparison = Comparison(old, new)
    before, after = _operations(old), _operations(new)
    moved = {place: name for name, (place, _) in before.items() if name not in after}
    renamed: set[str] = set()
    for identifier, (place, operation) in after.items():
        name = names.get(identifier, identifier)
        if identifier in before:
            yield from _within(comparison, name, before[identifier], (place, operation))
        elif place in moved:
            renamed.add(moved[place])
            yield Change("changed", f"{name}: Pinterest calls it {identifier} now")
            yield from _within(comparison, name, before[moved[place]], (place, operation))
        else:
            yield Change("new", f"{name}: {place}")
    for identifier in before.keys() - after.keys() - renamed:
        name = names.get(identifier, identifier)
        yield Change("breaking", f"{name}: dropped by Pinterest; callable still, deprecated")


def _within(
    comparison: Comparison, name: str, before: tuple[str, Json], after: tuple[str, Json]
) -> Iterator[Change]:
    (old_place, old), (new_place, new) = before, after
    if old_place != new_place:
        yield Change("changed", f"{name}: {old_place} became {new_place}")
    category = new.get("x-ratelimit-category")
    if old.get("x-ratelimit-category") != category:
        yield Change("changed", f"{name}: counts against {category} now")
    if old.get("x-sandbox") != new.get("x-sandbox"):
        gone = new.get("x-sandbox") == "disabled"
        what = "left the sandbox" if gone else "works in the sandbox now"
        yield Change("breaking" if gone else "new", f"{name}: {what}")
    if new.get("deprecated") and not old.get("deprecated"):
        yield Change("changed", f"{name}: deprecated now")
    if old.get("security") != new.get("security"):
        yield Change("changed", f"{name}: needs {_scopes(new)} now, needed {_scopes(old)}")
    yield from _parameters(comparison, name, old["parameters"], new["parameters"])
    body, old_body = new.get("requestBody"), old.get("requestBody")
    if body and not old_body:
        yield Change("breaking", f"{name}: takes a body now")
    elif old_body and not body:
        yield Change("breaking", f"{name}: takes no body any more")
    elif body and old_body:
        yield from _media(comparison, f"{name}, body", old_body, body, sent=True)
    for status, response in new["responses"].items():
        if status.startswith("2") and status in old["responses"]:
            old_response = old["responses"][status]
            yield from _media(comparison, f"{name}, answer", old_response, response, sent=False)


def _scopes(operation: Json) -> str:
    sets = [" ".join(scopes) for one in operation.get("security", ()) for scopes in one.values()]
    return " or ".join(dict.fromkeys(one for one in sets if one)) or "no scope"


def _parameters(
    comparison: Comparison, name: str, old: Sequence[Json], new: Sequence[Json]
) -> Iterator[Change]:
    before = {one["name"]: one for one in old}
    after = {one["name"]: one for one in new}
    for parameter in before.keys() - after.keys():
        yield Change("breaking", f"{name}: parameter {parameter} is gone")
    for parameter, now in after.items():
        was = before.get(parameter)
        where = f"{name}: parameter {parameter}"
        if was is None:
            must = now.get("required")
            yield Change("breaking" if must else "new", f"{where} is new{required_too(bool(must))}")
            continue
        if now.get("required") and not was.get("required"):
            yield Change("breaking", f"{where} is required now")
        elif was.get("required") and not now.get("required"):
            yield Change("changed", f"{where} may be left out now")
        if (was.get("style"), was.get("explode")) != (now.get("style"), now.get("explode")):
            yield Change("changed", f"{where} is encoded another way")
        yield from comparison.schema(
            f"{name}: {parameter}", was["schema"], now["schema"], sent=True
        )


def _media(
    comparison: Comparison, where: str, old: Json, new: Json, *, sent: bool
) -> Iterator[Change]:
    for kind, media in new.get("content", {}).items():
        was = old.get("content", {}).get(kind)
        if was is None:
            yield Change("changed", f"{where}: comes as {kind} too")
        else:
            old_schema, new_schema = was.get("schema", {}), media.get("schema", {})
            yield from comparison.schema(where, old_schema, new_schema, sent=sent)


# Components: told once, with the operations that use them


def _component_changes(old: Json, new: Json, names: Mapping[str, str]) -> Iterator[Change]:
    comparison = Comparison(old, new)
    before, after = old["components"].get("schemas", {}), new["components"].get("schemas", {})
    senders, receivers = _users(new, names)
    for name in sorted(before.keys() & after.keys()):
        sends, receives = senders.get(name, set()), receivers.get(name, set())
        if before[name] == after[name] or not sends | receives:
            continue
        users = tuple(sorted(sends | receives))
        for change in comparison.schema(name, before[name], after[name], sent=bool(sends)):
            yield Change(change.effect, change.what, users)


def _users(
    document: Json, names: Mapping[str, str]
) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """Component -> operations that send it, and operations that receive it."""
    senders: dict[str, set[str]] = defaultdict(set)
    receivers: dict[str, set[str]] = defaultdict(set)
    for identifier, (_, operation) in _operations(document).items():
        name = names.get(identifier, identifier)
        good = {s: r for s, r in operation["responses"].items() if s.startswith("2")}
        for component in _closure(
            document, [operation.get("requestBody"), operation["parameters"]]
        ):
            senders[component].add(name)
        for component in _closure(document, good):
            receivers[component].add(name)
    return senders, receivers


def _closure(document: Json, part: object) -> set[str]:
    found: set[str] = set()
    open_ends = [part]
    while open_ends:
        text = msgspec.json.encode(open_ends.pop()).decode()
        for kind, name in _REFERENCE.findall(text):
            component = document["components"].get(kind, {}).get(name)
            if kind == "schemas" and name not in found and component is not None:
                found.add(name)
                open_ends.append(component)
    return found
