"""All operations of the description: right requests get answers that fit, broken ones refusals.

Neither the emulator's validator nor its description is used here: requests come from `spec/`, and
jsonschema judges what comes back.
"""

import msgspec
import pytest
from contract.bench import OPERATIONS, tools
from contract.document import Described
from emulator.judge import ask, judged
from emulator.known import known
from emulator.requests import malformed, right, variants

from pinterest_async.emulator import Emulator
from pinterest_async.emulator.handlers import HANDLERS

NOW = 1_781_006_400.0

every_operation = pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.id)
but_the_token = [one for one in OPERATIONS if one.id != "oauth/token"]
"""Codes and refresh tokens cannot be made up: model/test_tokens.py has them."""

_OF_ITS_TYPE = "asks for a catalog of the type that it says, and the world has only one"
BEYOND = {
    "ads/analytics": "asks for ads, Pins or campaigns, which are optional one by one",
    "audiences/create": "asks for a name, a type and a rule, which are optional",
    "customer_lists/create": "asks for records in one form or the other, which are optional",
    "customer_lists/update": "asks for records in one form or the other, which are optional",
    "analytics/create_report": "asks for targeting types on some levels, which are optional",
    "catalogs_product_groups/create": _OF_ITS_TYPE,
    "catalogs_product_groups/create_many": _OF_ITS_TYPE,
    "catalogs_product_groups/update": _OF_ITS_TYPE,
    "feeds/create": "asks for a country and a language, which are optional",
    "feeds/update": _OF_ITS_TYPE,
    "items_batch/post": _OF_ITS_TYPE,
    "pins/update": "takes texts for the images of a carousel, and no other Pin has any",
    "products_by_product_group_filter/list": _OF_ITS_TYPE,
    "reports/create": _OF_ITS_TYPE,
    "ssio_insertion_order/edit": "asks for one id of an order line, all of which are optional",
    "integrations_commerce/post": "asks for an external business id, which is optional",
    "verify_website/update": "asks for a website, which is optional",
}
"""Rules that no schema tells, by operation: some right requests are refused, but not all."""

CALLED_ID = {
    "catalogs_product_groups/delete_many": "product_group_id",
    "catalogs_product_groups/list": "product_group_id",
    "integrations/get_by_id": "integration_id",
    "targeting_template/update": "targeting_template_id",
}
"""Whose id the parameter `id` is, by operation."""


@pytest.fixture(scope="module")
def emulator() -> Emulator:
    return Emulator(quotas=None, now=lambda: NOW, strict=True)


@pytest.mark.parametrize("operation", but_the_token, ids=lambda one: one.id)
def test_a_right_request_gets_an_answer_that_fits(operation: Described) -> None:
    maker = tools(operation).requests
    statuses: list[int] = []
    for pick in range(variants(operation, maker) + 1):
        emulator = Emulator(quotas=None, accounts=1, now=lambda: NOW, strict=True)
        found = known(emulator)
        if operation.id in CALLED_ID:
            found["id"] = found[CALLED_ID[operation.id]]
        if operation.id == "catalogs_supplemental_items_batch/get":
            found["batch_id"] = found["inventory_batch_id"]
        if operation.id == "analytics/create_report":
            found["granularity"] = "HOUR"  # the only one that knows hours
        wire = right(operation, maker, full=pick > 0, pick=pick, known=found)
        answer = ask(emulator, operation, wire)
        statuses.append(answer.status)
        assert answer.status < (500 if operation.id in BEYOND else 300), (wire, answer.body)
        assert judged(operation, answer) == []
        if operation.id not in {*HANDLERS, "oauth/conversion_token"}:
            assert ask(emulator, operation, wire).body == answer.body
    assert min(statuses) < 300


@every_operation
def test_broken_requests_are_refused(operation: Described, emulator: Emulator) -> None:
    maker = tools(operation).requests
    wire = right(operation, maker, full=False)
    poor = emulator.issue_token(scopes=())
    refusals = [
        ("unknown token", ask(emulator, operation, wire, "Bearer pina_unknown"), 401, 2),
        ("wrong method", ask(emulator, operation, wire._replace(method="HEAD")), 405, 5),
        (
            "missing scope",
            ask(emulator, operation, wire, f"Bearer {poor}"),
            401,
            # The credentials of an app have no scopes: a token of any kind is none.
            2 if operation.schemes & {"basic"} else 3,
        ),
    ]
    for bad in malformed(operation, maker):
        answer = ask(emulator, operation, bad.wire)
        assert (bad, answer.status) == (bad, 400), answer.body
        said = msgspec.json.decode(answer.body)["message"]
        assert said.startswith((f"{bad.named}:", f"{bad.named}[0]:")), (bad, said)
        refusals.append((bad.kind, answer, 400, 1))
    assert len({kind for kind, *_ in refusals}) >= 5
    for kind, answer, status, code in refusals:
        answered = answer.status, msgspec.json.decode(answer.body)["code"]
        assert (kind, *answered) == (kind, status, code)
        assert judged(operation, answer) == []
