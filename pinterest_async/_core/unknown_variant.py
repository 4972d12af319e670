"""A variant of an open union that this version does not know."""

import reprlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal

_REPR: Final = reprlib.Repr()
_REPR.maxdict = _REPR.maxlist = _REPR.maxlevel = 3
_REPR.maxstring = _REPR.maxother = 60


@dataclass(frozen=True, slots=True, repr=False)
class Unknown:
    """A variant of an open union that this version does not know, with its raw content.

    `tag` is what the server calls the variant; None when it does not say. Any other attribute is
    the field of that name in `raw`, or None when the server did not send it, so code that reads
    `id` of every variant needs no exception for this one.
    """

    tag: str | None
    raw: dict[str, Any]

    if TYPE_CHECKING:
        # A value that no known variant has, so that comparing a tag narrows a union to the others.
        catalog_type: ClassVar[Literal["<unknown>"]]
        media_type: ClassVar[Literal["<unknown>"]]
        operation: ClassVar[Literal["<unknown>"]]
        report_type: ClassVar[Literal["<unknown>"]]

    def __getattr__(self, name: str) -> Any:
        # Names with an underscore are protocols of Python and its tools: not to be answered, unless
        # the server sent such a field. The slots themselves are empty while a copy is being made.
        if name in ("tag", "raw") or (name.startswith("__") and name.endswith("__")):
            raise AttributeError(name)
        if name not in self.raw and name.startswith("_"):
            raise AttributeError(name)
        return self.raw.get(name)

    def __repr__(self) -> str:
        return f"Unknown(tag={_REPR.repr(self.tag)}, raw={_REPR.repr(self.raw)})"

    def __hash__(self) -> int:
        # Content is JSON, which has no hash of its own.
        return hash((self.tag, *sorted(self.raw)))

    def to_dict(self) -> dict[str, Any]:
        """The raw content."""
        return self.raw
