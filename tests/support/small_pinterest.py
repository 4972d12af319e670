"""A few endpoints of Pinterest on a real socket, whose every figure follows from its place.

Harvests are compared with it row by row, so it shares no code with what it tests.
"""

from __future__ import annotations

import datetime as dt
import json
import random
from collections.abc import Callable
from typing import Any, Self

from aiohttp import web


def spend(ad: str, day: dt.date) -> int:
    """What an ad spent on a day, in micro-currency."""
    return (int(ad) * 7919 + day.toordinal() * 104_729) % 1_000_003


class SmallPinterest:
    """`things` holds the ads of each account; answers are spoilt at the rate of `faults`.

    `asked` keeps the analytics calls that were answered: account, ids, first and last day.
    """

    def __init__(self, things: dict[str, list[str]], *, faults: float = 0.0, seed: int = 1) -> None:
        self.things = things
        self.faults = faults
        self.asked: list[tuple[str, tuple[str, ...], dt.date, dt.date]] = []
        self.calls = 0
        self.answered: Callable[[], None] | None = None
        self.correction = 0
        self.reports: dict[str, dict[str, Any]] = {}
        self.refused_urls = 0
        self.file_headers: list[dict[str, str]] = []
        self.url = ""
        self._chance = random.Random(seed)
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        app = web.Application(middlewares=[self._spoil])
        account = "/v5/ad_accounts/{account}"
        app.router.add_get("/v5/ad_accounts", self._accounts)
        app.router.add_get(f"{account}/ads", self._ads)
        app.router.add_get(f"{account}/ads/analytics", self._analytics)
        app.router.add_post(f"{account}/reports", self._create)
        app.router.add_get(f"{account}/reports", self._status)
        app.router.add_get("/files/{token}", self._file)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        port = self._runner.addresses[0][1]
        self.url = f"http://127.0.0.1:{port}"
        return self

    async def __aexit__(self, *exc: object) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    @web.middleware
    async def _spoil(self, request: web.Request, handler: Any) -> web.StreamResponse:
        self.calls += 1
        if self._chance.random() >= self.faults:
            return await handler(request)  # type: ignore[no-any-return]
        kind = self._chance.randrange(4)
        if kind == 0:
            return web.json_response({"code": 500, "message": "down"}, status=503)
        if kind == 1:
            return web.Response(text="<html>Bad gateway</html>", status=502)
        if kind == 2 and request.transport is not None:
            request.transport.abort()
            return web.Response()
        answer = await handler(request)
        return web.Response(body=answer.body[: len(answer.body) // 2], headers={"X-Cut": "1"})

    def _page(self, request: web.Request, items: list[dict[str, Any]]) -> web.Response:
        size = int(request.query.get("page_size", 25))
        first = int(request.query.get("bookmark", 0))
        more = str(first + size) if first + size < len(items) else None
        return web.json_response({"items": items[first : first + size], "bookmark": more})

    async def _accounts(self, request: web.Request) -> web.Response:
        return self._page(request, [{"id": id} for id in self.things])

    async def _ads(self, request: web.Request) -> web.Response:
        return self._page(
            request, [{"id": id} for id in self.things[request.match_info["account"]]]
        )

    def _rows(self, ad: str, start: dt.date, end: dt.date) -> list[dict[str, Any]]:
        days = [start + dt.timedelta(days=day) for day in range((end - start).days + 1)]
        return [
            {
                "AD_ID": ad,
                "DATE": day.isoformat(),
                "SPEND_IN_MICRO_DOLLAR": spend(ad, day) + self.correction,
            }
            for day in days
        ]

    async def _analytics(self, request: web.Request) -> web.Response:
        query = request.query
        ids = tuple(part for value in query.getall("ad_ids") for part in value.split(","))
        start, end = map(dt.date.fromisoformat, (query["start_date"], query["end_date"]))
        rows = [row for ad in ids for row in self._rows(ad, start, end)]
        self.asked.append((request.match_info["account"], ids, start, end))
        if self.answered is not None:
            self.answered()
        return web.json_response(rows)

    async def _create(self, request: web.Request) -> web.Response:
        body = await request.json()
        token = f"token-{len(self.reports)}"
        self.reports[token] = {**body, "account": request.match_info["account"], "looks": 0}
        return web.json_response({"report_status": "IN_PROGRESS", "token": token, "message": None})

    async def _status(self, request: web.Request) -> web.Response:
        report = self.reports[request.query["token"]]
        report["looks"] += 1
        if report["looks"] < 2 and len(self.reports) % 4 == 1:
            return web.json_response({"report_status": "IN_PROGRESS", "url": None})
        url = f"{self.url}/files/{request.query['token']}?look={report['looks']}"
        return web.json_response({"report_status": "FINISHED", "url": url, "size": 1})

    async def _file(self, request: web.Request) -> web.Response:
        self.file_headers.append(dict(request.headers))
        if self.refused_urls:
            self.refused_urls -= 1
            return web.Response(status=403, text="Request has expired")
        report = self.reports[request.match_info["token"]]
        start, end = (dt.date.fromisoformat(report[name]) for name in ("start_date", "end_date"))
        self.asked.append((report["account"], tuple(report["ad_ids"]), start, end))
        if self.answered is not None:
            self.answered()
        rows = {ad: self._rows(ad, start, end) for ad in report["ad_ids"]}
        return web.Response(body=json.dumps(rows).encode(), content_type="text/plain")

    def expected(self, start: dt.date, end: dt.date) -> list[tuple[str, str, dt.date, int]]:
        """All rows of a span of days, sorted."""
        return sorted(
            (account, ad, dt.date.fromisoformat(row["DATE"]), row["SPEND_IN_MICRO_DOLLAR"])
            for account, ads in self.things.items()
            for ad in ads
            for row in self._rows(ad, start, end)
        )
