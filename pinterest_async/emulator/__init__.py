"""A Pinterest on localhost: for demos and tests, and whatever else should cost no quota."""

from pinterest_async.emulator.answer import Answer, Hook, Incoming, Record
from pinterest_async.emulator.call import Call, Refusal, Reply
from pinterest_async.emulator.server import Emulator

__all__ = ["Answer", "Call", "Emulator", "Hook", "Incoming", "Record", "Refusal", "Reply"]
