"""The fields by which answers report that items failed."""

from functools import lru_cache
from typing import Any, Final

from pinterest_async._core.struct_classes import base_classes

FAULTS: Final = ("exceptions", "exception", "errors")
"""Fields that hold the faults of the object that they are in: one, or a list of them."""
REPORTS: Final = frozenset(
    {*FAULTS, "error", "error_counts", "error_message", "error_msg", "errorMessage", "success"}
)
"""Fields by which answers report failures."""


@lru_cache(maxsize=1024)
def may_report_failures(answer: Any) -> bool:
    """Whether answers of a type can report items that failed; plain values always can."""
    if answer is None:  # whatever the body holds
        return False
    classes = base_classes(answer)
    return not classes or any(not REPORTS.isdisjoint(one.__struct_fields__) for one in classes)
