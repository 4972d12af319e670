"""Arrow arrays from Python values, made of buffers.

`pyarrow.array` and `pyarrow.scalar` do the same, but import pandas where that is installed, to ask
whether the values are its own: half a second and 50 MB.
"""

import datetime as dt
import struct
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import lru_cache
from itertools import accumulate, chain
from typing import Any, Final

from pinterest_async.harvest.output.arrow import pa, pc

_FIRST_DAY: Final = dt.date(1970, 1, 1).toordinal()
_FIRST_MOMENT: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_UNITS: Final = {"s": dt.timedelta(seconds=1), "us": dt.timedelta(microseconds=1)}
_EXACT: Final = 2**53
"""Whole numbers up to this one are floats without loss."""
_RUNS_OF_TEXT: Final = pa.run_end_encoded(pa.int32(), pa.string())
_MOST_TEXT: Final = 2**31 - 1


def arrow_array(values: Sequence[Any], type_: Any) -> Any:
    """Values as an Arrow array of a type; None is null.

    Types are texts, booleans, int64, float64, dates, timestamps, and lists and structs of these.
    Dates may be texts like 2026-08-01; timestamps are aware of their time zone; structs are
    mappings, in which a field may be missing. Texts of an array have 2 GiB at most, together.
    What Python takes for a number or a list passes for one, such as True for 1; times are cut to
    the unit of their type.

    Raises:
        ValueError: a value does not fit the type, or a number would lose something.
    """
    try:
        return _array(values, type_)
    except (AttributeError, OverflowError, TypeError) as error:
        raise ValueError(f"a value is no {type_}: {error}") from error


def arrow_scalar(value: Any, type_: Any) -> Any:
    """A value as a scalar of Arrow; its types and errors are those of `arrow_array`."""
    return arrow_array([value], type_)[0]


def arrow_texts(numbers: Sequence[int | None]) -> Any:
    """Whole numbers as an Arrow array of their texts; errors are those of `arrow_array`.

    Fast where equal ones stand together, as the ids of what rows belong to do.
    """
    runs = pc.run_end_encode(arrow_array(numbers, pa.int64()))
    children = [runs.run_ends, runs.values.cast(pa.string())]
    texts = pa.Array.from_buffers(_RUNS_OF_TEXT, len(runs), [None], 0, children=children)
    return pc.run_end_decode(texts)


def without_zones(schema: Any) -> Any:
    """A schema or type whose timestamps have no time zone: reading those that do imports pandas."""
    if isinstance(schema, pa.Schema):
        fields = [one.with_type(without_zones(one.type)) for one in schema]
        return pa.schema(fields, schema.metadata)
    if pa.types.is_struct(schema):
        return pa.struct([one.with_type(without_zones(one.type)) for one in schema])
    if pa.types.is_list(schema):
        field = schema.value_field
        return pa.list_(field.with_type(without_zones(field.type)))
    return pa.timestamp(schema.unit) if pa.types.is_timestamp(schema) else schema


def midnight(day: dt.date) -> Any:
    """The first moment of a day as a scalar in seconds, without a time zone."""
    return arrow_scalar(dt.datetime.combine(day, dt.time(), dt.UTC), pa.timestamp("s"))


def _array(values: Sequence[Any], type_: Any) -> Any:
    count = len(values)
    if not pa.types.is_nested(type_):
        with suppress(TypeError, AttributeError):  # there are nulls, or what does not fit
            return pa.Array.from_buffers(type_, count, [None, *_buffers(values, type_)], 0)
    nulls = values.count(None)
    if nulls == count:
        return pa.nulls(count, type_)
    valid = None
    if nulls:
        valid = _bits([value is not None for value in values])
        empty = _EMPTY.get(type_.id, 0)
        values = [empty if value is None else value for value in values]
    if pa.types.is_struct(type_):
        children = [_array([one.get(it.name) for one in values], it.type) for it in type_]
        return pa.Array.from_buffers(type_, count, [valid], nulls, children=children)
    if pa.types.is_list(type_):
        items = _array([*chain.from_iterable(values)], type_.value_type)
        buffers = [valid, _offsets(values)]
        return pa.Array.from_buffers(type_, count, buffers, nulls, children=[items])
    return pa.Array.from_buffers(type_, count, [valid, *_buffers(values, type_)], nulls)


def _buffers(values: Sequence[Any], type_: Any) -> list[Any]:
    """What an array consists of beside its nulls."""
    if pa.types.is_string(type_):
        text = "".join(values)
        if text.isascii():
            return [_offsets(values), pa.py_buffer(text.encode())]
        encoded = [value.encode() for value in values]
        return [_offsets(encoded), pa.py_buffer(b"".join(encoded))]
    if pa.types.is_boolean(type_):
        return [_bits(values)]
    if pa.types.is_date(type_):
        part, times = _repeated(values)
        return [_numbers("i", [*map(_day_number, part)], times)]
    if pa.types.is_timestamp(type_):
        unit = _UNITS[type_.unit]
        return [_numbers("q", [(value - _FIRST_MOMENT) // unit for value in values])]
    if pa.types.is_floating(type_):
        found = _numbers("d", values)
        bounds = pc.min_max(pa.Array.from_buffers(type_, len(values), [None, found]))
        if not -_EXACT < bounds["min"].as_py() <= bounds["max"].as_py() < _EXACT:
            _check_exact(values)
        return [found]
    return [_numbers("q", values)]


def _numbers(letter: str, values: Sequence[Any], times: int = 1) -> Any:
    """A buffer of numbers, so many times, in a format of `struct`.

    That packs them twice as fast as `array`.
    """
    try:
        return pa.py_buffer(struct.pack(f"{len(values)}{letter}", *values) * times)
    except struct.error as error:
        raise TypeError(str(error)) from None


def _repeated(values: Sequence[Any]) -> tuple[Sequence[Any], int]:
    """The part that values are so many times; all of them, once, where they are none.

    Rows of several things often have the same days for each of them.
    """
    try:
        part = values[: values.index(values[0], 1)]
    except (IndexError, ValueError):
        return values, 1
    times = len(values) // len(part)
    return (part, times) if [*part] * times == [*values] else (values, 1)


@lru_cache(maxsize=4096)  # the same days in each partition
def _day_number(day: Any) -> int:
    """A date, or its text, as a number of days."""
    date: dt.date = dt.date.fromisoformat(day) if isinstance(day, str) else day
    return date.toordinal() - _FIRST_DAY


def _check_exact(values: Sequence[Any]) -> None:
    for value in values:
        if type(value) is int and not -_EXACT <= value <= _EXACT:
            raise OverflowError(value)


def _offsets(parts: Sequence[Any]) -> Any:
    """Where parts of these lengths begin, and the last one ends."""
    try:
        short = bytes(map(len, parts))
    except ValueError:  # one has 256 or more
        ends = [*accumulate(map(len, parts), initial=0)]
        if ends[-1] > _MOST_TEXT:
            raise OverflowError(f"{ends[-1]:,} bytes of text") from None
        return _numbers("i", ends)
    octets = pa.Array.from_buffers(pa.uint8(), len(short) + 1, [None, pa.py_buffer(b"\0" + short)])
    return pc.cumulative_sum_checked(octets.cast(pa.int32())).buffers()[1]


def _bits(flags: Iterable[bool]) -> Any:
    """A buffer with a bit for each flag."""
    octets = bytes(flags)
    whole = pa.Array.from_buffers(pa.uint8(), len(octets), [None, pa.py_buffer(octets)])
    return whole.cast(pa.bool_()).buffers()[1]


_EMPTY: Final[dict[int, Any]] = {
    pa.string().id: "",
    pa.list_(pa.string()).id: (),
    pa.struct([]).id: {},
    pa.date32().id: dt.date.fromordinal(_FIRST_DAY),
    pa.timestamp("s").id: _FIRST_MOMENT,
}
"""What stands in the place of a null; 0 elsewhere."""
