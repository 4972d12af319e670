"""What a person does at Pinterest when an application sends them there."""

import re
from html import unescape
from urllib.parse import urlsplit

import httpx2


def come_back(url: str, *, user: str = "", decision: str = "grant") -> str:
    """Open the consent page, choose a user and decide: the address that the browser is sent to."""
    page = httpx2.get(url)
    assert page.status_code == 200, page.text
    hidden = re.findall(r'<input type="hidden" name="(.*?)" value="(.*?)">', page.text)
    users = re.findall(r'<input type="radio" name="user" value="(.*?)"', page.text)
    fields = {unescape(name): unescape(value) for name, value in hidden}
    fields |= {"user": user or users[0], "decision": decision}
    parts = urlsplit(url)
    origin = f"{parts.scheme}://{parts.netloc}"
    back = httpx2.post(f"{origin}/oauth/", data=fields, headers={"Origin": origin})
    assert back.status_code == 302, back.text
    return back.headers["Location"]
