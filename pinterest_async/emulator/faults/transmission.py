"""Faults of sending: answers that are late, slow, cut off, or end in a broken connection."""

import asyncio
import gzip
import math
import socket
import struct
from collections.abc import Iterator
from http.client import responses
from typing import Final, Literal

from aiohttp import web
from multidict import CIMultiDict

from pinterest_async.emulator.contract.messages import HttpResponse, ResponseSender
from pinterest_async.emulator.faults.base import (
    Fault,
    FaultContext,
    SendingPlan,
    SleepFunction,
    require,
)


class Late(Fault, frozen=True, tag="late"):
    """An answer that takes a while.

    `seconds` is all of it (`fixed`), the middle of a range that goes `spread` of it either way
    (`uniform`), the mean (`exponential`), or the median with `spread` as sigma (`lognormal`).
    """

    seconds: float = 1.0
    distribution: Literal["fixed", "uniform", "exponential", "lognormal"] = "fixed"
    spread: float = 0.5

    def __post_init__(self) -> None:
        super().__post_init__()
        require(0 < self.seconds < math.inf, f"seconds is {self.seconds}: use more than 0")
        require(0 <= self.spread < math.inf, f"spread is {self.spread}: use 0 or more")

    def send(self, context: FaultContext, answer: HttpResponse, plan: SendingPlan) -> None:
        """Wait before the answer."""
        del answer
        context.hit()
        plan.delay += self._delay(context)

    def _delay(self, context: FaultContext) -> float:
        random, seconds = context.random, self.seconds
        match self.distribution:
            case "fixed":
                return seconds
            case "uniform":
                low, high = seconds * (1 - self.spread), seconds * (1 + self.spread)
                return max(0.0, random.uniform(low, high))
            case "exponential":
                return random.expovariate(1 / seconds)
            case "lognormal":
                return random.lognormvariate(math.log(seconds), self.spread)


class Slow(Fault, frozen=True, tag="slow"):
    """A body that is sent in `pieces`, over this many seconds."""

    seconds: float = 1.0
    pieces: int = 10

    def __post_init__(self) -> None:
        super().__post_init__()
        require(0 < self.seconds < math.inf, f"seconds is {self.seconds}: use more than 0")
        require(self.pieces >= 2, f"pieces is {self.pieces}: use 2 or more")

    def send(self, context: FaultContext, answer: HttpResponse, plan: SendingPlan) -> None:
        """Spread the body over time."""
        if answer.body:
            context.hit()
            plan.pieces, plan.seconds = self.pieces, plan.seconds + self.seconds


class Truncated(Fault, frozen=True, tag="truncated"):
    """A body that ends after `at` bytes, random when None.

    Its Content-Length is that of the whole body and the connection closes; or, when it is not
    `announced`, what is left looks complete.
    """

    at: int | None = None
    announced: bool = True

    def __post_init__(self) -> None:
        super().__post_init__()
        require(self.at is None or self.at >= 0, f"at is {self.at}: use 0 or more bytes")

    def send(self, context: FaultContext, answer: HttpResponse, plan: SendingPlan) -> None:
        """Cut the body."""
        if not answer.body:
            return
        at = context.random.randrange(len(answer.body)) if self.at is None else self.at
        if at >= len(answer.body):
            return
        context.hit()
        if self.announced:
            plan.cut = at
        else:
            answer.body = answer.body[:at]


class Garbled(Fault, frozen=True, tag="garbled"):
    """A body with Content-Encoding gzip that is noise after `at` bytes, random when None."""

    at: int | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        require(self.at is None or self.at >= 0, f"at is {self.at}: use 0 or more bytes")

    def send(self, context: FaultContext, answer: HttpResponse, plan: SendingPlan) -> None:
        """Compress the body and damage it."""
        del plan
        packed = gzip.compress(answer.body, mtime=0)
        at = context.random.randrange(len(packed)) if self.at is None else self.at
        if not answer.body or at >= len(packed):
            return
        context.hit()
        answer.body = packed[:at] + context.random.randbytes(len(packed) - at)
        answer.headers["Content-Encoding"] = "gzip"


class Reset(Fault, frozen=True, tag="reset"):
    """A connection that breaks after `at` bytes of the answer, random when None.

    The bytes count from the first of the status line, and what the other side has not read by then
    may be lost as well. Unless `applied`, it breaks before the API has seen the request.
    """

    at: int | None = None
    applied: bool = True

    def __post_init__(self) -> None:
        super().__post_init__()
        require(self.at is None or self.at >= 0, f"at is {self.at}: use 0 or more bytes")
        require(self.applied or not self.at, "at: nothing is answered where applied is false")

    def before(self, context: FaultContext) -> HttpResponse | None:
        """Answer nothing where the request is to take no effect."""
        del context
        return None if self.applied else HttpResponse(status=0)

    def send(self, context: FaultContext, answer: HttpResponse, plan: SendingPlan) -> None:
        """Break the connection."""
        if not self.applied:
            at = 0
        elif self.at is None:
            at = context.random.randrange(len(_raw(answer)))
        else:
            at = self.at
        context.hit()
        plan.reset = at if plan.reset is None else min(at, plan.reset)


def response_sender(plan: SendingPlan, sleep: SleepFunction) -> ResponseSender:
    """What sends an answer in this way."""

    async def deliver(request: web.BaseRequest, answer: HttpResponse) -> web.StreamResponse:
        if plan.delay:
            await sleep(plan.delay)
        if plan.reset is not None:
            return await _broken(request, answer, plan, sleep)
        if plan.pieces == 1 and plan.cut is None:
            return web.Response(
                status=answer.status, body=answer.body, headers=CIMultiDict(answer.headers)
            )
        response = web.StreamResponse(status=answer.status, headers=CIMultiDict(answer.headers))
        response.content_length = len(answer.body)
        await response.prepare(request)
        for piece in _pieces(answer.body[: plan.cut], plan.pieces):
            await sleep(plan.seconds / plan.pieces)
            await response.write(piece)
        if plan.cut is not None and request.transport is not None:
            request.transport.close()
        return response

    return deliver


async def _broken(
    request: web.BaseRequest, answer: HttpResponse, plan: SendingPlan, sleep: SleepFunction
) -> web.StreamResponse:
    transport = request.transport
    if isinstance(transport, asyncio.Transport):
        for piece in _pieces(_raw(answer)[: plan.reset], plan.pieces):
            if plan.seconds:
                await sleep(plan.seconds / plan.pieces)
            transport.write(piece)
        while transport.get_write_buffer_size() and not transport.is_closing():  # noqa: ASYNC110  (asyncio has no event for an empty buffer)
            await asyncio.sleep(0.001)
        # A socket that is closed with a linger time of 0 sends RST and no FIN.
        connection = transport.get_extra_info("socket")
        if connection is not None and not transport.is_closing():
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_0)
        transport.abort()
    # This is not sent: the connection is closed.
    return web.Response()


_LINGER_0: Final = struct.pack("ii", 1, 0)


def _pieces(body: bytes, count: int) -> Iterator[bytes]:
    size = max(1, math.ceil(len(body) / count))
    for start in range(0, len(body), size):
        yield body[start : start + size]


def _raw(answer: HttpResponse) -> bytes:
    """The answer as bytes on the wire."""
    lines = [f"HTTP/1.1 {answer.status} {responses.get(answer.status, '')}"]
    lines += [f"{name}: {value}" for name, value in answer.headers.items()]
    lines.append(f"Content-Length: {len(answer.body)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + answer.body
