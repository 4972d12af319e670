"""Control over HTTP, below `{origin}/_emulator`: for tests in other processes and languages.

GET    /_emulator                  a page for people
GET    /_emulator/faults           the faults in force
POST   /_emulator/faults           one more, or a list: {"kind": "error", "status": 503}, or
                                   {"kind": "truncated", "operation": "downloads.report"}
DELETE /_emulator/faults[/NUMBER]  end all, or one
GET    /_emulator/state            all that it holds; PUT takes it up again
GET    /_emulator/calls            what was asked [?operation=pins.list]; DELETE forgets it
GET    /_emulator/time             seconds since 1970; POST {"advance": 60} moves its clock on
POST   /_emulator/tokens           a new token: {"scopes": ["pins:read"], "expires_in": 60}
POST   /_emulator/tokens/expire    every token is past its end
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

import msgspec

from pinterest_async.emulator.contract.calls import Refusal
from pinterest_async.emulator.contract.messages import Answer, Record
from pinterest_async.emulator.contract.wire import is_list, is_object
from pinterest_async.emulator.faults import Active, read
from pinterest_async.emulator.faults.base import json_answer
from pinterest_async.emulator.server.admin_page import render

if TYPE_CHECKING:
    from pinterest_async.emulator.server.emulator import Emulator

ROOT: Final = "_emulator"
SECRET: Final = {"access_token", "refresh_token", "token", "code", "client_secret"}
"""Fields of requests whose values nobody is shown."""


class NewToken(msgspec.Struct, forbid_unknown_fields=True):
    """What a new token should be; everything has a default."""

    user: str | None = None
    scopes: list[str] | None = None
    expires_in: float = 2_592_000
    kind: str = "pinterest_oauth2"


class Advance(msgspec.Struct, forbid_unknown_fields=True):
    """How many seconds the clock is to move on."""

    advance: float


def control(
    emulator: "Emulator", method: str, target: str, headers: Mapping[str, str], body: bytes
) -> Answer:
    """Answer a request below the root."""
    parts = urlsplit(target)
    names = [unquote(part) for part in parts.path.split("/") if part][1:]
    query = dict(parse_qsl(parts.query))
    form = headers.get("Content-Type", "").startswith("application/x-www-form-urlencoded")
    try:
        _check_origin(method, headers)
        if form:
            _submitted(emulator, method, names, dict(parse_qsl(body.decode())))
            return Answer(status=303, headers={"Location": f"/{ROOT}"})
        said = _routed(emulator, method, names, query, body)
    except Refusal as refusal:
        return json_answer(refusal.status, {"message": refusal.message})
    except (ValueError, msgspec.ValidationError, msgspec.DecodeError) as error:
        return json_answer(400, {"message": str(error)})
    return said if isinstance(said, Answer) else json_answer(200, said)


def shown(record: Record) -> dict[str, Any]:
    """A request as it may be seen: without secrets."""
    said: dict[str, Any] = msgspec.to_builtins(record, builtin_types=(bytes,))
    return {**said, "query": _masked(record.query), "body": _masked(record.body)}


def _routed(
    emulator: "Emulator", method: str, names: list[str], query: Mapping[str, str], body: bytes
) -> Any:
    match method, names:
        case "GET", []:
            return Answer(
                status=200,
                body=render(emulator, [shown(one) for one in emulator.calls()[-50:]]).encode(),
                headers={"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store"},
            )
        case "GET", ["faults"]:
            return [_told(active) for active in emulator.faults]
        case "POST", ["faults"]:
            said: Any = msgspec.json.decode(body)
            faults = [read(one) for one in (said if is_list(said) else [said])]
            return [_told(emulator.faults.add(fault)) for fault in faults]
        case "DELETE", ["faults"]:
            emulator.faults.clear()
            return []
        case "DELETE", ["faults", number]:
            _remove(emulator, number)
            return [_told(active) for active in emulator.faults]
        case "GET", ["state"]:
            return emulator.dump()
        case "PUT", ["state"]:
            emulator.load(msgspec.json.decode(body))
            return {}
        case "GET", ["calls"]:
            return [shown(record) for record in emulator.calls(query.get("operation"))]
        case "DELETE", ["calls"]:
            emulator.api.log.clear()
            return []
        case "GET", ["time"]:
            return {"now": emulator.now()}
        case "POST", ["time"]:
            emulator.advance(msgspec.json.decode(body, type=Advance).advance)
            return {"now": emulator.now()}
        case "POST", ["tokens"]:
            wish = msgspec.json.decode(body or b"{}", type=NewToken)
            return {"access_token": emulator.issue_token(**msgspec.structs.asdict(wish))}
        case "POST", ["tokens", "expire"]:
            emulator.expire()
            return {}
        case _:
            raise Refusal(404, 404, f"{method} /{'/'.join([ROOT, *names])} does nothing")


def _check_origin(method: str, headers: Mapping[str, str]) -> None:
    """Let no page of another site control anything.

    Raises:
        Refusal: where one tries.
    """
    origin = headers.get("Origin")
    if method != "GET" and origin and urlsplit(origin).netloc != headers.get("Host"):
        raise Refusal(403, 403, "Pages of other sites control nothing here")


def _submitted(
    emulator: "Emulator", method: str, names: list[str], form: Mapping[str, str]
) -> None:
    """Do what a form of the page says."""
    match method, names:
        case "POST", ["faults"]:
            emulator.faults.add(read(form.get("fault", "")))
        case "POST", ["faults", number, "remove"]:
            _remove(emulator, number)
        case "POST", ["time"]:
            emulator.advance(float(form.get("advance", "")))
        case _:
            raise Refusal(404, 404, "There is no such form")


def _remove(emulator: "Emulator", number: str) -> None:
    found = [active for active in emulator.faults if str(active.number) == number]
    if not found:
        raise Refusal(404, 404, f"No fault in force has the number {number}")
    found[0].remove()


def _told(active: Active) -> dict[str, Any]:
    return {
        "number": active.number,
        "matched": active.matched,
        "hits": active.hits,
        "fault": active.fault,
    }


def _masked(data: Any) -> Any:
    if is_object(data):
        return {name: "***" if name in SECRET else _masked(one) for name, one in data.items()}
    if is_list(data):
        return [_masked(one) for one in data]
    if isinstance(data, bytes):
        return f"{len(data)} bytes" if data else None
    return data
