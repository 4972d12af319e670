"""A Pinterest on localhost, for demos and tests.

`server` has sockets, the admin page and control routes; `faults` make it misbehave; `handlers`
answer operations; `model` is the state behind them; `contract` says what requests and answers are.
"""

from pinterest_async.emulator.contract.calls import ApiCall, RejectedError, Reply
from pinterest_async.emulator.contract.messages import (
    Hook,
    HttpRequest,
    HttpResponse,
    LoggedRequest,
)

try:
    from pinterest_async.emulator.server.emulator import Emulator
except ModuleNotFoundError as error:
    if error.name not in {"jsonschema_rs", "rstr"}:
        raise
    raise ImportError(
        f"the emulator needs {error.name}: pip install 'pinterest-async[emulator]'"
    ) from error

__all__ = [
    "ApiCall",
    "Emulator",
    "Hook",
    "HttpRequest",
    "HttpResponse",
    "LoggedRequest",
    "RejectedError",
    "Reply",
]
