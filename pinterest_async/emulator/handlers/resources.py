"""What can be targeted: the values of each targeting type, by the id under which they are sent."""

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


HANDLERS: Final[Handlers] = {"targeting_options/get": _options}
