"""Tokens: who may call what, until when, and the OAuth flows that issue them."""

import base64
from urllib.parse import parse_qs, urlsplit

import pytest
from emulator.bench import Caller, Clock

from pinterest_async.emulator.model.tokens import ACCESS_LIFE, CODE_LIFE, REFRESH_LIFE

HERE = "http://localhost:8085/"


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer pina_unknown", "Basic pina_unknown", "pina_unknown"]
)
async def test_nobody_is_let_in_without_a_token(call: Caller, header: str) -> None:
    said = await call("GET", "/user_account", headers={"Authorization": header})
    assert said.error == (401, 2)


async def test_a_token_ends(call: Caller, clock: Clock) -> None:
    token = call.emulator.issue_token(expires_in=60)
    clock.now += 59.9
    assert (await call("GET", "/user_account", token=token)).status == 200
    clock.now += 0.1
    assert (await call("GET", "/user_account", token=token)).error == (401, 2)
    assert (await call("GET", "/user_account")).status == 200
    call.emulator.expire()
    assert (await call("GET", "/user_account")).error == (401, 2)


async def test_scopes_are_needed(call: Caller) -> None:
    token = call.emulator.issue_token(scopes=["boards:read"])
    said = await call("GET", "/boards/1/pins", token=token)
    assert (said.status, said.json["code"]) == (401, 3)
    assert "pins:read" in said.json["message"]


async def test_a_conversion_token_sends_events_and_nothing_else(call: Caller) -> None:
    made = await call("POST", "/oauth/conversion_token")
    token = made.json["access_token"]
    assert (await call("GET", "/user_account", token=token)).error == (401, 3)
    event = {
        "event_name": "checkout",
        "action_source": "web",
        "event_time": 1_781_000_000,
        "event_id": "1",
        "user_data": {"em": ["0" * 64]},
    }
    account = next(iter(call.emulator.world.table("ad_accounts")))["id"]
    target = f"/ad_accounts/{account}/events"
    sent = await call("POST", target, token=token, json={"data": [event]})
    assert sent.status == 200


async def test_two_users_have_two_names(call: Caller) -> None:
    other = call.emulator.issue_token("806000000000000002")
    await call("GET", "/user_account")
    await call("GET", "/user_account", token=other)
    users = [one.user for one in call.emulator.calls("user_account.get")]
    assert users == [call.emulator.user, "806000000000000002"]


async def code(call: Caller, decision: str = "grant", **changed: str) -> str:
    """Decide in the browser, and the code that comes back."""
    asked = {
        "client_id": call.emulator.client[0],
        "redirect_uri": HERE,
        "response_type": "code",
        "scope": "pins:read,boards:read",
        "state": "s&1",
        **changed,
    }
    asked |= {"user": call.emulator.user, "decision": decision, **changed}
    said = await call("POST", call.emulator.authorize_url, data=asked)
    assert said.status == 302, said.text
    back = urlsplit(str(said.headers["Location"]))
    assert back.hostname == "localhost"
    query = parse_qs(back.query)
    assert query["state"] == ["s&1"]
    return query["code"][0]


async def test_a_code_is_exchanged_once(call: Caller) -> None:
    form = {"grant_type": "authorization_code", "code": await code(call), "redirect_uri": HERE}
    pair = (await call.client("/oauth/token", **form)).json
    assert pair["access_token"].startswith("pina_")
    assert pair["refresh_token"].startswith("pinr_")
    assert (pair["expires_in"], pair["scope"]) == (ACCESS_LIFE, "boards:read pins:read")
    assert (await call("GET", "/boards", token=pair["access_token"])).status == 200
    assert (await call("GET", "/ad_accounts", token=pair["access_token"])).error == (401, 3)
    assert (await call.client("/oauth/token", **form)).error == (401, 283)


async def test_a_code_lapses_and_knows_its_redirect(call: Caller, clock: Clock) -> None:
    form = {"grant_type": "authorization_code", "redirect_uri": HERE}
    other = form | {"code": await code(call), "redirect_uri": "http://localhost:1/"}
    assert (await call.client("/oauth/token", **other)).error == (400, 1)
    late = form | {"code": await code(call)}
    clock.now += CODE_LIFE
    assert (await call.client("/oauth/token", **late)).error == (401, 283)


async def test_refreshing_rotates_both_tokens(call: Caller, clock: Clock) -> None:
    form = {"grant_type": "authorization_code", "code": await code(call), "redirect_uri": HERE}
    first = (await call.client("/oauth/token", **form)).json
    clock.now += ACCESS_LIFE
    assert (await call("GET", "/boards", token=first["access_token"])).error == (401, 2)
    again = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    second = (await call.client("/oauth/token", **again)).json
    assert second["refresh_token"] != first["refresh_token"]
    assert (await call("GET", "/boards", token=second["access_token"])).status == 200
    assert (await call.client("/oauth/token", **again)).error == (401, 283)
    clock.now += REFRESH_LIFE
    again["refresh_token"] = second["refresh_token"]
    assert (await call.client("/oauth/token", **again)).error == (401, 283)


async def test_a_refresh_gives_no_more_scopes(call: Caller) -> None:
    form = {"grant_type": "authorization_code", "code": await code(call), "redirect_uri": HERE}
    first = (await call.client("/oauth/token", **form)).json
    again = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    more = await call.client("/oauth/token", **again, scope="ads:write")
    assert more.error == (400, 1)
    assert "scope" in more.json["message"]
    fewer = await call.client("/oauth/token", **again, scope="pins:read")
    assert fewer.json["scope"] == "pins:read"


async def test_the_app_acts_for_its_owner(call: Caller) -> None:
    form = {"grant_type": "client_credentials", "scope": "boards:read,pins:read,ads:write"}
    said = (await call.client("/oauth/token", **form)).json
    assert said["access_token"].startswith("pinc_")
    assert (await call("GET", "/boards", token=said["access_token"])).status == 200
    assert call.emulator.calls("boards.list")[-1].user == call.emulator.user
    unknown = await call.client("/oauth/token", grant_type="client_credentials", scope="all")
    assert unknown.error == (400, 1)
    # Campaigns are written by users only.
    closed = await call("POST", "/ad_accounts/1/campaigns", token=said["access_token"], json=[])
    assert closed.error == (401, 3)


async def test_a_revoked_token_is_worthless(call: Caller) -> None:
    token = call.emulator.issue_token()
    assert (await call.client("/oauth/token/revoke", token=token)).status == 200
    assert (await call("GET", "/user_account", token=token)).error == (401, 2)


@pytest.mark.parametrize("pair", ["1500001:wrong", "1:x", "é", "1500001:"])
async def test_an_unknown_app_is_refused(call: Caller, pair: str) -> None:
    said = await call(
        "POST",
        "/oauth/token",
        data={"grant_type": "client_credentials", "scope": "pins:read"},
        headers={"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()},
    )
    assert said.error == (401, 2)


@pytest.mark.parametrize(
    ("form", "named"),
    [
        ({}, "body"),
        ({"grant_type": "password"}, "grant_type"),
        ({"grant_type": "authorization_code", "code": "x"}, "redirect_uri"),
        ({"grant_type": "refresh_token"}, "refresh_token"),
        ({"grant_type": "client_credentials"}, "scope"),
        ({"grant_type": "client_credentials", "scope": "pins:read", "zz": "1"}, "zz"),
    ],
)
async def test_a_form_is_checked(call: Caller, form: dict[str, str], named: str) -> None:
    said = await call.client("/oauth/token", **form)
    assert said.error == (400, 1)
    assert named in said.json["message"]


@pytest.mark.parametrize(
    "changed",
    [
        {"client_id": "9"},
        {"redirect_uri": ""},
        {"redirect_uri": "javascript:alert(1)"},
        {"redirect_uri": "http://x/\r\nSet-Cookie: a=b"},
        {"redirect_uri": "http://x;script-src *"},
        {"redirect_uri": "http://x;script-src/"},
        {"redirect_uri": "HTTP://x y/"},
        {"redirect_uri": "http://["},
        {"redirect_uri": "http://a@b/"},
        {"response_type": "token"},
        {"scope": ""},
        {"scope": "pins:eat"},
        {"user": "1"},
    ],
)
async def test_consent_needs_a_known_app(call: Caller, changed: dict[str, str]) -> None:
    with pytest.raises(AssertionError, match="400"):
        await code(call, **changed)
