"""What the structs of answers have in common: as plain dicts, for people, and for pydantic.

What does the work is imported on first use: no call needs it.
"""

from typing import TYPE_CHECKING, Any, ClassVar, cast

if TYPE_CHECKING:
    import msgspec
    from pydantic import GetCoreSchemaHandler


class AnswerStruct:
    """Base of structs in answers."""

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
