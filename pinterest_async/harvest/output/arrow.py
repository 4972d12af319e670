"""Pyarrow, which ships no types: imported here once, as `Any`, and with help when missing."""

from importlib import import_module
from typing import Any, Final


def _module(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError as error:
        raise ImportError(
            "a harvest needs pyarrow: pip install 'pinterest-async[harvest]'"
        ) from error


pa: Final = _module("pyarrow")
pc: Final = _module("pyarrow.compute")
pq: Final = _module("pyarrow.parquet")
csv: Final = _module("pyarrow.csv")
fs: Final = _module("pyarrow.fs")
ds: Final = _module("pyarrow.dataset")
