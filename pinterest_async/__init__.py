"""An asyncio-native SDK for the Pinterest REST API v5.

    async with Pinterest("pina_...") as pinterest:
        async for board in pinterest.boards.list(page_size=250):
            print(board.name)

Importing this package loads neither aiohttp nor any part of the API: each name below is imported
when it is first used.
"""

import importlib as _importlib
import typing as _typing

from pinterest_async._core.version import VERSION as _VERSION

if _typing.TYPE_CHECKING:
    from collections.abc import Iterator as _Iterator

    from pinterest_async._core.drift import Drift
    from pinterest_async._core.item_failures import ItemFailure, item_failures
    from pinterest_async._core.operation import Body, Operation, Parameter
    from pinterest_async._core.problems import Problem
    from pinterest_async._core.ratelimit_headers import RateState
    from pinterest_async._core.unknown_fields import unknown_fields
    from pinterest_async._core.unknown_variant import Unknown
    from pinterest_async.auth import (
        AccessToken,
        App,
        Auth,
        AuthorizationCode,
        ClientCredentials,
        FileStore,
        KeyringStore,
        MemoryStore,
        RedisStore,
        RefreshToken,
        Tokens,
        TokenStore,
        authorization_url,
        code_from_callback,
        login,
        new_state,
    )
    from pinterest_async.bulk_answers import raise_for_items, succeeded
    from pinterest_async.client import Pinterest
    from pinterest_async.errors import (
        AnswerTooLargeError,
        APIError,
        AuthenticationError,
        BadRequestError,
        BookmarkError,
        ConfigurationError,
        ConflictError,
        ConnectionFailedError,
        ConnectTimeoutError,
        DeadlineExceededError,
        DecodeError,
        DriftError,
        DriftWarning,
        InvalidCallError,
        ItemsFailedError,
        LimiterUnavailableError,
        LoginError,
        LoginTimeoutError,
        MissingScopeError,
        NotFoundError,
        NotInSandboxError,
        NotLoggedInError,
        PermissionDeniedError,
        PinterestError,
        PoolClosedError,
        RateLimitError,
        RateLimitWaitError,
        ReadTimeoutError,
        RedirectError,
        RepeatedBookmarkError,
        ReportCostError,
        ServerError,
        SpamError,
        TokenStoreError,
        UnprocessableError,
        WriteContentionError,
    )
    from pinterest_async.jobs.chunks import write_all
    from pinterest_async.jobs.conversions import SentEvent, UserData, hash_user_data
    from pinterest_async.jobs.errors import (
        JobError,
        JobExpiredError,
        JobFailedError,
        JobTimeoutError,
    )
    from pinterest_async.jobs.job import Job, JobProgress, JobStatus
    from pinterest_async.jobs.lead_exports import Lead
    from pinterest_async.jobs.outcomes import Outcome, Outcomes
    from pinterest_async.jobs.polling import Polling
    from pinterest_async.limits import InMemoryLimiter, Limiter, RedisLimiter
    from pinterest_async.observers import (
        CallEvent,
        EndEvent,
        Observer,
        RefreshEvent,
        RequestEvent,
        ResponseEvent,
        WaitEvent,
    )
    from pinterest_async.options import Retry, Timeout
    from pinterest_async.pages import Page, Pager
    from pinterest_async.pool import SessionPool
    from pinterest_async.resources._vocabularies import Scope
    from pinterest_async.response import Response

__version__ = _VERSION

_NAMES: _typing.Final = {
    "_core.drift": "Drift",
    "_core.item_failures": "ItemFailure item_failures",
    "_core.operation": "Body Operation Parameter",
    "_core.problems": "Problem",
    "_core.ratelimit_headers": "RateState",
    "_core.unknown_fields": "unknown_fields",
    "_core.unknown_variant": "Unknown",
    "auth": "AccessToken App Auth AuthorizationCode ClientCredentials FileStore KeyringStore "
    "MemoryStore RedisStore RefreshToken TokenStore Tokens authorization_url code_from_callback "
    "login new_state",
    "bulk_answers": "raise_for_items succeeded",
    "client": "Pinterest",
    "jobs.chunks": "write_all",
    "jobs.conversions": "SentEvent UserData hash_user_data",
    "jobs.errors": "JobError JobExpiredError JobFailedError JobTimeoutError",
    "jobs.job": "Job JobProgress JobStatus",
    "jobs.lead_exports": "Lead",
    "jobs.outcomes": "Outcome Outcomes",
    "jobs.polling": "Polling",
    "limits": "InMemoryLimiter Limiter RedisLimiter",
    "observers": "CallEvent EndEvent Observer RefreshEvent RequestEvent ResponseEvent WaitEvent",
    "options": "Retry Timeout",
    "pages": "Page Pager",
    "pool": "SessionPool",
    "resources._vocabularies": "Scope",
    "response": "Response",
}
"""Which names come from where; all others of `__all__` are errors."""
_LATER: _typing.Final = (
    "errors",
    "_core.arguments",
    "_core.body_content",
    "_core.display",
    "_core.forecast",
    "_core.free_call",
    "_core.oauth_scopes",
    "_core.path_fields",
    "_request.answers_in_steps",
    "_request.foreign_requests",
    "_request.reading",
    "_request.retrying",
    "_request.session_lane",
    "_request.watching",
    "client_options",
    "limits.notices",
)
"""Further modules that the first call may be without."""
_MODULES: _typing.Final = {name: one for one, names in _NAMES.items() for name in names.split()}

__all__ = [
    "APIError",
    "AccessToken",
    "AnswerTooLargeError",
    "App",
    "Auth",
    "AuthenticationError",
    "AuthorizationCode",
    "BadRequestError",
    "Body",
    "BookmarkError",
    "CallEvent",
    "ClientCredentials",
    "ConfigurationError",
    "ConflictError",
    "ConnectTimeoutError",
    "ConnectionFailedError",
    "DeadlineExceededError",
    "DecodeError",
    "Drift",
    "DriftError",
    "DriftWarning",
    "EndEvent",
    "FileStore",
    "InMemoryLimiter",
    "InvalidCallError",
    "ItemFailure",
    "ItemsFailedError",
    "Job",
    "JobError",
    "JobExpiredError",
    "JobFailedError",
    "JobProgress",
    "JobStatus",
    "JobTimeoutError",
    "KeyringStore",
    "Lead",
    "Limiter",
    "LimiterUnavailableError",
    "LoginError",
    "LoginTimeoutError",
    "MemoryStore",
    "MissingScopeError",
    "NotFoundError",
    "NotInSandboxError",
    "NotLoggedInError",
    "Observer",
    "Operation",
    "Outcome",
    "Outcomes",
    "Page",
    "Pager",
    "Parameter",
    "PermissionDeniedError",
    "Pinterest",
    "PinterestError",
    "Polling",
    "PoolClosedError",
    "Problem",
    "RateLimitError",
    "RateLimitWaitError",
    "RateState",
    "ReadTimeoutError",
    "RedirectError",
    "RedisLimiter",
    "RedisStore",
    "RefreshEvent",
    "RefreshToken",
    "RepeatedBookmarkError",
    "ReportCostError",
    "RequestEvent",
    "Response",
    "ResponseEvent",
    "Retry",
    "Scope",
    "SentEvent",
    "ServerError",
    "SessionPool",
    "SpamError",
    "Timeout",
    "TokenStore",
    "TokenStoreError",
    "Tokens",
    "Unknown",
    "UnprocessableError",
    "UserData",
    "WaitEvent",
    "WriteContentionError",
    "authorization_url",
    "code_from_callback",
    "hash_user_data",
    "item_failures",
    "login",
    "new_state",
    "operations",
    "preload",
    "raise_for_items",
    "succeeded",
    "unknown_fields",
    "write_all",
]


def operations() -> "_Iterator[Operation[_typing.Any]]":
    """Yield every operation of the API, namespace by namespace.

    `getattr(getattr(client, operation.namespace), operation.name)` is the method of one.
    """
    from pinterest_async.namespaces import operations as registered

    return registered()


def preload() -> None:
    """Import everything that is otherwise imported on first use.

    For services that must not stall their event loop on the first request.
    """
    from pkgutil import iter_modules

    resources = _importlib.import_module(f"{__name__}.resources")
    types = (info.name for info in iter_modules(resources.__path__, "resources."))
    for module in (*_LATER, *_NAMES, *types):
        _importlib.import_module(f"{__name__}.{module}")
    for _ in operations():
        pass


def __getattr__(name: str) -> _typing.Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = _importlib.import_module(f"{__name__}.{_MODULES.get(name, 'errors')}")
    value = globals()[name] = getattr(module, name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
