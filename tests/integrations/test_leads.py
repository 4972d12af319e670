"""Leads that Pinterest sends: decrypted in any layout, and what is not theirs refused."""

import base64
import json
import os
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from fastapi import FastAPI, Request
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from pinterest_async import ConfigurationError, InMemoryLimiter, NotFoundError, Pinterest
from pinterest_async.emulator import Emulator
from pinterest_async.integrations.fastapi import add_error_handlers, lead_webhook
from pinterest_async.integrations.leads import LeadPayloadError, decrypt_leads

RAW_KEY = bytes(range(32))
KEY = base64.b64encode(RAW_KEY).decode().rstrip("=")
LEADS = [{"lead_id": "1", "lead_form_id": "653", "answers": ["Zoë", "zoe@example.com"]}]
NONCE, TAG = slice(0, 12), slice(-16, None)


def payload(
    content: Any = None,
    *,
    order: str = "nonce text tag",
    key: bytes = RAW_KEY,
    nonce: bytes = b"n" * 12,
    associated_data: bytes | None = None,
) -> bytes:
    """What is sent, with its parts in an order."""
    plain = content if isinstance(content, bytes) else json.dumps(content or LEADS).encode()
    sealed = AESGCM(key).encrypt(nonce, plain, associated_data)
    parts = {"nonce": nonce, "text": sealed[:-16], "tag": sealed[-16:]}
    return b"".join(parts[name] for name in order.split())


LAYOUTS = {
    "nonce text tag": (slice(0, 12), slice(-16, None)),
    "nonce tag text": (slice(0, 12), slice(12, 28)),
    "tag nonce text": (slice(16, 28), slice(0, 16)),
    "text tag nonce": (slice(-12, None), slice(-28, -12)),
    "text nonce tag": (slice(-28, -16), slice(-16, None)),
    "tag text nonce": (slice(-12, None), slice(16)),
}


@pytest.mark.parametrize("order", LAYOUTS)
def test_any_layout(order: str) -> None:
    nonce, tag = LAYOUTS[order]
    sent = payload(order=order)
    assert decrypt_leads(sent, KEY, nonce=nonce, tag=tag, encoding="raw") == LEADS


@given(st.binary(min_size=12, max_size=128), st.lists(st.dictionaries(st.text(), st.text())))
def test_any_leads_and_any_nonce(nonce: bytes, leads: list[dict[str, str]]) -> None:
    sent = payload(json.dumps(leads).encode(), nonce=nonce)
    place = slice(0, len(nonce))
    assert decrypt_leads(sent, KEY, nonce=place, tag=TAG, encoding="raw") == leads


@pytest.mark.parametrize("padding", [True, False])
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_base64_of_either_kind(encode: Callable[[bytes], bytes], padding: bool) -> None:
    sent = encode(payload(nonce=b"\xfb\xff" * 6))
    key = encode(RAW_KEY).decode()
    if not padding:
        sent, key = sent.rstrip(b"="), key.rstrip("=")
    assert decrypt_leads(sent + b"\n", key, nonce=NONCE, tag=TAG, encoding="base64") == LEADS


def test_one_lead_alone_and_data_beside_it() -> None:
    sent = payload(LEADS[0], associated_data=b"v1")
    options: Any = {"nonce": NONCE, "tag": TAG, "encoding": "raw"}
    assert decrypt_leads(sent, KEY, **options, associated_data=b"v1") == LEADS
    with pytest.raises(LeadPayloadError):
        decrypt_leads(sent, KEY, **options)


def refused(sent: bytes, encoding: Any = "raw", key: str = KEY) -> str:
    with pytest.raises(LeadPayloadError) as caught:
        decrypt_leads(sent, key, nonce=NONCE, tag=TAG, encoding=encoding)
    assert key not in str(caught.value)
    return str(caught.value)


@given(st.data())
def test_no_change_passes(data: st.DataObject) -> None:
    sent = bytearray(payload())
    at = data.draw(st.integers(0, len(sent) - 1))
    sent[at] ^= data.draw(st.integers(1, 255))
    assert "not encrypted with this key" in refused(bytes(sent))


@given(st.binary(max_size=200), st.sampled_from(["raw", "base64"]))
def test_nothing_else_passes(sent: bytes, encoding: str) -> None:
    assert refused(sent, encoding)


@pytest.mark.parametrize("plain", [b"7", b"[7]", b'"text"', b"not JSON", b"\xff", b"[" * 20_000])
def test_what_holds_no_leads(plain: bytes) -> None:
    said = refused(payload(plain))
    assert "holds no JSON list of leads" in said
    assert "not JSON" not in said.replace("no JSON", "")


def test_another_key_and_too_much() -> None:
    assert refused(payload(key=b"x" * 32))
    assert "more than 1,048,576 bytes" in refused(b"x" * 1_048_577)
    assert "shorter than its parts" in refused(b"x" * 27)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"key": "c2hvcnQ="}, "the key is not 32 bytes in base64"),
        ({"key": "é" * 43}, "the key is not 32 bytes in base64"),
        ({"nonce": slice(0, 4)}, "nonce is 4 bytes long"),
        ({"nonce": slice(None)}, "nonce is 65536 bytes long"),
        ({"nonce": slice(0, 24, 2)}, "nonce has a step"),
        ({"tag": slice(-12, None)}, "tag is 12 bytes long"),
        ({"tag": slice(8, 24)}, "nonce and tag overlap"),
        ({"encoding": "hex"}, "encoding is 'hex'"),
    ],
)
def test_mistakes_are_told(change: dict[str, Any], words: str) -> None:
    options: Any = {"key": KEY, "nonce": NONCE, "tag": TAG, "encoding": "raw", **change}
    with pytest.raises(ConfigurationError, match=words) as caught:
        decrypt_leads(payload(), **options)
    assert KEY not in str(caught.value)


def test_the_library_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives.ciphers.aead", None)
    with pytest.raises(ConfigurationError, match=r"Install pinterest-async\[leads\]"):
        decrypt_leads(payload(), KEY, nonce=NONCE, tag=TAG, encoding="raw")


async def test_the_key_of_a_subscription() -> None:
    async with (
        Emulator() as emulator,
        Pinterest(emulator.token, base_url=emulator.url, limiter=InMemoryLimiter()) as pinterest,
    ):
        [account] = await pinterest.ad_accounts.list().limit(1).collect()
        made = await pinterest.lead_subscriptions.create(
            webhook_url="https://app.example/leads", ad_account_id=account.id
        )
    key = made.cryptographic_key
    assert key is not None
    sent = payload(key=base64.b64decode(key + "=" * (-len(key) % 4)))
    assert decrypt_leads(sent, key, nonce=NONCE, tag=TAG, encoding="raw") == LEADS


# The route


@pytest.fixture
def kept() -> list[Any]:
    return []


@pytest.fixture
def webhook(kept: list[Any]) -> Iterator[TestClient]:
    async def keep(leads: list[dict[str, Any]]) -> None:
        if leads[0]["lead_id"] == "unwelcome":
            raise NotFoundError("not a status for Pinterest", status=404)
        kept.extend(leads)

    async def key_of(request: Request) -> str:
        return KEY if request.path_params["subscription"] == "1" else "a" * 43

    app = FastAPI()
    add_error_handlers(app)
    options: Any = {"nonce": NONCE, "tag": TAG, "encoding": "raw"}
    app.include_router(lead_webhook("/leads", keep, key=KEY, **options))
    app.include_router(lead_webhook("/leads/{subscription}", keep, key=key_of, **options))
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


def test_leads_arrive(webhook: TestClient, kept: list[Any]) -> None:
    for path in ("/leads", "/leads/1"):
        answer = webhook.post(path, content=payload())
        assert (answer.status_code, answer.json()) == (200, {"received": 1})
    assert kept == LEADS * 2
    assert webhook.post("/leads/2", content=payload()).status_code == 400


def test_what_others_send_is_refused_and_not_logged(
    webhook: TestClient, kept: list[Any], caplog: pytest.LogCaptureFixture
) -> None:
    for sent in (b"", os.urandom(100), payload(b"7"), payload(key=b"x" * 32)):
        answer = webhook.post("/leads", content=sent)
        assert answer.status_code == 400
        assert answer.json() == {"detail": "The leads cannot be decrypted."}
    assert webhook.post("/leads", content=b"x" * 2_000_000).status_code == 413
    assert kept == []
    assert "zoe@example.com" not in caplog.text
    assert KEY not in caplog.text


def test_a_body_without_end_is_cut_off(webhook: TestClient) -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(100):
            yield b"x" * 65_536

    assert webhook.post("/leads", content=pieces()).status_code == 413


def test_leads_that_were_not_kept_come_again(
    webhook: TestClient, kept: list[Any], caplog: pytest.LogCaptureFixture
) -> None:
    answer = webhook.post("/leads", content=payload([{"lead_id": "unwelcome"}]))
    assert answer.status_code == 503
    assert kept == []
    assert "Leads were not taken" in caplog.text
