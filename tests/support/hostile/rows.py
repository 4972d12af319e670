"""What a hostile server says, row by row, and how a client is to take it.

python tests/support/hostile/rows.py [--write CONTRIBUTING.md]

plays all rows and prints how many of each kind were tried and how many passed.
"""

import argparse
import asyncio
import gzip
import json
import pickle
import sys
import traceback
import warnings
import zlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from pinterest_async import InMemoryLimiter, Pinterest, PinterestError, SessionPool

LIMIT: Final = 1 << 20
FIRST: Final = "SECRETtokenOfTheFirstUser1"
SECOND: Final = "tokenOfTheSecondUser2"

Answer = bytes | Iterator[bytes]


def http(body: bytes, *lines: str, status: str = "200 OK") -> bytes:
    head = [f"HTTP/1.1 {status}", *lines, f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(head).encode() + body


def page(**fields: Any) -> bytes:
    return http(json.dumps({"items": [], "bookmark": None, **fields}).encode())


def endless(head: bytes, unit: bytes, *, chunked: bool = True) -> Iterator[bytes]:
    yield head
    piece = (unit * (65_536 // len(unit) + 1))[:65_536]
    while True:
        yield b"10000\r\n" + piece + b"\r\n" if chunked else piece


def size_rows() -> Mapping[str, Answer]:
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    spaces = b" " * 40 * LIMIT
    return {
        "gzip of 40 times the limit": http(gzip.compress(spaces), "Content-Encoding: gzip"),
        "deflate of the same": http(zlib.compress(spaces), "Content-Encoding: deflate"),
        "gzip of 10,000 members": http(
            gzip.compress(b" " * 10_000) * 10_000, "Content-Encoding: gzip"
        ),
        "brotli, unasked": http(b"\x0b\x00\x80{}\x03", "Content-Encoding: br"),
        "zstd, unasked": http(b"(\xb5/\xfd\x04", "Content-Encoding: zstd"),
        "gzip within gzip": http(
            gzip.compress(gzip.compress(spaces)), "Content-Encoding: gzip, gzip"
        ),
        "chunks without end": endless(chunked, b" "),
        "a body without length or end": endless(b"HTTP/1.1 200 OK\r\n\r\n", b" ", chunked=False),
        "an error without end": endless(chunked.replace(b"200 OK", b"500 No"), b"x"),
        "announced beyond the limit": http(spaces),
        "packed errors": http(gzip.compress(spaces), "Content-Encoding: gzip", status="400 No"),
        "headers without end": endless(b"HTTP/1.1 200 OK\r\n", b"X-A: 1\r\n", chunked=False),
        "a header without end": endless(b"HTTP/1.1 200 OK\r\nX: ", b"x", chunked=False),
        "a status without end": endless(b"HTTP/1.1 200 ", b"x", chunked=False),
        "many lists": http(b"[" + b"[]," * 100_000 + b"[]]"),
        "many objects": http(b'{"items":[' + b'{"a":1},' * 5_000 + b"{}]}"),
        "many names": http(json.dumps({str(number): 1 for number in range(30_000)}).encode()),
        "a long string": http(json.dumps({"items": [], "bookmark": "x" * 900_000}).encode()),
        "deep lists": http(b'{"items":' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
        "deep objects": http(b'{"items":' * 10_000 + b"1" + b"}" * 10_000),
    }


def order_rows() -> Mapping[str, Answer]:
    good = page()
    stolen = page(bookmark="stolen")
    return {
        "a second answer": good + stolen,
        "ten more answers": good + stolen * 10,
        "the beginning of a second answer": good + stolen[:30],
        "a byte too many": good + b"x",
        "a line break too many": good + b"\r\n",
        "an error after the answer": good + http(b"", status="408 Timeout"),
        "an answer to HEAD": b"HTTP/1.1 204 No\r\nContent-Length: 5\r\n\r\nabcde",
        "a body of 304": http(b"abcde", status="304 Not Modified"),
        "two lengths": http(b"{}", "Content-Length: 5"),
        "a length and chunks": http(b"2\r\n{}\r\n0\r\n\r\n", "Transfer-Encoding: chunked"),
        "an interim answer": b"HTTP/1.1 103 Early Hints\r\n\r\n" + good,
        "another protocol": b"HTTP/1.1 101 Switch\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nabc",
    }


def value_rows() -> Mapping[str, Answer]:
    bookmarks: Mapping[str, Any] = {
        "an object": {"a": 1},
        "a list": ["b"],
        "a number": 7,
        "a fraction": 1.5,
        "true": True,
        "false": False,
        "an empty list": [],
        "20,000 characters": "b" * 20_000,
        "control characters": "\0\x1b\r\n",
    }
    bodies: Mapping[str, bytes] = {
        "nothing but a word": b"word",
        "null": b"null",
        "a number": b"7",
        "a text": b'"items"',
        "a list": b"[1]",
        "items of null": b'{"items":[null]}',
        "items as a number": b'{"items":7}',
        "items as an object": b'{"items":{"a":1}}',
        "invalid UTF-8": b'{"items":["\xff"]}',
        "a lone surrogate": b'{"items":[{"id":"\\ud800"}]}',
        "NaN": b'{"items":[NaN]}',
        "a number without end": b'{"items":[' + b"9" * 5000 + b"]}",
        "a number too large": b'{"items":[1e400]}',
        "a byte-order mark": b'\xef\xbb\xbf{"items":[]}',
        "UTF-16": '{"items":[]}'.encode("utf-16"),
        "half of it": b'{"items":[{"id":"1",',
        "a zero byte": b'{"items":[]}\0',
        "a page of HTML": b"<html><title>\x1b[31m</title>",
        "a name of Python's": b'{"items":[{"__class__":1,"__reduce__":2,"id":{}}]}',
    }
    rows: dict[str, Answer] = {
        f"a bookmark: {name}": page(bookmark=value) for name, value in bookmarks.items()
    }
    rows |= {f"a body: {name}": http(body) for name, body in bodies.items()}
    return rows | {
        f"the same, refused: {name}": http(b, status="400 No") for name, b in bodies.items()
    }


def header_rows() -> Mapping[str, Answer]:
    lines = (
        *(f"X-RateLimit-Limit: 100, 100;w={n}" for n in ("1e-310", "5e-324", "inf", "nan", "-1")),
        *(f"X-RateLimit-Reset: {n}" for n in ("1e-310", "inf", "nan", "-1", "9" * 400, "²")),
        "X-RateLimit-Limit: " + ", ".join(f"9;w={60 + number}" for number in range(25)),
        "X-RateLimit-Limit: " + "1," * 3000,
        *(f"X-RateLimit-Remaining: {n}" for n in ("-1", "9" * 400, "٣")),
        *("X-Pinterest-Rid: \x1b[31m", "X-Pinterest-Rid: " + "9" * 5000, "Content-Type: ;;;="),
        *("Content-Type: text/html", "Content-Type: a/b; charset=utf-7", "Set-Cookie: \x01=é"),
        *(
            "NoColon",
            ": empty",
            "X: 1\r\n folded",
            "Content-Length: -1",
            "Link: <http://[>; rel=next",
        ),
    )
    rows: dict[str, Answer] = {line[:60]: http(b'{"items":[]}', line) for line in lines}
    for address in ("http://[", "//", "", "é", "http://a:99999/", "/\x01", "javascript:1"):
        rows[f"Location: {address!r}"] = http(b"", f"Location: {address}", status="302 Found")
    for number in ("9" * 400, "-1", "nan", "²", "Wed, 21 Oct"):
        rows[f"Retry-After: {number[:20]}"] = http(b"", f"Retry-After: {number}", status="503 No")
    for status in ("99 X", "1000 X", "-1 X", "2e2 X", "200", "", "600 X", "204 X"):
        rows[f"a status: {status}"] = http(b"{}", status=status)
    return rows


def echo_rows() -> Mapping[str, Answer]:
    """`TOKEN` stands for the header that the request had."""
    message = json.dumps({"code": 1, "message": "you sent TOKEN"}).encode()
    failed = json.dumps({"items": [{"exceptions": [{"code": 1, "message": "TOKEN"}]}]}).encode()
    rows: dict[str, Answer] = {
        f"in a refusal, {status}": http(message, status=status)
        for status in (
            "400 No",
            "401 No",
            "403 No",
            "404 No",
            "409 No",
            "422 No",
            "500 No",
            "600 No",
        )
    }
    return rows | {
        "in a page": http(b"<html><title>TOKEN</title>TOKEN", status="502 Bad"),
        "in headers": http(b"", "X-Pinterest-Rid: TOKEN", "X-Echo: TOKEN", status="403 No"),
        "in an address": http(b"", "Location: https://TOKEN/", status="302 Found"),
        "in a body that breaks off": http(message, status="503 No")[:-3],
        "in half an answer": http(b'{"items":["TOKEN"'),
        "in what is no HTTP": b"TOKEN\r\n\r\n",
        "in a status": http(b"", status="400 TOKEN"),
        "in an item that failed": http(failed),
    }


KINDS: Final[Mapping[str, Mapping[str, Answer]]] = {
    "answers without a bound": size_rows(),
    "answers that nobody asked for": order_rows(),
    "values of wrong types": value_rows(),
    "odd headers and statuses": header_rows(),
    "echoes of secrets": echo_rows(),
}


class HostileServer:
    """Plays one row for the first user; any other gets a good answer that names him."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while not writer.is_closing():
                head = await reader.readuntil(b"\r\n\r\n")
                if SECOND.encode() in head:
                    writer.write(page(bookmark=SECOND))
                elif isinstance(self._answer, bytes):
                    line = next(one for one in head.split(b"\r\n") if b"Authorization" in one)
                    writer.write(self._answer.replace(b"TOKEN", line.partition(b": ")[2]))
                    if not self._answer.startswith(b"HTTP/1.1 200"):
                        break
                else:
                    for piece in self._answer:
                        writer.write(piece)
                        await writer.drain()
                await writer.drain()
        writer.close()


async def play(answer: Answer) -> list[str]:
    """Play a row: what was wrong about how the client took it."""
    unhandled: list[Any] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: unhandled.append(context))
    server = await asyncio.start_server(HostileServer(answer).serve, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v5"
    faults: list[str] = []
    async with SessionPool(limit=1, max_answer=LIMIT, grace=0.0) as pool:
        first, second = (
            Pinterest(
                token,
                pool=pool,
                base_url=url,
                limiter=InMemoryLimiter(),
                retry=False,
                on_drift="ignore",
            )
            for token in (FIRST, SECOND)
        )
        try:
            whole = await first.send(first.pins.list)
            repr(whole)
            whole.raise_for_items()
            async for _ in first.pins.list():
                pass
        except PinterestError as error:
            faults += _faults_of(error)
        except Exception as error:  # noqa: BLE001  (that is what is looked for)
            faults.append(f"raised {error!r}")
        mine = await second.send(second.pins.list)
        if mine.data.bookmark != SECOND:
            faults.append("another user got the answer")
    server.close()
    return faults + [f"left behind {one['message']}" for one in unhandled]


def _faults_of(error: PinterestError) -> Iterator[str]:
    shown = [str(error), repr(error), repr(vars(error)), *traceback.format_exception(error)]
    if any("SECRETtoken" in text for text in (*shown, pickle.dumps(error).decode("latin-1"))):
        yield "the error tells the token"
    if len(str(error)) > 10_000:
        yield "the message is long"
    if any(ord(letter) < 32 and letter != "\n" for letter in str(error)):
        yield "the message holds control characters"


async def _all() -> dict[str, tuple[int, int]]:
    results: dict[str, tuple[int, int]] = {}
    for kind, rows in KINDS.items():
        passed = 0
        for name, answer in rows.items():
            faults = await play(answer)
            passed += not faults
            for fault in faults:
                sys.stderr.write(f"{kind}, {name}: {fault}\n")
        results[kind] = len(rows), passed
    return results


def table(results: Mapping[str, tuple[int, int]]) -> str:
    """The results as a table of Markdown."""
    lines = ["| kind | tried | passed |", "|---|---:|---:|"]
    lines += [f"| {kind} | {tried} | {passed} |" for kind, (tried, passed) in results.items()]
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--write", type=Path, help="a file whose table is replaced")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    results = asyncio.run(_all())
    made = table(results)
    sys.stdout.write(made)
    if options.write is not None:
        text = options.write.read_text("utf-8")
        head, _, rest = text.partition(made.partition("\n")[0])
        kept = rest[rest.index("\n\n") + 1 :]
        options.write.write_text(f"{head}{made}{kept}", "utf-8")
    raise SystemExit(any(tried != passed for tried, passed in results.values()))


if __name__ == "__main__":
    main()
