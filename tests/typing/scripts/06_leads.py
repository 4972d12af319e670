"""Lead forms: what they ask, a webhook for new leads, an export of old ones."""

import asyncio
import datetime as dt

from pinterest_async import Pinterest, succeeded


async def main(pinterest: Pinterest) -> None:
    [account] = await pinterest.ad_accounts.list().limit(1).collect()
    mine = pinterest.with_options(ad_account_id=account.id)
    [form] = succeeded(
        await mine.lead_forms.create(
            [
                {
                    "name": "Newsletter",
                    "privacy_policy_link": "https://shop.example/privacy",
                    "has_accepted_terms": True,
                    "completion_message": "Thank you!",
                    "status": "ACTIVE",
                    "questions": [{"question_type": "EMAIL"}, {"question_type": "FIRST_NAME"}],
                }
            ]
        )
    )
    async for one in mine.lead_forms.list():
        asked = [question.question_type for question in one.questions]
        print(f"{one.id} {one.name:<20} {one.status} {len(asked)} questions: {asked}")
    subscription = await mine.lead_subscriptions.create(
        webhook_url="https://shop.example/leads", lead_form_id=form.id
    )
    print("subscribed", subscription.id)
    async for each in mine.lead_subscriptions.list():
        print(each.id, each.lead_form_id, each.webhook_url, each.created_time)

    ad = (await mine.ads.list(page_size=1)).items[0]
    today = dt.datetime.now(dt.UTC).date()
    export = await mine.lead_exports.create(
        start_date=today - dt.timedelta(days=7), end_date=today, ad_id=ad.id
    )
    for _ in range(5):
        result = await mine.lead_exports.get(export.leads_export_id)
        print(result.export_status, result.download_url)
        if result.export_status == "FINISHED":
            break
        await asyncio.sleep(0)
    await mine.lead_subscriptions.delete(subscription.id)
