"""What is known of the answers of each operation: its description, and what was learnt since."""

import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

import msgspec

from pinterest_async._core.operation import Operation

if TYPE_CHECKING:
    from pinterest_async._core.unknown_fields import Extra


class Known(msgspec.Struct, frozen=True, eq=False):
    """The answer type of an operation with what was learnt since, and its decoder.

    Once `open`, there were too many unknown fields, and further ones are dropped.
    """

    answer: Any
    extras: "frozenset[Extra]"
    open: bool
    decoder: "msgspec.json.Decoder[Any]"


_KNOWN: Final[dict[str, Known]] = {}
_MOST_OPERATIONS: Final = 2048
_LOCK: Final = threading.Lock()


def known(operation: Operation[Any]) -> Known:
    """What is known of the answers of an operation."""
    found, answer = _KNOWN.get(operation.id), operation.answer
    if found is None or (found.answer is not answer and found.answer != answer):
        if len(_KNOWN) >= _MOST_OPERATIONS:  # operations that callers make up as they go
            _KNOWN.clear()
        decoder = msgspec.json.Decoder(answer)
        found = _KNOWN[operation.id] = Known(answer, frozenset(), False, decoder)
    return found


class Learnt(msgspec.Struct, frozen=True):
    """What is new about an operation's answers: unknown fields, or too many of them."""

    fields: "tuple[Extra, ...]"
    overflow: bool


def learn(operation: Operation[Any], found: Iterable["Extra"]) -> Learnt:
    """Let the answers of an operation hold this from now on.

    Where unknown fields are too many, or have names that cannot be kept, the others are
    dropped from now on, and so are all others.
    """
    from pinterest_async._core.unknown_fields import MOST_FIELDS, can_be_kept, widened

    with _LOCK:
        before = known(operation)
        new = sorted({*found}.difference(before.extras), key=lambda one: one[1:])
        nulls = [one for one in new if one[2] == "null"]
        fields = [one for one in new if one[2] == "field" and not before.open]
        room = MOST_FIELDS - sum(one[2] == "field" for one in before.extras)
        kept = [one for one in fields if can_be_kept(one[1])][:room]
        overflow = len(kept) < len(fields)
        extras = before.extras.union(nulls, kept)
        # Rows get decoders of their own, for each set of columns.
        answer, open_ = before.answer, before.open or overflow
        if operation.row_columns is None:
            answer = widened(answer, extras, open_)
        decoder = msgspec.json.Decoder(answer)
        _KNOWN[operation.id] = Known(before.answer, extras, open_, decoder)
        return Learnt(tuple(kept), overflow)
