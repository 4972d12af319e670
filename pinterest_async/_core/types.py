"""Building blocks of the generated types: models, open enums, open unions."""

from typing import TYPE_CHECKING, Annotated, Any, TypeAlias, TypeVar

import msgspec

from pinterest_async._core.drift import Unknown

T = TypeVar("T")

Id: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^\d+$")]
"""An id that a request holds: text, digits only."""
Base64: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^[a-zA-Z0-9+/=]+$")]
"""Content of a file in base64: neither a `data:` prefix nor line breaks."""


class Model(msgspec.Struct, frozen=True, gc=False, repr_omit_defaults=True):
    """Base of the structs that answers decode to: immutable trees without cycles."""


if TYPE_CHECKING:
    Open: TypeAlias = T | str
    OpenUnion: TypeAlias = T | Unknown
else:

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

        The variants are told apart by their tag; `Unknown` has none, so at runtime it is not part
        of the union: the lenient decoder puts it where no variant fits.
        """

        def __class_getitem__(cls, union: Any) -> Any:
            """The union itself."""
            return union


def redacted_repr(model: Model, *secrets: str) -> str:
    """The repr of a model, with the values of its secret fields blanked out."""
    shown = (
        f"{name}={'[redacted]' if name in secrets and value is not None else repr(value)}"
        for name in model.__struct_fields__
        if (value := getattr(model, name)) is not None
    )
    return f"{type(model).__name__}({', '.join(shown)})"
