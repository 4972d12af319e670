"""A Pinterest on localhost: for demos and tests, and whatever else should cost no quota."""

from pinterest_async.emulator.contract.calls import Call, Refusal, Reply
from pinterest_async.emulator.contract.messages import Answer, Hook, Incoming, Record

try:
    from pinterest_async.emulator.server.emulator import Emulator
except ModuleNotFoundError as error:
    if error.name not in {"jsonschema_rs", "rstr"}:
        raise
    raise ImportError(
        f"the emulator needs {error.name}: pip install 'pinterest-async[emulator]'"
    ) from error

__all__ = ["Answer", "Call", "Emulator", "Hook", "Incoming", "Record", "Refusal", "Reply"]
