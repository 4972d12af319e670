"""What a program reports of the calls that it made through a client: a JSON line for each.

The interpreter is the client's, so only the standard library is at hand.
"""

import contextlib
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any

# Clients that log to standard output log to standard error from here on.
_REPORT = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)

LONGEST = 600
"""Characters of an error that are reported."""


class FlowEndedError(Exception):
    """A call failed that the rest of its flow needs."""


def given() -> dict[str, Any]:
    """What the program is told on its standard input: addresses, tokens, and ids to ask for."""
    return json.load(sys.stdin)


@contextlib.contextmanager
def call(
    name: str, *, theirs: str = "", values: Mapping[str, str] = {}, fatal: bool = True
) -> Iterator[None]:
    """Report one call, whose result the block checks as well.

    `theirs` says what is wrong with the client, for a call that cannot succeed; the report is then
    wrong if it does. `values` says what is wrong where an error has some text, for what depends on
    the values of an answer. Any other failure ends the flow, unless it is not `fatal`.
    """
    try:
        yield
    except Exception as error:
        text = f"{type(error).__name__}: {error}"
        theirs = next((why for part, why in values.items() if part in text), theirs)
        _report(name, theirs, text)
        if not theirs and fatal:
            raise FlowEndedError from error
    else:
        _report(name, theirs, "")


def refusal(kind: type[Exception], ask: Callable[[], Any]) -> Exception:
    """The error of a request that is to be refused."""
    try:
        ask()
    except kind as error:
        return error
    raise AssertionError("it is taken")


def run(*flows: Callable[[], None]) -> None:
    """Run the flows, one after another, each as far as it gets."""
    for flow in flows:
        try:
            flow()
        except FlowEndedError:
            continue
        except Exception as error:  # noqa: BLE001  (of our own program, and told as such)
            _report(flow.__name__, "", f"outside of its calls, {type(error).__name__}: {error}")


def _report(name: str, theirs: str, error: str) -> None:
    line = {"call": name, "theirs": theirs, "error": " ".join(error.split())[:LONGEST]}
    _REPORT.write(json.dumps(line) + "\n")
    _REPORT.flush()
