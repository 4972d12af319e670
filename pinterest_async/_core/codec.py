"""Bytes -> answers: one decode by a cached decoder."""

import datetime as dt
from collections.abc import Mapping
from typing import Any, TypeVar, cast

import msgspec
from msgspec.structs import force_setattr

from pinterest_async._core.known_answers import known
from pinterest_async._core.operation import Operation

T = TypeVar("T")

_MOMENT = dt.datetime  # a name of the module is found faster: each item of a page needs it
_ANY_UTC = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
_ANY = _ANY_UTC.replace(tzinfo=None)


def assume_utc(struct: msgspec.Struct, *fields: str) -> None:
    """Give the date-times in these fields that have no zone the one that they are in: UTC.

    To be called in `__post_init__`; other values stay as they are.
    """
    for name in fields:
        value = getattr(struct, name)
        if isinstance(value, _MOMENT) and value.tzinfo is None:
            # Up to ten times as fast as `value.replace(tzinfo=...)`.
            force_setattr(struct, name, _ANY_UTC + (value - _ANY))


def decode(operation: Operation[T], raw: bytes, query: Mapping[str, Any] | None = None) -> T:
    """Decode the body of a successful answer.

    An operation without an answer gives None, whatever the body holds.

    Raises:
        msgspec.ValidationError: The body does not fit the answer type as it is known so far: it
            may just have a field that is to be learnt, see `drift.decode_leniently`.
        msgspec.DecodeError: The body is empty or no JSON, or is nested beyond reason. The error
            above is a kind of this one.
    """
    if operation.answer is None:
        return cast("T", None)
    try:
        data: T
        if operation.row_columns is None:
            data = known(operation).decoder.decode(raw)
        else:
            from pinterest_async._core.rows import decode_rows

            data = decode_rows(operation, raw, query)
    except msgspec.DecodeError:
        raise
    except (ValueError, RecursionError) as error:  # invalid UTF-8; nested too deeply
        raise msgspec.DecodeError(str(error)) from error
    return data
