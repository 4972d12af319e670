"""The part of a FastAPI application that speaks to Pinterest."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Annotated, Any, Final, Unpack
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.encoders import encoders_by_class_tuples
from fastapi.requests import HTTPConnection
from fastapi.responses import JSONResponse, RedirectResponse, Response

from pinterest_async import preload
from pinterest_async._core.pydantic_schema import as_json
from pinterest_async._core.rows import Row
from pinterest_async._core.types import Model
from pinterest_async.auth import App, code_from_callback, new_state
from pinterest_async.client import Pinterest
from pinterest_async.client_options import ClientOptions
from pinterest_async.errors import (
    AuthenticationError,
    BadRequestError,
    ConfigurationError,
    LoginError,
    NotLoggedInError,
    PinterestError,
)
from pinterest_async.integrations.fastapi.error_answers import add_error_handlers
from pinterest_async.integrations.fastapi.sessions import Cookies, LoginUnderWay, Session
from pinterest_async.limits import InMemoryLimiter
from pinterest_async.options import Timeout
from pinterest_async.pages import Page
from pinterest_async.pool import SessionPool

_LOG: Final = logging.getLogger("pinterest_async")
_DAY: Final = 86_400.0
_PATIENCE: Final = Timeout(total=30, max_wait=5)
_PROBE: Final = 5.0
"""Seconds that a token store may take when it is asked whether it is there."""
_WHO: Final = "user_accounts:read"


class PinterestBackend:
    """Pinterest in a FastAPI application with any number of users; make one for each app.

        backend = PinterestBackend(App(...), session_key=os.environ["SESSION_KEY"])
        app = FastAPI()
        backend.install(app)

    `install` adds the routes `/pinterest/login`, `/pinterest/callback`, `/pinterest/logout` and
    `/pinterest/ready`, opens the connections when the application starts and closes them when it
    ends, and answers errors (see `add_error_handlers`). The path of the app's `redirect_uri` has to
    be that of the callback. `Depends(backend.client)` is the client of whoever asks.

    Users are known by the id of their Pinterest account, in a signed cookie without any token. An
    application that has users of its own gives a dependency as `user`, which returns the id of the
    one who asks, or raises; then it, not a cookie, says who is logged in, tokens are kept for its
    users, and there is no logout.

    Args:
        login: The Pinterest app and where tokens are kept.
        session_key: What cookies are signed with, 32 characters or more. Of several, the first
            signs, and all are accepted: put a new one in front.
        user: A dependency that returns the id of the application's own user.
        prefix: The path in front of the routes.
        after_login: The path where people go when they have logged in.
        after_logout: The path where people go when they have logged out.
        session_life: Seconds after which a person logs in again.
        options: Those of `Pinterest`, for the client of each user. A `pool` is opened and closed
            with the application. By default, a call fails after 30 seconds, and at once where it
            had to wait for quota for more than 5: people wait for the answer.
    """

    def __init__(
        self,
        login: App,
        *,
        session_key: str | Sequence[str],
        user: Callable[..., Any] | None = None,
        prefix: str = "/pinterest",
        after_login: str = "/",
        after_logout: str = "/",
        session_life: float = 14 * _DAY,
        **options: Unpack[ClientOptions],
    ) -> None:
        if "auth" in options:
            raise ConfigurationError("auth is given", advice="Each user has an auth of their own.")
        if _WHO not in login.scopes:
            raise ConfigurationError(
                f"the scopes of the app lack {_WHO}, which tells who has logged in",
                advice=f"Add {_WHO} to App(scopes=...).",
            )
        if not urlsplit(login.redirect_uri).path.endswith(f"{prefix}/callback"):
            raise ConfigurationError(
                f"redirect_uri is {login.redirect_uri!r}, and the route {prefix}/callback",
                advice="Register the address of the callback with the app, or change prefix=...",
            )
        self._login = login
        self._after_login = after_login
        self._after_logout = after_logout
        self._pool = options.get("pool") or SessionPool()
        self._options: dict[str, Any] = {
            "timeout": _PATIENCE,
            "base_url": login.base_url,
            **options,
            "pool": self._pool,
            # The default is for each thread, and clients may be made in several.
            "limiter": options.get("limiter") or InMemoryLimiter(),
        }
        self._cookies = Cookies(
            session_key,
            app=login.client_id,
            secure=login.redirect_uri.startswith("https:"),
            life=session_life,
            now=login.now,
        )
        self._own_user: Callable[..., Any] = _nobody if user is None else user
        self.user: Callable[..., Any] = self._user_of_session if user is None else user
        """The dependency that tells who asks, as text; raises `NotLoggedInError` for nobody."""

        # Not a plain function: FastAPI would call that in a thread of its own.
        async def client(user: Annotated[Any, Depends(self.user)]) -> Pinterest:
            return self.client_of(_text(user))

        self.client: Callable[..., Any] = client
        """The dependency that is the client of whoever asks; raises `NotLoggedInError`."""
        self.router: Final = APIRouter(prefix=prefix, tags=["pinterest"], lifespan=self._lifespan)
        """The routes; including it opens and closes the connections with the application."""
        self._add_routes(sessions=user is None)

    def __repr__(self) -> str:
        return f"<PinterestBackend of {self._login!r}>"

    def install(self, app: FastAPI) -> None:
        """Add routes, connections and answers to errors to an application."""
        app.include_router(self.router)
        add_error_handlers(app)
        # For routes that do not declare what they return.
        encoders_by_class_tuples[as_json] = (Model, Row, Page)

    def client_of(self, user: str) -> Pinterest:
        """The client of a user who has logged in, for work that no request waits for."""
        return Pinterest(self._login.user(user), **self._options)

    @asynccontextmanager
    async def _lifespan(self, _: FastAPI) -> AsyncGenerator[None]:
        await asyncio.to_thread(preload)  # so that no request waits for an import
        async with self._pool:
            yield

    def _add_routes(self, *, sessions: bool) -> None:
        own_user = Depends(self._own_user)

        @self.router.get("/login", status_code=303)
        async def login(user: Annotated[Any, own_user]) -> Response:
            """Go to Pinterest to log in."""
            state = new_state()
            response = _redirect(self._login.authorization_url(state))
            self._cookies.begin_login(response, state, None if user is None else _text(user))
            return response

        @self.router.get("/callback", status_code=303)
        async def callback(request: Request, user: Annotated[Any, own_user]) -> Response:
            """Come back from Pinterest."""
            begun = self._cookies.read(request, LoginUnderWay)
            if begun is None or begun.user != user:
                raise LoginError("no login was begun here within the last ten minutes")
            code = code_from_callback(str(request.url), state=begun.state)
            user = await self._save(code, user)
            response = _redirect(self._after_login)
            if sessions:
                self._cookies.start_session(response, user)
            self._cookies.end(response, LoginUnderWay)
            return response

        @self.router.get("/ready")
        async def ready() -> Response:
            """Whether requests can be served: 200, or 503 with the reason in the log."""
            return await self._readiness()

        if sessions:

            @self.router.post("/logout", status_code=303)
            async def logout(request: Request) -> Response:
                """Log out here. The tokens are kept for the next login."""
                response = _redirect(self._after_logout)
                # Another site's form comes without the cookie, and logs nobody out.
                if self._cookies.read(request, Session) is not None:
                    self._cookies.end(response, Session)
                return response

    async def _save(self, code: str, user: str | None) -> str:
        """Trade a code for tokens, and keep them for the user, who is returned."""
        auth = self._login.authorization_code(code)
        try:
            account = await Pinterest(auth, **self._options).user_account.get()
        except (AuthenticationError, BadRequestError) as error:
            raise LoginError(f"Pinterest refused the login: {error.message}") from None
        if user is None:
            user = account.id
            # It may become the name of a file: nothing but an id of Pinterest's will do.
            if not isinstance(user, str) or not (user.isascii() and user.isdecimal()):
                raise LoginError("Pinterest did not say who has logged in")
        await self._login.save(user, auth)
        return user

    async def _readiness(self) -> Response:
        reason = "the connections are closed" if self._pool.closed else ""
        try:
            async with asyncio.timeout(_PROBE):
                await self._login.check_store()
        except TimeoutError:
            reason = f"the token store did not answer within {_PROBE:g} s"
        except PinterestError as error:
            reason = str(error)
        if reason:
            _LOG.warning("Not ready: %s", reason)
        return JSONResponse({"ready": not reason}, 503 if reason else 200)

    async def _user_of_session(self, connection: HTTPConnection) -> str:
        session = self._cookies.read(connection, Session)
        if session is None:
            raise NotLoggedInError("nobody has logged in with this browser")
        return session.user


async def _nobody() -> None:
    """The application has no users of its own."""


def _text(user: object) -> str:
    """The id that the application's own dependency returned."""
    if isinstance(user, str) and user:
        return user
    raise ConfigurationError(
        f"the dependency user=... returned {type(user).__name__}, which is no id",
        advice="Return the id of the user as text; raise HTTPException(401) for nobody.",
    )


def _redirect(url: str) -> Response:
    return RedirectResponse(url, 303, {"Cache-Control": "no-store"})
