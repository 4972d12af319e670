"""Who may do what in a business, and how the ad accounts are paid for."""

from pinterest_async import Pinterest


async def main(pinterest: Pinterest) -> None:
    for business in await pinterest.user_account.list_businesses():
        print("acting for", business.username)
    me = await pinterest.user_account.get()
    mine = pinterest.with_options(business_id=me.id)
    async for member in mine.business_members.list():
        if member.user is None or member.user.id is None:
            continue  # invited by e-mail, not here yet
        print(f"{member.user.username:<20} {', '.join(member.business_roles)}")
        async for asset in mine.business_members.list_assets(member.user.id):
            print("  may", asset.permissions, "on", asset.asset_type, asset.asset_id)
    async for partner in mine.business_partners.list():
        name = partner.user.username if partner.user else "?"
        print("partner", name, partner.is_shared_partner)
    async for invite in mine.business_invites.list():
        print("invited", invite.id, invite.created_time, invite.business_roles)

    async for account in pinterest.ad_accounts.list():
        paid = pinterest.with_options(ad_account_id=account.id)
        async for profile in paid.billing_profiles.list(is_active=True):
            print(account.name, profile.id, profile.card_type, profile.status)
        async for invoice in paid.billing_invoices.list():
            amount = (invoice.amount_billed_micro_currency or 0) / 1_000_000
            print(f"  {invoice.id}: {amount:,.2f} {invoice.currency}, {invoice.invoice_due_date}")
            link = await paid.billing_invoices.download_url(invoice.id)
            print("   ", link.download_url)
