"""Integrations: stored by the id of the shop system, and nobody else's concern."""

from emulator.bench import Caller, walked

STRANGER = "549755885999"
PATH = "/integrations/commerce"


async def test_an_integration_is_made_read_changed_and_taken_away(call: Caller) -> None:
    known = len(await walked(call, "/integrations"))
    body = {"external_business_id": "shop-1", "connected_tag_id": "26", "partner_access_token": "s"}
    made = (await call("POST", PATH, json=body)).json
    assert (made["connected_tag_id"], made["connected_merchant_id"]) == ("26", "")
    assert (made["partner_access_token_expiry"], made["scopes"]) == (0, "")
    assert "partner_access_token" not in made
    assert (await call("GET", f"{PATH}/shop-1")).json == made
    record = (await call("GET", f"/integrations/{made['id']}")).json
    assert (record["connected_tag_id"], record["connected_merchant_id"]) == ("26", None)
    changed = (await call("PATCH", f"{PATH}/shop-1", json={"scopes": "ads:read"})).json
    assert changed == {**made, "scopes": "ads:read"}
    assert (await walked(call, "/integrations"))[known:] == [{**record, "scopes": "ads:read"}]
    assert (await call("DELETE", f"{PATH}/shop-1")).status == 204
    assert (await call("GET", f"{PATH}/shop-1")).error == (404, 4180)
    assert (await call("GET", f"/integrations/{made['id']}")).error == (404, 4517)
    assert len(await walked(call, "/integrations")) == known


async def test_a_second_post_writes_over_the_first(call: Caller) -> None:
    first = (await call("POST", PATH, json={"external_business_id": "shop-1"})).json
    body = {"external_business_id": "shop-1", "additional_id_1": "x"}
    assert (await call("POST", PATH, json=body)).json == {**first, "additional_id_1": "x"}
    assert (await call("POST", PATH, json={})).error == (400, 1)


async def test_somebody_elses_integration_is_refused(call: Caller) -> None:
    made = (await call("POST", PATH, json={"external_business_id": "shop-1"})).json
    token = call.emulator.issue_token(STRANGER)
    for method, body in (("GET", None), ("PATCH", {"scopes": "x"}), ("DELETE", None)):
        said = await call(method, f"{PATH}/shop-1", token=token, json=body)
        assert said.error == (409, 4182)
    body = {"external_business_id": "shop-1"}
    assert (await call("POST", PATH, json=body, token=token)).error == (409, 4182)
    said = await call("GET", f"/integrations/{made['id']}", token=token)
    assert said.error == (404, 4517)
    assert await walked(call, "/integrations") != []
    assert (await call("GET", "/integrations", token=token)).json["items"] == []
