"""How the pages for people look: their frame, their style, and the headers that keep them safe."""

import base64
import hashlib
from collections.abc import Mapping
from html import escape
from typing import Final

_STYLE: Final = """
:root { color-scheme: light dark; --line: #8884; --soft: #8888; --bad: #d33; --good: #2a7; }
body { font: 15px/1.45 system-ui, sans-serif; max-width: 68rem; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.5rem; margin: 0 } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem }
p { margin: .3rem 0 }
code { font-family: ui-monospace, monospace; font-size: .85em; overflow-wrap: anywhere }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; padding: .25rem .8rem .25rem 0; border-bottom: 1px solid var(--line);
  vertical-align: top } th { font-weight: 600; font-size: .85em }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
.none { color: var(--soft) }
.bad { color: var(--bad) } .good { color: var(--good) }
.tables { display: flex; flex-wrap: wrap; gap: .3rem 1.5rem; padding: 0; margin: 0;
  list-style: none }
meter { width: 8rem } form { display: inline-flex; flex-wrap: wrap; gap: .4rem; margin: .3rem 0 }
form.wide { display: flex } input, button { font: inherit }
.wide input { flex: 1; min-width: 10rem } [type=number] { width: 6rem }
form.decision { display: block } details { margin: .5rem 0 } summary { cursor: pointer }
.wide-table { overflow-x: auto }
@media (max-width: 40rem) {
  body { margin: .8rem auto; padding: 0 .6rem }
  #quotas thead, #calls thead { display: none }
  #quotas tr, #calls tr { display: block; border-bottom: 1px solid var(--line); padding: .2rem 0 }
  #quotas td, #calls td { display: inline; border: 0; padding: 0 .4rem 0 0;
    overflow-wrap: anywhere } }
"""

_STYLE_HASH: Final = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()


def page_headers(form_action: str = "'self'") -> dict[str, str]:
    """The headers of a page whose forms go to these places."""
    return {
        "Content-Type": "text/html; charset=utf-8",
        "Cache-Control": "no-store",
        # Nothing but the page's own style, its empty icon, and forms; in no frame.
        "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; "
        f"img-src data:; form-action {form_action}; frame-ancestors 'none'; base-uri 'none'",
        "X-Frame-Options": "DENY",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
    }


def is_own_page(headers: Mapping[str, str]) -> bool:
    """Whether a request comes from a page of this server, or from no page at all."""
    origin = headers.get("Origin")
    return not origin or origin.partition("://")[2] == headers.get("Host")


def document(title: str, body: str, head: str = "") -> str:
    """A page, from HTML."""
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{escape(title)} - Pinterest emulator</title>
<meta name="viewport" content="width=device-width, initial-scale=1">{head}
<link rel="icon" href="data:,"><style>{_STYLE}</style></head>
<body>{body}
</body></html>
"""
