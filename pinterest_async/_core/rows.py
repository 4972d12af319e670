"""Rows of analytics: the structs that are made for sets of columns, and how they are decoded."""

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import (
    Any,
    ClassVar,
    Final,
    Literal,
    TypeAlias,
    TypeGuard,
    TypeVar,
    cast,
    get_args,
    get_origin,
)

import msgspec
from msgspec.structs import astuple, force_setattr

from pinterest_async._core.annotations import members
from pinterest_async._core.guards import is_items, is_object
from pinterest_async._core.known_answers import Known, known
from pinterest_async._core.operation import Operation
from pinterest_async._core.types import ShortStruct
from pinterest_async._core.unknown_fields import widened, with_types

R = TypeVar("R", bound="Row")

_COLUMN: Final = bool | int | float | str | None
_DATE: Final = "DATE"

RowKind: TypeAlias = Literal["report", "dated", "undated"]
"""`report` rows have plain cells only, and drop what they do not know. The others are those of
endpoints: their ids are text, and so is their day, which only `dated` ones always have."""


class Row(ShortStruct, msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Base of analytics rows; each set of columns gets a struct of its own.

    `__always__` names the columns that come unasked: the day and the ids.
    """

    __always__: ClassVar[tuple[str, ...]] = ()
    __made_of__: ClassVar["tuple[type[Row], tuple[str, ...], RowKind] | None"] = None

    def __getitem__(self, column: str) -> bool | int | float | str | None:
        try:
            return cast("bool | int | float | str | None", getattr(self, column))
        except AttributeError:
            raise KeyError(column) from None

    def __reduce__(self) -> tuple[Any, ...]:
        if self.__made_of__ is None:
            return type(self), ()
        return _restore, (*self.__made_of__, astuple(self))


def _restore(
    base: type[Row], columns: tuple[str, ...], kind: RowKind, values: tuple[Any, ...]
) -> Row:
    made = made_row(base, columns, kind)
    return cast("Row", made(**dict(zip(made.__struct_fields__, values, strict=True))))


def row_type(base: type[R], columns: tuple[str, ...]) -> type[R]:
    """The struct of a report's rows that have these columns, and the ones that always come.

    Each field is `bool | int | float | str | None`, None where the server leaves the column out; a
    column that is no Python name is left out, as are columns that come unasked. The struct has the
    name of its base, and can be pickled.
    """
    return made_row(base, columns, "report")


@lru_cache(maxsize=512)
def made_row(base: type[R], columns: tuple[str, ...], kind: RowKind) -> type[R]:
    """The struct of rows of a kind that have these columns."""
    names = [
        name
        for name in dict.fromkeys((*base.__always__, *columns))
        if name.isidentifier() and not name.startswith("_")
    ]
    fields: list[Any] = []
    for name in names:
        if kind == "report" or name not in base.__always__:
            fields.append((name, _COLUMN, None))
        elif name == _DATE and kind == "undated":
            fields.append((name, str, ""))
        else:
            fields.append((name, str))
    made = msgspec.defstruct(
        base.__name__,
        fields,
        bases=(base,),
        module=base.__module__,
        namespace={
            "__doc__": base.__doc__,
            "__made_of__": (base, columns, kind),
            "__maker__": staticmethod(made_row),
        },
        frozen=True,
        kw_only=True,
        gc=False,
        forbid_unknown_fields=kind != "report",
    )
    return cast("type[R]", made)


@lru_cache(maxsize=512)
def row_ids(row: Any) -> frozenset[str]:
    """The fields of a row struct that hold ids; none of any other struct."""
    if not is_row(row) or row.__made_of__ is None or row.__made_of__[2] == "report":
        return frozenset()
    return frozenset(row.__always__).difference((_DATE,))


def answer_type(operation: Operation[Any], query: Mapping[str, Any] | None) -> Any:
    """The answer type of a call, learnt fields included.

    Analytics rows have the columns that the query asks for.
    """
    now = known(operation)
    if operation.row_columns is None:
        return widened(now.answer, now.extras, now.open)
    return _with_columns(now, *_asked(operation, query))


def _asked(
    operation: Operation[Any], query: Mapping[str, Any] | None
) -> tuple[tuple[str, ...], RowKind]:
    """The columns that a query asks for, and whether rows have a day: a total has none."""
    query = query or {}
    asked = query.get(operation.row_columns or "")
    columns = tuple(map(str, asked)) if is_items(asked) else ()
    return columns, "undated" if query.get("granularity", "TOTAL") == "TOTAL" else "dated"


def decode_rows(operation: Operation[Any], raw: bytes, query: Mapping[str, Any] | None) -> Any:
    """Decode an answer with rows of the columns that the query asks for; errors as `decode`."""
    now, (columns, kind) = known(operation), _asked(operation, query)
    try:
        return _row_decoder(now, columns, kind).decode(raw)
    except msgspec.ValidationError:
        # Pinterest writes ids as numbers at times. They are distinguished here, and not by a union
        # in the first place, so that nobody else has to look at each row.
        rows = _row_decoder(now, columns, kind, numbers=True).decode(raw)
    for row in _rows(rows):
        for name in row_ids(type(row)):
            value = getattr(row, name)
            if type(value) is int:
                force_setattr(row, name, str(value))
    return rows


def _rows(value: Any) -> Iterator[Row]:
    if isinstance(value, Row):
        yield value
    elif isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            yield from _rows(getattr(value, name))
    elif is_items(value):
        for one in value:
            yield from _rows(one)
    elif is_object(value):
        yield from _rows(list(value.values()))


def _with_columns(
    now: Known, columns: tuple[str, ...], kind: RowKind, *, numbers: bool = False
) -> Any:
    """The answer type for the columns; with `numbers`, ids may be numbers."""

    def made(base: type[Row]) -> type[Row]:
        return made_row(base, columns, kind)

    def with_numbers(row: type[Row]) -> type[Row]:
        return with_types(row, dict.fromkeys(sorted(row_ids(row)), str | int))

    answer = widened(_with_rows(now.answer, made), now.extras, now.open)
    return _with_rows(answer, with_numbers) if numbers else answer


def _with_rows(annotation: Any, change: Callable[[type[Row]], type[Row]]) -> Any:
    """An annotation with each row struct in it replaced."""
    origin, args = get_origin(annotation), get_args(annotation)
    if is_row(annotation):
        return change(annotation)
    if not args:
        return annotation
    parts = tuple(_with_rows(one, change) for one in args)
    if len(members(annotation)) > 1:
        union = parts[0]
        for part in parts[1:]:
            union = union | part
        return union
    return annotation if origin is None else origin[parts]


def is_row(annotation: object) -> TypeGuard[type[Row]]:
    """Whether an annotation is a struct of analytics rows."""
    return isinstance(annotation, type) and issubclass(annotation, Row)


@lru_cache(maxsize=512)
def _row_decoder(
    now: Known, columns: tuple[str, ...], kind: RowKind, numbers: bool = False
) -> "msgspec.json.Decoder[Any]":
    return msgspec.json.Decoder(_with_columns(now, columns, kind, numbers=numbers))
