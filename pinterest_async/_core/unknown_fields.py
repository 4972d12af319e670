"""Answer types changed to what answers really hold, so that these are decoded natively too.

A struct class that has met an unknown field gets a subclass with that field, and one that has met a
null where there may be none a subclass that takes it for the default. Whatever holds the class
(lists, unions, other structs, pages) is rebuilt to hold the subclass. The same set of changes gives
the same class.
"""

import threading
import types
from collections.abc import Callable, Iterable, Mapping
from typing import (
    Annotated,
    Any,
    Final,
    Literal,
    TypeAlias,
    TypeVar,
    Union,
    cast,
    get_args,
    get_origin,
)

import msgspec
from msgspec import NODEFAULT, UNSET
from msgspec.structs import force_setattr

from pinterest_async._core.struct_classes import (
    base_class,
    base_classes,
    field_types,
    is_struct,
    original,
)
from pinterest_async._core.unknown_variant import Unknown

S = TypeVar("S", bound=msgspec.Struct)

Extra: TypeAlias = tuple[Any, str, Literal["field", "null"]]
"""What a struct class lacks: the class (see `base_class`), a name on the wire, and whether it is a
field of this name, or that this field may be null."""

MOST_FIELDS: Final = 64
MOST_LETTERS: Final = 64
"""How many unknown fields are kept for an operation, and how long their names may be: what a
hostile server sends must not grow without bound."""

_MOST_CLASSES: Final = 4096


def can_be_kept(name: str) -> bool:
    """Whether a field of this name can be learnt."""
    # msgspec takes neither quotes nor control characters.
    return len(name) <= MOST_LETTERS and not any(c in '"\\' or c < " " for c in name)


def unknown_fields(thing: Any) -> dict[str, Any]:
    """The fields of an answer that this version does not know, by their names on the wire.

    Takes a struct, a row or a page, and gives its own fields only, not those of what it holds.
    Values are plain JSON. Of an `Unknown`, it is the whole content. Where nothing is unknown, and
    for anything else, it is empty.
    """
    if isinstance(thing, Unknown):
        return dict(thing.raw)
    names: Mapping[str, str] = getattr(thing.__class__, "__extras__", {})
    return {
        wire_name: value
        for name, wire_name in names.items()
        if (value := getattr(thing, name)) is not UNSET
    }


# Classes


def _equal(self: Any, other: Any) -> Any:
    cls = original(self.__class__)
    if original(other.__class__) is not cls:
        return NotImplemented
    return unknown_fields(self) == unknown_fields(other) and all(
        getattr(self, name) == getattr(other, name) for name in cls.__struct_fields__
    )


def _unequal(self: Any, other: Any) -> Any:
    equal = _equal(self, other)
    return NotImplemented if equal is NotImplemented else not equal


def _hash(self: Any) -> int:
    # The same as that of the original, since the two may be equal.
    cls = original(self.__class__)
    return hash(cls(**{name: getattr(self, name) for name in cls.__struct_fields__}))


def _subclass(cls: Any, fields: Iterable[Any], open_: bool = False, **namespace: Any) -> Any:
    """A subclass that has more or other fields, and otherwise passes for its original."""
    config = cls.__struct_config__
    return msgspec.defstruct(
        cls.__name__,
        fields,
        bases=(cls,),
        module=cls.__module__,
        namespace={
            "__doc__": cls.__doc__,
            "__qualname__": cls.__qualname__,
            "__original__": original(cls),
            "__eq__": _equal,
            "__ne__": _unequal,
            "__hash__": _hash,
            **namespace,
        },
        tag=config.tag,
        tag_field=config.tag_field,
        frozen=config.frozen,
        gc=config.gc,
        kw_only=True,
        forbid_unknown_fields=config.forbid_unknown_fields and not open_,
    )


def with_types(cls: type[S], kinds: Mapping[str, Any]) -> type[S]:
    """A subclass whose fields of these names have other types; it is pickled as its original."""
    infos = {info.name: info for info in msgspec.structs.fields(cls)}
    fields = [(name, kind, _same_field(infos[name])) for name, kind in kinds.items()]
    return cast("type[S]", _subclass(cls, fields))


def _same_field(info: msgspec.structs.FieldInfo) -> Any:
    """The default and the wire name of a field, for one that takes its place."""
    if info.default_factory is not NODEFAULT:
        return msgspec.field(default_factory=info.default_factory, name=info.encode_name)
    return msgspec.field(default=info.default, name=info.encode_name)


_LOCK: Final = threading.RLock()
"""Held while classes are made, so that nobody decodes with one that is half finished."""
_CLASSES: Final[dict[tuple[Any, frozenset[Extra], bool], Any]] = {}


def widened(annotation: Any, extras: frozenset[Extra], open_: bool = False) -> Any:
    """An annotation whose structs hold more than they were declared to.

    With `open_`, they drop all other unknown fields; else such a field is a misfit.
    """
    if not extras and not open_:
        return annotation
    with _LOCK:
        if len(_CLASSES) > _MOST_CLASSES:  # classes that come and go with columns, for instance
            _CLASSES.clear()
        try:
            return _Widening(extras, open_).of(annotation)
        except BaseException:
            _CLASSES.clear()  # some may be half finished
            raise


class _Widening:
    """Rebuilds annotations. A class is known before its fields are, so that it may hold itself."""

    def __init__(self, extras: frozenset[Extra], open_: bool) -> None:
        self._extras = extras
        self._open = open_

    def of(self, annotation: Any) -> Any:
        if not self._concerns(annotation):
            return annotation
        origin, args = get_origin(annotation), get_args(annotation)
        if origin is Annotated:
            return Annotated[(self.of(args[0]), *annotation.__metadata__)]
        if origin in {Union, types.UnionType}:
            return Union[tuple(self.of(one) for one in args)]  # noqa: UP007 - made of a tuple
        if is_struct(annotation):
            return self._struct(annotation)
        if hasattr(annotation, "__value__"):  # `type X = ...` of Python 3.12
            return self.of(annotation.__value__)
        return origin[tuple(self.of(one) for one in args)]

    def _concerns(self, annotation: Any) -> bool:
        inside = base_classes(annotation)
        return bool(inside) if self._open else any(one[0] in inside for one in self._extras)

    def _struct(self, struct: Any) -> Any:
        cls = get_origin(struct) or struct
        own = [one for one in self._extras if one[0] is base_class(cls)]
        if (
            cls is not struct
            and not (own or self._open)
            and not any(map(self._concerns, field_types(cls)))
        ):
            # A generic struct: only what it is a generic of changes.
            return cls[tuple(self.of(one) for one in get_args(struct))]
        inside = base_classes(struct)
        extras = frozenset(one for one in self._extras if one[0] in inside)
        key = (struct, extras, self._open)
        if key not in _CLASSES:
            self._make(struct, cls, own, key)
        return _CLASSES[key]

    def _make(self, struct: Any, cls: Any, own: list[Extra], key: Any) -> None:
        infos = msgspec.structs.fields(struct)
        known = {info.encode_name for info in infos}
        new = sorted(name for _, name, what in own if what == "field" and name not in known)
        nulls = {name for _, name, what in own if what == "null"}
        changed = [
            info
            for info in infos
            if cls is not struct or info.encode_name in nulls or self._concerns(info.type)
        ]
        names = _names(cls, new)
        namespace = {"__extras__": names, "__recipe__": (struct, *key[1:]), "__reduce__": _reduce}
        defaults = [_default(info) for info in changed if info.encode_name in nulls]
        if defaults:
            namespace["__post_init__"] = _without_nulls(cls, defaults)
        made = _subclass(
            cls,
            [
                *((info.name, Any, _same_field(info)) for info in changed),
                *(
                    (name, Any, msgspec.field(default=UNSET, name=wire_name))
                    for name, wire_name in names.items()
                ),
            ],
            self._open,
            **namespace,
        )
        _CLASSES[key] = made
        kinds: dict[str, Any] = {}
        for info in changed:
            kind = self.of(info.type)
            kinds[info.name] = kind | None if info.encode_name in nulls else kind
        made.__annotations__ = {**made.__annotations__, **kinds}


def _default(info: msgspec.structs.FieldInfo) -> tuple[str, Callable[[], Any]]:
    """A field's name, and what makes its default."""
    if info.default_factory is not NODEFAULT:
        return info.name, info.default_factory
    return info.name, lambda: info.default


def _without_nulls(cls: Any, defaults: list[tuple[str, Callable[[], Any]]]) -> Any:
    """A `__post_init__` that puts defaults in the place of nulls."""
    inherited = getattr(cls, "__post_init__", None)

    def post_init(self: Any) -> None:
        for name, default in defaults:
            if getattr(self, name) is None:
                force_setattr(self, name, default())
        if inherited is not None:
            inherited(self)

    return post_init


def _names(cls: Any, wire_names: Iterable[str]) -> dict[str, str]:
    """Attributes for fields: their own names, where these are free."""
    names: dict[str, str] = {}
    other: list[str] = []
    for wire_name in wire_names:
        free = wire_name.isidentifier() and not wire_name.startswith("_")
        if free and not hasattr(cls, wire_name):
            names[wire_name] = wire_name
        else:
            other.append(wire_name)
    number = 0
    for wire_name in other:
        while f"unknown_{number}" in names:
            number += 1
        names[f"unknown_{number}"] = wire_name
    return names


# Pickles: the classes have no place to be imported from, so they are made again.


def _reduce(self: Any) -> tuple[Any, ...]:
    struct, extras, open_ = self.__recipe__
    values = {
        name: value
        for name in self.__struct_fields__
        if (value := getattr(self, name)) is not UNSET
    }
    made_of = getattr(struct, "__made_of__", None)
    if made_of is None:
        return _restore, (struct, extras, open_, values)
    return _restore_made, (struct.__maker__, made_of, extras, open_, values)


def _restore(struct: Any, extras: frozenset[Extra], open_: bool, values: Mapping[str, Any]) -> Any:
    cls = widened(struct, extras, open_)
    return (get_origin(cls) or cls)(**values)


def _restore_made(
    maker: Callable[..., Any],
    made_of: tuple[Any, ...],
    extras: frozenset[Extra],
    open_: bool,
    values: Mapping[str, Any],
) -> Any:
    return _restore(maker(*made_of), extras, open_, values)
