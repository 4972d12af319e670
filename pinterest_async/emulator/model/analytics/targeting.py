"""The values of each targeting type, with the weights of their shares."""

from collections.abc import Mapping
from typing import Final

_AGES: Final = {"18-24": 15, "25-34": 31, "35-44": 24, "45-49": 9, "50-54": 8, "55-64": 8, "65+": 5}
_GENDERS: Final = {"female": 68, "male": 24, "unknown": 8}

VALUES: Final[Mapping[str, Mapping[str, int]]] = {
    "AGE_BUCKET": _AGES,
    "AGE_BUCKET_AND_GENDER": {
        f"{age} {gender}": 1 + share * part // 100
        for age, share in _AGES.items()
        for gender, part in _GENDERS.items()
    },
    "APPTYPE": {"iphone": 42, "android_mobile": 33, "web": 12, "web_mobile": 8, "ipad": 5},
    "COUNTRY": {"US": 88, "CA": 9, "GB": 3},
    "CREATIVE_TYPE": {"REGULAR": 60, "VIDEO": 25, "CAROUSEL": 10, "COLLECTION": 5},
    "GENDER": _GENDERS,
    "GEO": {"US-CA": 30, "US-TX": 24, "US-NY": 20, "US-FL": 16, "US-WA": 10},
    "KEYWORD": {"small kitchen ideas": 34, "linen dress": 27, "patio furniture": 22, "gift": 17},
    "LOCATION": {"501": 28, "803": 22, "602": 18, "623": 17, "807": 15},
    "PLACEMENT": {"BROWSE": 55, "SEARCH": 37, "RELATED_PINS": 8},
    "REGION": {"California": 30, "Texas": 24, "New York": 20, "Florida": 16, "Washington": 10},
}

_OTHERS: Final[Mapping[str, int]] = {"1001": 45, "1002": 35, "1003": 20}
"""Values of types that are ids: of interests, audiences, stores."""


def values(type: str) -> Mapping[str, int]:
    """The values of a targeting type with their weights."""
    return VALUES.get(type, _OTHERS)
