"""Cookies of logins: signed, for a time, and nothing that anybody else has made."""

import string
from http.cookies import SimpleCookie
from typing import Any

import pytest
from fastapi import Request, Response
from hypothesis import given
from hypothesis import strategies as st

from pinterest_async import ConfigurationError
from pinterest_async.integrations.fastapi.sessions import Cookies, LoginUnderWay, Session

KEY = "k" * 32
NOW = 1_800_000_000.0
COOKIE_TEXT = st.text(st.characters(codec="latin-1", exclude_characters=';,"\\ \t\r\n\x00'))


def cookies(keys: Any = KEY, *, now: float = NOW, secure: bool = False, app: str = "1") -> Cookies:
    return Cookies(keys, app=app, secure=secure, life=3600.0, now=lambda: now)


def written(one: Cookies, user: str = "8137") -> dict[str, Any]:
    """The cookies of a login that began and succeeded, by name."""
    response = Response()
    one.begin_login(response, "state", None)
    one.start_session(response, user)
    found: SimpleCookie = SimpleCookie()
    for name, value in response.raw_headers:
        if name == b"set-cookie":
            found.load(value.decode())
    return dict(found)


def request(**cookies: str) -> Request:
    text = "; ".join(f"{name}={value}" for name, value in cookies.items())
    return Request({"type": "http", "headers": [(b"cookie", text.encode("latin-1"))]})


def user_of(one: Cookies, value: str, name: str = "pinterest_session") -> str | None:
    session = one.read(request(**{name: value}), Session)
    return None if session is None else session.user


@pytest.mark.parametrize("secure", [False, True])
def test_the_browser_keeps_them_to_itself(secure: bool) -> None:
    found = written(cookies(secure=secure))
    prefix = "__Host-" if secure else ""
    assert set(found) == {f"{prefix}pinterest_session", f"{prefix}pinterest_login"}
    for morsel in found.values():
        assert morsel["httponly"]
        assert morsel["samesite"] == "lax"
        assert bool(morsel["secure"]) == secure
        assert morsel["path"] == "/"
        assert not morsel["domain"]
    assert found[f"{prefix}pinterest_session"]["max-age"] == "3600"
    assert found[f"{prefix}pinterest_login"]["max-age"] == "600"


@pytest.mark.parametrize("secure", [False, True])
def test_an_end_names_the_same_cookie(secure: bool) -> None:
    response = Response()
    cookies(secure=secure).end(response, Session)
    [morsel] = SimpleCookie(response.headers["set-cookie"]).values()
    assert morsel.key == ("__Host-" if secure else "") + "pinterest_session"
    assert (morsel["max-age"], morsel["path"], bool(morsel["secure"])) == ("0", "/", secure)


@given(st.text(string.digits, min_size=1, max_size=30))
def test_what_was_written_is_read(user: str) -> None:
    one = cookies()
    assert user_of(one, written(one, user)["pinterest_session"].value) == user


def test_each_login_makes_a_session_of_its_own() -> None:
    one = cookies()
    values = {written(one)["pinterest_session"].value for _ in range(3)}
    assert len(values) == 3


@given(COOKIE_TEXT)
def test_nothing_else_is_a_session(text: str) -> None:
    assert user_of(cookies(), text) is None


@given(st.data())
def test_no_change_passes(data: st.DataObject) -> None:
    value = written(cookies())["pinterest_session"].value
    at = data.draw(st.integers(0, len(value) - 1))
    letter = data.draw(st.sampled_from(string.ascii_letters + string.digits + "-_."))
    changed = value[:at] + letter + value[at + 1 :]
    # The last letter of base64 has bits that mean nothing.
    if changed != value and at != len(value) - 1:
        assert user_of(cookies(), changed) is None


def test_one_kind_is_not_taken_for_another() -> None:
    found = written(cookies())
    assert user_of(cookies(), found["pinterest_login"].value) is None
    swapped = request(pinterest_login=found["pinterest_session"].value)
    assert cookies().read(swapped, LoginUnderWay) is None
    assert user_of(cookies(app="2"), found["pinterest_session"].value) is None


def test_they_end_by_themselves() -> None:
    found = written(cookies())
    begun = request(pinterest_login=found["pinterest_login"].value)
    assert user_of(cookies(now=NOW + 3599), found["pinterest_session"].value) == "8137"
    assert user_of(cookies(now=NOW + 3600), found["pinterest_session"].value) is None
    assert cookies(now=NOW + 599).read(begun, LoginUnderWay) is not None
    assert cookies(now=NOW + 600).read(begun, LoginUnderWay) is None


def test_clocks_of_servers_may_differ() -> None:
    value = written(cookies())["pinterest_session"].value
    assert user_of(cookies(now=NOW - 600), value) == "8137"


def test_keys_can_be_replaced() -> None:
    new = "n" * 32
    old = written(cookies())["pinterest_session"].value
    assert user_of(cookies([new, KEY]), old) == "8137"
    assert user_of(cookies([new]), old) is None
    assert user_of(cookies([new]), written(cookies([new, KEY]))["pinterest_session"].value)


@pytest.mark.parametrize("keys", ["", "short", [], ["k" * 32, "short"]])
def test_a_key_that_can_be_guessed_is_refused(keys: Any) -> None:
    with pytest.raises(ConfigurationError, match="session_key has fewer than 32") as caught:
        cookies(keys)
    assert "short" not in str(caught.value)


def test_a_long_cookie_is_not_read() -> None:
    assert user_of(cookies(), "a" * 100_000) is None
