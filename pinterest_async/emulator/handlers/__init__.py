"""What operations do to the state: one module for each family, each with its own `HANDLERS`."""

from collections.abc import Mapping
from typing import Final

from pinterest_async.emulator.call import Handler

HANDLERS: Final[Mapping[str, Handler]] = {}
"""By operationId. An operation without a handler is answered from its schema."""
