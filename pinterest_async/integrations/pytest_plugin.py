"""Fixtures for the tests of applications that call Pinterest; pytest finds them by itself.

`pip install 'pinterest-async[emulator]'` is all that it takes:

    async def test_publishing(pinterest, pinterest_emulator):
        await publish(pinterest, ["https://example.com/news"])
        assert len(pinterest_emulator.calls("pins.create")) == 1

- `pinterest_emulator`: an emulator of its own for each test, with its `url` and `token`, its
  request log `calls(...)`, and `faults.add(...)` for whatever should go wrong. It runs in a thread,
  so tests may be synchronous or not, with any library for event loops, and the application may be
  in another process.
- `pinterest`: a client of it. It retries as quickly as it can, and closes with its event loop.
- `pinterest_environment`: points `Pinterest.from_env()` at the emulator, also in processes that the
  test starts.

Options of `Emulator` come from a marker, or from a fixture `pinterest_emulator_options` of yours
that returns them for a module or for all tests:

    @pytest.mark.pinterest_emulator(accounts=50, quotas={"ads_analytics": 10})
    def test_many_accounts(pinterest_environment): ...

Each test has a token of its own, so that no test waits for a quota that another one has used up.
"""

import hashlib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pinterest_async.client import Pinterest
    from pinterest_async.emulator import Emulator


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line(
        "markers",
        "pinterest_emulator(**options): options of the Emulator that this test's fixtures use",
    )


@pytest.fixture
def pinterest_emulator_options() -> Mapping[str, Any]:
    """Options of the emulator for all tests: override this one. A marker's options win."""
    return {}


@pytest.fixture
def pinterest_emulator(
    request: pytest.FixtureRequest, pinterest_emulator_options: Mapping[str, Any]
) -> "Iterator[Emulator]":
    """A Pinterest on localhost, for this test alone."""
    from pinterest_async.emulator.server.threaded import running

    node: pytest.Item = request.node
    marker = node.get_closest_marker("pinterest_emulator")
    if marker is not None and marker.args:
        raise pytest.UsageError("pinterest_emulator takes options by name: accounts=50")
    token = "pina_" + hashlib.sha256(node.nodeid.encode()).hexdigest().upper()
    options = {"token": token, **pinterest_emulator_options, **(marker.kwargs if marker else {})}
    with running(**options) as emulator:
        yield emulator


@pytest.fixture
def pinterest(pinterest_emulator: "Emulator") -> "Pinterest":
    """A client of the emulator. In its own event loop it needs no closing."""
    from pinterest_async import InMemoryLimiter, Pinterest, Retry

    return Pinterest(
        pinterest_emulator.token,
        base_url=pinterest_emulator.url,
        retry=Retry(base=0.01, cap=0.1),
        limiter=InMemoryLimiter(),
    )


@pytest.fixture
def pinterest_environment(
    pinterest_emulator: "Emulator", monkeypatch: pytest.MonkeyPatch
) -> Mapping[str, str]:
    """The variables that point `Pinterest.from_env()` at the emulator, set for this test."""
    variables = {
        "PINTEREST_ACCESS_TOKEN": pinterest_emulator.token,
        "PINTEREST_BASE_URL": pinterest_emulator.url,
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return variables
