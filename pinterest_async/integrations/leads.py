"""Leads that Pinterest sends to a webhook: the decryption of what arrives. Needs the extra `leads`.

Pinterest encrypts leads with AES-256-GCM, by the key that `lead_subscriptions.create` answers. No
documentation was found that says where nonce and tag stand in what it sends, so that is for you to
say: `lead_forms.create_test` lets Pinterest send a lead to look at.
"""

import base64
import binascii
import importlib
from typing import Any, Final, Literal, TypeAlias

import msgspec

from pinterest_async._core.guards import is_items, is_object
from pinterest_async.errors import ConfigurationError, PinterestError

LeadEncoding: TypeAlias = Literal["raw", "base64"]

LARGEST: Final = 1_048_576
"""Bytes of a payload."""
_KEY: Final = 32
_NONCE: Final = (12, 128)
_TAG: Final = 16
_ROOM: Final = range(65_536)
"""The places of a long payload, on which a layout is tried."""


class LeadPayloadError(PinterestError):
    """A payload is not one that was encrypted with this key, in this layout."""

    ADVICE = "Check key, nonce, tag and encoding. Pinterest does not send it again after a 400."


def decrypt_leads(
    payload: bytes,
    key: str,
    *,
    nonce: slice,
    tag: slice,
    encoding: LeadEncoding,
    associated_data: bytes | None = None,
) -> list[dict[str, Any]]:
    """Decrypt the body of a webhook request: the leads in it, as Pinterest names their fields.

    Args:
        payload: The body; 1 MiB at most.
        key: The `cryptographic_key` of the subscription: base64, with or without padding.
        nonce: Where the nonce stands in the payload, such as `slice(0, 12)`; 12 bytes or more.
        tag: Where the tag stands, such as `slice(-16, None)`; 16 bytes. All else is the text, in
            its order. Where the three arrive apart, join them in the order that you name here.
        encoding: Whether the payload is in base64 as a whole.
        associated_data: What was authenticated beside the text, if anything.

    Raises:
        LeadPayloadError: The payload was not encrypted with this key in this layout, or is no JSON.
        ConfigurationError: The key is none, the layout makes no sense, or cryptography is missing.
    """
    cipher = _cipher(key)
    _check_layout(nonce, tag)
    if encoding not in ("raw", "base64"):
        raise ConfigurationError(f"encoding is {encoding!r}", advice="Use 'raw' or 'base64'.")
    if len(payload) > LARGEST:
        raise LeadPayloadError(f"the payload has more than {LARGEST:,} bytes")
    raw = _from_base64(payload) if encoding == "base64" else payload
    if raw is None:
        raise LeadPayloadError("the payload is not in base64")
    places = range(len(raw))
    first, second = sorted((places[nonce], places[tag]), key=lambda place: place.start)
    whole = len(places[nonce]) == len(_ROOM[nonce]) and len(places[tag]) == _TAG
    if not whole or first.stop > second.start:
        raise LeadPayloadError("the payload is shorter than its parts")
    text = raw[: first.start] + raw[first.stop : second.start] + raw[second.stop :]
    plain = cipher(raw[nonce], text + raw[tag], associated_data)
    if plain is None:
        raise LeadPayloadError("the payload was not encrypted with this key in this layout")
    return _leads(plain)


def _check_layout(nonce: slice, tag: slice) -> None:
    places = {name: _ROOM[one] for name, one in (("nonce", nonce), ("tag", tag))}
    sizes = {"nonce": range(_NONCE[0], _NONCE[1] + 1), "tag": range(_TAG, _TAG + 1)}
    for name, place in places.items():
        if len(place) not in sizes[name] or place.step != 1:
            raise ConfigurationError(
                f"{name} is {len(place)} bytes long" if place.step == 1 else f"{name} has a step",
                advice="Write them like nonce=slice(0, 12) and tag=slice(-16, None).",
            )
    if {*places["nonce"]} & {*places["tag"]}:
        raise ConfigurationError(
            "nonce and tag overlap", advice="Name the place of each in the payload."
        )


def _leads(plain: bytes) -> list[dict[str, Any]]:
    """The leads of a decrypted payload. Its errors show nothing of it, since leads are people."""
    try:
        found: Any = msgspec.json.decode(plain)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        found = None
    found = [found] if is_object(found) else found
    if not is_items(found) or not all(is_object(one) for one in found):
        raise LeadPayloadError("the payload holds no JSON list of leads")
    return [*found]


def _from_base64(text: bytes) -> bytes | None:
    """The bytes that stand in base64, of either alphabet, with or without padding."""
    text = text.strip().rstrip(b"=").translate(bytes.maketrans(b"-_", b"+/"))
    try:
        return base64.b64decode(text + b"=" * (-len(text) % 4), validate=True)
    except binascii.Error:
        return None


def _cipher(key: str) -> Any:
    """What decrypts by this key, and gives None for what it cannot."""
    try:
        aead: Any = importlib.import_module("cryptography.hazmat.primitives.ciphers.aead")
        failed = importlib.import_module("cryptography.exceptions").InvalidTag
    except ImportError:
        raise ConfigurationError(
            "the library cryptography is not installed", advice="Install pinterest-async[leads]."
        ) from None
    raw = _from_base64(key.encode("ascii", "replace"))
    if raw is None or len(raw) != _KEY:
        raise ConfigurationError(
            f"the key is not {_KEY} bytes in base64",
            advice="Pass the cryptographic_key that lead_subscriptions.create answered.",
        )

    def decrypt(nonce: bytes, text: bytes, associated_data: bytes | None) -> bytes | None:
        try:
            return bytes(aead.AESGCM(raw).decrypt(nonce, text, associated_data))
        except failed:
            return None

    return decrypt
