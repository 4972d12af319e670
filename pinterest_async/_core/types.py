"""Building blocks of the generated types: models, open enums, open unions."""

from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, TypeAlias, TypeVar, Union, cast

import msgspec

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler

    from pinterest_async._core.unknown_variant import Unknown

T = TypeVar("T")


class Words:
    """`Words["A", "B"]`: the known values of an open enum, in place of `Literal` at runtime.

    `typing` takes its time with long literals: the vocabularies alone took 30 ms to import.
    """

    __slots__ = ("known_values",)

    def __init__(self, values: tuple[str, ...]) -> None:
        self.known_values = values

    def __class_getitem__(cls, values: str | tuple[str, ...]) -> "Words":
        return cls((values,) if isinstance(values, str) else values)


class Matching:
    """The metadata of text that has to match a pattern, which msgspec would compile at once."""

    __slots__ = ("pattern",)

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern


class LazyType(msgspec.Struct, frozen=True):
    """A type that is imported when it is first looked at: most programs need few types of bodies.

    It stands for the type as an alias does that `type X = ...` makes in Python 3.12. It can be
    called, inherited from and given to pydantic as well, since type checkers take it for the type.
    """

    module: str
    name: str

    def __repr__(self) -> str:
        return self.name

    def __or__(self, other: Any) -> Any:
        return Union[self, other]  # noqa: UP007  (the other way calls this method)

    def __call__(self, *args: Any, **fields: Any) -> Any:
        return self.__value__(*args, **fields)

    def __mro_entries__(self, _: Any) -> tuple[Any, ...]:
        return (self.__value__,)

    @property
    def __value__(self) -> Any:
        """The type."""
        return getattr(import_module(f"pinterest_async.resources.{self.module}"), self.name)

    def __get_pydantic_core_schema__(self, _: Any, handler: "GetCoreSchemaHandler") -> Any:
        return handler(self.__value__)


Id: TypeAlias = Annotated[str, Matching(r"^\d+$")]
"""An id that a request holds: text, digits only."""
Base64: TypeAlias = Annotated[str, Matching(r"^[a-zA-Z0-9+/=]+$")]
"""Content of a file in base64: neither a `data:` prefix nor line breaks."""

Hash: TypeAlias = Annotated[str, Matching(r"^[0-9a-f]{64}$")]
"""SHA-256 of what Pinterest knows a person by, in lower-case hex."""


class AnswerStruct:
    """Base of structs in answers: as plain dicts, for people, and for pydantic.

    What does the work is imported on first use: no call needs it.
    """

    __slots__ = ()

    def to_dict(self) -> dict[str, Any]:
        """The answer as plain dicts and lists, by the names on the wire.

        Tags of variants and unknown fields are included; dates and times stay Python's.
        """
        from pinterest_async._core.display import plain

        return cast("dict[str, Any]", plain(self))

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: "GetCoreSchemaHandler") -> Any:
        from pinterest_async._core.pydantic_schema import pydantic_schema

        return pydantic_schema(cls, source, handler)


class ShortStruct(AnswerStruct):
    """Base of structs whose repr is short; the values of the fields `__secrets__` never show."""

    __slots__ = ()
    __secrets__: ClassVar[tuple[str, ...]] = ()

    def __repr__(self) -> str:
        from pinterest_async._core.display import shown

        return shown(cast("msgspec.Struct", self))

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        from pinterest_async._core.display import rich_parts

        return rich_parts(cast("msgspec.Struct", self))


class Model(ShortStruct, msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """Base of the structs that answers decode to: immutable trees without cycles.

    A field that a struct does not have is an error to the decoder, so that none is lost: the struct
    gets a subclass that has it, see `unknown_fields`.
    """


if TYPE_CHECKING:
    Number: TypeAlias = float
    Open: TypeAlias = T | str
    OpenUnion: TypeAlias = T | Unknown
else:
    # Decoded as it came: a count that is sent as 3 is not to be shown as 3.0.
    Number = int | float

    class Open:
        """`Open[Literal["A", "B"]]`: known values, and any other string that the server may send.

        msgspec does not mix literals and strings, so at runtime it is a plain string, with the
        known values beside it as metadata.
        """

        def __class_getitem__(cls, known: Any) -> Any:
            """A string annotated with its known values."""
            return Annotated[str, known]

    class OpenUnion:
        """`OpenUnion[A | B]`: known variants, and `Unknown` for one that the server adds later.

        The variants differ by their tag; `Unknown` has none, so at runtime it is not part of the
        union: the lenient decoder puts it where no variant fits.
        """

        def __class_getitem__(cls, union: Any) -> Any:
            """The union itself."""
            return union
