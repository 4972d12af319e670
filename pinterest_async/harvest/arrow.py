"""pyarrow, which ships no types: imported here once, as `Any`, and with help when missing."""

from importlib import import_module
from typing import Any, Final


def _module(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError as error:
        raise ImportError(
            "a harvest writes Parquet, which needs pyarrow: pip install 'pinterest-async[harvest]'"
        ) from error


pa: Final = _module("pyarrow")
pq: Final = _module("pyarrow.parquet")
