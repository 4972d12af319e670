"""An authentication from environment variables."""

import os
from typing import Final

from pinterest_async.auth.access import AccessToken, Auth
from pinterest_async.auth.grants import RefreshToken
from pinterest_async.errors import ConfigurationError

_REFRESH: Final = ("PINTEREST_APP_ID", "PINTEREST_APP_SECRET", "PINTEREST_REFRESH_TOKEN")


def from_environment() -> Auth:
    """Return what the environment has: a token with the means to refresh it, or a token alone."""
    token = os.environ.get("PINTEREST_ACCESS_TOKEN")
    app_id, secret, refresh_token = (os.environ.get(name) for name in _REFRESH)
    if app_id and secret and refresh_token:
        return RefreshToken(app_id, secret, refresh_token, access_token=token)
    if token:
        return AccessToken(token)
    raise ConfigurationError(
        "the environment holds no token",
        advice=f"Set PINTEREST_ACCESS_TOKEN, or {', '.join(_REFRESH)}.",
    )
