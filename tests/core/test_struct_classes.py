"""The structs in the types of answers, and their fields, are those that msgspec finds."""

from collections.abc import Iterable, Iterator
from typing import Any, ClassVar, Generic, TypeVar, get_args

import msgspec
import pytest

from pinterest_async import operations
from pinterest_async._core.annotations import members, strip
from pinterest_async._core.struct_classes import base_class, base_classes, field_types, is_struct
from pinterest_async._core.types import Model
from pinterest_async.pages import Page
from pinterest_async.types import Pin

T = TypeVar("T")


class Board(Model, frozen=True, kw_only=True):
    kind: ClassVar["Pin | None"] = None
    id: str
    pins: list["Pin"] = msgspec.field(default_factory=list["Pin"])
    above: "Board | None" = None


class Folder(Model, Generic[T], frozen=True, kw_only=True):
    items: list[T]
    name: str | None = None


class Named(Folder[int], frozen=True, kw_only=True):
    name: str | None = "none"
    size: int = 0


def by_msgspec(struct: Any) -> list[Any]:
    return [info.type for info in msgspec.structs.fields(struct)]


def structs_in(annotation: Any, seen: set[Any]) -> Iterator[Any]:
    for member in members(annotation):
        core = strip(member).core
        if is_struct(core) and core not in seen:
            seen.add(core)
            yield core
            inside: Iterable[Any] = by_msgspec(core)
        else:
            inside = () if is_struct(core) else get_args(core)
        for one in inside:
            yield from structs_in(one, seen)


@pytest.mark.parametrize("struct", [Board, Folder, Folder[Board], Named, Page[Pin], Pin])
def test_fields_have_the_types_that_msgspec_finds(struct: Any) -> None:
    assert field_types(struct) == by_msgspec(struct)


def test_the_structs_of_all_answers_are_found() -> None:
    seen: set[Any] = set()
    for operation in operations():
        structs = [*structs_in(operation.answer, set())]
        assert base_classes(operation.answer) == {base_class(one) for one in structs}
        for struct in seen.symmetric_difference(structs) - seen:
            assert field_types(struct) == by_msgspec(struct)
        seen.update(structs)
    assert len(seen) > 200
