"""Pyarrow, which ships no types: imported here once, as `Any`, and with help when missing."""

import os
from collections.abc import Generator
from contextlib import contextmanager
from importlib import import_module
from typing import Any, Final


def _module(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError as error:
        raise ImportError(
            "a harvest needs pyarrow: pip install 'pinterest-async[harvest]'"
        ) from error


class _Later:
    """A module that is imported when something of it is first used."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> Any:
        found = getattr(_module(self._name), name)
        setattr(self, name, found)
        return found


pa: Final = _module("pyarrow")
pc: Final = _module("pyarrow.compute")
pq: Final = _module("pyarrow.parquet")
fs: Final = _module("pyarrow.fs")
csv: Final[Any] = _Later("pyarrow.csv")
ds: Final[Any] = _Later("pyarrow.dataset")
"""It imports pandas where that is installed: half a second and 40 MB."""


@contextmanager
def returned_memory() -> Generator[None]:
    """Have Arrow take memory from the system's allocator, which gives it back, for a while.

    The allocator that Arrow prefers keeps several times as much as is in use. What the variable
    ARROW_DEFAULT_MEMORY_POOL says goes before that.
    """
    before = pa.default_memory_pool()
    if "ARROW_DEFAULT_MEMORY_POOL" not in os.environ:
        pa.set_memory_pool(pa.system_memory_pool())
    try:
        yield
    finally:
        pa.set_memory_pool(before)
