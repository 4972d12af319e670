"""Jobs: what takes more than one call, in a few lines each.

Needs a token in PINTEREST_ACCESS_TOKEN. PINTEREST_BASE_URL points it at an emulator instead of
Pinterest. The functions stand alone; the program below publishes one Pin.
"""

import asyncio
import datetime as dt
import json
import sys
from pathlib import Path

from pinterest_async import Pinterest, write_all
from pinterest_async.types import (
    CampaignCreateRequest,
    CatalogsDeleteRetailItem,
    ConversionEvent,
    LocalInventoryDeleteOperation,
)


async def publish_an_image(pinterest: Pinterest, board_id: str, path: Path) -> None:
    pin = await pinterest.pins.create_image(board_id, path, title="A lamp", alt_text="A lamp")
    print("published", pin.id)


async def publish_a_carousel(pinterest: Pinterest, board_id: str, paths: list[Path]) -> None:
    pin = await pinterest.pins.create_carousel(board_id, paths, title="Lamps")
    print("published", pin.id)


async def publish_a_video(pinterest: Pinterest, board_id: str, path: Path) -> None:
    pin = await pinterest.pins.create_video(board_id, path, cover=1, title="A lamp", progress=print)
    print("published", pin.id)


async def publish_a_video_in_two_processes(pinterest: Pinterest, board_id: str, path: Path) -> None:
    begun = await pinterest.pins.start_video(board_id, path, cover=1, title="A lamp")
    saved = json.dumps(begun.save())  # keep it in a file or a database
    job = pinterest.job(json.loads(saved))  # in another process, after a crash, next week
    print("published", (await job.result(timeout=600)).id)


async def upload_a_video(pinterest: Pinterest, path: Path) -> None:
    media_id = await pinterest.media.upload(path)
    print("ready for a Pin or an ad:", media_id)


async def read_a_report(pinterest: Pinterest, start: dt.date, end: dt.date) -> None:
    report = await pinterest.reports.run(
        level="CAMPAIGN",
        granularity="DAY",
        start_date=start,
        end_date=end,
        columns=["SPEND_IN_DOLLAR", "TOTAL_CLICKTHROUGH"],
    )
    async for row in report.rows():
        print(row.CAMPAIGN_ID, row.DATE, row.SPEND_IN_DOLLAR)


async def read_a_template(pinterest: Pinterest, template_id: str) -> None:
    report = await pinterest.reports.run_template(template_id)
    print([row async for row in report.rows()])


async def read_for_a_mix_model(pinterest: Pinterest, end: dt.date) -> None:
    report = await pinterest.mmm_reports.run(
        report_name="Mix",
        level="CAMPAIGN_TARGETING",
        granularity="DAY",
        start_date=end - dt.timedelta(days=28),
        end_date=end,
        targeting_types=["GENDER"],
        columns=["SPEND_IN_DOLLAR"],
    )
    print([row async for row in report.rows()])


async def read_what_was_bought(pinterest: Pinterest, end: dt.date) -> None:
    report = await pinterest.conversion_product_reports.run(
        report_name="Bought",
        level="CAMPAIGN",
        granularity="WEEK",
        start_date=end - dt.timedelta(days=28),
        end_date=end,
        columns=["CAMPAIGN_NAME"],
    )
    print([row async for row in report.rows()])


async def read_catalog_faults(pinterest: Pinterest) -> None:
    report = await pinterest.catalog_reports.run(
        {"catalog_type": "RETAIL", "report": {"report_type": "DISTRIBUTION_ISSUES"}}
    )
    print([row async for row in report.rows()])


async def rename_campaigns(pinterest: Pinterest, names: dict[str, str]) -> None:
    account = pinterest.ad_account_id or ""
    outcomes = await pinterest.bulk.upsert(
        update={
            "campaigns": [
                {"id": id, "ad_account_id": account, "name": name} for id, name in names.items()
            ]
        }
    )
    for one in outcomes.failed:
        print(one.item["id"], one.failed)


async def download_campaigns(pinterest: Pinterest) -> None:
    for row in await pinterest.bulk.download(entity_types=["CAMPAIGN"], output_format="JSON"):
        print(row.entity_type, row.data["name"])


async def delete_catalog_items(pinterest: Pinterest, items: list[CatalogsDeleteRetailItem]) -> None:
    outcomes = await pinterest.catalog_item_batches.run(
        {"catalog_type": "RETAIL", "country": "DE", "language": "DE", "items": items}
    )
    print(len(outcomes.results), "deleted")
    for one in outcomes.failed:
        print(one.index, one.failed)


async def clear_a_store(
    pinterest: Pinterest, catalog_id: str, stock: list[LocalInventoryDeleteOperation]
) -> None:
    outcomes = await pinterest.local_inventory.run(catalog_id, stock)
    print(len(outcomes.results), "deleted")
    for one in outcomes.failed:
        print(one.item["item_id"], one.failed)


async def read_a_feed(pinterest: Pinterest, feed_id: str) -> None:
    ingestion = await pinterest.catalog_feeds.run_ingestion(feed_id)
    print(ingestion.result.product_counts)
    async for issue in ingestion.issues():
        print(issue.item_id, list(issue.errors))


async def create_campaigns(account: Pinterest, campaigns: list[CampaignCreateRequest]) -> None:
    outcomes = await write_all(account.campaigns.create, campaigns)
    print([campaign.id for campaign in outcomes.results])
    for one in outcomes.failed:
        print(one.index, one.item["name"], one.failed)


async def list_every_pin(pinterest: Pinterest) -> None:
    async for pin in pinterest.boards.walk_all_pins():
        print(pin.board_id, pin.id, pin.title)


async def show_a_board(pinterest: Pinterest, board_id: str) -> None:
    found = await pinterest.boards.get_with_sections(board_id)
    print(found.board.name, len(found.pins), "Pins in no section")
    for section, pins in found.sections:
        print(section.name, len(pins))


async def copy_a_board(pinterest: Pinterest, board_id: str, name: str) -> None:
    copy = await pinterest.boards.copy(board_id, name, progress=print)
    print(copy.board_id, len(copy.pins.results), "Pins")


async def send_events(pinterest: Pinterest, events: list[ConversionEvent]) -> None:
    outcomes = await pinterest.conversions.send_all(events)  # user data may be in clear
    print(len(outcomes.results), "processed")
    for one in outcomes.failed:
        print(one.item["event_id"], one.failed)


async def target_customers(pinterest: Pinterest, emails: list[str]) -> None:
    people = await pinterest.customer_lists.run("Buyers", emails, progress=print)
    audience = await pinterest.audiences.run(
        name="Buyers", audience_type="CUSTOMER_LIST", rule={"customer_list_id": people.id}
    )
    print(audience.id, audience.status, audience.size)


async def change_customers(
    pinterest: Pinterest, list_id: str, emails: list[str], gone: list[str]
) -> None:
    await pinterest.customer_lists.add(list_id, emails)
    people = await pinterest.customer_lists.remove(list_id, gone)
    print(people.id, people.status)


async def upload_customers(pinterest: Pinterest, list_id: str, path: Path) -> None:
    upload = await pinterest.customer_list_uploads.upload(list_id, path, progress=print)
    print(upload.record_counts)


async def erase_conversions(pinterest: Pinterest, targets: list[dict[str, str]]) -> None:
    request = await pinterest.conversion_deletion_requests.run(deletion_targets=targets)
    print(request.request_id, request.status)


async def export_leads(pinterest: Pinterest, ad_id: str, start: dt.date, end: dt.date) -> None:
    for lead in await pinterest.lead_exports.run(ad_id, start_date=start, end_date=end):
        print(lead.lead_id, lead.fields)


async def main(image: Path) -> None:
    async with Pinterest.from_env() as pinterest:
        board = await pinterest.boards.create(name="Lamps")
        await publish_an_image(pinterest, board.id, image)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
