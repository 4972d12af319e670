"""Ways to authenticate: a fixed access token, or one that renews itself.

Each name is imported when it is first used: a client with a token string needs few of them.
"""

import importlib as _importlib
import typing as _typing

if _typing.TYPE_CHECKING:
    from pinterest_async.auth.access import AccessToken, Auth, Basic, Exchange, Grant
    from pinterest_async.auth.app import App
    from pinterest_async.auth.grants import AuthorizationCode, ClientCredentials, RefreshToken
    from pinterest_async.auth.optional_stores import KeyringStore, RedisStore
    from pinterest_async.auth.stores import FileStore, MemoryStore, Tokens, TokenStore
    from pinterest_async.auth.user_login import (
        authorization_url,
        code_from_callback,
        login,
        new_state,
    )

_NAMES: _typing.Final = {
    "access": "AccessToken Auth Basic Exchange Grant",
    "app": "App",
    "grants": "AuthorizationCode ClientCredentials RefreshToken",
    "optional_stores": "KeyringStore RedisStore",
    "stores": "FileStore MemoryStore TokenStore Tokens",
    "user_login": "authorization_url code_from_callback login new_state",
}
_MODULES: _typing.Final = {name: one for one, names in _NAMES.items() for name in names.split()}

__all__ = [
    "AccessToken",
    "App",
    "Auth",
    "AuthorizationCode",
    "Basic",
    "ClientCredentials",
    "Exchange",
    "FileStore",
    "Grant",
    "KeyringStore",
    "MemoryStore",
    "RedisStore",
    "RefreshToken",
    "TokenStore",
    "Tokens",
    "authorization_url",
    "code_from_callback",
    "login",
    "new_state",
]


def __getattr__(name: str) -> _typing.Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(_importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
