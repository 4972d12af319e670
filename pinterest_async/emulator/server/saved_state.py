"""Saved states: how they look, and the checks before one is loaded."""

from typing import Any, Final, TypedDict

import msgspec

from pinterest_async.emulator.contract.wire import is_object
from pinterest_async.emulator.model.tokens import IssuedTokens

FORMAT: Final = 1
"""The version of saved states."""
FURTHEST: Final = 100 * 365.25 * 86_400
"""Seconds by which the clock can be ahead; dates beyond the year 9999 do not exist."""


class _SavedTable(TypedDict):
    next: int
    rows: list[dict[str, Any]]


class _SavedWorld(TypedDict):
    seed: int
    tables: dict[str, _SavedTable]


class SavedState(msgspec.Struct, kw_only=True):
    """A state as `Emulator.dump` writes it; states of older releases have no `ahead`."""

    format: int
    user: str
    token: str
    auth: IssuedTokens
    world: _SavedWorld
    ahead: float = 0.0


def checked_state(data: Any) -> SavedState:
    """A saved state from its JSON data.

    Raises:
        ValueError: for other data, or a state of another version.
    """
    if not is_object(data) or "format" not in data:
        raise ValueError("this is no state of the emulator: it has no field `format`")
    if data["format"] != FORMAT:
        raise ValueError(
            f"the state has format {data['format']}, and this version reads {FORMAT}: save it anew"
        )
    try:
        state = msgspec.json.decode(msgspec.json.encode(data), type=SavedState)
    except msgspec.ValidationError as error:
        raise ValueError(f"this is no state of the emulator: {error}") from None
    if not 0 <= state.ahead <= FURTHEST:
        raise ValueError(f"this is no state of the emulator: its clock is {state.ahead} s ahead")
    tables = state.world["tables"].values()
    if any("id" not in row for table in tables for row in table["rows"]):
        raise ValueError("this is no state of the emulator: one of its rows has no id")
    return state
