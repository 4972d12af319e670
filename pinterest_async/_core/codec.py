"""Bytes -> answers: one decode by a cached decoder, and the structs made for analytics rows."""

import datetime as dt
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, ClassVar, Final, TypeGuard, TypeVar, cast, get_args, get_origin

import msgspec
from msgspec.structs import astuple, force_setattr

from pinterest_async._core.annotations import members
from pinterest_async._core.guards import is_items
from pinterest_async._core.operation import Operation

T = TypeVar("T")
R = TypeVar("R", bound="Row")

_COLUMN: Final = bool | int | float | str | None


class EmptyBodyError(msgspec.DecodeError):
    """A body without content where an answer should be."""


class Row(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Base of analytics rows; each set of columns gets a struct of its own (`row_type`).

    `__always__` names the columns that come unasked: the day and the ids.
    """

    __always__: ClassVar[tuple[str, ...]] = ()
    __made_of__: ClassVar["tuple[type[Row], tuple[str, ...]] | None"] = None

    def __reduce__(self) -> tuple[Any, ...]:
        if self.__made_of__ is None:
            return type(self), ()
        return _restore, (*self.__made_of__, astuple(self))


def _restore(base: type[Row], columns: tuple[str, ...], values: tuple[Any, ...]) -> Row:
    made = row_type(base, columns)
    return cast("Row", made(**dict(zip(made.__struct_fields__, values, strict=True))))


@lru_cache(maxsize=512)
def row_type(base: type[R], columns: tuple[str, ...]) -> type[R]:
    """The struct of the rows that have these columns, and the ones that always come.

    Each field is `bool | int | float | str | None`, None where the server leaves the column out; a
    column that is no Python name is left out. The struct has the name of its base, and can be
    pickled.
    """
    names = [
        name
        for name in dict.fromkeys((*base.__always__, *columns))
        if name.isidentifier() and not name.startswith("_")
    ]
    made = msgspec.defstruct(
        base.__name__,
        [(name, _COLUMN, None) for name in names],
        bases=(base,),
        module=base.__module__,
        namespace={"__doc__": base.__doc__, "__made_of__": (base, columns)},
        frozen=True,
        kw_only=True,
        gc=False,
    )
    return cast("type[R]", made)


def assume_utc(struct: msgspec.Struct, *fields: str) -> None:
    """Give the date-times in these fields that have no zone the one that they are in: UTC.

    To be called in `__post_init__`; other values stay as they are.
    """
    for name in fields:
        value = getattr(struct, name)
        if isinstance(value, dt.datetime) and value.tzinfo is None:
            # Four times as fast as `value.replace(tzinfo=...)`, and nearly every answer needs it.
            force_setattr(struct, name, dt.datetime.combine(value.date(), value.time(), dt.UTC))


def decode(operation: Operation[T], raw: bytes, query: Mapping[str, Any] | None = None) -> T:
    """Decode the body of a successful answer.

    An operation without an answer gives None, whatever the body holds.

    Raises:
        EmptyBodyError: There is no body.
        msgspec.ValidationError: The body does not fit the answer type.
        msgspec.DecodeError: The body is no JSON, or is nested beyond reason. The errors above
            are kinds of this one.
    """
    if operation.answer is None:
        return cast("T", None)
    try:
        return cast("T", _decoder(operation, query).decode(raw))
    except msgspec.DecodeError:
        if not raw.strip():
            raise EmptyBodyError("the body is empty") from None
        raise
    except (ValueError, RecursionError) as error:  # invalid UTF-8; nested too deeply
        raise msgspec.DecodeError(str(error)) from error


def answer_type(operation: Operation[Any], query: Mapping[str, Any] | None) -> Any:
    """The answer type of a call: analytics rows have the columns that the query asks for."""
    if operation.row_columns is None:
        return operation.answer
    asked = (query or {}).get(operation.row_columns)
    columns = tuple(str(one) for one in asked) if is_items(asked) else ()
    return _with_columns(operation.answer, columns)


@lru_cache(maxsize=512)
def _with_columns(answer: Any, columns: tuple[str, ...]) -> Any:
    """An annotation with each row base in it replaced by the struct for the columns."""
    origin, args = get_origin(answer), get_args(answer)
    if _is_row(answer):
        return row_type(answer, columns)
    if not args:
        return answer
    parts = tuple(_with_columns(one, columns) for one in args)
    if len(members(answer)) > 1:
        union = parts[0]
        for part in parts[1:]:
            union = union | part
        return union
    return answer if origin is None else origin[parts]


def _is_row(annotation: object) -> TypeGuard[type[Row]]:
    return isinstance(annotation, type) and issubclass(annotation, Row)


_DECODERS: Final[dict[str, tuple[Operation[Any], "msgspec.json.Decoder[Any]"]]] = {}


def _decoder(
    operation: Operation[Any], query: Mapping[str, Any] | None
) -> "msgspec.json.Decoder[Any]":
    if operation.row_columns is not None:
        return _decoder_of(answer_type(operation, query))
    known = _DECODERS.get(operation.id)
    if known is None or known[0] is not operation:
        known = _DECODERS[operation.id] = (operation, msgspec.json.Decoder(operation.answer))
    return known[1]


@lru_cache(maxsize=512)
def _decoder_of(answer: Any) -> "msgspec.json.Decoder[Any]":
    return msgspec.json.Decoder(answer)
