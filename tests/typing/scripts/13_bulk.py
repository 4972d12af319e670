"""Download all campaigns as a file, and pause some by an upsert."""

import asyncio

from pinterest_async import Pinterest


async def main(pinterest: Pinterest) -> None:
    [account] = await pinterest.ad_accounts.list().limit(1).collect()
    ads = pinterest.with_options(ad_account_id=account.id)
    download = await ads.bulk.create_download(
        entity_types=["CAMPAIGN", "AD_GROUP"],
        output_format="JSON",
        campaign_filter={"campaign_status": ["RUNNING", "PAUSED"]},
    )
    job = await ads.bulk.get(download.request_id)
    while job.status == "RUNNING":
        await asyncio.sleep(0.05)
        job = await ads.bulk.get(download.request_id)
    if job.result_url:
        print(job.status, job.result_url.split("?")[0])

    campaigns = await ads.campaigns.list(entity_statuses=["ACTIVE"]).limit(3).collect()
    upsert = await ads.bulk.create_upsert(
        update={
            "campaigns": [
                {"id": campaign.id, "ad_account_id": account.id, "status": "PAUSED"}
                for campaign in campaigns
            ]
        }
    )
    job = await ads.bulk.get(upsert.request_id, include_details=True)
    print("the upsert:", job.status, job.result_url or "no result yet")
