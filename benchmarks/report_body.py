"""What it costs to cut a report file into entities, for an ordinary one and for hostile ones.

The cost is to grow with the size and not faster: each body is cut at two sizes.

python benchmarks/report_body.py [--size 16]

The size is that of the larger one, in MiB. Below 1, bodies that never end are left out: they are
read up to 128 MiB.
"""

import argparse
import json
import statistics
import time

import msgspec
from _machine import describe

from pinterest_async._core.report_body import ReportBody

PIECE = 2**16
ROUNDS = 3

ROW = json.dumps({f"SOME_METRIC_{number}": number * 1000.5 for number in range(20)}).encode()
ENTITY = b'"687200000000": [' + b", ".join([ROW] * 90) + b"]"
BODIES = {
    "an ordinary report": (b"{" + ENTITY, b", " + ENTITY),
    "a string without end": (b'{"1":["', b"a"),
    "the same of escapes": (b'{"1":["', b"\\\\"),
    "escaped quotes": (b'{"1":["', b'\\"'),
    "an object without end": (b'{"1":[{"a":', b'"b","c":'),
    "a list of short strings": (b'{"1":[', b'"a",'),
    "a list of empty lists": (b'{"1":[', b"[],"),
    "a list of empty objects": (b'{"1":[', b"{},"),
    "space": (b"", b" "),
    "entities without rows": (b"{", b'"1":null,'),
}


def seconds(begin: bytes, piece: bytes, size: int) -> float:
    """Time to cut a body of this size, the middle of several rounds."""
    body = begin + piece * ((size - len(begin)) // len(piece))
    times: list[float] = []
    for _ in range(ROUNDS):
        report = ReportBody()
        began = time.perf_counter()
        for first in range(0, len(body), PIECE):
            report.feed(body[first : first + PIECE])
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def stops(begin: bytes, piece: bytes) -> str:
    """How much of a body that goes on for ever is taken before it is refused."""
    report = ReportBody()
    body = (begin + piece * (PIECE // len(piece) + 1))[:PIECE]
    taken = 0
    try:
        while taken < 2**30:
            report.feed(body)
            taken += len(body)
            body = piece * (PIECE // len(piece))
    except msgspec.DecodeError as error:
        return f"after {taken / 2**20:,.0f} MiB: {error}"
    return "never"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=float, default=16.0)
    large = int(parser.parse_args().size * 2**20)
    small = large // 4
    print(describe())
    print(f"{'':26}{small / 2**20:6g} MiB{large / 2**20:6g} MiB   ratio of the times per byte")
    for name, (begin, piece) in BODIES.items():
        fast, slow = seconds(begin, piece, small), seconds(begin, piece, large)
        ratio = slow / fast * small / large
        print(f"{name:26}{fast:8.3f} s{slow:8.3f} s   {ratio:.2f}")
    if large < 2**20:
        return
    print("A body without end is refused:")
    for name in ("a string without end", "a list of short strings"):
        print(f"  {name:24}{stops(*BODIES[name])}")
    deep = stops(b'{"1":[', b"[")
    print(f"  {'a deep one':24}{deep}")
    page = stops(b"<html>", b"<p>")
    print(f"  {'a page':24}{page}")


if __name__ == "__main__":
    main()
