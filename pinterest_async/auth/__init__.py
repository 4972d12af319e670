"""Ways to authenticate: a fixed access token, or one that is refreshed."""

from pinterest_async.auth.access import AccessToken, Auth, Basic, Exchange, Grant
from pinterest_async.auth.refresh import RefreshToken
from pinterest_async.auth.stores import FileStore, MemoryStore, Tokens, TokenStore

__all__ = [
    "AccessToken",
    "Auth",
    "Basic",
    "Exchange",
    "FileStore",
    "Grant",
    "MemoryStore",
    "RefreshToken",
    "TokenStore",
    "Tokens",
]
