"""A Pinterest on localhost: for demos and tests, and whatever else should cost no quota."""

from pinterest_async.emulator.answer import Answer, Hook, Incoming, Record
from pinterest_async.emulator.call import Call, Refusal, Reply

try:
    from pinterest_async.emulator.server import Emulator
except ModuleNotFoundError as error:
    if error.name not in {"jsonschema_rs", "rstr"}:
        raise
    raise ImportError(
        f"the emulator needs {error.name}: pip install 'pinterest-async[emulator]'"
    ) from error

__all__ = ["Answer", "Call", "Emulator", "Hook", "Incoming", "Record", "Refusal", "Reply"]
