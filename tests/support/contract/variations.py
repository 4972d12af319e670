"""Answers that are not quite what the description says.

Drifted answers are what a newer Pinterest may send and must not trouble anybody; broken ones do not
fit, and each misfit is kept as it is while everything around it stays typed.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from contract.samples import Node
from contract.shapes import Shape

UNKNOWN_FIELDS: Mapping[str, Any] = {"zz_new_field": {"deep": [1, "two", None]}, "zz_new_id": "7"}
NEW_VALUE = "ZZ_NEW_VALUE"
NEW_NUMBER = 999
NEW_KIND = "zz_new_kind"


def drifted(full: Node, bare: Node, kept: frozenset[str]) -> Mapping[str, Node]:
    """Answers from the future, made from one with everything and one with the required only.

    Fields of the answer itself that are in `kept` never become null.
    """
    return {
        "unknown fields and enum values": _new_values(_new_fields(full)),
        "missing optionals": _new_fields(bare),
        "null optionals": _null_optionals(full, kept),
    }


def broken(full: Node, kept: frozenset[str]) -> Mapping[str, Node]:
    """Answers that do not fit, each with at least one misfit; none where all is free.

    Fields of the answer itself that are in `kept` are never left out.
    """
    made = {
        "scalars of another type": _broken(full, _break_scalar),
        "containers of another type": _broken(full, _break_container),
        "nulls for required": _broken(full, _break_null),
        "missing required": _without_required(full, kept),
    }
    return {name: node for name, node in made.items() if misfits(node)}


def without_failures(node: Node) -> Node:
    """The answer to a bulk write of which no item failed: what failed may be incomplete."""
    changed = _inside(node, without_failures)
    if changed.members is None or "data" not in changed.members:
        return changed
    left = {name: one for name, one in changed.members.items() if not name.startswith("exception")}
    return replace(changed, members=left)


def misfits(node: Node) -> int:
    """How many places do not fit."""
    return sum(one.mark in {"misfit", "incomplete"} for one in node.walk())


# Drifted


def _inside(node: Node, change: Callable[[Node], Node]) -> Node:
    """The node with everything below it changed."""
    if node.members is not None:
        return replace(node, members={name: change(one) for name, one in node.members.items()})
    if node.items is not None:
        return replace(node, items=tuple(change(one) for one in node.items))
    return node


def _new_fields(node: Node) -> Node:
    changed = _inside(node, _new_fields)
    # A map from keys to values of one type has no unknown keys.
    if changed.members is None or not node.shape.properties or _is_map(node.shape):
        return changed
    unknown = {
        name: Node(Shape(), name, value=value, mark="new field")
        for name, value in UNKNOWN_FIELDS.items()
    }
    return replace(changed, members={**changed.members, **unknown})


def _is_map(shape: Shape) -> bool:
    return isinstance(shape.extra, Mapping)


def _new_values(node: Node) -> Node:
    changed = _inside(node, _new_values)
    if changed.members is not None:
        tags = node.shape.tags
        members = {
            name: (node.members or {})[name] if name in tags else one
            for name, one in changed.members.items()
        }
        return replace(changed, members=members)
    if not isinstance(node.shape.facts.get("enum"), list) or isinstance(node.value, bool | None):
        return changed
    value = NEW_VALUE if isinstance(node.value, str) else NEW_NUMBER
    return replace(changed, value=value, mark="new value")


def _null_optionals(node: Node, kept: frozenset[str] = frozenset()) -> Node:
    """Null for every field that may be missing, whether or not it is declared nullable."""
    changed = _inside(node, _null_optionals)
    if changed.members is None or _is_map(node.shape):
        return changed
    members = {
        name: one if name in node.shape.required | kept else Node(Shape(nullable=True), one.where)
        for name, one in changed.members.items()
    }
    return replace(changed, members=members)


def new_kinds(node: Node) -> Node:
    """Unknown tags: the outermost tagged objects become of a kind that nobody knows."""
    if node.members is None or not node.shape.tags:
        return _inside(node, new_kinds)
    name = next(iter(node.shape.tags))
    members = dict(node.members)
    members[name] = replace(members[name], value=NEW_KIND)
    return replace(node, members=members, mark="new kind")


# Broken


def _broken(node: Node, spoil: Callable[[Node, Node | None, str], Node | None]) -> Node:
    """Spoil every other member and the first item of each list; go on below what was left whole."""
    if node.members is not None:
        members: dict[str, Node] = {}
        for index, (name, one) in enumerate(node.members.items()):
            spoilt = None
            if index % 2 == 0 and name not in node.shape.tags:
                spoilt = spoil(one, node, name)
            members[name] = spoilt or _broken(one, spoil)
        return replace(node, members=members)
    if node.items is not None:
        items = [_broken(one, spoil) for one in node.items]
        if len(items) > 1:
            items[0] = spoil(node.items[0], None, "") or items[0]
        return replace(node, items=tuple(items))
    return node


def _misfit(node: Node, value: Any) -> Node:
    return replace(node, value=value, members=None, items=None, mark="misfit")


def _break_scalar(node: Node, _owner: Node | None, _name: str) -> Node | None:
    if node.members is not None or node.items is not None or node.shape.type is None:
        return None
    if node.shape.alternative:
        return _misfit(node, {"odd": [True]})
    wrong: Mapping[str, Any] = {
        "string": 7,
        "integer": "seven",
        "number": "much",
        "boolean": "maybe",
        "object": "text",
    }
    return _misfit(node, wrong[node.shape.type])


def _break_container(node: Node, _owner: Node | None, _name: str) -> Node | None:
    if node.members is not None:
        return _misfit(node, [["odd"]])
    if node.items is not None:
        return _misfit(node, {"odd": True})
    return None


def _break_null(node: Node, owner: Node | None, name: str) -> Node | None:
    if node.shape.nullable or node.shape.type is None:
        return None
    if owner is not None and name not in owner.shape.required and not _is_map(owner.shape):
        return None
    return _misfit(node, None)


def _without_required(node: Node, kept: frozenset[str] = frozenset()) -> Node:
    """Leave out every other required field; its owner is marked "incomplete"."""
    changed = _inside(node, _without_required)
    if changed.members is None:
        return changed
    gone = {
        name
        for index, (name, one) in enumerate(node.members.items() if node.members else ())
        if index % 2 == 0
        and name in node.shape.required
        and name not in {*node.shape.tags, *kept}
        and not one.shape.nullable
    }
    left = {name: one for name, one in changed.members.items() if name not in gone}
    return replace(changed, members=left, mark="incomplete" if gone else "")
