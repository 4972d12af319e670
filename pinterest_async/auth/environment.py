"""An authentication from environment variables."""

import os
from pathlib import Path
from typing import Final

from pinterest_async.auth.access import AccessToken, Auth
from pinterest_async.auth.grants import RefreshToken
from pinterest_async.auth.optional_stores import KeyringStore, RedisStore
from pinterest_async.auth.saved_login import SavedLogin
from pinterest_async.auth.stores import FileStore, TokenStore
from pinterest_async.errors import ConfigurationError
from pinterest_async.options import Environment

_ACCESS: Final = "PINTEREST_ACCESS_TOKEN"
APP: Final = ("PINTEREST_APP_ID", "PINTEREST_APP_SECRET")
_REFRESH: Final = "PINTEREST_REFRESH_TOKEN"
_STORE: Final = "PINTEREST_TOKEN_STORE"
_REDIS: Final = ("redis://", "rediss://", "unix://")


def from_environment(base_url: str, environment: Environment) -> Auth:
    """Return what the environment has: a login that renews itself, or an access token alone.

    Where it has none, the login that `pinterest login` left on this machine. `base_url` and
    `environment` are those of the client.

    Raises:
        ConfigurationError: There is none, or the token store cannot be used.
        TokenStoreError: The login on this machine cannot be read.
    """
    token, refresh_token, place = (os.environ.get(name) for name in (_ACCESS, _REFRESH, _STORE))
    app_id, secret = (os.environ.get(name) for name in APP)
    if app_id and secret and (refresh_token or place):
        store = token_store(place, app_id, environment) if place else None
        if refresh_token:
            return RefreshToken(app_id, secret, refresh_token, access_token=token, store=store)
        if store is not None and not token:
            return RefreshToken.from_store(app_id, secret, store)
    if token:
        return AccessToken(token)
    if refresh_token or place:
        known = _REFRESH if refresh_token else _STORE
        missing = [name for name in APP if not os.environ.get(name)]
        raise ConfigurationError(
            f"{known} is set, and the app that renews its tokens is not",
            advice=f"Set {' and '.join(missing)} too.",
        )
    saved = SavedLogin(base_url)
    app = saved.app()
    if app is not None and app_id in (None, "", app.client_id):
        return RefreshToken.from_store(app.client_id, app.client_secret, saved.store)
    others = ", ".join(saved.others())
    if others:
        others = (
            f"There is a login for {others}, and a login is for one address: choose it by "
            "PINTEREST_BASE_URL or PINTEREST_ENVIRONMENT. "
        )
    raise ConfigurationError(
        "the environment holds no token",
        advice=f"{others}Run `pinterest login`, or set {_ACCESS}, or {' and '.join(APP)} with "
        f"{_REFRESH} or {_STORE}.",
    )


def token_store(place: str, name: str, environment: Environment) -> TokenStore:
    """The store that a text names: `keyring`, the URL of a Redis, or the path of a file.

    `name` tells logins apart in a keyring or a Redis. Tokens of the sandbox stand beside those of
    production: in `tokens.sandbox.json` beside `tokens.json`, or by the name `name:sandbox`.

    Raises:
        ConfigurationError: A library that it needs is not installed, or the URL cannot be read.
    """
    sandbox = environment == "sandbox"
    name = f"{name}:sandbox" if sandbox else name
    if place == "keyring":
        return KeyringStore(name)
    if place.startswith(_REDIS):
        return RedisStore.from_url(place, name)
    if "://" in place:
        raise ConfigurationError(
            f"{_STORE} has the scheme {place.partition('://')[0]!r}",
            advice="Set it to the path of a file, keyring, or a URL such as "
            "redis://localhost:6379/0.",
        )
    path = Path(place)
    if sandbox and path.name:
        path = path.with_name(f"{path.stem}.sandbox{path.suffix}")
    return FileStore(path)
