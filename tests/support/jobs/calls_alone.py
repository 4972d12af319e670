"""What the examples of jobs do, with calls alone: how much a job saves is counted from here."""

import asyncio
import base64
import csv
import datetime as dt
import hashlib
import io
import json
from pathlib import Path
from typing import Any

from aiohttp import FormData

from pinterest_async import Pinterest, PinterestError
from pinterest_async.types import (
    CampaignCreateRequest,
    CatalogsDeleteRetailItem,
    ConversionEvent,
    LocalInventoryDeleteOperation,
)


async def publish_an_image(pinterest: Pinterest, board_id: str, path: Path) -> str:
    content = await asyncio.to_thread(path.read_bytes)
    pin = await pinterest.pins.create(
        board_id=board_id,
        title="A lamp",
        alt_text="A lamp",
        media_source={
            "source_type": "image_base64",
            "content_type": "image/png" if path.suffix == ".png" else "image/jpeg",
            "data": base64.b64encode(content).decode(),
        },
    )
    return pin.id


async def publish_a_carousel(pinterest: Pinterest, board_id: str, paths: list[Path]) -> str:
    contents = [await asyncio.to_thread(path.read_bytes) for path in paths]
    pin = await pinterest.pins.create(
        board_id=board_id,
        title="Lamps",
        media_source={
            "source_type": "multiple_image_base64",
            "items": [
                {
                    "content_type": "image/png" if path.suffix == ".png" else "image/jpeg",
                    "data": base64.b64encode(content).decode(),
                }
                for path, content in zip(paths, contents, strict=True)
            ],
        },
    )
    return pin.id


async def upload_a_video(pinterest: Pinterest, path: Path) -> str:
    registered = await pinterest.media.create(media_type="video")
    form = FormData()
    for name, value in registered.upload_parameters.items():
        form.add_field(name, value)
    with await asyncio.to_thread(path.open, "rb") as file:
        form.add_field("file", file)
        async with pinterest.foreign("POST", registered.upload_url, data=form) as answer:
            if answer.status != 204:
                raise RuntimeError(await answer.text())
    while (media := await pinterest.media.get(registered.media_id)).status != "succeeded":
        if media.status == "failed":
            raise RuntimeError("the processing failed")
        await asyncio.sleep(5)
    return media.media_id


async def publish_a_video(pinterest: Pinterest, board_id: str, path: Path) -> str:
    registered = await pinterest.media.create(media_type="video")
    form = FormData()
    for name, value in registered.upload_parameters.items():
        form.add_field(name, value)
    with await asyncio.to_thread(path.open, "rb") as file:
        form.add_field("file", file)
        async with pinterest.foreign("POST", registered.upload_url, data=form) as answer:
            if answer.status != 204:
                raise RuntimeError(await answer.text())
    while (media := await pinterest.media.get(registered.media_id)).status != "succeeded":
        if media.status == "failed":
            raise RuntimeError("the processing failed")
        await asyncio.sleep(5)
    pin = await pinterest.pins.create(
        board_id=board_id,
        title="A lamp",
        media_source={
            "source_type": "video_id",
            "media_id": media.media_id,
            "cover_image_key_frame_time": 1,
        },
    )
    return pin.id


async def publish_a_video_in_two_processes(pinterest: Pinterest, board_id: str, path: Path) -> str:
    registered = await pinterest.media.create(media_type="video")
    form = FormData()
    for name, value in registered.upload_parameters.items():
        form.add_field(name, value)
    with await asyncio.to_thread(path.open, "rb") as file:
        form.add_field("file", file)
        async with pinterest.foreign("POST", registered.upload_url, data=form) as answer:
            if answer.status != 204:
                raise RuntimeError(await answer.text())
    saved = json.dumps({"media_id": registered.media_id})
    media_id = json.loads(saved)["media_id"]
    while (media := await pinterest.media.get(media_id)).status != "succeeded":
        if media.status == "failed":
            raise RuntimeError("the processing failed")
        await asyncio.sleep(5)
    async for pin in pinterest.boards.list_pins(board_id):
        if pin.title == "A lamp":
            break  # an earlier run has published it
    else:
        pin = await pinterest.pins.create(
            board_id=board_id,
            title="A lamp",
            media_source={
                "source_type": "video_id",
                "media_id": media.media_id,
                "cover_image_key_frame_time": 1,
            },
        )
    return pin.id


async def read_a_report(pinterest: Pinterest, start: dt.date, end: dt.date) -> int:
    rows = 0
    while start <= end:  # a report has 186 days at most
        last = min(end, start + dt.timedelta(days=185))
        created = await pinterest.reports.create(
            level="CAMPAIGN",
            granularity="DAY",
            start_date=start,
            end_date=last,
            columns=["SPEND_IN_DOLLAR", "TOTAL_CLICKTHROUGH"],
        )
        while True:
            found = await pinterest.reports.get(token=created.token or "")
            if found.report_status == "FINISHED":
                break
            if found.report_status != "IN_PROGRESS":
                raise RuntimeError(found.report_status)
            await asyncio.sleep(5)
        if found.url:
            async with pinterest.foreign("GET", found.url) as answer:
                if answer.status != 200:
                    raise RuntimeError("the address has lapsed")
                text = await answer.text()
            found_rows: dict[str, list[Any]] = json.loads(text) if text else {}
            rows += sum(map(len, found_rows.values()))
        start = last + dt.timedelta(days=1)
    return rows


async def read_a_template(pinterest: Pinterest, template_id: str) -> list[Any]:
    created = await pinterest.reports.create_from_template(template_id)
    while (
        found := await pinterest.reports.get(token=created.token or "")
    ).report_status != "FINISHED":
        if found.report_status != "IN_PROGRESS":
            raise RuntimeError(found.report_status)
        await asyncio.sleep(5)
    if not found.url:
        return [None]
    async with pinterest.foreign("GET", found.url) as answer:
        if answer.status != 200:
            raise RuntimeError("the address has lapsed")
        text = await answer.text()
    by_entity: dict[str, list[Any]] = json.loads(text) if text else {}
    return [row for rows in by_entity.values() for row in rows] or [None]


async def read_for_a_mix_model(pinterest: Pinterest, end: dt.date) -> list[Any]:
    created = await pinterest.mmm_reports.create(
        report_name="Mix",
        level="CAMPAIGN_TARGETING",
        granularity="DAY",
        start_date=end - dt.timedelta(days=28),
        end_date=end,
        targeting_types=["GENDER"],
        columns=["SPEND_IN_DOLLAR"],
    )
    token = (created.data.token if created.data else created.token) or ""
    while True:
        answered = await pinterest.mmm_reports.get(token=token)
        found = answered.data or answered
        if found.report_status == "FINISHED":
            break
        if found.report_status != "IN_PROGRESS":
            raise RuntimeError(found.report_status)
        await asyncio.sleep(5)
    if not found.url:
        return [None]
    async with pinterest.foreign("GET", found.url) as answer:
        if answer.status != 200:
            raise RuntimeError("the address has lapsed")
        text = await answer.text()
    by_entity: dict[str, list[Any]] = json.loads(text) if text else {}
    return [row for rows in by_entity.values() for row in rows] or [None]


async def read_what_was_bought(pinterest: Pinterest, end: dt.date) -> list[Any]:
    reports = pinterest.conversion_product_reports
    created = await reports.create(
        report_name="Bought",
        level="CAMPAIGN",
        granularity="WEEK",
        start_date=end - dt.timedelta(days=28),
        end_date=end,
        columns=["CAMPAIGN_NAME"],
    )
    while (found := await reports.get(token=created.token)).report_status != "FINISHED":
        if found.report_status != "IN_PROGRESS":
            raise RuntimeError(found.report_status)
        await asyncio.sleep(5)
    if not found.url:
        return [None]
    async with pinterest.foreign("GET", found.url) as answer:
        if answer.status != 200:
            raise RuntimeError("the address has lapsed")
        text = await answer.text()
    by_entity: dict[str, list[Any]] = json.loads(text) if text else {}
    return [row for rows in by_entity.values() for row in rows] or [None]


async def read_catalog_faults(pinterest: Pinterest) -> list[Any]:
    created = await pinterest.catalog_reports.create(
        {"catalog_type": "RETAIL", "report": {"report_type": "DISTRIBUTION_ISSUES"}}
    )
    while (
        found := await pinterest.catalog_reports.get(token=created.token)
    ).report_status != "FINISHED":
        if found.report_status != "IN_PROGRESS":
            raise RuntimeError(found.report_status)
        await asyncio.sleep(5)
    if not found.url:
        return [None]
    async with pinterest.foreign("GET", found.url) as answer:
        if answer.status != 200:
            raise RuntimeError("the address has lapsed")
        text = await answer.text()
    return [*csv.DictReader(io.StringIO(text))] or [None]


async def rename_campaigns(pinterest: Pinterest, names: dict[str, str]) -> int:
    account = pinterest.ad_account_id or ""
    created = await pinterest.bulk.create_upsert(
        update={
            "campaigns": [
                {"id": id, "ad_account_id": account, "name": name} for id, name in names.items()
            ]
        }
    )
    while (found := await pinterest.bulk.get(created.request_id)).status != "SUCCEEDED":
        if found.status == "FAILED":
            raise RuntimeError("the bulk job failed")
        await asyncio.sleep(5)
    async with pinterest.foreign("GET", found.result_url or "") as answer:
        if answer.status != 200:
            raise RuntimeError("the address has lapsed")
        entries: list[dict[str, Any]] = json.loads(await answer.text())
    failed = [
        (id, entry["exceptions"])
        for id, entry in zip(names, entries, strict=True)
        if entry.get("exceptions")
    ]
    return len(failed)


async def download_campaigns(pinterest: Pinterest) -> list[dict[str, Any]]:
    created = await pinterest.bulk.create_download(entity_types=["CAMPAIGN"], output_format="JSON")
    while (found := await pinterest.bulk.get(created.request_id)).status != "SUCCEEDED":
        if found.status == "FAILED":
            raise RuntimeError("the bulk job failed")
        await asyncio.sleep(5)
    async with pinterest.foreign("GET", found.result_url or "") as answer:
        if answer.status != 200:
            raise RuntimeError("the address has lapsed")
        rows: list[dict[str, Any]] = json.loads(await answer.text())
    return rows


async def delete_catalog_items(
    pinterest: Pinterest, items: list[CatalogsDeleteRetailItem]
) -> list[tuple[int, Any]]:
    failed: list[tuple[int, Any]] = []
    for first in range(0, len(items), 1000):
        some = items[first : first + 1000]
        created = await pinterest.catalog_item_batches.create(
            {"catalog_type": "RETAIL", "country": "DE", "language": "DE", "items": some}
        )
        while True:
            found = await pinterest.catalog_item_batches.get(created.batch_id)
            if found.status != "PROCESSING":
                break
            await asyncio.sleep(5)
        if found.status == "FAILED":
            raise RuntimeError("the batch failed")
        failed += [
            (first + place, item.errors)
            for place, item in enumerate(found.items)
            if item.status == "FAILURE"
        ]
    return failed or [(0, None)]


async def clear_a_store(
    pinterest: Pinterest, catalog_id: str, stock: list[LocalInventoryDeleteOperation]
) -> list[tuple[int, Any]]:
    failed: list[tuple[int, Any]] = []
    for first in range(0, len(stock), 1000):
        created = await pinterest.local_inventory.create_batch(
            catalog_id, operations=stock[first : first + 1000]
        )
        while True:
            found = await pinterest.local_inventory.get_batch(catalog_id, created.batch_id or "")
            if found.status != "PROCESSING":
                break
            await asyncio.sleep(5)
        if found.status == "FAILED":
            raise RuntimeError("the batch failed")
        failed += [
            (first + place, item.errors)
            for place, item in enumerate(found.operation_results or ())
            if item.errors
        ]
    return failed or [(0, None)]


async def read_a_feed(pinterest: Pinterest, feed_id: str) -> int:
    ingestion = await pinterest.catalog_feeds.ingest(feed_id)
    while True:
        results = await pinterest.catalog_feeds.list_processing_results(feed_id)
        found = next((one for one in results if one.id == ingestion.id), None)
        if found is not None and found.status == "COMPLETED":
            break
        if found is not None and found.status == "FAILED":
            raise RuntimeError(found.validation_details.errors)
        await asyncio.sleep(5)
    issues = [one async for one in pinterest.catalog_feeds.list_item_issues(found.id)]
    return len(issues) + 1


async def create_campaigns(
    account: Pinterest, campaigns: list[CampaignCreateRequest]
) -> tuple[list[str], list[tuple[int, Any]]]:
    made: list[str] = []
    failed: list[tuple[int, Any]] = []
    for first in range(0, len(campaigns), 30):
        some = campaigns[first : first + 30]
        try:
            answer = await account.campaigns.create(some)
        except PinterestError as error:
            failed += [(first + place, error) for place in range(len(some))]
            continue
        for place, item in enumerate(answer.items):
            if item.data is not None and not item.exceptions:
                made.append(item.data.id)
            else:
                failed.append((first + place, item.exceptions))
    return made, failed


async def list_every_pin(pinterest: Pinterest) -> int:
    seen: set[str] = set()
    async for board in pinterest.boards.list(page_size=250):
        async for pin in pinterest.boards.list_pins(board.id, page_size=250):
            seen.add(pin.id)
        async for section in pinterest.board_sections.list(board.id, page_size=250):
            async for pin in pinterest.board_sections.list_pins(board.id, section.id):
                seen.add(pin.id)
    return len(seen)


async def show_a_board(pinterest: Pinterest, board_id: str) -> list[Any]:
    board = await pinterest.boards.get(board_id)
    found: list[Any] = [board.name]
    in_sections: set[str] = set()
    async for section in pinterest.board_sections.list(board_id, page_size=250):
        pins = await pinterest.board_sections.list_pins(
            board_id, section.id, page_size=250
        ).collect()
        in_sections |= {pin.id for pin in pins}
        found.append((section.name, pins))
    pins = await pinterest.boards.list_pins(board_id, page_size=250).collect()
    found.append([pin for pin in pins if pin.id not in in_sections])
    return found


async def copy_a_board(pinterest: Pinterest, board_id: str, name: str) -> list[str]:
    old = await pinterest.boards.get(board_id)
    new = await pinterest.boards.create(name=name, description=old.description, privacy=old.privacy)
    sections: dict[str | None, str] = {}
    async for section in pinterest.board_sections.list(board_id, page_size=250):
        made = await pinterest.board_sections.create(new.id, name=section.name)
        sections[section.id] = made.id
    done: set[str] = set()
    async for pin in pinterest.boards.list_pins(board_id, page_size=250):
        if pin.id in done:
            continue
        done.add(pin.id)
        section_id = sections.get(pin.board_section_id)
        if section_id is None:
            await pinterest.pins.save(pin.id, board_id=new.id)
        else:
            await pinterest.pins.save(pin.id, board_id=new.id, board_section_id=section_id)
    return [new.id, *done]


async def send_events(
    pinterest: Pinterest, events: list[ConversionEvent]
) -> list[tuple[str, str | None]]:
    for event in events:
        person = event["user_data"]
        emails = [one.strip().lower().encode() for one in person.get("em", ())]
        person["em"] = [hashlib.sha256(one).hexdigest() for one in emails]
    said: list[tuple[str, str | None]] = []
    left = 3
    while len(said) < len(events):
        some = events[len(said) : len(said) + 1000]
        try:
            answer = await pinterest.conversions.send(data=some)
        except PinterestError:
            left -= 1
            if not left:
                raise
            await asyncio.sleep(5)
            continue
        for event, one in zip(some, answer.events, strict=True):
            said.append((event["event_id"], one.error_message))
    return said


async def target_customers(pinterest: Pinterest, emails: list[str]) -> str:
    hashes = [hashlib.sha256(one.strip().lower().encode()).hexdigest() for one in emails if one]
    people = await pinterest.customer_lists.create(name="Buyers", records=",".join(hashes[:50000]))
    for first in range(50000, len(hashes), 50000):
        await pinterest.customer_lists.update(
            people.id, operation_type="ADD", records=",".join(hashes[first : first + 50000])
        )
    while (people := await pinterest.customer_lists.get(people.id)).status != "READY":
        if people.status == "TOO_SMALL":
            raise RuntimeError("too few people")
        await asyncio.sleep(60)
    audience = await pinterest.audiences.create(
        name="Buyers", audience_type="CUSTOMER_LIST", rule={"customer_list_id": people.id}
    )
    while (found := await pinterest.audiences.get(audience.id)).status != "READY":
        if found.status == "TOO_SMALL":
            raise RuntimeError("too few people")
        await asyncio.sleep(60)
    return found.id


async def change_customers(
    pinterest: Pinterest, list_id: str, emails: list[str], gone: list[str]
) -> str:
    for operation, people in (("ADD", emails), ("REMOVE", gone)):
        hashes = [hashlib.sha256(one.strip().lower().encode()).hexdigest() for one in people]
        for first in range(0, len(hashes), 50000):
            await pinterest.customer_lists.update(
                list_id, operation_type=operation, records=",".join(hashes[first : first + 50000])
            )
    while True:
        found = await pinterest.customer_lists.get(list_id)
        if found.status != "PROCESSING":
            return found.id
        await asyncio.sleep(60)


async def upload_customers(pinterest: Pinterest, list_id: str, path: Path) -> str:
    size = (await asyncio.to_thread(path.stat)).st_size
    count = max(1, min(10, size // (5 << 20)))
    created = await pinterest.customer_list_uploads.create(
        list_id, operation="ADD", total_parts=count
    )
    with await asyncio.to_thread(path.open, "rb") as file:
        for part in created.s3_multipart_upload_data.file_parts:
            content = await asyncio.to_thread(file.read, -(-size // count))
            async with pinterest.foreign("PUT", part.presigned_url, data=content) as answer:
                if answer.status >= 300:
                    raise RuntimeError(await answer.text())
    id = created.customer_list_upload.id
    await pinterest.customer_list_uploads.run(list_id, id)
    while (found := await pinterest.customer_list_uploads.get(list_id, id)).state != "SUCCEEDED":
        if found.state == "FAILED":
            raise RuntimeError(found.error_counts)
        await asyncio.sleep(5)
    return found.id


async def erase_conversions(pinterest: Pinterest, targets: list[dict[str, str]]) -> str:
    requests = pinterest.conversion_deletion_requests
    made = await requests.create(deletion_targets=targets)
    while (found := await requests.get(made.request_id)).status != "SUBMITTED":
        if found.status == "CANCELLED":
            raise RuntimeError("the request was cancelled")
        await asyncio.sleep(60)
    return found.request_id


async def export_leads(
    pinterest: Pinterest, ad_id: str, start: dt.date, end: dt.date
) -> list[dict[str, str]]:
    made = await pinterest.lead_exports.create(ad_id=ad_id, start_date=start, end_date=end)
    while True:
        export = await pinterest.lead_exports.get(made.leads_export_id)
        if export.export_status == "FINISHED":
            break
        if export.export_status == "FAILED":
            raise RuntimeError("the export failed")
        await asyncio.sleep(5)
    if export.download_url is None:
        return []
    async with pinterest.foreign("GET", export.download_url) as answer:
        return list(csv.DictReader(io.StringIO(await answer.text())))
