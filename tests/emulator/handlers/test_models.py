"""Our own client drives the emulator over real sockets, and a plain model says what must be there.

Every example has a user of its own, so that one emulator serves them all.
"""

import asyncio
from collections.abc import Awaitable, Iterator
from itertools import count
from typing import Any, ClassVar, NamedTuple, TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    precondition,
    rule,
    run_state_machine_as_test,
)

from pinterest_async import APIError, Pinterest, SessionPool
from pinterest_async.emulator import Emulator

T = TypeVar("T")

NAMES = st.sampled_from(["Lamps", "Chairs", "Rugs"])
TITLES = st.sampled_from(["", "Globe", "Ω lamp"])
STATUSES = ("ACTIVE", "PAUSED", "ARCHIVED")
LINK = "https://shop.example/lamp"
IMAGE: Any = {"source_type": "image_url", "url": "https://shop.example/1.jpg"}
FEW = settings(
    max_examples=12,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


class Bench:
    """An emulator, a pool and a loop for all examples."""

    def __init__(self, runner: asyncio.Runner, emulator: Emulator, pool: SessionPool) -> None:
        self.run = runner.run
        self._emulator = emulator
        self._pool = pool
        self._users = count(806000000000001000)

    def client(self) -> Pinterest:
        token = self._emulator.issue_token(str(next(self._users)))
        return Pinterest(token, base_url=self._emulator.url, pool=self._pool)


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    with asyncio.Runner() as runner:
        emulator, pool = Emulator(quotas=None, accounts=0, check_answers=True), SessionPool()
        runner.run(emulator.start())
        try:
            yield Bench(runner, emulator, pool)
        finally:
            runner.run(pool.aclose())
            runner.run(emulator.stop())


class Driven(RuleBasedStateMachine):
    """What both machines share: a client, and ways to call it."""

    bench: ClassVar[Bench]

    def __init__(self) -> None:
        super().__init__()
        self.client = self.bench.client()

    def do(self, call: Awaitable[T]) -> T:
        async def awaited() -> T:
            return await call

        return self.bench.run(awaited())

    def refused(self, call: Awaitable[Any]) -> tuple[int, int | None]:
        with pytest.raises(APIError) as refusal:
            self.do(call)
        return refusal.value.status, refusal.value.code


class Place(NamedTuple):
    board: str
    section: str | None


class BoardsAndPins(Driven):
    """Boards by id with their name; sections by board; Pins by board, in the order of arrival."""

    def __init__(self) -> None:
        super().__init__()
        self.boards: dict[str, str] = {}
        self.privacy: dict[str, str] = {}
        self.sections: dict[str, dict[str, str]] = {}
        self.pins: dict[str, tuple[Place, str]] = {}
        self.order: dict[str, list[str]] = {}
        self.gone: list[str] = []

    def board(self, data: st.DataObject) -> str:
        return data.draw(st.sampled_from(sorted(self.boards)), "board")

    def pin(self, data: st.DataObject) -> str:
        return data.draw(st.sampled_from(sorted(self.pins)), "pin")

    def place(self, data: st.DataObject) -> Place:
        board = self.board(data)
        choices = [None, *sorted(self.sections[board])]
        return Place(board, data.draw(st.sampled_from(choices), "section"))

    def forget(self, pin: str) -> None:
        place, _ = self.pins.pop(pin)
        self.order[place.board].remove(pin)
        self.gone.append(pin)

    @rule(name=NAMES, privacy=st.sampled_from(["PUBLIC", "SECRET"]))
    def create_board(self, name: str, privacy: str) -> None:
        call = self.client.boards.create(name=name, privacy=privacy)
        if name in self.boards.values():
            assert self.refused(call) == (400, 58)
            return
        board = self.do(call)
        assert (board.name, board.privacy, board.pin_count) == (name, privacy, 0)
        self.privacy[board.id] = privacy
        self.boards[board.id], self.sections[board.id], self.order[board.id] = name, {}, []

    @precondition(lambda self: self.boards)
    @rule(data=st.data(), name=NAMES)
    def rename_board(self, data: st.DataObject, name: str) -> None:
        board = self.board(data)
        call = self.client.boards.update(board, name=name)
        if name in {one for id, one in self.boards.items() if id != board}:
            assert self.refused(call) == (400, 58)
        else:
            assert self.do(call).name == name
            self.boards[board] = name

    @precondition(lambda self: self.boards)
    @rule(data=st.data())
    def delete_board(self, data: st.DataObject) -> None:
        board = self.board(data)
        self.do(self.client.boards.delete(board))
        for pin in list(self.order[board]):
            self.forget(pin)
        for known in (self.boards, self.privacy, self.sections, self.order):
            del known[board]
        assert self.refused(self.client.boards.get(board)) == (404, 40)

    @precondition(lambda self: self.boards)
    @rule(data=st.data(), name=NAMES)
    def create_section(self, data: st.DataObject, name: str) -> None:
        board = self.board(data)
        call = self.client.board_sections.create(board, name=name)
        if name in self.sections[board].values():
            assert self.refused(call) == (409, 409)
        else:
            section = self.do(call)
            assert section.id
            self.sections[board][section.id] = name

    @precondition(lambda self: any(self.sections.values()))
    @rule(data=st.data())
    def delete_section(self, data: st.DataObject) -> None:
        board = data.draw(st.sampled_from(sorted(id for id, own in self.sections.items() if own)))
        section = data.draw(st.sampled_from(sorted(self.sections[board])), "section")
        self.do(self.client.board_sections.delete(board, section))
        del self.sections[board][section]
        for pin in list(self.order[board]):
            if self.pins[pin][0].section == section:
                self.forget(pin)

    @precondition(lambda self: self.boards)
    @rule(data=st.data(), title=TITLES)
    def create_pin(self, data: st.DataObject, title: str) -> None:
        place = self.place(data)
        pin = self.do(
            self.client.pins.create(
                board_id=place.board,
                board_section_id=place.section,
                title=title,
                link=LINK,
                media_source=IMAGE,
            )
        )
        self.pins[pin.id] = place, title
        self.order[place.board].append(pin.id)

    @precondition(lambda self: self.pins)
    @rule(data=st.data())
    def save_pin(self, data: st.DataObject) -> None:
        source, place = self.pin(data), self.place(data)
        pin = self.do(
            self.client.pins.save(source, board_id=place.board, board_section_id=place.section)
        )
        assert pin.parent_pin_id == source
        self.pins[pin.id] = place, self.pins[source][1]
        self.order[place.board].append(pin.id)

    @precondition(lambda self: self.pins)
    @rule(data=st.data(), title=TITLES)
    def move_pin(self, data: st.DataObject, title: str) -> None:
        id, place = self.pin(data), self.place(data)
        pin = self.do(
            self.client.pins.update(
                id, board_id=place.board, board_section_id=place.section, title=title
            )
        )
        assert (pin.board_id, pin.board_section_id, pin.title) == (*place, title)
        before = self.pins[id][0].board
        if before != place.board:
            self.order[before].remove(id)
            self.order[place.board].append(id)
        self.pins[id] = place, title

    @precondition(lambda self: self.pins)
    @rule(data=st.data())
    def delete_pin(self, data: st.DataObject) -> None:
        pin = self.pin(data)
        self.do(self.client.pins.delete(pin))
        self.forget(pin)

    @rule(size=st.integers(1, 4))
    def compare(self, size: int) -> None:
        """All lists, walked in pages of any size, are the model's."""
        self.do(self._compare(size))

    async def _compare(self, size: int) -> None:
        client = self.client
        boards = await client.boards.list(page_size=size).collect(max=1000)
        assert [(one.id, one.name) for one in boards] == [*self.boards.items()]
        assert {one.id: one.privacy for one in boards} == self.privacy
        secret = await client.boards.list(privacy="SECRET", page_size=size).collect(max=1000)
        assert [one.id for one in secret] == [
            id for id, privacy in self.privacy.items() if privacy == "SECRET"
        ]
        assert {one.id: one.pin_count for one in boards} == {
            id: len(pins) for id, pins in self.order.items()
        }
        pins = await client.pins.list(page_size=size).collect(max=1000)
        seen = {
            one.id: (Place(one.board_id or "", one.board_section_id), one.title) for one in pins
        }
        assert len(seen) == len(pins)
        assert seen == self.pins
        assert {one.link for one in pins} <= {LINK}
        for board in self.boards:
            sections = await client.board_sections.list(board, page_size=size).collect(max=1000)
            assert {one.id: one.name for one in sections} == self.sections[board]
            listed = await client.boards.list_pins(board, page_size=size).collect(max=1000)
            assert [one.id for one in listed] == self.order[board]
            for section in self.sections[board]:
                inside = await client.board_sections.list_pins(board, section).collect(max=1000)
                assert [one.id for one in inside] == [
                    pin for pin in self.order[board] if self.pins[pin][0].section == section
                ]

    def teardown(self) -> None:
        self.compare(3)
        for pin in self.gone[-3:]:
            assert self.refused(self.client.pins.get(pin)) == (404, 50)


class Branch(NamedTuple):
    """One campaign, ad group or ad, by the id of its parent."""

    parent: str
    status: str


class CampaignTree(Driven):
    """Three levels by id; what is archived stays so, and takes along what is below."""

    def __init__(self) -> None:
        super().__init__()
        account = self.do(
            self.client.ad_accounts.create(name="Model", country="US", currency="USD")
        )
        self.account = account.id
        board = self.do(self.client.boards.create(name=f"Board {account.id}"))
        self.pin = self.do(self.client.pins.create(board_id=board.id, media_source=IMAGE)).id
        self.client = self.client.with_options(ad_account_id=account.id)
        self.campaigns: dict[str, Branch] = {}
        self.ad_groups: dict[str, Branch] = {}
        self.ads: dict[str, Branch] = {}

    @rule(status=st.sampled_from(STATUSES[:2]))
    def create_campaign(self, status: str) -> None:
        campaigns: Any = [
            {
                "ad_account_id": self.account,
                "name": "C",
                "objective_type": "AWARENESS",
                "daily_spend_cap": 10**8,
                "status": status,
            }
        ]
        answer = self.do(self.client.campaigns.create(campaigns=campaigns))
        self.campaigns[self.made(answer)] = Branch("", status)

    @precondition(lambda self: self.campaigns)
    @rule(data=st.data())
    def create_ad_group(self, data: st.DataObject) -> None:
        parent = data.draw(st.sampled_from(sorted(self.campaigns)), "campaign")
        body: Any = [{"campaign_id": parent, "name": "G", "billable_event": "IMPRESSION"}]
        answer = self.do(self.client.ad_groups.create(ad_groups=body))
        if self.kept(self.campaigns[parent], answer):
            self.ad_groups[self.made(answer)] = Branch(parent, "ACTIVE")

    @precondition(lambda self: self.ad_groups)
    @rule(data=st.data())
    def create_ad(self, data: st.DataObject) -> None:
        parent = data.draw(st.sampled_from(sorted(self.ad_groups)), "ad group")
        body: Any = [{"ad_group_id": parent, "creative_type": "REGULAR", "pin_id": self.pin}]
        answer = self.do(self.client.ads.create(ads=body))
        if self.kept(self.ad_groups[parent], answer):
            self.ads[self.made(answer)] = Branch(parent, "ACTIVE")

    @precondition(lambda self: self.campaigns)
    @rule(data=st.data(), status=st.sampled_from(STATUSES))
    def update_campaign(self, data: st.DataObject, status: str) -> None:
        id = data.draw(st.sampled_from(sorted(self.campaigns)), "campaign")
        body: Any = [
            {"id": id, "ad_account_id": self.account, "status": status},
        ]
        self.change(self.campaigns, id, status, self.client.campaigns.update(campaigns=body))

    @precondition(lambda self: self.ad_groups)
    @rule(data=st.data(), status=st.sampled_from(STATUSES))
    def update_ad_group(self, data: st.DataObject, status: str) -> None:
        id = data.draw(st.sampled_from(sorted(self.ad_groups)), "ad group")
        body: Any = [{"id": id, "status": status}]
        self.change(self.ad_groups, id, status, self.client.ad_groups.update(ad_groups=body))

    def change(self, level: dict[str, Branch], id: str, status: str, call: Awaitable[Any]) -> None:
        answer = self.do(call)
        was = level[id].status
        if was == "ARCHIVED" != status:
            assert not self.kept(level[id], answer)
            return
        assert answer.items[0].data.status == status
        level[id] = level[id]._replace(status=status)
        if status == "ARCHIVED" != was:
            self.archive_below(level, {id})

    def archive_below(self, level: dict[str, Branch], parents: set[str]) -> None:
        below = self.ad_groups if level is self.campaigns else self.ads
        hit = {id for id, one in below.items() if one.parent in parents}
        below.update({id: below[id]._replace(status="ARCHIVED") for id in hit})
        if below is not self.ads:
            self.archive_below(below, hit)

    @staticmethod
    def made(answer: Any) -> str:
        return str(answer.items[0].data.id)

    @staticmethod
    def kept(parent: Branch, answer: Any) -> bool:
        """Whether the one item was taken; what is archived takes none."""
        (item,) = answer.items
        assert bool(item.exceptions) == (parent.status == "ARCHIVED")
        return not item.exceptions

    @rule(size=st.integers(1, 4))
    def compare(self, size: int) -> None:
        """All lists, walked in pages of any size, are the model's."""
        self.do(self._compare(size))

    async def _compare(self, size: int) -> None:
        client = self.client
        options: Any = {"page_size": size, "entity_statuses": STATUSES}
        campaigns = await client.campaigns.list(**options).collect(max=1000)
        assert {one.id: Branch("", one.status or "") for one in campaigns} == self.campaigns
        assert {one.name for one in campaigns} <= {"C"}
        usual = await client.campaigns.list(page_size=size, order="DESCENDING").collect(max=1000)
        assert [one.id for one in usual] == [
            id for id, one in reversed(self.campaigns.items()) if one.status != "ARCHIVED"
        ]
        groups = await client.ad_groups.list(**options).collect(max=1000)
        seen = {one.id: Branch(one.campaign_id or "", one.status or "") for one in groups}
        assert seen == self.ad_groups
        ads = await client.ads.list(**options).collect(max=1000)
        seen = {one.id: Branch(one.ad_group_id or "", one.status or "") for one in ads}
        assert seen == self.ads
        active = await client.ad_groups.list(entity_statuses=["ACTIVE"]).collect(max=1000)
        assert [one.id for one in active] == [
            id for id, one in self.ad_groups.items() if one.status == "ACTIVE"
        ]

    def teardown(self) -> None:
        self.compare(3)


@pytest.mark.parametrize("machine", [BoardsAndPins, CampaignTree])
def test_it_is_as_a_plain_model_says(machine: type[Driven], bench: Bench) -> None:
    machine.bench = bench
    run_state_machine_as_test(machine, settings=FEW)
