"""What can be targeted, by the id under which it is sent, and the days whose metrics are ready."""

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final

from pinterest_async.emulator.contract.calls import ApiCall
from pinterest_async.emulator.handlers.handler import Handlers
from pinterest_async.emulator.model.analytics.targeting import VALUES
from pinterest_async.emulator.model.world import World

_NAMES: Final[Mapping[str, Mapping[str, str]]] = {
    "APPTYPE": {
        "iphone": "iPhone",
        "android_mobile": "Android phone",
        "web": "Web",
        "web_mobile": "Mobile web",
        "ipad": "iPad",
    },
    "GENDER": {"female": "Female", "male": "Male", "unknown": "Unspecified"},
    "GEO": {"US-CA": "California", "US-TX": "Texas", "US-NY": "New York", "US-FL": "Florida"},
    "INTEREST": {"1001": "Home decor", "1002": "Food and drinks", "1003": "Gardening"},
    "LOCALE": {"en-US": "English (US)", "de": "German", "es-MX": "Spanish (Mexico)"},
    "LOCATION": {"501": "New York", "803": "Los Angeles", "602": "Chicago", "623": "Dallas"},
}


def _options(_: World, call: ApiCall) -> Any:
    """One object, as live answers have it."""
    kind = call.path["targeting_type"]
    return [_NAMES.get(kind) or {value: value for value in VALUES.get(kind, ())}]


def _ready(_: World, call: ApiCall) -> Any:
    """The metrics of a day are ready when it has ended."""
    ready = dt.date.fromisoformat(call.query["date"]) < call.now.date()
    return {"conversion_metrics_ready": ready, "non_conversion_metrics_ready": ready}


HANDLERS: Final[Handlers] = {
    "targeting_options/get": _options,
    "metrics_ready_state/get": _ready,
}
