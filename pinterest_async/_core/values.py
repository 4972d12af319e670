"""Compiles annotations into checks: closures that find what is wrong with a value."""

import datetime as dt
import types
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, get_args

from pinterest_async._core import scalars
from pinterest_async._core.annotations import (
    describe,
    is_dict,
    is_list,
    is_literal,
    is_typed_dict,
    keys,
    members,
    strip,
)
from pinterest_async._core.guards import is_items, is_mapping, is_object
from pinterest_async._core.problems import (
    MOST,
    Checker,
    Problem,
    Problems,
    key,
    one,
    under,
    unknown,
    unknown_value,
    wrong_type,
)

_NOTHING: Final[frozenset[str]] = frozenset()
_DEEPEST: Final = 100


@lru_cache(maxsize=4096)
def compiled(annotation: Any, given: frozenset[str] = _NOTHING, *, strict: bool = True) -> Checker:
    """The check of an annotation.

    When not strict, what is only unknown passes: fields, values of enums, tags of unions, and text
    that does not match its pattern. `given` names fields of the outermost objects that need not be
    there, since the library fills them in. A value that contains itself ends in a RecursionError,
    not in an endless loop.
    """
    every = members(annotation)
    parts = tuple(part for part in every if strip(part).core not in {None, types.NoneType})
    if not parts:
        return scalars.null
    check = _single(parts[0], given, strict) if len(parts) == 1 else _union(parts, given, strict)
    return check if len(parts) == len(every) else _nullable(check)


def _nullable(inner: Checker) -> Checker:
    def check(value: Any) -> Problems | None:
        return None if value is None else inner(value)

    return check


def _single(annotation: Any, given: frozenset[str], strict: bool) -> Checker:
    stripped = strip(annotation)
    core, limits = stripped.core, stripped.limits
    if core is str or core is int:
        inner = scalars.text(limits, strict=strict) if core is str else scalars.whole(limits)
        return scalars.known(stripped.known, inner) if strict and stripped.known else inner
    if core is float:
        return scalars.real(limits)
    if is_typed_dict(core):
        return _Object(core, given, strict)
    if is_list(core):
        return _sequence(core, limits, given, strict)
    if is_dict(core):
        return _mapping(core, strict)
    if is_literal(core):
        return scalars.literal(get_args(core), strict=strict)
    return _SIMPLE.get(core, json)


def json(value: Any, depth: int = 0) -> Problems | None:
    """Check of a value that may be any JSON: what cannot be encoded is refused."""
    if value is None or isinstance(value, bool | dt.date):
        return None
    if isinstance(value, str):
        return _any_text(value)
    if isinstance(value, int | float):
        return _any_number(value)
    if is_mapping(value) or isinstance(value, list | tuple):
        if depth > _DEEPEST:
            raise RecursionError
        return _json_inside(value, depth + 1)
    return wrong_type("a JSON value", value, "pass dict, list, str, int, float, bool or None")


_any_text = scalars.text({})
_any_number = scalars.real({})
_SIMPLE: Final[Mapping[Any, Checker]] = {
    bool: scalars.truth,
    dt.date: scalars.only_date,
    dt.datetime: scalars.only_moment,
}


def _json_inside(value: Any, depth: int) -> Problems | None:
    found: Problems = []
    named = is_mapping(value)
    for place, item in value.items() if named else enumerate(value):
        if named and (bad := bad_key(place)):
            found.append(bad)
        elif (problems := json(item, depth)) is not None:
            found += under(key(place) if named else f"[{place}]", problems)
        if len(found) >= MOST:
            break
    return found or None


def bad_key(name: Any) -> Problem | None:
    """What is wrong with a name that nothing declares."""
    if isinstance(name, str) and scalars.encodable(name):
        return None
    return Problem(key(name), "has a key that is no valid text", "use plain str keys")


def undeclared(name: Any, value: Any) -> Problems | None:
    """What is wrong with a value that nothing declares: only what JSON cannot say."""
    if bad := bad_key(name):
        return [bad]
    problems = json(value)
    return None if problems is None else under(key(name), problems)


# Lists and objects


def _sequence(core: Any, limits: Mapping[str, Any], given: frozenset[str], strict: bool) -> Checker:
    args = get_args(core)
    item = args[0] if args else Any
    inner = compiled(item, given, strict=strict)
    low: int = limits.get("min_length", 0)
    high: float = limits.get("max_length", float("inf"))
    expected = f"list of {describe(item)}" if args else "list"
    stripped = strip(item)
    known = stripped.known
    ids = strict and stripped.core is str and scalars.is_digits(stripped.limits)

    def check(value: Any) -> Problems | None:
        if not is_items(value):
            return wrong_type(expected, value, _list_fix(value, known))
        found: Problems = [] if low <= len(value) <= high else _length(len(value), low, high)
        if ids and scalars.all_digits(value):
            return found or None
        for index, one_item in enumerate(value):
            problems = inner(one_item)
            if problems is not None:
                found += under(f"[{index}]", problems)
                if len(found) >= MOST:
                    break
        return found or None

    return check


def _list_fix(value: object, known: tuple[Any, ...]) -> str:
    if isinstance(value, str):
        # A known value is no secret; others are not repeated.
        shown = value if value in known else (known[0] if known else "...")
        parted = ", each value an item of its own" if "," in value else ""
        return f"pass a list: [{shown!r}]{parted}"
    if isinstance(value, Mapping | int | float | bool):
        return "pass a list, even for one value"
    return "pass a list: list(value)"


def _length(count: int, low: int, high: float) -> Problems:
    if count < low:
        return one(f"has {count} items, at least {low} needed", "add items, or leave it out")
    return one(
        f"has {count} items, at most {high} are allowed",
        f"split it into calls of at most {high} items each",
    )


def _mapping(core: Any, strict: bool) -> Checker:
    args = get_args(core)
    inner = compiled(args[1], strict=strict) if args else json

    def check(value: Any) -> Problems | None:
        if not is_mapping(value):
            return wrong_type("dict", value, "pass a dict with str keys")
        found: Problems = []
        for name, item in value.items():
            if bad := bad_key(name):
                found.append(bad)
            elif problems := inner(item):
                found += under(key(name), problems)
            if len(found) >= MOST:
                break
        return found or None

    return check


class _Object:
    """Check of a `TypedDict`; its fields are compiled on first use, since types may recurse."""

    __slots__ = ("_checks", "_given", "_required", "_strict", "shape", "tags")

    def __init__(self, shape: Any, given: frozenset[str], strict: bool) -> None:
        self.shape = shape
        self._given = given
        self._strict = strict
        self._checks: dict[str, Checker] = {}
        self._required: frozenset[str] | None = None
        cores = {name: strip(one.annotation).core for name, one in keys(shape).items()}
        self.tags = {name: get_args(core) for name, core in cores.items() if is_literal(core)}

    def __call__(self, value: Any) -> Problems | None:
        required = self._compile() if self._required is None else self._required
        if not is_object(value):
            return wrong_type("dict", value, f"pass a dict with the keys of {self.shape.__name__}")
        found: Problems = []
        checks = self._checks
        for name, item in value.items():
            check = checks.get(name)
            problems = self._undeclared(name, item) if check is None else check(item)
            if problems is not None:
                found += problems if check is None else under(name, problems)
                if len(found) >= MOST:
                    return found
        if not required <= value.keys():
            fields = keys(self.shape)
            found += [
                Problem(name, "is required", f"pass a value: {describe(fields[name].annotation)}")
                for name in self._checks
                if name in required and name not in value
            ]
        return found or None

    def distance(self, value: Mapping[Any, Any]) -> tuple[int, int]:
        """How far a dict is from this shape: tags that match (negative), and misfitting names."""
        required = self._compile() if self._required is None else self._required
        matched = sum(value.get(name) in allowed for name, allowed in self.tags.items())
        unknown_ones = sum(name not in self._checks for name in value)
        return -matched, unknown_ones + len(required - value.keys())

    def _undeclared(self, name: Any, value: Any) -> Problems | None:
        """What is wrong with a field that the shape lacks: when not strict, whether it is JSON."""
        if self._strict:
            return [unknown("field", name, self._checks)]
        return undeclared(name, value)

    def _compile(self) -> frozenset[str]:
        fields = keys(self.shape)
        self._checks = {
            name: compiled(one.annotation, strict=self._strict) for name, one in fields.items()
        }
        required = frozenset(name for name, one in fields.items() if one.required) - self._given
        self._required = required
        return required


# Unions


def _union(parts: tuple[Any, ...], given: frozenset[str], strict: bool) -> Checker:
    cores = [strip(part).core for part in parts]
    options: list[tuple[str, Checker]] = []
    shapes = [core for core in cores if is_typed_dict(core)]
    if shapes:
        options.append(("object", _variants(shapes, given, strict)))
    taken: set[Any] = set(shapes)
    for timed, check_timed in ((dt.date, scalars.date), (dt.datetime, scalars.moment)):
        if str in cores and timed in cores:
            options.append(("text", check_timed))
            taken |= {str, timed}
    options += [
        (_shape_of(core), _single(part, given, strict))
        for core, part in zip(cores, parts, strict=True)
        if core not in taken
    ]
    if len(options) == 1:
        return options[0][1]
    expected = " or ".join(describe(part) for part in parts)

    def check(value: Any) -> Problems | None:
        near: Problems | None = None
        own = _shape_of_value(value)
        for shape, option in options:
            problems = option(value)
            if problems is None:
                return None
            if shape == own and near is None:
                near = problems
        return near or wrong_type(expected, value)

    return check


def _shape_of(core: Any) -> str:
    if core is str or is_literal(core):
        return "text"
    if core in {int, float}:
        return "number"
    return "list" if is_list(core) else "object" if is_dict(core) else "other"


def _shape_of_value(value: object) -> str:
    match value:
        case str():
            return "text"
        case int() | float() if not isinstance(value, bool):
            return "number"
        case list() | tuple():
            return "list"
        case Mapping():
            return "object"
        case _:
            return ""


def _variants(shapes: Sequence[Any], given: frozenset[str], strict: bool) -> Checker:
    """Check of an object that is one of several, distinguished by a tag or by what fits."""
    options = [_Object(shape, given, strict) for shape in shapes]
    tag = _tag(options)
    if tag is None:
        return _fitting(options, strict)
    grouped: dict[Any, list[_Object]] = {}
    for option in options:
        for value in option.tags[tag]:
            grouped.setdefault(value, []).append(option)
    by_value = {value: _fitting(group, strict) for value, group in grouped.items()}
    tags = ", ".join(repr(value) for value in by_value)

    def check(value: Any) -> Problems | None:
        if not is_object(value):
            return wrong_type("dict", value, f"pass a dict with {tag!r} set to one of {tags}")
        if tag not in value:
            return [Problem(tag, "is required", f"pass one of {tags}")]
        chosen = value[tag]
        if not isinstance(chosen, str):
            return under(tag, wrong_type("str", chosen, f"pass one of {tags}"))
        variant = by_value.get(chosen)
        return _unknown_tag(tag, value, by_value, strict) if variant is None else variant(value)

    return check


def _unknown_tag(
    tag: str, value: Mapping[Any, Any], known: Iterable[Any], strict: bool
) -> Problems | None:
    """What is wrong with an object whose tag is unknown; when not strict, it need only be JSON."""
    problems = json(value)
    if not strict:
        return problems
    return [*under(tag, [unknown_value(value[tag], tuple(known))]), *(problems or ())]


def _tag(options: Sequence[_Object]) -> str | None:
    """The field that is a `Literal` in all variants and not the same in all."""
    for name in options[0].tags:
        values = {option.tags.get(name) for option in options}
        if len(values) > 1 and None not in values:
            return name
    return None


def _fitting(options: Sequence[_Object], strict: bool) -> Checker:
    """Check of an object that is one of several: what fits one passes."""
    if len(options) == 1:
        return options[0]
    known: dict[str, dict[Any, None]] = {}
    for option in options:
        for name, allowed in option.tags.items():
            if any(name in keys(other.shape) and name not in other.tags for other in options):
                continue  # some variant takes any text there
            known.setdefault(name, {}).update(dict.fromkeys(allowed))
    names = " or ".join(option.shape.__name__ for option in options[:4])

    def check(value: Any) -> Problems | None:
        if not is_object(value):
            return wrong_type("dict", value, f"pass a dict with the keys of {names}")
        ranked = sorted(options, key=lambda option: option.distance(value))
        nearest: Problems | None = None
        for option in ranked:
            if nearest is None or not strict or option.distance(value)[1] == 0:
                problems = option(value)
                if problems is None:
                    return None
                nearest = nearest or problems
        for name, allowed in known.items():
            tag = value.get(name)
            if isinstance(tag, str) and tag not in allowed:
                return _unknown_tag(name, value, allowed, strict)
        return nearest

    return check
