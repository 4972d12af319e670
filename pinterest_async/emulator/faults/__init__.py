"""Faults on demand: what goes wrong, with which requests, and how often.

    fault = emulator.faults.add(Error(503, operation="pins.list", times=2))
    emulator.faults.add(Late(0.3, "lognormal"))
    emulator.faults.add(Drift("null", field="created_at"))
    emulator.faults.add(Truncated(operation="downloads.report", rate=0.5))
    ...
    assert fault.hits == 2

Faults hit file hosts as well, by the names in `Fault`; a signed URL expires with
`Error(403, operation="downloads.*", times=1)`, or in its time with `emulator.advance(300)`.

The same faults with the same seed and the same requests have the same effect, in whatever order
concurrent requests arrive.
"""

from pinterest_async.emulator.faults.base import Active, Fault
from pinterest_async.emulator.faults.drift import Drift
from pinterest_async.emulator.faults.injector import Faults
from pinterest_async.emulator.faults.pages import EmptyPage, RepeatedItems, WrongBookmark
from pinterest_async.emulator.faults.parsing import read
from pinterest_async.emulator.faults.responses import (
    ChangedHeaders,
    Error,
    ExpiredToken,
    HtmlError,
    JobState,
    RateLimited,
)
from pinterest_async.emulator.faults.transmission import Garbled, Late, Reset, Slow, Truncated

__all__ = [
    "Active",
    "ChangedHeaders",
    "Drift",
    "EmptyPage",
    "Error",
    "ExpiredToken",
    "Fault",
    "Faults",
    "Garbled",
    "HtmlError",
    "JobState",
    "Late",
    "RateLimited",
    "RepeatedItems",
    "Reset",
    "Slow",
    "Truncated",
    "WrongBookmark",
    "read",
]
