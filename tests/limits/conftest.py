"""The loop of these tests as a fixture."""

from collections.abc import Iterator

import pytest
from limits_loop import VirtualLoop


@pytest.fixture
def loop() -> Iterator[VirtualLoop]:
    made = VirtualLoop()
    yield made
    made.shut()
