"""The page where a person chooses a user and lets an app act for them, or does not."""

import re
from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Final, Literal, TypeAlias
from urllib.parse import urlencode

from pinterest_async.emulator.contract.calls import RejectedError
from pinterest_async.emulator.contract.messages import HttpResponse
from pinterest_async.emulator.model.tokens import TokenIssuer
from pinterest_async.emulator.server.pages import document, is_own_page, page_headers

Consent: TypeAlias = Literal["ask", "grant", "refuse"]
"""What happens where a user is to consent: the page asks, or it is answered at once."""

_REDIRECT: Final = re.compile(
    r"(https?://([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?([/?#][!#-&(-~]*)?"
    r"|(?!https?:)[A-Za-z][A-Za-z0-9+.-]*:[!#-&(-~]*)",
    re.IGNORECASE,
)
"""An address, also of an app's own scheme, whose parts can stand in a header and in a policy."""
_NEVER: Final = ("javascript", "data", "vbscript", "file")
_ASKED: Final = ("client_id", "redirect_uri", "response_type", "scope", "state")


class ConsentPage:
    """Answers the requests of a browser below `/oauth/`."""

    def __init__(
        self,
        auth: TokenIssuer,
        users: Callable[[], Mapping[str, str]],
        authorize: Callable[..., str],
    ) -> None:
        """`users` has the name of each user by id; `authorize` makes a code."""
        self.consent: Consent = "ask"
        self._auth = auth
        self._users = users
        self._authorize = authorize

    def answer(
        self, method: str, headers: Mapping[str, str], asked: Mapping[str, str]
    ) -> HttpResponse:
        """Show the page for what the address asks, or go back to the app with the decision.

        Raises:
            RejectedError: 400 where what is asked makes no sense, 403 for a form of another site.
        """
        scopes = self._checked(asked)
        if method == "GET" and self.consent == "ask":
            return self._page(asked, scopes)
        if method == "GET":
            return self._back(asked, scopes, granted=self.consent == "grant")
        if method != "POST":
            raise RejectedError(405, 5, "This page knows GET and POST")
        if not is_own_page(headers):
            raise RejectedError(403, 403, "Another site may not consent for a user")
        user = asked.get("user", "")
        if user not in self._users():
            raise RejectedError(400, 1, f"user: there is no user {user!r}")
        return self._back(asked, scopes, granted=asked.get("decision") == "grant", user=user)

    def _checked(self, asked: Mapping[str, str]) -> list[str]:
        """The scopes that are asked for."""
        target = asked.get("redirect_uri", "")
        if asked.get("client_id") not in self._auth.tokens.apps:
            raise RejectedError(400, 1, "client_id: there is no such app")
        if not _REDIRECT.fullmatch(target) or target.partition(":")[0].lower() in _NEVER:
            raise RejectedError(400, 1, "redirect_uri: is missing, or no address to go back to")
        if asked.get("response_type") != "code":
            raise RejectedError(400, 1, "response_type: must be code")
        scopes = self._auth.known_scopes(asked.get("scope"))
        if not scopes:
            raise RejectedError(400, 1, "scope: is missing; send scopes joined by commas")
        return scopes

    def _back(
        self, asked: Mapping[str, str], scopes: Sequence[str], *, granted: bool, user: str = ""
    ) -> HttpResponse:
        """Go back to the app, with a code or with an error."""
        target = asked["redirect_uri"]
        if granted:
            app = asked["client_id"]
            code = self._authorize(target, user=user or None, scopes=scopes, app=app)
            said = {"code": code}
        else:
            said = {"error": "access_denied", "error_description": "The user refused."}
        if "state" in asked:
            said["state"] = asked["state"]
        address, hash, fragment = target.partition("#")
        joint = "&" if "?" in address else "?"
        location = address + joint + urlencode(said) + hash + fragment
        return HttpResponse(status=302, headers={"Location": location, "Cache-Control": "no-store"})

    def _page(self, asked: Mapping[str, str], scopes: Sequence[str]) -> HttpResponse:
        users = "".join(
            f'<p><label><input type="radio" name="user" value="{escape(id)}"'
            f"{' checked' if not number else ''} required> {escape(name)} "
            f'<span class="none">{escape(id)}</span></label></p>'
            for number, (id, name) in enumerate(self._users().items())
        )
        hidden = "".join(
            f'<input type="hidden" name="{name}" value="{escape(asked[name])}">'
            for name in _ASKED
            if name in asked
        )
        wanted = "".join(f"<li><code>{escape(scope)}</code></li>" for scope in scopes)
        target = asked["redirect_uri"]
        body = f"""<h1>Pinterest emulator</h1>
<p>The app <b>{escape(asked["client_id"])}</b> asks to act for a user, and to be answered at
<code>{escape(target)}</code>. It asks for:</p><ul>{wanted}</ul>
<form class="decision" method="post" action="/oauth/">{hidden}{users}
<p><button name="decision" value="grant">Grant</button>
<button name="decision" value="refuse">Refuse</button></p></form>"""
        scheme, _, rest = target.partition(":")
        # Browsers hold the redirect after a form against the policy as well.
        goes_to = f"{scheme}:"
        if scheme.lower() in ("http", "https"):
            goes_to += "//" + re.split("[/?#]", rest.removeprefix("//"))[0]
        return HttpResponse(
            status=200,
            body=document("Log in", body).encode(),
            headers=page_headers(f"'self' {goes_to}"),
        )
