"""Faults on demand: what the emulator does wrong, to whom, and how often.

    fault = emulator.faults.add(Error(503, operation="pins.list", times=2))
    emulator.faults.add(Late(0.3, "lognormal"), Reset(rate=0.01), Drift("null", field="created_at"))
    ...
    assert fault.hits == 2

The same faults on the same seed and the same requests do the same again, whatever the order in
which concurrent requests arrive.
"""

from pinterest_async.emulator.faults.answers import (
    ChangedHeaders,
    Error,
    ExpiredToken,
    HtmlError,
    RateLimited,
)
from pinterest_async.emulator.faults.drift import Drift
from pinterest_async.emulator.faults.fault import Active, Fault
from pinterest_async.emulator.faults.faults import Faults
from pinterest_async.emulator.faults.notation import read
from pinterest_async.emulator.faults.pages import EmptyPage, RepeatedItems, WrongBookmark
from pinterest_async.emulator.faults.sending import Late, Reset, Slow, Truncated

__all__ = [
    "Active",
    "ChangedHeaders",
    "Drift",
    "EmptyPage",
    "Error",
    "ExpiredToken",
    "Fault",
    "Faults",
    "HtmlError",
    "Late",
    "RateLimited",
    "RepeatedItems",
    "Reset",
    "Slow",
    "Truncated",
    "WrongBookmark",
    "read",
]
