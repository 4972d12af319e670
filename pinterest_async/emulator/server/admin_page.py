"""The admin page: one HTML document with the present state, for people."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any, Final

import msgspec

from pinterest_async.emulator.faults.parsing import descriptions
from pinterest_async.emulator.server.core import EmulatorCore
from pinterest_async.emulator.server.pages import document

_REFRESH: Final = '<meta http-equiv="refresh" content="5">'


def render(
    emulator: EmulatorCore, calls: Sequence[Mapping[str, Any]], *, still: bool = False
) -> str:
    """The page. `calls` are the last requests, oldest first, without secrets.

    It is shown anew every 5 seconds, or has the forms that this would empty if it is `still`.
    """
    now = emulator.now()
    body = f"""<h1>Pinterest emulator</h1>
<p>The API is at <code>{escape(emulator.url)}</code>; its clock says {_time(now, day=True)} UTC.</p>
{_CLOCK if still else _CHANGE}
<h2>Who may call</h2>{_access(emulator)}
<h2>State</h2>{_state(emulator)}
<h2>Quotas</h2>{_quotas(emulator, now)}
<h2>Faults</h2>{_faults(emulator)}{_NEW_FAULT if still else ""}{_fault_kinds()}
<h2>Last requests</h2>{_calls(calls)}"""
    return document("State", body, "" if still else _REFRESH)


_CHANGE: Final = (
    '<p><a href="/_emulator?refresh=off">Change its clock or its faults</a>; '
    "until then this page is shown anew every 5 seconds.</p>"
)
_CLOCK: Final = """<p><a href="/_emulator">Show this page anew every 5 seconds</a>.</p>
<form method="post" action="/_emulator/time"><label>Seconds to move its clock on
<input name="advance" type="number" value="60" min="0" step="any" required></label>
<button>Move on</button></form>"""
_NEW_FAULT: Final = """<form class="wide" method="post" action="/_emulator/faults">
<input name="fault" placeholder="error:status=503,operation=pins.list,rate=0.05" required
 aria-label="fault"><button>Add a fault</button></form>"""


def _access(emulator: EmulatorCore) -> str:
    """The token to call with, the app that logins need, and the users to log in as."""
    token = escape(emulator.token)
    rows = [(escape(name), f"<code>{escape(id)}</code>") for id, name in emulator.users.items()]
    return (
        f'<p>Access token of the first user: <code id="token">{token}</code></p>'
        f"<p>App <code>{escape(emulator.client[0])}</code>, whose logins begin at "
        f"<code>{escape(emulator.authorize_url)}</code></p>"
        + _table("users", ("User", "Id"), rows, "None.")
    )


def _fault_kinds() -> str:
    """All kinds of faults with their fields, folded away."""
    rows = [
        (f"<code>{kind}</code>", escape(text), f"<code>{' '.join(fields)}</code>")
        for kind, (text, fields) in sorted(descriptions().items())
    ]
    table = _table("kinds", ("Kind", "What goes wrong", "Fields"), rows, "")
    return (
        "<details><summary>Kinds of faults</summary><p>A fault is written as kind, colon, fields: "
        "<code>late:seconds=2,operation=pins.*</code>. Each kind has the fields operation, rate, "
        f"times and skip besides its own.</p>{table}</details>"
    )


def _state(emulator: EmulatorCore) -> str:
    counts = emulator.world.counts()
    items = "".join(f"<li><b>{count:,}</b> {_words(name)}</li>" for name, count in counts.items())
    return f'<p>Seed {emulator.world.seed}.</p><ul class="tables" id="state">{items}</ul>'


def _quotas(emulator: EmulatorCore, now: float) -> str:
    quotas = emulator.api.quotas
    if quotas is None:
        return _nothing("Switched off.")
    rows = [
        (
            escape(one.name),
            escape(one.key),
            f'<meter min="0" max="{one.limit}" value="{one.left}"></meter>',
            f"{one.left:,} of {one.limit:,}",
            f"{one.seconds:,.0f} s",
            f"{one.reset:,.0f} s",
        )
        for one in quotas.states(now)
    ]
    heads = ("Window", "App/user", "", "#Left", "#Length", "#More in")
    return _table("quotas", heads, rows, "No request so far.")


_REMOVE: Final = (
    '<form method="post" action="/_emulator/faults/{number}/remove"><button>Remove</button></form>'
)


def _faults(emulator: EmulatorCore) -> str:
    rows = [
        (
            str(active.number),
            f"<code>{escape(msgspec.json.encode(active.fault).decode())}</code>",
            f"{active.hits:,} of {active.matched:,}",
            _REMOVE.format(number=active.number),
        )
        for active in emulator.faults
    ]
    return _table("faults", ("No.", "Fault", "#Hit", ""), rows, "None: everything goes well.")


def _calls(calls: Sequence[Mapping[str, Any]]) -> str:
    rows = [
        (
            _time(call["when"]),
            _status(call["status"]),
            escape(call["operation"]) or '<span class="none">unknown</span>',
            f"<code>{escape(call['method'])} {escape(call['path'])}</code>",
            f"<code>{escape(_query(call['query']))}</code>",
            escape(call["reason"]),
        )
        for call in reversed(calls)
    ]
    heads = ("Time", "#Status", "Operation", "Request", "Query", "Why it was refused")
    return _table("calls", heads, rows, "No request so far.")


def _query(query: Any) -> str:
    """The query; one that was not valid may contain secrets, and is not shown."""
    return msgspec.json.encode(query).decode() if query and not isinstance(query, str) else ""


def _status(status: int) -> str:
    kind = "good" if 200 <= status <= 299 else "bad"
    return f'<span class="{kind}">{status or "cut"}</span>'


def _time(seconds: float, *, day: bool = False) -> str:
    moment = dt.datetime.fromtimestamp(seconds, dt.UTC)
    return f"{moment:%Y-%m-%d %H:%M:%S}" if day else f"{moment:%H:%M:%S}"


def _words(name: str) -> str:
    return escape(name.replace("_", " "))


def _table(id: str, heads: Sequence[str], rows: Iterable[Sequence[str]], nothing: str) -> str:
    """A table; columns whose head begins with # hold numbers."""
    lines = list(rows)
    if not lines:
        return _nothing(nothing)
    kinds = [' class="number"' if head.startswith("#") else "" for head in heads]
    first = "".join(
        f"<th{kind}>{head.removeprefix('#')}</th>" for kind, head in zip(kinds, heads, strict=True)
    )
    cells = (
        "".join(f"<td{kind}>{cell}</td>" for kind, cell in zip(kinds, row, strict=True))
        for row in lines
    )
    body = "".join(f"<tr>{row}</tr>" for row in cells)
    table = f'<table id="{id}"><thead><tr>{first}</tr></thead><tbody>{body}</tbody></table>'
    return f'<div class="wide-table">{table}</div>'


def _nothing(text: str) -> str:
    return f'<p class="none">{text}</p>'
