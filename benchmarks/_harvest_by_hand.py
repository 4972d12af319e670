"""The analytics of all ads as people harvest them by hand: aiohttp, msgspec, pyarrow."""

import asyncio
from collections.abc import AsyncIterator
from operator import attrgetter
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

AT_A_TIME = 16
IDS = 250


def row_type(columns: tuple[str, ...]) -> Any:
    """A struct with the columns that come unasked and those that are asked for."""
    number = float | int | None
    fields: list[Any] = [("AD_ID", str), ("DATE", str)]
    fields += [(name, number, None) for name in columns]
    return msgspec.defstruct("Row", fields, gc=False)


async def walked(session: aiohttp.ClientSession, url: str) -> AsyncIterator[str]:
    """The ids of a list, page by page."""
    bookmark = ""
    while True:
        query = {"page_size": "250", **({"bookmark": bookmark} if bookmark else {})}
        async with session.get(url, params=query) as response:
            page = msgspec.json.decode(await response.read())
        for item in page["items"]:
            yield item["id"]
        bookmark = page["bookmark"]
        if not bookmark:
            return


def saved(bodies: list[bytes], decoder: Any, columns: tuple[str, ...], file: Path) -> int:
    """Decode answers and write their rows as one file."""
    rows = [row for body in bodies for row in decoder.decode(body)]
    names = ("AD_ID", "DATE", *columns)
    table = pa.table({name: list(map(attrgetter(name), rows)) for name in names})
    place = names.index("DATE")  # one cast for all days, rather than an object for each
    table = table.set_column(place, "DATE", table["DATE"].cast(pa.date32()))
    pq.write_table(table, file, compression="zstd")
    return len(rows)


async def harvest(url: str, start: str, end: str, folder: str, columns: tuple[str, ...]) -> int:
    """All rows, a file for each ad account; returns how many there were."""
    decoder = msgspec.json.Decoder(list[row_type(columns)])
    places = asyncio.Semaphore(AT_A_TIME)
    headers = {"Authorization": "Bearer pina_bench"}
    async with aiohttp.ClientSession(headers=headers) as session:

        async def account(id: str) -> int:
            async with places:
                ads = [ad async for ad in walked(session, f"{url}/ad_accounts/{id}/ads")]
                bodies: list[bytes] = []
                for first in range(0, len(ads), IDS):
                    query = {
                        "start_date": start,
                        "end_date": end,
                        "columns": ",".join(columns),
                        "granularity": "DAY",
                        "ad_ids": ",".join(ads[first : first + IDS]),
                    }
                    address = f"{url}/ad_accounts/{id}/ads/analytics"
                    async with session.get(address, params=query) as response:
                        bodies.append(await response.read())
                file = Path(folder) / f"{id}.parquet"
                return await asyncio.to_thread(saved, bodies, decoder, columns, file)

        accounts = [id async for id in walked(session, f"{url}/ad_accounts")]
        return sum(await asyncio.gather(*map(account, accounts)))
