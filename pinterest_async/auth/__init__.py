"""Ways to authenticate: a fixed access token, or one that renews itself."""

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
