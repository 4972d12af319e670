"""Building blocks of the generated types: models, open enums, open unions."""

from typing import TYPE_CHECKING, Annotated, Any, TypeAlias, TypeVar

import msgspec

from pinterest_async._core.annotations import Matching
from pinterest_async._core.answer_struct import ShortStruct

if TYPE_CHECKING:
    from pinterest_async._core.unknown_variant import Unknown

T = TypeVar("T")

Id: TypeAlias = Annotated[str, Matching(r"^\d+$")]
"""An id that a request holds: text, digits only."""
Base64: TypeAlias = Annotated[str, Matching(r"^[a-zA-Z0-9+/=]+$")]
"""Content of a file in base64: neither a `data:` prefix nor line breaks."""

Hash: TypeAlias = Annotated[str, Matching(r"^[0-9a-f]{64}$")]
"""SHA-256 of what Pinterest knows a person by, in lower-case hex."""


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
