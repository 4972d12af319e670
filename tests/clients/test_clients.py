"""Other people's clients succeed against the emulator, but where they are wrong themselves."""

import pytest
from clients import CLIENTS, Call, Client, NotInstalledError, calls, table

SLOW = frozenset({"airbyte-source-pinterest"})
"""Packages that take a minute to install: `make clients` does."""
LEAST = {
    "airbyte-source-pinterest": 69,
    "pinterest-api-sdk": 190,
    "pinterestsdk": 138,
    "python-pinterest": 70,
}
"""Calls that a client's programs make."""


@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.package)
def test_every_call_succeeds_but_where_the_client_is_wrong(client: Client) -> None:
    if client.package in SLOW and not client.installed:
        pytest.skip("takes long to install: make clients")
    try:
        said = calls(client)
    except NotInstalledError as error:
        pytest.skip(f"{client.package} {error}")
    assert [one for one in said if one.unexplained] == []
    assert len(said) >= LEAST[client.package]


RIGHT = Call("pins.get", "", "")
WRONG = Call("pins.get", "", "NotFoundException: (404)")
THEIRS = Call("media.get", "sends a POST", "Error code: 5")
MENDED = Call("media.get", "sends a POST", "")


def test_a_fault_of_the_client_is_told_from_one_of_the_emulator() -> None:
    unexplained = [one.unexplained for one in (RIGHT, WRONG, THEIRS, MENDED)]
    assert unexplained == [False, True, False, True]


def test_the_table_counts_each_call_once() -> None:
    line = table([(CLIENTS[0], [RIGHT, RIGHT, WRONG, THEIRS, MENDED])]).splitlines()[-1]
    assert line == f"| pinterest-api-sdk {CLIENTS[0].version} | 5 | 2 | 1 | 2 |"
