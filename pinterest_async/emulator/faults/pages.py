"""Faults of lists: wrong bookmarks, empty pages, repeated items."""

from typing import Any, Final, Literal
from urllib.parse import parse_qsl, urlencode

import msgspec

from pinterest_async.emulator.contract.messages import HttpRequest, HttpResponse, json_response
from pinterest_async.emulator.contract.wire import is_object
from pinterest_async.emulator.faults.base import (
    Fault,
    FaultContext,
    PageHistory,
    require,
)

_EMPTY: Final = "emulated-empty"


class WrongBookmark(Fault, frozen=True, tag="bookmark"):
    """A bookmark that does not lead to the next page, from the second page of a list.

    `repeat`: the answer has the bookmark that it was asked with. `back`: it has the one of the
    page before, so that two pages follow each other for ever. `lapse`: the bookmark is rejected.
    """

    how: Literal["repeat", "back", "lapse"] = "repeat"

    def fits(self, context: FaultContext) -> bool:
        """Whether the request is for a page after the first."""
        if self.how == "back":
            found = context.memory.find(context.incoming)
            return found is not None and found[0] is not None
        return context.bookmark is not None

    def before(self, context: FaultContext) -> HttpResponse | None:
        """Reject the bookmark."""
        if self.how != "lapse":
            return None
        context.hit()
        return json_response(400, {"code": 1, "message": "Invalid bookmark: it has lapsed"})

    def after(self, context: FaultContext, answer: HttpResponse) -> None:
        """Answer with an older bookmark."""
        page = page_of(answer)
        if page is None or self.how == "lapse":
            return
        found = context.memory.find(context.incoming)
        page["bookmark"] = context.bookmark if self.how == "repeat" or not found else found[0]
        answer.body = msgspec.json.encode(page)
        context.hit()


class EmptyPage(Fault, frozen=True, tag="empty_page"):
    """Empty pages with a bookmark, `count` of them before each page that it hits."""

    count: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        require(self.count >= 1, f"count is {self.count}: use 1 or more")

    def fits(self, context: FaultContext) -> bool:
        """Whether the request's operation has bookmarks, and there is one more page to show."""
        names = {one.name for one in context.operation.parameters}
        return "bookmark" in names and context.empties < self.count

    def after(self, context: FaultContext, answer: HttpResponse) -> None:
        """Answer with no item, and a bookmark that leads to the same page again."""
        page = page_of(answer)
        if page is None:
            return
        page["items"] = []
        page["bookmark"] = f"{_EMPTY}-{context.empties + 1}-{context.bookmark or ''}"
        answer.body = msgspec.json.encode(page)
        context.hit()


class RepeatedItems(Fault, frozen=True, tag="repeated_items"):
    """The next page begins with the last `count` items of the page before."""

    count: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        require(self.count >= 1, f"count is {self.count}: use 1 or more")

    def fits(self, context: FaultContext) -> bool:
        """Whether the request asks for a page after one that was answered."""
        return context.memory.find(context.incoming) is not None

    def after(self, context: FaultContext, answer: HttpResponse) -> None:
        """Insert the items of the page before."""
        page, found = page_of(answer), context.memory.find(context.incoming)
        if page is None or found is None or not found[1]:
            return
        page["items"] = [*found[1][-self.count :], *page["items"]]
        answer.body = msgspec.json.encode(page)
        context.hit()


def original_request(incoming: HttpRequest) -> tuple[HttpRequest, int]:
    """The request without the bookmark of an empty page, and how many such pages came before."""
    if f"bookmark={_EMPTY}" not in incoming.target:
        return incoming, 0
    path, _, query = incoming.target.partition("?")
    pairs = parse_qsl(query, keep_blank_values=True)
    empties, sent = 0, list[tuple[str, str]]()
    for name, value in pairs:
        if name != "bookmark":
            sent.append((name, value))
            continue
        count, _, bookmark = value.removeprefix(_EMPTY + "-").partition("-")
        empties = int(count) if count.isdecimal() else 0
        if bookmark:
            sent.append((name, bookmark))
    target = path + ("?" + urlencode(sent) if sent else "")
    return msgspec.structs.replace(incoming, target=target), empties


def remember(memory: PageHistory, incoming: HttpRequest, answer: HttpResponse) -> None:
    """Store what faults of later pages need."""
    page = page_of(answer)
    if page is not None and page["bookmark"]:
        memory.note(incoming, page["bookmark"], page["items"])


def page_of(answer: HttpResponse) -> dict[str, Any] | None:
    """The page that an answer holds; None for any other answer."""
    if answer.status != 200 or not answer.body.startswith(b"{"):
        return None
    page: Any = msgspec.json.decode(answer.body)
    if not is_object(page) or not isinstance(page.get("items"), list) or "bookmark" not in page:
        return None
    return page
