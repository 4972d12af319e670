"""What the live API ignores, or reads in several ways, an emulator does too that is not strict."""

import datetime as dt
from typing import Any

import pytest
from aiohttp import ClientSession, encode_basic_auth

from pinterest_async import AuthorizationCode, Pinterest
from pinterest_async.emulator import Emulator
from pinterest_async.emulator.contract.calls import RejectedError
from pinterest_async.emulator.contract.contract import Contract
from pinterest_async.emulator.contract.description import (
    ApiBody,
    ApiOperation,
    ApiParameter,
    Description,
)


async def answered(emulator: Emulator, method: str, path: str, **more: Any) -> tuple[int, Any]:
    headers = {"Authorization": f"Bearer {emulator.token}"}
    async with (
        ClientSession() as session,
        session.request(method, emulator.url + path, headers=headers, **more) as answer,
    ):
        return answer.status, await answer.json()


@pytest.mark.parametrize(
    "path",
    [
        "/boards?surprise=1",
        "/boards/?page_size=1",
        "/user_account/analytics?start_date={day}&end_date={day}&granularity=DAY&columns=SAVE",
        "/pins?pin_metrics=True",
        "/pins?pin_metrics=False&page_size=1",
    ],
)
async def test_queries_that_other_clients_send(path: str) -> None:
    async with Emulator() as emulator:
        day = dt.datetime.now(dt.UTC).date() - dt.timedelta(days=3)
        assert (await answered(emulator, "GET", path.format(day=day)))[0] == 200


async def test_fields_that_are_not_described_are_ignored_and_not_kept() -> None:
    async with Emulator() as emulator:
        body = {"name": "Lamps", "colour": "red", "id": "1", "owner": {"username": "eve"}}
        status, board = await answered(emulator, "POST", "/boards", json=body)
        assert status in (200, 201)
        assert board["name"] == "Lamps"
        assert "colour" not in board
        assert board["id"] != "1"
        assert board["owner"]["username"] != "eve"


async def test_fields_of_items_are_ignored_as_well() -> None:
    async with Emulator() as emulator:
        _, accounts = await answered(emulator, "GET", "/ad_accounts")
        account = accounts["items"][0]["id"]
        _, groups = await answered(emulator, "GET", f"/ad_accounts/{account}/ad_groups")
        group = groups["items"][0]
        items = [{"id": group["id"], "ad_account_id": account, "name": "New", "extra": {"a": 1}}]
        path = f"/ad_accounts/{account}/ad_groups"
        status, answer = await answered(emulator, "PATCH", path, json=items)
        assert (status, answer["items"][0]["data"]["name"]) == (200, "New")
        assert "extra" not in answer["items"][0]["data"]


async def test_a_strict_emulator_finds_typos() -> None:
    async with Emulator(strict=True) as emulator:
        status, error = await answered(emulator, "GET", "/boards?page_sise=1")
        assert status == 400
        assert "page_sise: unknown parameter" in error["message"]
        status, error = await answered(emulator, "POST", "/boards", json={"name": "a", "nmae": "b"})
        assert (status, error["message"]) == (400, "nmae: is not known here")


@pytest.mark.parametrize("strict", [True, False])
async def test_a_login_of_our_own_works(strict: bool) -> None:
    """Code, refresh and rotation, with the forms that the SDK sends."""
    async with Emulator(strict=strict) as emulator:
        client_id, secret = emulator.client
        code = emulator.authorize(redirect_uri="http://localhost/back")
        auth = AuthorizationCode(client_id, secret, code, redirect_uri="http://localhost/back")
        async with Pinterest(auth, base_url=emulator.url) as pinterest:
            assert (await pinterest.user_account.get()).username
            emulator.expire()
            assert (await pinterest.user_account.get()).username


async def test_the_ad_account_in_the_path_need_not_be_sent_once_more() -> None:
    async with Emulator() as emulator:
        _, accounts = await answered(emulator, "GET", "/ad_accounts")
        path = f"/ad_accounts/{accounts['items'][0]['id']}/campaigns"
        campaign = {"name": "New", "objective_type": "AWARENESS", "daily_spend_cap": 10**8}
        _, answer = await answered(emulator, "POST", path, json=[campaign])
        made = answer["items"][0]["data"]
        _, answer = await answered(emulator, "PATCH", path, json=[{"id": made["id"], "name": "N"}])
        assert answer["items"][0]["data"]["name"] == "N"


def test_what_the_path_says_is_missing_in_a_strict_body_alone() -> None:
    item = {"type": "object", "properties": {"shop_id": {"type": "string"}}}
    item |= {"required": ["shop_id"]}
    operation = ApiOperation(
        id="lamps/create",
        namespace="lamps",
        name="create",
        method="POST",
        path="/shops/{shop_id}/lamps",
        category="org_write",
        sandbox=True,
        schemes=(),
        scopes=(),
        parameters=(
            ApiParameter(
                name="shop_id",
                place="path",
                required=True,
                encoding="plain",
                schema={"type": "string"},
            ),
        ),
        answers={"200": None},
        body=ApiBody(
            content_type="application/json",
            required=True,
            schema={"type": "array", "items": item},
        ),
    )
    description = Description(version="1", operations=(operation,), schemas={})
    sent = (operation, {"shop_id": "1"}, "", "application/json")
    for strict in (False, True):
        contract = Contract(description, strict=strict)
        assert contract.check(*sent, b'[{"shop_id": "1"}]').body == [{"shop_id": "1"}]
        if not strict:
            assert contract.check(*sent, b"[{}]").body == [{}]
            continue
        with pytest.raises(RejectedError, match=r"\[0\].shop_id: is required"):
            contract.check(*sent, b"[{}]")


async def test_where_errors_are_listed_an_item_that_lacks_something_is_one_of_them() -> None:
    async with Emulator() as emulator:
        _, accounts = await answered(emulator, "GET", "/ad_accounts")
        of = f"/ad_accounts/{accounts['items'][0]['id']}"
        _, campaigns = await answered(emulator, "GET", f"{of}/campaigns")
        parent = {"parent_id": campaigns["items"][0]["id"]}
        words = [{"value": "lamp"}, {"value": "lamp", "match_type": "BROAD"}]
        sent = {"keywords": words, **parent}
        status, answer = await answered(emulator, "POST", f"{of}/keywords", json=sent)
        assert (status, len(answer["keywords"])) == (200, 1)
        assert answer["errors"] == [{"error_messages": ["match_type: is required, and missing"]}]
        labels = [{"value": "A", "label_type": "BRAND"}]
        body = {"labels": [{"label_type": "BRAND"}, *labels], **parent}
        status, answer = await answered(emulator, "POST", f"{of}/labels", json=body)
        assert (status, [one["value"] for one in answer["labels"]]) == (200, ["A"])
        assert answer["errors"] == [{"error_messages": ["value: is required, and missing"]}]
        status, _ = await answered(emulator, "POST", f"{of}/labels", json=parent)
        assert status == 400
        sent = {"keywords": [{"archived": True}]}
        status, answer = await answered(emulator, "PATCH", f"{of}/keywords", json=sent)
        assert (status, answer["keywords"], len(answer["errors"])) == (200, [], 1)


@pytest.mark.parametrize(("strict", "second"), [(False, 200), (True, 401)])
async def test_an_older_refresh_token_works_unless_it_is_strict(strict: bool, second: int) -> None:
    async with Emulator(strict=strict) as emulator, ClientSession() as session:
        code = emulator.authorize("http://localhost/back")
        form = {"grant_type": "authorization_code", "code": code}
        form["redirect_uri"] = "http://localhost/back"
        headers = {"Authorization": encode_basic_auth(*emulator.client)}
        target = f"{emulator.url}/oauth/token"
        async with session.post(target, data=form, headers=headers) as answer:
            pair = await answer.json()
        form = {"grant_type": "refresh_token", "refresh_token": pair["refresh_token"]}
        form |= {} if strict else {"continuous_refresh": "true"}
        statuses: list[int] = []
        for _ in range(2):
            async with session.post(target, data=form, headers=headers) as answer:
                statuses.append(answer.status)
        assert statuses == [200, second]
