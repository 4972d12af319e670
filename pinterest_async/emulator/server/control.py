"""Control over HTTP, below `{origin}/_emulator`: for tests in other processes and languages.

GET    /_emulator                  a page for people, shown anew every 5 s [?refresh=off]
GET    /_emulator/faults           the faults in force
POST   /_emulator/faults           add one, or a list: {"kind": "error", "status": 503}, or
                                   {"kind": "truncated", "operation": "downloads.report"}
DELETE /_emulator/faults[/NUMBER]  remove all, or one
GET    /_emulator/state            the whole state; PUT loads it again
GET    /_emulator/calls            the requests so far [?operation=pins.list]; DELETE clears them
GET    /_emulator/time             seconds since 1970; POST {"advance": 60} moves its clock on
GET    /_emulator/users            the users, by id; whom a token or a login can be for
POST   /_emulator/consent          what users decide at logins: {"consent": "ask"}, grant or refuse
POST   /_emulator/tokens           a new token: {"scopes": ["pins:read"], "expires_in": 60}
POST   /_emulator/tokens/expire    make every token expire
"""

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

import msgspec

from pinterest_async.emulator.contract.calls import RejectedError
from pinterest_async.emulator.contract.messages import HttpResponse, LoggedRequest, json_response
from pinterest_async.emulator.contract.wire import is_list, is_object
from pinterest_async.emulator.faults import Active, read
from pinterest_async.emulator.server.admin_page import render
from pinterest_async.emulator.server.consent import Consent
from pinterest_async.emulator.server.core import ROOT, EmulatorCore
from pinterest_async.emulator.server.pages import is_own_page, page_headers

SECRET: Final = {"access_token", "refresh_token", "token", "code", "client_secret"}
"""Fields of requests whose values are never shown."""


_TOKEN: Final = re.compile(r"pin[acr]_\w+")


class NewToken(msgspec.Struct, forbid_unknown_fields=True):
    """What a new token should be; everything has a default."""

    user: str | None = None
    scopes: list[str] | None = None
    expires_in: float = 2_592_000
    kind: str = "pinterest_oauth2"


class Decision(msgspec.Struct, forbid_unknown_fields=True):
    """What users decide where an app asks to act for them."""

    consent: Consent


class ClockStep(msgspec.Struct, forbid_unknown_fields=True):
    """A number of seconds to move the clock on."""

    advance: float


def answer_control(
    emulator: EmulatorCore, method: str, target: str, headers: Mapping[str, str], body: bytes
) -> HttpResponse:
    """Answer a request below the root."""
    parts = urlsplit(target)
    names = [unquote(part) for part in parts.path.split("/") if part][1:]
    query = dict(parse_qsl(parts.query))
    form = headers.get("Content-Type", "").startswith("application/x-www-form-urlencoded")
    try:
        _check_origin(method, headers)
        if form:
            _submit_form(emulator, method, names, dict(parse_qsl(body.decode())))
            return HttpResponse(status=303, headers={"Location": f"/{ROOT}"})
        result = _route(emulator, method, names, query, body)
    except RejectedError as error:
        return json_response(error.status, {"message": error.message})
    except (ValueError, msgspec.ValidationError, msgspec.DecodeError) as error:
        return json_response(400, {"message": str(error)})
    except RecursionError:
        return json_response(400, {"message": "The body is nested too deeply"})
    return result if isinstance(result, HttpResponse) else json_response(200, result)


def without_secrets(record: LoggedRequest) -> dict[str, Any]:
    """A logged request as JSON data, without secrets."""
    result: dict[str, Any] = msgspec.to_builtins(record, builtin_types=(bytes,))
    shown = {"query": _masked(record.query), "body": _masked(record.body)}
    return {**result, **shown, "reason": _TOKEN.sub("***", record.reason)}


def _route(
    emulator: EmulatorCore, method: str, names: list[str], query: Mapping[str, str], body: bytes
) -> Any:
    match method, names:
        case "GET", []:
            return HttpResponse(
                status=200,
                body=render(
                    emulator,
                    [without_secrets(one) for one in emulator.calls()[-50:]],
                    still=query.get("refresh") == "off",
                ).encode(),
                headers=page_headers(),
            )
        case "GET", ["faults"]:
            return [_fault_state(active) for active in emulator.faults]
        case "POST", ["faults"]:
            result: Any = msgspec.json.decode(body)
            faults = [read(one) for one in (result if is_list(result) else [result])]
            return [_fault_state(emulator.faults.add(fault)) for fault in faults]
        case "DELETE", ["faults"]:
            emulator.faults.clear()
            return []
        case "DELETE", ["faults", number]:
            _remove(emulator, number)
            return [_fault_state(active) for active in emulator.faults]
        case "GET", ["state"]:
            return emulator.dump()
        case "PUT", ["state"]:
            emulator.load(msgspec.json.decode(body))
            return {}
        case "GET", ["calls"]:
            return [without_secrets(record) for record in emulator.calls(query.get("operation"))]
        case "DELETE", ["calls"]:
            emulator.api.log.clear()
            return []
        case "GET", ["time"]:
            return {"now": emulator.now()}
        case "POST", ["time"]:
            emulator.advance(msgspec.json.decode(body, type=ClockStep).advance)
            return {"now": emulator.now()}
        case "GET", ["users"]:
            return emulator.users
        case "POST", ["consent"]:
            emulator.consent = msgspec.json.decode(body, type=Decision).consent
            return {"consent": emulator.consent}
        case "POST", ["tokens"]:
            options = msgspec.json.decode(body or b"{}", type=NewToken)
            return {"access_token": emulator.issue_token(**msgspec.structs.asdict(options))}
        case "POST", ["tokens", "expire"]:
            emulator.expire()
            return {}
        case _:
            raise RejectedError(404, 404, f"{method} /{'/'.join([ROOT, *names])} does nothing")


def _check_origin(method: str, headers: Mapping[str, str]) -> None:
    """Check that no page of another site sends the request.

    Raises:
        RejectedError: where one does.
    """
    if method != "GET" and not is_own_page(headers):
        raise RejectedError(403, 403, "Pages of other sites may not control the emulator")


def _submit_form(
    emulator: EmulatorCore, method: str, names: list[str], form: Mapping[str, str]
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
            raise RejectedError(404, 404, "There is no such form")


def _remove(emulator: EmulatorCore, number: str) -> None:
    found = [active for active in emulator.faults if str(active.number) == number]
    if not found:
        raise RejectedError(404, 404, f"There is no fault with the number {number}")
    found[0].remove()


def _fault_state(active: Active) -> dict[str, Any]:
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
