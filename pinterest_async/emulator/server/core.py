"""An emulator without sockets: its world, clock, tokens, faults, and its state in files."""

import math
import os
import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from pinterest_async.emulator.contract.messages import (
    Hook,
    HttpRequest,
    HttpResponse,
    LoggedRequest,
)
from pinterest_async.emulator.faults import Faults
from pinterest_async.emulator.model.boards import username
from pinterest_async.emulator.model.tokens import (
    ACCESS_LIFE,
    CLIENT_ID,
    CLIENT_SECRET,
)
from pinterest_async.emulator.model.users import PEOPLE
from pinterest_async.emulator.server.api import Api
from pinterest_async.emulator.server.consent import Consent, ConsentPage
from pinterest_async.emulator.server.file_hosts import FileHosts
from pinterest_async.emulator.server.saved_state import FORMAT, FURTHEST, SavedState, checked_state

BASE: Final = "/v5"
"""The path of the API."""
ROOT: Final = "_emulator"
"""The first part of the path of the admin page and the control routes."""


class EmulatorCore:
    """The parts of an emulator, and all that can be done to it between requests."""

    def __init__(
        self, api: Api, faults: Faults, *, user: str, token: str, now: Callable[[], float]
    ) -> None:
        self.api = api
        self.world = api.world
        self.origin = ""
        self.auth = api.auth
        self.faults = faults
        self.user = user
        self.token = token
        self.hooks: list[Hook] = api.hooks
        """Code that runs before and after the API."""
        self.hooks.append(faults)
        self._consent = ConsentPage(api.auth, lambda: self.users, self.authorize)
        self._file_hosts = FileHosts(api, self._consent)
        self._clock = now
        self._advanced = 0.0

    @property
    def url(self) -> str:
        """The URL of the API: what a client takes as its base URL."""
        return self.origin + BASE

    @property
    def page(self) -> str:
        """The URL of the admin page, and of the routes by which other processes control it."""
        return f"{self.origin}/{ROOT}"

    def answer(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes
    ) -> HttpResponse:
        """Answer a request to the API or to a file host; `target` is the whole path."""
        is_api = target.startswith(BASE + "/")
        target = target.removeprefix(BASE) if is_api else target
        request = HttpRequest(
            method=method, target=target, headers=headers, body=body, now=self.now()
        )
        return self.api.answer(request) if is_api else self._file_hosts.answer(request)

    def now(self) -> float:
        """The time of its clock, in seconds since 1970."""
        return self._clock() + self._advanced

    def advance(self, seconds: float) -> None:
        """Move its clock on: tokens age, and quotas refill.

        Raises:
            ValueError: for a step back, which no quota and no bookmark could follow, or more than
                a hundred years in all.
        """
        if not 0 <= seconds < math.inf:
            raise ValueError(f"advance is {seconds}: use 0 or more seconds")
        if self._advanced + seconds > FURTHEST:
            raise ValueError(f"advance is {seconds}: its clock goes on by 100 years at most")
        self._advanced += seconds

    # Who may call

    @property
    def client(self) -> tuple[str, str]:
        """Id and secret of the app that the OAuth flows know."""
        return CLIENT_ID, CLIENT_SECRET

    @property
    def users(self) -> dict[str, str]:
        """The names of the users by id: `user` first, then the others of its world."""
        names = {row["id"]: row["username"] for row in self.world.table(PEOPLE)}
        return {self.user: username(self.user), **names}

    @property
    def consent(self) -> Consent:
        """What happens where a user is to consent to a login: "ask", "grant" or "refuse".

        "ask" shows a page where a person chooses the user; a test sends its form. The others go
        back to the app at once, as if `user` had decided.
        """
        return self._consent.consent

    @consent.setter
    def consent(self, value: Consent) -> None:
        if value not in ("ask", "grant", "refuse"):
            raise ValueError(f"consent is {value!r}: use ask, grant or refuse")
        self._consent.consent = value

    @property
    def authorize_url(self) -> str:
        """The URL of the page where users consent."""
        return f"{self.origin}/oauth/"

    def issue_token(
        self,
        user: str | None = None,
        *,
        scopes: Iterable[str] | None = None,
        expires_in: float = ACCESS_LIFE,
        kind: str = "pinterest_oauth2",
    ) -> str:
        """A new access token, for a user of this name; all scopes by default.

        `kind` is `pinterest_oauth2`, `client_credentials` or `conversion_token`.

        Raises:
            ValueError: `expires_in` is less than 0, or more than 100 years.
        """
        if not 0 <= expires_in <= FURTHEST:
            raise ValueError(f"expires_in is {expires_in}: use 0 seconds to 100 years")
        return self.auth.issue(
            user or self.user, self.now(), scopes=scopes, expires_in=expires_in, kind=kind
        )

    def expire(self, token: str | None = None) -> None:
        """Make an access token expire, or all of them."""
        self.auth.expire(token)

    def authorize(
        self,
        redirect_uri: str,
        *,
        user: str | None = None,
        scopes: Iterable[str] | None = None,
        app: str = CLIENT_ID,
    ) -> str:
        """The code that `redirect_uri` would receive from a user who consents."""
        return self.auth.authorize(
            user or self.user,
            self.now(),
            app=app,
            redirect_uri=redirect_uri,
            scopes=self.auth.scopes if scopes is None else scopes,
        )

    # State

    def dump(self) -> Any:
        """The world, all tokens and how far the clock was moved on, as JSON data of your own.

        `load` continues from there: in this emulator, as often as you like, or in another one.
        """
        return msgspec.json.decode(self._state_json())

    def _state_json(self) -> bytes:
        state = SavedState(
            format=FORMAT,
            user=self.user,
            token=self.token,
            auth=self.auth.tokens,
            world=self.world.dump(),
            ahead=self._advanced,
        )
        return msgspec.json.encode(state)

    def load(self, data: Any) -> None:
        """Replace the present state by one that was dumped; the data are not changed later.

        Raises:
            ValueError: for other data, or a state of another version. The present state stays.
        """
        state = checked_state(data)
        self.auth.tokens = state.auth
        self.world.load(state.world)
        self.user, self.token, self._advanced = state.user, state.token, state.ahead
        self.api.owner = self.user
        self.api.clear_prerendered()

    def save(self, path: str | Path) -> None:
        """Write the state into a file; an older file is replaced when the new one is complete.

        Only its owner can read it, since it holds tokens. A link in its place is replaced, not
        followed.
        """
        target = Path(path)
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(self._state_json())
            Path(name).replace(target)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise

    def restore(self, path: str | Path) -> None:
        """Load the state from a file.

        Raises:
            ValueError: for a file without a state.
        """
        try:
            data = msgspec.json.decode(Path(path).read_bytes())
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise ValueError(f"{path} is no state of the emulator: {error}") from None
        self.load(data)

    # Requests so far

    def calls(self, name: str | None = None) -> list[LoggedRequest]:
        """The requests so far, oldest first: all, or those of one `namespace.name`."""
        return [one for one in list(self.api.log) if name is None or one.operation == name]
