"""Secrets in texts from the wire: found however they are encoded."""

import base64
import html
import json
from collections.abc import Callable
from typing import Final
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinterest_async._core.redaction import blanked, blanked_text

SECRETS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=12, max_size=60)
AROUND = st.text(max_size=20)

ENCODINGS: Final[dict[str, Callable[[str], str]]] = {
    "plain": str,
    "json": lambda secret: json.dumps(secret)[1:-1],
    "json of PHP": lambda secret: json.dumps(secret)[1:-1].replace("/", "\\/"),
    "json, all escaped": lambda secret: "".join(f"\\u{ord(one):04x}" for one in secret),
    "json in json": lambda secret: json.dumps(json.dumps(secret)[1:-1])[1:-1],
    "percent": lambda secret: quote(secret, safe=""),
    "percent, all of it": lambda secret: "".join(f"%{ord(one):02X}" for one in secret),
    "percent twice": lambda secret: quote(quote(secret, safe=""), safe=""),
    "html": html.escape,
    "html by number": lambda secret: "".join(f"&#{ord(one)};" for one in secret),
    "html by hex": lambda secret: "".join(f"&#x{ord(one):x};" for one in secret),
    "escapes of a repr": lambda secret: "".join(f"\\x{ord(one):02x}" for one in secret),
    "hex": lambda secret: secret.encode().hex(),
    "HEX": lambda secret: secret.encode().hex().upper(),
    "base64": lambda secret: base64.b64encode(secret.encode()).decode(),
    "base64, one byte later": lambda secret: base64.b64encode(b":" + secret.encode()).decode(),
    "base64, two bytes later": lambda secret: base64.b64encode(b"a:" + secret.encode()).decode(),
    "base64 for addresses": lambda secret: base64.urlsafe_b64encode(secret.encode()).decode(),
    "base64, escaped": lambda secret: quote(base64.b64encode(secret.encode()), safe=""),
}


@pytest.mark.parametrize("encoding", ENCODINGS)
@given(secret=SECRETS, before=AROUND, after=AROUND)
def test_a_secret_is_found_in_every_encoding(
    encoding: str, secret: str, before: str, after: str
) -> None:
    echo = ENCODINGS[encoding](secret)
    clean = blanked_text(f"{before} {echo} {after}", [secret])
    assert "[redacted]" in clean
    assert echo not in clean


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_nothing_of_it_is_left(encoding: str) -> None:
    echo = ENCODINGS[encoding]("s3cret/of+mine&yours%41")
    assert blanked_text(f"before {echo} after", ["s3cret/of+mine&yours%41"]) == (
        "before [redacted] after"
    )


@pytest.mark.parametrize("encoding", ENCODINGS)
@given(
    secret=st.text(st.sampled_from("abcdefghijkQRSTUV0123456789/+&%"), min_size=24, max_size=60),
    part=st.floats(0.75, 1),
)
def test_a_secret_that_is_cut_is_found(encoding: str, secret: str, part: float) -> None:
    echo = ENCODINGS[encoding](secret)
    cut = echo[: max(8, int(len(echo) * part))]
    assert blanked_text(f"so {cut}", [secret]).startswith("so [redacted]")
    assert cut[:-6] not in blanked_text(f"so {cut}... and more", [secret])


@given(text=st.binary(max_size=300), secrets=st.lists(SECRETS, max_size=3))
def test_any_bytes_will_do(text: bytes, secrets: list[str]) -> None:
    clean = blanked(text, secrets)
    if b"[redacted]" not in clean:
        assert clean == text


def test_other_texts_stay_as_they_are() -> None:
    text = 'Invalid "board_id": 100% of\\u0041 &amp; so on, ü'
    assert blanked_text(text, ["pina_SECRETsecret", ""]) is text
    assert blanked_text(text, []) is text
    assert blanked_text("two pina_1234567, pina_1234567.", ["pina_1234567"]) == (
        "two [redacted], [redacted]."
    )


def test_a_short_secret_is_found_as_it_is() -> None:
    assert blanked_text("the key abc is wrong", ["abc"]) == "the key [redacted] is wrong"
    assert blanked_text("the key YWJj is wrong", ["abc"]) == "the key YWJj is wrong"


def test_the_header_of_an_app_is_found_as_a_whole() -> None:
    header = base64.b64encode(b"1234567:app-secret-of-mine").decode()
    assert blanked_text(f"Authorization: Basic {header}!", ["app-secret-of-mine"]) == (
        "Authorization: Basic [redacted]!"
    )
