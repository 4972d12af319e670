"""User data are normalised and hashed as Pinterest asks for it: vectors made by hand."""

import datetime as dt
import hashlib
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinterest_async._core.user_data import FIELDS, hashed, hashed_user_data

# Each hash was computed by `sha256sum` from the form that stands beside it.
VECTORS = (
    (
        "em",
        "Ann@Example.com",
        "ann@example.com",
        "71d4f55f72fa128dfb468a1a3901507c804b74316488744d769d7f4b16696476",
    ),
    (
        "em",
        "  ANN.Lee+Shop@Example.CO.UK ",
        "ann.lee+shop@example.co.uk",
        "0d630187c493e09527fad30a7eeb5cc1fe9493fb664f7dc5f351454825986fdf",
    ),
    (
        "em",
        "jörg@müller.example",
        "jörg@müller.example",
        "cfa31db5bf06a13b4c310f8f68a357da287ba47f31655fcec923c48d0d6c2543",
    ),
    (
        "em",
        "JÖRG@MÜLLER.example",
        "jörg@müller.example",
        "cfa31db5bf06a13b4c310f8f68a357da287ba47f31655fcec923c48d0d6c2543",
    ),
    (
        "ph",
        "+1 (555) 010-9999",
        "15550109999",
        "91a02cd9e0fdea8309e2361e0c1d2eb133b283c1cc08d5562185d25a613783af",
    ),
    (
        "ph",
        "0049 171/123.45.67",
        "491711234567",
        "7e25b7844dc82e53d76a507d7f6130832c805e097c1e038793c36ce22c358132",
    ),
    (
        "ph",
        "49 171 1234567 Büro",
        "491711234567",
        "7e25b7844dc82e53d76a507d7f6130832c805e097c1e038793c36ce22c358132",
    ),
    (
        "ph",
        "+\u0664\u0669 \u0661\u0667\u0661 \u0661\u0662\u0663",
        "49171123",
        "5d895951881778ccd72680fac5a390667c75426bd2823cba5e26b363e555a52f",
    ),
    ("ge", "F", "f", "252f10c83610ebca1a059c0bae8255eba2f95be4d1d7bcfa89d7248a82d9f111"),
    ("ge", " m ", "m", "62c66a7a5dd70c3146618063c344e531e6d4b59e379808443ce962b3abd63c5a"),
    ("ge", "N", "n", "1b16b1df538ba12dc3f97edbb85caa7050d46c148134290feba80f8236c83db9"),
    (
        "db",
        "1990-01-31",
        "19900131",
        "267b39628557f31a6766b3d7f8823978c276759be4a5c9c52bf868d802ba5a0d",
    ),
    (
        "db",
        "19900131",
        "19900131",
        "267b39628557f31a6766b3d7f8823978c276759be4a5c9c52bf868d802ba5a0d",
    ),
    (
        "db",
        "1990/01/31",
        "19900131",
        "267b39628557f31a6766b3d7f8823978c276759be4a5c9c52bf868d802ba5a0d",
    ),
    (
        "db",
        "2000.02.29",
        "20000229",
        "78958c155b420adeffb55186f1ff24a0cd544a1d9577e114e7793cc45f90ae01",
    ),
    (
        "fn",
        "Ann-Marie",
        "ann-marie",
        "f0c76d62a57c86e4422ca908f9865d1ee0bdb3da6936230fedfe07d336659826",
    ),
    ("fn", " JOSÉ ", "josé", "d994e1d001886fe5b45b1267bd1fa2b752ac50742579bd3dad7b2a2aa0ed6866"),
    ("fn", "Łukasz", "łukasz", "974282d5169583fd089607c615244d5495c50f3be4e9e5274ad64a27dc8ee84e"),
    ("fn", "王", "王", "3399a0e651ad104cd1f53cd0c44d08b70c6c2e8e1eba56f2d244368264322118"),
    (
        "ln",
        "O'Brien",
        "o'brien",
        "65b87174be3b1b122e2b0929f0b84888637d31a4a83bb96a860bcff411f5e668",
    ),
    (
        "ln",
        "VAN DER BERG",
        "van der berg",
        "a6fe68a719fbd8e4466cb6992d9a64dd1f6837e26dfc5a024f1393f51d3737c0",
    ),
    (
        "ct",
        "St. John's",
        "stjohns",
        "2019e98e51ffecdc3bfa8879524f5c7b8553b94a8bbb0d5fad3649f627dc0dba",
    ),
    (
        "ct",
        "São Paulo",
        "sãopaulo",
        "3eda1428ae1aece064071f8d40f08fe2bc59ffa66c171a163caf15122ec4d7f0",
    ),
    (
        "ct",
        "Wilkes-Barre, +",
        "wilkesbarre",
        "739d8d4ee38a853baea7823f01f82ead2d1d0e9b44da0d2ed3d9f4eaa55a8168",
    ),
    (
        "ct",
        " New York ",
        "newyork",
        "350c754ba4d38897693aa077ef43072a859d23f613443133fecbbd90a3512ca5",
    ),
    ("st", "CA", "ca", "6959097001d10501ac7d54c0bdb8db61420f658f2922cc26e46d536119a31126"),
    ("st", " ny ", "ny", "1b06e2003f8420d6fa42badd8f77ec0f706b976b7a48b13c567dc5a559681683"),
    ("zp", "94103", "94103", "91dc2519ea98c5002cf2091e6a12b772eafdce9dca618e626d7d3b8275361789"),
    (
        "zp",
        "94103-1234",
        "941031234",
        "04d521e2349ac877991f8f8c9aafc7ce8f949f5de3575c517ab60ea0471fe361",
    ),
    ("zp", " 10 115 ", "10115", "ac7bb74de6884ffce919c15fef4193749d4588026c643973946713ac46da540d"),
    ("country", "US", "us", "79adb2a2fce5c6ba215fe5f27f532d4e7edbac4b6a5e09e1ef3a08084a904621"),
    ("country", "de ", "de", "959a45d44e6fcf58361ed004681556fe50129f2109e817dec098c00c9e5d2578"),
    (
        "external_id",
        "Customer-42",
        "Customer-42",
        "724add28865281f27c0ad0d55ce7a20c5cdfc17706c04f7b2a2ea6693f677aa8",
    ),
    (
        "external_id",
        "ä+B 7",
        "ä+B 7",
        "0224ff618e489596c8feaaff70d710aaf7c09f050caa8c678c8de13975f347ed",
    ),
    (
        "hashed_maids",
        "EA7583CD-A667-48BC-B806-42ECB2B48606",
        "EA7583CD-A667-48BC-B806-42ECB2B48606",
        "70574fa9c8f498a7b2e5c8712b1126de7b1406fd02fdc591821c5bd33092fd1c",
    ),
)


@pytest.mark.parametrize(("field", "value", "form", "expected"), VECTORS)
def test_vectors(field: str, value: str, form: str, expected: str) -> None:
    assert hashed(field, value) == expected
    assert hashed(field, form) == expected


def test_every_field_has_vectors() -> None:
    assert {field for field, *_ in VECTORS} == set(FIELDS)


@pytest.mark.parametrize("field", FIELDS)
def test_what_is_hashed_already_stays(field: str) -> None:
    done = hashlib.sha256(b"ann@example.com").hexdigest()
    assert hashed(field, done) == done
    assert hashed(field, f" {done.upper()} ") == done


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("value", ["", " ", "\t\n", hashlib.sha256(b"").hexdigest()])
def test_what_says_nothing_is_nobodys(field: str, value: str) -> None:
    assert hashed(field, value) == ""


def test_letters_in_two_pieces_are_hashed_as_one() -> None:
    assert hashed("fn", "Jose\u0301") == hashed("fn", "Jos\u00e9")


@pytest.mark.parametrize(
    ("field", "value", "fault"),
    [
        ("em", "lee", "is no e-mail address"),
        ("em", "lee@", "is no e-mail address"),
        ("em", "a@b, c@d", "is no e-mail address"),
        ("em", "0192023a7bbd73250516f069df18b500", "is no e-mail address"),  # MD5
        ("ph", "none", "has 0 digits, 1 to 15 are needed"),
        ("ph", "1" * 16, "has 16 digits, 1 to 15 are needed"),
        ("ge", "female", "is none of f, m, n"),
        ("db", "31.01.1990", "is no day by year, month and day"),
        ("db", "1990-02-30", "is no day by year, month and day"),
        ("db", "1990", "is no day by year, month and day"),
        ("st", "California", "is no code of two letters"),
        ("st", "C4", "is no code of two letters"),
        ("country", "USA", "is no code of two letters"),
        ("country", "İs", "is no code of two letters"),
        ("zp", "SW1A 1AA", "has letters, and Pinterest matches digits only"),
        ("em", 7, "expected str, got int"),
        ("em", ["x@y"], "expected str, got list"),
        ("fn", "\ud800", "holds a lone surrogate"),
    ],
)
def test_what_no_field_can_hold_is_named_and_not_repeated(
    field: str, value: Any, fault: str
) -> None:
    _, problems = hashed_user_data({field: [None, value], "client_user_agent": "x"})
    [problem] = problems
    assert (problem.field, problem.message) == (f"{field}[1]", fault)
    assert problem.fix
    assert str(value) not in problem.message


def test_fields_of_one_or_many_values() -> None:
    ann = hashlib.sha256(b"ann@example.com").hexdigest()
    bob = hashlib.sha256(b"bob@example.com").hexdigest()
    made, problems = hashed_user_data(
        {
            "em": ["ann@example.com", "", None, "Ann@Example.com ", bob],
            "db": dt.date(1990, 1, 31),
            "fn": "Ann",
            "ln": "",
            "ph": None,
            "ct": [],
            "client_ip_address": "198.51.100.7",
            "click_id": "dj0yJnU9",
        }
    )
    assert problems == []
    assert made == {
        "em": [ann, bob],
        "db": [hashlib.sha256(b"19900131").hexdigest()],
        "fn": [hashlib.sha256(b"ann").hexdigest()],
        "client_ip_address": "198.51.100.7",
        "click_id": "dj0yJnU9",
    }


@pytest.mark.parametrize(
    ("data", "good"),
    [
        ({"em": "ann@example.com"}, True),
        ({"hashed_maids": "EA7583CD-A667-48BC-B806-42ECB2B48606"}, True),
        ({"client_ip_address": "198.51.100.7", "client_user_agent": "Mozilla/5.0"}, True),
        ({"client_ip_address": "198.51.100.7"}, False),
        ({"em": ["", None]}, False),
        ({"fn": "Ann", "ln": "Lee"}, False),
        ({}, False),
    ],
)
def test_data_that_match_nobody(data: dict[str, Any], good: bool) -> None:
    _, problems = hashed_user_data(data)
    messages = [one.message for one in problems]
    assert messages == ([] if good else ["has nothing to match a person by"])


def test_nobodys_address_and_other_things_are_refused() -> None:
    nobody = {"client_ip_address": ".".join("0000"), "client_user_agent": "Mozilla/5.0"}
    [problem] = hashed_user_data(nobody)[1]
    assert (problem.field, problem.message) == ("client_ip_address", "is nobody's address")
    [problem] = hashed_user_data(["em"])[1]
    assert problem.message == "expected an object, got list"


@given(field=st.sampled_from(sorted(FIELDS)), value=st.text())
def test_any_text_is_hashed_or_refused(field: str, value: str) -> None:
    made, problems = hashed_user_data({field: value, "em": "ann@example.com"} | {field: value})
    for name, hashes in made.items():
        assert re.fullmatch("[0-9a-f]{64}", hashes[0]), name
    if field in made:  # what is hashed once stays
        assert hashed(field, made[field][0]) == made[field][0]
    assert problems or field in made or hashed(field, value) == ""
