"""Handlers for what is listed, read, created, updated and deleted in the usual way.

They are made from entries of a table: `kinds.py` has it.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, TypeAlias

import msgspec

from pinterest_async.emulator.contract.calls import ApiCall, RejectedError
from pinterest_async.emulator.handlers import access
from pinterest_async.emulator.handlers.handler import Handler
from pinterest_async.emulator.model.world import Fields, World, page

Verb: TypeAlias = Literal["list", "get", "create", "update", "delete"]


NewRow: TypeAlias = Callable[[Fields, Fields], Fields]
"""Says what a new row has that its item lacks; the other argument is the row of its parent, empty
where there is none. It may reject the item."""
RowCheck: TypeAlias = Callable[[World, Fields], Fields]
"""What is kept of an item. It may reject the item."""


def _unchanged(row: Fields) -> Fields:
    return row


def _nothing_more(item: Fields, parent: Fields) -> Fields:
    del item, parent
    return {}


def _all_of_it(world: World, item: Fields) -> Fields:
    del world
    return item


class EntityKind(msgspec.Struct, frozen=True):
    """A kind of thing that an ad account has.

    Attributes:
        table: The table of the world that has its rows.
        title: Its name in error messages.
        path_id: The path parameter that holds an id, and the field of children that holds it.
        operations: Pinterest's operationIds, by what they do. Those that are missing here have a
            handler of their own, or are answered from their schemas.
        shown: Makes an answer from a row.
        filters: Query parameters of the list, by the field that has to have one of their values.
        statuses: What the list has where the query names no `entity_statuses`; none: everything.
        defaults: Fields of a new row that a body need not have.
        items: The field of a body that holds the items; "": the body is the list of them.
        parent: The table of the kind that it belongs to.
        inherited: Fields that a new row has from its parent.
        indexed: Fields by which `Table.by` finds rows, and which may change nevertheless.
        many_errors: Whether an item that fails has a list of exceptions, or one.
        code: The field of an exception that has its code.
        new: What a new row has that its item lacks.
        check: What is kept of an item that is created or changed.
    """

    table: str
    title: str
    path_id: str
    operations: Mapping[Verb, str]
    shown: Callable[[Fields], Any] = _unchanged
    filters: Mapping[str, str] = {}
    statuses: Sequence[str] = ()
    defaults: Mapping[str, Any] = {}
    items: str = ""
    parent: str = ""
    inherited: Sequence[str] = ()
    indexed: Sequence[str] = ()
    many_errors: bool = True
    code: str = "code"
    new: NewRow = _nothing_more
    check: RowCheck = _all_of_it


def usual_handlers(kinds: Sequence[EntityKind]) -> dict[str, Handler]:
    """The handlers of all operations of some kinds, by operationId."""
    by_table = {kind.table: kind for kind in kinds}
    return {
        operation: _Crud(kind, by_table).handler(verb)
        for kind in kinds
        for verb, operation in kind.operations.items()
    }


class _Crud:
    """The handlers of one kind."""

    def __init__(self, kind: EntityKind, kinds: Mapping[str, EntityKind]) -> None:
        self._kind = kind
        self._parent = kinds.get(kind.parent)
        self._children = [_Crud(one, kinds) for one in kinds.values() if one.parent == kind.table]

    def handler(self, verb: Verb) -> Handler:
        """The handler of one operation."""
        handlers: dict[Verb, Handler] = {
            "list": self._list,
            "get": lambda world, call: self._kind.shown(self._named(world, call)),
            "create": self._create,
            "update": self._update,
            "delete": self._delete,
        }
        return handlers[verb]

    def _named(self, world: World, call: ApiCall) -> Fields:
        return access.row_of_path(
            world, call, self._kind.table, self._kind.path_id, self._kind.title
        )

    def _list(self, world: World, call: ApiCall) -> Any:
        kind, filters = self._kind, dict[str, Any]()
        for field, parameter in kind.filters.items():
            value = call.query.get(parameter)
            if isinstance(value, str):
                value = [value] if value else None
            filters[field] = value
        if kind.statuses:
            filters["status"] = call.query.get("entity_statuses") or kind.statuses
        return page(
            call,
            access.filtered(access.rows_of_account(world, call, kind.table), filters),
            kind.shown,
        )

    def _create(self, world: World, call: ApiCall) -> Any:
        kind, owner, now = self._kind, access.account(world, call), access.timestamp(call)

        def create(item: Fields) -> Any:
            if item.get("ad_account_id", owner["id"]) != owner["id"]:
                raise RejectedError(400, 1, "ad_account_id: is not the one in the path")
            item = kind.check(world, item)
            inherited: Fields = {}
            parent: Fields = {}
            if self._parent is not None:
                title, field = self._parent.title, self._parent.path_id
                id = (call.body if kind.items else item)[field]
                parent = access.row_of_account(world, kind.parent, id, owner, title)
                if parent["status"] == "ARCHIVED":
                    raise RejectedError(400, 1, f"{title} {id} is archived: choose another one.")
                inherited = {name: parent[name] for name in kind.inherited} | {field: parent["id"]}
            times = {"created_time": now, "updated_time": now}
            more = kind.new(item, parent)
            parts = (kind.defaults, item, more, inherited, times)
            return kind.shown(access.add_row(world, kind.table, owner, *parts))

        return self._answer_each(call, create)

    def _update(self, world: World, call: ApiCall) -> Any:
        kind, owner, now = self._kind, access.account(world, call), access.timestamp(call)

        def update(item: Fields) -> Any:
            row = access.row_of_account(world, kind.table, item.get("id"), owner, kind.title)
            item = kind.check(world, item)
            status, before = item.get("status"), row.get("status")
            if before == "ARCHIVED" and status not in (None, before):
                raise RejectedError(400, 1, "status: what is archived stays so")
            fixed = {"id", "ad_account_id", *kind.inherited, *kind.indexed}
            if self._parent is not None:
                fixed.add(self._parent.path_id)
            row.update({name: value for name, value in item.items() if name not in fixed})
            row["updated_time"] = now
            for field in kind.indexed:
                if item.get(field):
                    world.table(kind.table).change(row, field, item[field])
            if status == "ARCHIVED" and before != status:
                self._archive_children(world, row["id"], now)
            return kind.shown(row)

        return self._answer_each(call, update)

    def _answer_each(self, call: ApiCall, handle: Callable[[Fields], Any]) -> Any:
        kind = self._kind
        items: list[Fields] = call.body[kind.items] if kind.items else call.body
        return access.answer_each(items, handle, many_errors=kind.many_errors, code=kind.code)

    def _archive_children(self, world: World, id: str, now: int) -> None:
        for child in self._children:
            for row in world.table(child._kind.table).by(self._kind.path_id, id):
                if row["status"] != "ARCHIVED":
                    row.update(status="ARCHIVED", updated_time=now)
                child._archive_children(world, row["id"], now)

    def _delete(self, world: World, call: ApiCall) -> None:
        world.table(self._kind.table).remove(self._named(world, call)["id"])
