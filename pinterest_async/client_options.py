"""The arguments of a client, for those who pass them on."""

from collections.abc import Sequence
from typing import TypedDict

from pinterest_async.auth.access import Auth
from pinterest_async.limits import Limiter
from pinterest_async.observers import Observer
from pinterest_async.options import Access, Check, Environment, OnDrift, Priority, Retry, Timeout
from pinterest_async.pool import SessionPool


class ClientOptions(TypedDict, total=False):
    """The arguments of `Pinterest`."""

    auth: str | Auth
    pool: SessionPool | None
    base_url: str | None
    environment: Environment
    access: Access
    limiter: Limiter | None
    retry: Retry | bool
    timeout: Timeout | float
    ad_account_id: str | None
    business_id: str | None
    on_drift: OnDrift
    priority: Priority
    check: Check
    observers: Sequence[Observer]
