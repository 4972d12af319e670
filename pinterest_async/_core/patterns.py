"""Regular expressions that are compiled when they are first used, since most programs need few."""

import re
from typing import Any, AnyStr, cast


class _Pattern:
    """Stands for a compiled pattern, and keeps each method of it that was asked for."""

    def __init__(self, source: Any, flags: int) -> None:
        self._source = source
        self._flags = flags

    def __getattr__(self, name: str) -> Any:
        value = getattr(re.compile(self._source, self._flags), name)
        setattr(self, name, value)
        return value


def lazy_pattern(source: AnyStr, flags: int = 0) -> "re.Pattern[AnyStr]":
    """A regular expression, compiled on first use."""
    return cast("re.Pattern[AnyStr]", _Pattern(source, flags))
