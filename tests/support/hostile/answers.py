"""Answers that no server should send: good ones changed at random, as JSON, bytes and HTTP."""

import gzip
import json
from collections.abc import Callable
from typing import Any, Final

from contract.bench import OPERATIONS, answer, first_call, tools
from contract.document import Described, list_in, object_in
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

DEEP: Final = 10_000

FEW: Final = settings(
    max_examples=10,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.large_base_example,
        HealthCheck.function_scoped_fixture,
    ],
    # To shrink answers of this size takes minutes, and they are readable as they are.
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)
"""How a test that takes long for each example is tried."""

VALUES: Final = (
    *("null", "true", "false", "0", "-1", "1.5", "[]", "{}", "[[]]", "[null]", "[{}]", '{"a": 1}'),
    *("1e400", "-1e400", "NaN", "Infinity", "9" * 30, "9" * 400, "9" * 5000),
    *('""', '"x"', '"7"', r'"\ud800"', r'"\u0000"', r'"\u001b[31m"', r'"\u202e"', '"FINISHED"'),
    *('"2024-13-45"', '"2024-01-01T00:00:00+99:99"', '"9999-12-31T23:59:59-14:00"'),
    *("[" * DEEP + "]" * DEEP, '{"a":' * DEEP + "1" + "}" * DEEP, "[" * 300 + "]" * 300),
    *('{"type": null}', '{"status": "failed", "error_message": 5}'),
    *(
        '[{"status": "failed", "error_message": {"a": [1]}}]',
        '{"exceptions": [{"message": [[1]]}]}',
    ),
    *(
        '"http://["',
        '"http://127.0.0.1:99999/"',
        '"ftp://x/"',
        '"//"',
        '"file:///x"',
        '"http://é/"',
    ),
    '"' + "x" * 100_000 + '"',
)
"""JSON of every type, size and depth, some of it no JSON."""
NAMES: Final = (
    *("items", "data", "bookmark", "errors", "exceptions", "error", "status", "code", "success"),
    *(
        "__class__",
        "_x",
        "class",
        "tag",
        "raw",
        "unknown_0",
        "DATE",
        "",
        "\0",
        'q"q',
        "ä",
        "k" * 99,
    ),
)
BYTES: Final = (
    b"\xff",
    b"\xed\xa0\x80",
    b"\x00",
    b"\xc0\xaf",
    b"\xf4\x90\x80\x80",
    b"\xef\xbb\xbf",
)
"""What is no UTF-8, or has no place in JSON."""
NUMBERS: Final = ("nan", "inf", "-inf", "1e-310", "5e-324", "1e308", "9" * 400, "٣", "²", "-1", "")
HEADERS: Final = (
    *(f"X-RateLimit-Limit: 100, 100;w={number}" for number in NUMBERS),
    *(f"X-RateLimit-Limit: {number}, {number};w=60" for number in NUMBERS),
    *(f"X-RateLimit-Remaining: {number}" for number in NUMBERS),
    *(f"X-RateLimit-Reset: {number}" for number in NUMBERS),
    *(f"Retry-After: {number}" for number in (*NUMBERS, "Wed, 21 Oct")),
    *("X-Pinterest-Rid: \x1b[31m", "X-Pinterest-Rid: " + "9" * 9000, "X-Pinterest-Rid: é"),
    *("Content-Type: text/html", "Content-Type: ;;;=", "Content-Type: a/b; charset=utf-7"),
    *("Set-Cookie: a=b; expires=é", "Set-Cookie: \0", "NoColon", ": empty", "X: 1\r\n folded"),
    *("A" * 9000 + ": 1", "X: " + "a" * 70_000, "Link: <http://[>; rel=next", "Link: ;;"),
    *("Content-Encoding: gzip", "Content-Encoding: br", "Content-Encoding: é"),
    *("Transfer-Encoding: gzip", "Transfer-Encoding: chunked", "Connection: é"),
    *(
        "Content-Length: 5",
        "Content-Length: -1",
        "Content-Length: x",
        "Content-Length: " + "9" * 30,
    ),
    "Connection: upgrade\r\nUpgrade: websocket",
    *(f"Location: {address}" for address in ("http://[", "//", "", "é", "http://a:99999/", "/\0")),
)
STATUSES: Final = (
    *(200, 200, 200, 200, 201, 204, 206, 299, 300, 302, 304, 307, 400, 401, 403, 404, 408, 409),
    *(418, 422, 429, 451, 500, 503, 520, 599, 600, 999),
)
LINES: Final = (
    *("HTTP/1.1 100 C", "HTTP/1.1 101 S", "HTTP/1.1 103 E", "HTTP/1.1 99 X", "HTTP/1.1 1000 X"),
    *("HTTP/1.1 -1 X", "HTTP/1.1 2e2 X", "HTTP/1.1 200", "HTTP/1.1", "HTTP/9.9 200 OK", "X", ""),
    "HTTP/1.1 200 é\x1b[31m",
)


class Raw(str):
    """JSON as it is to stand in the text."""

    __slots__ = ()


def text_of(value: Any) -> str:
    """JSON of a value in which some parts are `Raw`."""
    if isinstance(value, Raw):
        return value
    members = object_in(value)
    if members is not None:
        pairs = (f"{json.dumps(name)}: {text_of(one)}" for name, one in members.items())
        return f"{{{', '.join(pairs)}}}"
    items = list_in(value)
    if items is not None:
        return f"[{', '.join(map(text_of, items))}]"
    return json.dumps(value)


_GOOD: Final[dict[str, tuple[Any, ...]]] = {}


def good_answers(operation: Described) -> tuple[Any, ...]:
    """Answers as the description has them, one for each variant."""
    if operation.id not in _GOOD:
        _GOOD[operation.id] = _made(operation)
    return _GOOD[operation.id]


def _made(operation: Described) -> tuple[Any, ...]:
    schema = operation.answers[0].schema
    if schema is None:
        return ({},)
    variants = range(tools(operation).answers.variants(schema))
    call = first_call(operation)
    return tuple(answer(operation, schema, pick, call=call).json() for pick in variants)


Draw = Callable[[st.SearchStrategy[Any]], Any]


def changed(value: Any, draw: Draw) -> Any:
    """A value with one part of it replaced, or a member added."""
    members, items = object_in(value), list_in(value)
    keys: list[Any] = list(members or ()) or list(range(len(items or ())))
    if keys and draw(st.integers(0, 3)):
        key = draw(st.sampled_from(keys))
        copy: Any = dict(members) if members is not None else list(items or ())
        copy[key] = changed(copy[key], draw)
        return copy
    new = Raw(draw(st.sampled_from(VALUES)))
    if members is not None and draw(st.booleans()):
        return {**members, draw(st.sampled_from(NAMES)): new}
    return new


@st.composite
def bodies(draw: Draw, good: tuple[Any, ...]) -> bytes:
    """The bytes of an answer: some parts of a good one changed, cut, or badly encoded."""
    value = draw(st.sampled_from(good))
    for _ in range(draw(st.integers(1, 3))):
        value = changed(value, draw)
    text = text_of(value)
    match draw(st.integers(0, 12)):
        case 0:
            raw = text.encode()
            return raw[: draw(st.integers(0, len(raw)))]
        case 1:
            raw = text.encode()
            at = draw(st.integers(0, len(raw)))
            odd: bytes = draw(st.sampled_from(BYTES))
            return raw[:at] + odd + raw[at:]
        case 2:
            return text.encode(draw(st.sampled_from(("utf-16", "utf-32", "utf-16-le"))))
        case _:
            return text.encode()


@st.composite
def http(draw: Draw, body: bytes) -> bytes:
    """An answer as it stands on the wire: odd lines and headers, and bodies of wrong lengths."""
    plain = draw(st.integers(0, 9))
    line = f"HTTP/1.1 {draw(st.sampled_from(STATUSES))} X"
    head = [line if plain else draw(st.sampled_from(LINES))]
    head += draw(st.lists(st.sampled_from(HEADERS), max_size=3))
    match draw(st.integers(0, 5)):
        case 0:
            head.append("Transfer-Encoding: chunked")
            chunk = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
            wrong = (b"zz\r\n" + body, b"f" * 17 + b"\r\n" + body, chunk + b"x", chunk[:-4])
            body = draw(st.sampled_from((chunk, *wrong)))
        case 1:
            body = gzip.compress(body)
            body = body[: len(body) - draw(st.sampled_from((0, 5)))]
            head += ["Content-Encoding: gzip", f"Content-Length: {len(body)}"]
        case _:
            head.append(f"Content-Length: {len(body)}")
    raw = "\r\n".join([*head, "", ""]).encode() + body
    match draw(st.integers(0, 15)):
        case 0:
            return raw[: draw(st.integers(0, len(raw)))]
        case 1:
            more: bytes = draw(st.sampled_from((b"x", b"\r\n", b"\0", raw)))
            return raw + more
        case 2:
            other: bytes = draw(
                st.sampled_from((b"", b"\r\n\r\n", b"\x16\x03\x01", b"SSH-2.0\r\n"))
            )
            return other
        case _:
            return raw


GRANT: Final = {
    "access_token": "pina_new_token",
    "refresh_token": "pinr_new_token",
    "expires_in": 3600,
    "refresh_token_expires_in": 7200,
    "scope": "boards:read",
    "token_type": "bearer",
}
TOKENS: Final = (r'"a\nb"', r'"a\u0000b"', '"ä"', '" "', '""', "7", "null", r'"a\r\nX: 1"')
"""Tokens that no header can hold."""
REPORT: Final = {"report_status": "FINISHED", "url": "http://127.0.0.1:1/file", "token": "1"}


def any_operation() -> st.SearchStrategy[Described]:
    """One of the operations."""
    return st.sampled_from(OPERATIONS)
