"""A Pinterest app whose users log in: where a backend gets the authentication of each of them."""

import time
import weakref
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from pinterest_async.auth.grants import AuthorizationCode, RefreshToken
from pinterest_async.auth.store_errors import guarded
from pinterest_async.auth.stores import TokenStore
from pinterest_async.auth.user_login import authorization_url

if TYPE_CHECKING:
    from pinterest_async.resources._vocabularies import Scope

_NOBODY: Final = "0"
"""A user whom nobody is, since no id of Pinterest's begins so; a file can have this name."""


class App:
    """The app of a backend with any number of users; make one for the life of the process.

        app = App("1234567", "secret", redirect_uri=..., scopes=["ads:read"], store=store_of)
        url = app.authorization_url(state)       # send a person there
        auth = app.authorization_code(code)      # the code that they come back with
        ...                                      # ask Pinterest who it is, then:
        await app.save(user, auth)
        Pinterest(app.user(user), pool=pool)     # from then on, after restarts too

    `store` makes the token store of a user, such as `lambda user: RedisStore(redis, user)`; users
    are told apart by whatever text you choose. `redirect_uri` is one that the app has registered,
    `base_url` that of the clients, where it is not Pinterest's.
    """

    def __init__(
        self,
        client_id: str,
        client_secret: str,
        *,
        redirect_uri: str,
        scopes: "Sequence[Scope]",
        store: Callable[[str], TokenStore],
        base_url: str | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.client_id: Final = client_id
        self.redirect_uri: Final = redirect_uri
        self.scopes: Final = scopes
        self.base_url: Final = base_url
        self._client_secret = client_secret
        self._store = store
        self.now: Final = now
        # One for all calls of a user, since they share its refresh.
        self._users: weakref.WeakValueDictionary[str, RefreshToken] = weakref.WeakValueDictionary()

    def __repr__(self) -> str:
        return f"App(client_id={self.client_id!r}, redirect_uri={self.redirect_uri!r})"

    def authorization_url(self, state: str) -> str:
        """Where to send a person to log in; `state` comes from `new_state`, for one login."""
        return authorization_url(
            self.client_id,
            redirect_uri=self.redirect_uri,
            scopes=self.scopes,
            state=state,
            base_url=self.base_url,
        )

    def authorization_code(self, code: str) -> AuthorizationCode:
        """The authentication of a person who came back with a code, and is not known yet."""
        return AuthorizationCode(
            self.client_id,
            self._client_secret,
            code,
            redirect_uri=self.redirect_uri,
            now=self.now,
        )

    async def save(self, user: str, auth: AuthorizationCode) -> None:
        """Keep the tokens of a login as those of a user, in place of earlier ones.

        Raises:
            TokenStoreError: The store failed; `auth` goes on without it.
            ConfigurationError: No call was made with `auth` yet, so that there are no tokens.
        """
        await auth.save_to(self._store(user))
        self._users.pop(user, None)

    async def check_store(self) -> None:
        """Ask the store for the tokens of nobody, to see whether it answers.

        Raises:
            TokenStoreError: It does not.
        """
        store = self._store(_NOBODY)
        await guarded(store, "read", store.load)

    def user(self, user: str) -> RefreshToken:
        """The authentication of a user who has logged in; the same one as long as it is in use.

        It reads the store on first use; where that holds nothing, calls raise `NotLoggedInError`.
        """
        auth = self._users.get(user)
        if auth is None:
            auth = self._users[user] = RefreshToken.from_store(
                self.client_id,
                self._client_secret,
                self._store(user),
                subject=user,
                now=self.now,
            )
        return auth
