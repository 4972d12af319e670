"""The handlers: what each operation does with the model. One module for each namespace.

Each module that has `HANDLERS` or `FILE_HANDLERS` is found by itself. Most of what ad accounts have
needs no module: `kinds.py` is a table with one entry for each kind.
"""

from importlib import import_module
from pkgutil import iter_modules
from typing import Any, Final

from pinterest_async.emulator.handlers.access import for_account_owner
from pinterest_async.emulator.handlers.handler import FileHandlers, Handlers

_FOR_ACCOUNT_OWNER: Final = {"boards", "pin_analytics", "pins", "search", "user_account"}
"""Modules whose operations may be called for the owner of an ad account."""


def _collected(table: str) -> dict[str, Any]:
    """The handlers of all modules in their tables of one name."""
    found: dict[str, Any] = {}
    for info in iter_modules(__path__):
        module = import_module(f"{__name__}.{info.name}")
        for key, handler in getattr(module, table, {}).items():
            if key in found:
                raise ValueError(f"{info.name} has a second handler of {key}")
            found[key] = for_account_owner(handler) if info.name in _FOR_ACCOUNT_OWNER else handler
    return found


HANDLERS: Final[Handlers] = _collected("HANDLERS")
"""By operationId. An operation without a handler is answered from its schema."""

FILE_HANDLERS: Final[FileHandlers] = _collected("FILE_HANDLERS")
"""By the first part of a path outside the API, such as `downloads` in `{origin}/downloads/...`."""
