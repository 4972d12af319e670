"""Options: what they accept, and what they say to the rest."""

# pyright: reportPrivateUsage=false
# The options of a client are kept in its private settings; nothing public shows them.

import functools
import inspect
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from unittest.mock import Mock

import msgspec
import pytest

from pinterest_async import AccessToken, ConfigurationError, Pinterest, Retry, SessionPool, Timeout
from pinterest_async.client_options import ClientOptions
from pinterest_async.options import as_base_url


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (Retry, {"attempts": 0}),
        (Retry, {"attempts": 2.5}),
        (Retry, {"attempts": True}),
        (Retry, {"refusals": -1}),
        (Retry, {"base": -0.1}),
        (Retry, {"base": "1"}),
        (Retry, {"cap": float("inf")}),
        (Timeout, {"total": 0}),
        (Timeout, {"connect": -1}),
        (Timeout, {"read": float("nan")}),
        (Timeout, {"attempt": "5"}),
        (Timeout, {"max_wait": -1}),
    ],
)
def test_nonsense_is_refused_by_name(kind: Any, values: dict[str, Any]) -> None:
    name = next(iter(values))
    with pytest.raises(ConfigurationError, match=rf"{kind.__name__}\.{name} is .*\. Use "):
        kind(**values)


def test_bounds_that_are_fine() -> None:
    Timeout(total=None, attempt=None, connect=None, read=None, max_wait=None)
    Timeout(max_wait=0)
    Retry(attempts=1, base=0, cap=0, refusals=0)


def test_options_are_values() -> None:
    assert Retry(attempts=2) == Retry(attempts=2)
    assert hash(Timeout()) == hash(Timeout())
    with pytest.raises(AttributeError):
        Retry().attempts = 3  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]


@pytest.mark.parametrize("off", [False, Retry.off()])
def test_retrying_is_off_with_one_word(off: bool | Retry) -> None:
    settings = Pinterest("pina_x", retry=off)._settings
    assert (settings.retry.attempts, settings.retry.refusals) == (1, 0)
    assert Pinterest("pina_x", retry=True)._settings.retry == Retry()


def test_a_number_is_the_total() -> None:
    assert Pinterest("pina_x", timeout=5)._settings.timeout == Timeout(total=5)


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"retry": 3}, "retry is int"),
        ({"timeout": "5"}, "timeout is str"),
        ({"timeout": True}, "timeout is bool"),
        ({"timeout": -1}, "Timeout.total is -1"),
        ({"environment": "test"}, "environment is 'test'"),
        ({"access": "basic"}, "access is 'basic'"),
        ({"on_drift": "log"}, "on_drift is 'log'"),
        ({"priority": "high"}, "priority is 'high'"),
        ({"base_url": "api.pinterest.com"}, "base_url is not an http or https address"),
        ({"base_url": "https://[::1/v5"}, "base_url is not an http or https address"),
        ({"base_url": "https://host:99999/v5"}, "base_url is not an http or https address"),
        ({"base_url": "http://api.pinterest.com/v5"}, "base_url is plain HTTP"),
        ({"base_url": "https://a:b@host/v5"}, "base_url holds credentials"),
        ({"base_url": "https://host/v5?x=1"}, "base_url holds credentials, a query"),
        ({"auth": ""}, "the access token is empty"),
        ({"auth": "pina_x\n"}, "the access token holds a space, a line break"),
        ({"auth": "Bearer pina_x"}, "the access token holds a space"),
    ],
)
def test_a_client_refuses_what_makes_no_sense(options: dict[str, Any], named: str) -> None:
    with pytest.raises(ConfigurationError, match=named):
        Pinterest(**dict[str, Any]({"auth": "pina_x", **options}))


@pytest.mark.parametrize(
    "options",
    [{"limit": 0}, {"foreign_limit": 0}, {"keepalive": -1}, {"grace": float("nan")}],
)
def test_a_pool_refuses_what_makes_no_sense(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match=next(iter(options))):
        SessionPool(**options)


def test_the_base_url_loses_its_last_slash() -> None:
    assert as_base_url("https://host/v5/") == "https://host/v5"
    assert as_base_url("http://127.0.0.1:8800/v5") == "http://127.0.0.1:8800/v5"


ENVIRONMENT = {
    "PINTEREST_ACCESS_TOKEN": "pina_env",
    "PINTEREST_ENVIRONMENT": "sandbox",
    "PINTEREST_ACCESS": "trial",
    "PINTEREST_AD_ACCOUNT_ID": "549",
    "PINTEREST_BUSINESS_ID": "777",
}


def test_from_env(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    client = Pinterest.from_env(access="standard")
    assert client._dispatcher.base == "https://api-sandbox.pinterest.com/v5"
    assert client._dispatcher.access == "standard"
    assert client._settings.scope == {"ad_account_id": "549", "business_id": "777"}
    monkeypatch.setenv("PINTEREST_BASE_URL", "http://localhost:1/v5")
    assert Pinterest.from_env()._dispatcher.base == "http://localhost:1/v5"
    assert Pinterest.from_env()._dispatcher.access == "trial"


def test_from_env_takes_the_means_to_refresh(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("APP_ID", "APP_SECRET", "REFRESH_TOKEN"):
        monkeypatch.setenv(f"PINTEREST_{name}", "pinr_value")
    assert "RefreshToken(client_id='pinr_value'" in repr(Pinterest.from_env()._dispatcher.auth)


def test_from_env_without_a_token_says_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ACCESS_TOKEN", "APP_ID", "APP_SECRET", "REFRESH_TOKEN"):
        monkeypatch.delenv(f"PINTEREST_{name}", raising=False)
    with pytest.raises(ConfigurationError, match="Run `pinterest login`, or set PINTEREST_ACCESS"):
        Pinterest.from_env()


def test_settings_are_frozen() -> None:
    settings = Pinterest("pina_x")._settings
    with pytest.raises(AttributeError):
        settings.retry = Retry()  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
    assert isinstance(settings, msgspec.Struct)


@pytest.mark.parametrize("auth", [None, b"pina_SECRET", 5, object(), AccessToken])
def test_what_is_no_authentication_is_refused_and_not_shown(auth: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"auth is .*from_env") as caught:
        Pinterest(auth)
    assert "SECRET" not in str(caught.value)


def test_a_session_is_no_pool() -> None:
    with pytest.raises(ConfigurationError, match=r"pool is Mock.*SessionPool\(session="):
        Pinterest("pina_x", pool=Mock())


def test_clients_share_a_limiter_with_those_of_their_thread() -> None:
    one, two = Pinterest("pina_x"), Pinterest("pina_y")
    assert one.limits is two.limits
    with ThreadPoolExecutor(1) as elsewhere:
        # Limiters wake who waits in the thread that calls them.
        assert elsewhere.submit(Pinterest, "pina_x").result().limits is not one.limits
        assert Pinterest("pina_x").limits is one.limits


@pytest.mark.parametrize("name", ["ad_account_id", "business_id"])
def test_default_ids_are_text(name: str) -> None:
    ids: Any = {name: 549755885175}
    for make in (functools.partial(Pinterest, "pina_x"), Pinterest("pina_x").with_options):
        with pytest.raises(ConfigurationError, match=f"{name} is int. Pass the id as a string"):
            make(**ids)


def test_options_from_the_environment_are_those_of_the_class(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    known = set(inspect.signature(Pinterest).parameters) - {"_runtime"}
    assert set(ClientOptions.__annotations__) == known
    monkeypatch.setenv("PINTEREST_ACCESS_TOKEN", "pina_x")
    with pytest.raises(TypeError, match="timeot"):
        Pinterest.from_env(timeot=5)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
