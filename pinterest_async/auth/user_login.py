"""The login of a person: where to send them, and what to make of how they come back."""

import asyncio
import contextlib
import errno
import hmac
import secrets
import webbrowser
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs, urlencode, urlsplit

from pinterest_async.auth.access import Secret
from pinterest_async.auth.grants import AuthorizationCode, joined_scopes
from pinterest_async.auth.stores import TokenStore
from pinterest_async.errors import ConfigurationError, LoginError, LoginTimeoutError
from pinterest_async.options import HOSTS, as_base_url

if TYPE_CHECKING:
    from pinterest_async.resources._vocabularies import Scope

_AUTHORIZE: Final = "https://www.pinterest.com/oauth/"
_LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")
_LONGEST_LINE: Final = 16_384


def new_state() -> str:
    """A value that nobody can guess; keep it with the person's session until they come back."""
    return secrets.token_urlsafe(24)


def authorization_url(
    client_id: str,
    *,
    redirect_uri: str,
    scopes: "Sequence[Scope]",
    state: str,
    base_url: str | None = None,
) -> str:
    """Where to send a person to log in; `redirect_uri` is one that the app has registered.

    Pinterest has one such page, for production and the sandbox. With the `base_url` of another API,
    such as an emulator, it is the page `/oauth/` of that host.
    """
    query = {
        "client_id": client_id,
        "redirect_uri": redirect_uri,
        "response_type": "code",
        "scope": joined_scopes(scopes),
        "state": state,
    }
    return f"{_authorize_page(base_url)}?{urlencode(query)}"


def _authorize_page(base_url: str | None) -> str:
    base = urlsplit(HOSTS["production"] if base_url is None else as_base_url(base_url))
    if f".{base.hostname}".endswith(".pinterest.com"):
        return _AUTHORIZE
    return f"{base.scheme}://{base.netloc}/oauth/"


def code_from_callback(url: str, *, state: str) -> str:
    """The code in the address that a person comes back to; for `AuthorizationCode`.

    Raises:
        LoginError: The state is not the one that was sent along, or the person refused.
    """
    if not _belongs(url, state):
        raise LoginError("the state is not the one that the login began with")
    code = _value(url, "code")
    if not code:
        words = _value(url, "error_description") or _value(url, "error") or "no code came back"
        raise LoginError(f"the login was refused: {words}")
    return Secret(code)


def _value(url: str, name: str) -> str:
    try:
        return parse_qs(urlsplit(url).query).get(name, [""])[0]
    except ValueError:  # no address, or no Unicode
        return ""


def _belongs(url: str, state: str) -> bool:
    """Whether a callback is of the login that has this state."""
    return bool(state) and hmac.compare_digest(
        _value(url, "state").encode("utf-8", "replace"), state.encode()
    )


async def login(
    client_id: str,
    client_secret: str,
    *,
    scopes: "Sequence[Scope]",
    redirect_uri: str = "http://localhost:8085/",
    store: TokenStore | None = None,
    show: Callable[[str], object] = webbrowser.open,
    patience: float = 300.0,
    base_url: str | None = None,
) -> AuthorizationCode:
    """Let the person at this machine log in: an authentication for scripts.

    Listens on `redirect_uri`, which must be a port of this machine and registered with the app,
    until the browser comes back, for `patience` seconds at most. `show` gets the address to open:
    pass `print` where no browser can be opened. `base_url` is that of the client, where it is not
    Pinterest's.

    Raises:
        LoginError: The person refused, or did not come back in time (`LoginTimeoutError`), or the
            port is in use.
    """
    host, port, path = _of_this_machine(redirect_uri)
    state = new_state()
    url = authorization_url(
        client_id, redirect_uri=redirect_uri, scopes=scopes, state=state, base_url=base_url
    )
    callback = _CallbackServer(path, state)
    try:
        server = await asyncio.start_server(callback.serve, host, port, limit=_LONGEST_LINE)
    except OSError as error:
        taken = error.errno == errno.EADDRINUSE
        why = "another program uses it" if taken else error.strerror or str(error)
        raise LoginError(
            f"cannot listen on {host}:{port}: {why}",
            advice="Free it, or register another redirect_uri with the app, such as "
            "http://localhost:8086/, and name that one (--redirect-uri).",
        ) from None
    try:
        async with asyncio.timeout(patience):
            await asyncio.to_thread(show, url)
            code = await callback.code
    except TimeoutError:
        raise LoginTimeoutError(f"nobody logged in within {patience:g} s") from None
    finally:
        server.close()
        callback.close()
    return AuthorizationCode(client_id, client_secret, code, redirect_uri=redirect_uri, store=store)


def _of_this_machine(redirect_uri: str) -> tuple[str, int, str]:
    """Host, port and path to listen on.

    Raises:
        ConfigurationError: It is an address of another machine, or none.
    """
    with contextlib.suppress(ValueError):  # half an address, or a port beyond 65535
        address = urlsplit(redirect_uri)
        host, port = address.hostname, address.port
        if address.scheme == "http" and host in _LOOPBACK and port:
            return host, port, address.path or "/"
    raise ConfigurationError(
        f"redirect_uri is {redirect_uri!r}",
        advice="Use a port of this machine, such as http://localhost:8085/.",
    )


class _CallbackServer:
    """Answers the browser, and waits for the one request that has the right state."""

    def __init__(self, path: str, state: str) -> None:
        self._path = path
        self._state = state
        self._writers: set[asyncio.StreamWriter] = set()
        self.code: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection; anything but the callback gets an error page."""
        self._writers.add(writer)
        try:
            pieces = (await reader.readline()).decode("latin-1").split(" ")
            if len(pieces) == 3 and pieces[0] == "GET":
                status, words = self._page_for(pieces[1])
                page = f"<!doctype html><title>Pinterest</title><p>{words}".encode()
                writer.write(
                    f"HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\n"
                    f"Content-Length: {len(page)}\r\nConnection: close\r\n\r\n".encode()
                    + page
                )
                await writer.drain()
        except (ConnectionError, ValueError):
            pass  # the browser closed the connection, or sent a line without end
        finally:
            self._writers.discard(writer)
            writer.close()

    def close(self) -> None:
        """Close what browsers keep open in advance."""
        self.code.cancel()
        for writer in self._writers:
            writer.close()

    def _page_for(self, target: str) -> tuple[str, str]:
        if urlsplit(target).path != self._path:
            return "404 Not Found", "Nothing here."
        if not _belongs(target, self._state):
            # The login that was begun here goes on.
            return "400 Bad Request", "This is not the login that was begun."
        try:
            code = code_from_callback(target, state=self._state)
        except LoginError as error:
            if not self.code.done():
                self.code.set_exception(error)
            return "200 OK", "The login was refused. You can close this window."
        if not self.code.done():
            self.code.set_result(code)
        return "200 OK", "You are logged in, and can close this window."
