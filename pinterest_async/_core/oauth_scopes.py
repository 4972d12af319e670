"""OAuth scopes: what a grant says of them, and what of those that an operation needs is missing."""

import re
from collections.abc import Collection, Iterable
from typing import Final

_MOST: Final = 200
"""Scopes of a grant, and characters of each, beyond which nothing is known of them."""


def granted_scopes(text: str | None) -> tuple[str, ...] | None:
    """The scopes of a grant, which joins them by commas or spaces; None where they are not known.

    Both ways to join them were seen in answers that others recorded.
    """
    found = sorted({one for one in re.split(r"[,\s]+", text or "") if one})
    if not found or len(found) > _MOST or any(not _fit(one) for one in found):
        return None
    return tuple(found)


def _fit(scope: str) -> bool:
    return len(scope) <= _MOST and scope.isprintable()


def missing_scopes(
    alternatives: Iterable[Collection[str]], granted: Collection[str]
) -> tuple[str, ...]:
    """What a token lacks of the set of scopes that it is nearest to; one whole set is enough."""
    held = frozenset(granted)
    lacking = min((set(one) - held for one in alternatives), key=len, default=())
    return tuple(sorted(lacking))
