"""Boards, sections and Pins agree with each other, and belong to somebody."""

from emulator.bench import Caller, made, walked

STRANGER = "806000000000000002"
IMAGE = {"source_type": "image_url", "url": "https://shop.example/1.jpg"}


async def test_a_seeded_user_has_boards_with_pins(call: Caller) -> None:
    boards = await walked(call, "/boards", size=5)
    assert len(boards) == 12
    pins = await walked(call, "/pins", size=7)
    assert sum(board["pin_count"] for board in boards) == len(pins)
    assert len({pin["id"] for pin in pins}) == len(pins)
    secret = await walked(call, "/boards?privacy=SECRET")
    assert 0 < len(secret) < 12
    assert {board["privacy"] for board in secret} == {"SECRET"}


async def test_what_was_made_is_found_and_counted(call: Caller) -> None:
    board = await made(call, "/boards", name="Lamps", description="bright", privacy="SECRET")
    pin = await made(call, "/pins", board_id=board["id"], title="Globe", media_source=IMAGE)
    assert (await call("GET", f"/pins/{pin['id']}")).json == pin
    assert pin["media"]["media_type"] == "image"
    read = (await call("GET", f"/boards/{board['id']}")).json
    assert (read["name"], read["privacy"], read["pin_count"]) == ("Lamps", "SECRET", 1)
    assert [one["id"] for one in await walked(call, f"/boards/{board['id']}/pins")] == [pin["id"]]
    changed = await call("PATCH", f"/boards/{board['id']}", json={"name": "Lights"})
    assert changed.json["name"] == "Lights"
    assert (await call("DELETE", f"/pins/{pin['id']}")).status == 204
    assert (await call("GET", f"/pins/{pin['id']}")).error == (404, 50)
    assert (await call("GET", f"/boards/{board['id']}")).json["pin_count"] == 0


async def test_a_board_takes_its_sections_and_pins_along(call: Caller) -> None:
    board = await made(call, "/boards", name="Lamps")
    section = await made(call, f"/boards/{board['id']}/sections", name="Desk")
    pin = await made(
        call, "/pins", board_id=board["id"], board_section_id=section["id"], media_source=IMAGE
    )
    for target in (
        f"/boards/{board['id']}/pins",
        f"/boards/{board['id']}/sections/{section['id']}/pins",
    ):
        assert [one["id"] for one in await walked(call, target)] == [pin["id"]]
    assert (await call("DELETE", f"/boards/{board['id']}")).status == 204
    assert (await call("GET", f"/boards/{board['id']}")).error == (404, 40)
    assert (await call("GET", f"/boards/{board['id']}/sections")).error == (404, 40)
    assert (await call("GET", f"/pins/{pin['id']}")).error == (404, 50)


async def test_sections_are_renamed_and_removed_with_their_pins(call: Caller) -> None:
    board = await made(call, "/boards", name="Lamps")
    section = await made(call, f"/boards/{board['id']}/sections", name="Desk")
    inside = f"/boards/{board['id']}/sections/{section['id']}"
    twin = await call("POST", f"/boards/{board['id']}/sections", json={"name": "Desk"})
    assert twin.error == (409, 409)
    assert (await call("PATCH", inside, json={"name": "Floor"})).json["name"] == "Floor"
    pin = await made(
        call, "/pins", board_id=board["id"], board_section_id=section["id"], media_source=IMAGE
    )
    assert (await call("DELETE", inside)).status == 204
    assert (await call("GET", f"{inside}/pins")).error == (404, 2031)
    assert (await call("GET", f"/pins/{pin['id']}")).error == (404, 50)


async def test_pins_move_between_boards(call: Caller) -> None:
    first, second = [await made(call, "/boards", name=name) for name in ("One", "Two")]
    section = await made(call, f"/boards/{second['id']}/sections", name="Desk")
    pin = await made(call, "/pins", board_id=first["id"], title="Globe", media_source=IMAGE)
    target = f"/pins/{pin['id']}"
    wrong = {"board_id": first["id"], "board_section_id": section["id"]}
    assert (await call("PATCH", target, json=wrong)).error == (404, 2031)
    right = {"board_id": second["id"], "board_section_id": section["id"], "title": None}
    moved = (await call("PATCH", target, json=right)).json
    assert (moved["board_id"], moved["board_section_id"]) == (second["id"], section["id"])
    assert (moved["title"], moved["description"]) == ("", "")
    assert await walked(call, f"/boards/{first['id']}/pins") == []
    assert len(await walked(call, f"/boards/{second['id']}/pins")) == 1


async def test_saving_makes_a_copy(call: Caller) -> None:
    pins = await walked(call, "/pins")
    board = await made(call, "/boards", name="Saved")
    copy = await made(call, f"/pins/{pins[0]['id']}/save", board_id=board["id"])
    assert (copy["parent_pin_id"], copy["title"]) == (pins[0]["id"], pins[0]["title"])
    assert copy["id"] != pins[0]["id"]
    own = await walked(call, "/pins?pin_filter=exclude_repins")
    assert [one["id"] for one in own] == [one["id"] for one in pins]


async def test_what_belongs_to_others_is_not_changed(call: Caller) -> None:
    public, secret = [
        await made(call, "/boards", name=privacy, privacy=privacy)
        for privacy in ("PUBLIC", "SECRET")
    ]
    pin = await made(call, "/pins", board_id=public["id"], media_source=IMAGE)
    hidden = await made(call, "/pins", board_id=secret["id"], media_source=IMAGE)
    token = call.emulator.issue_token(STRANGER)
    assert (await call("GET", f"/pins/{pin['id']}", token=token)).json["is_owner"] is False
    assert (await call("GET", f"/pins/{hidden['id']}", token=token)).error == (404, 50)
    assert (await call("GET", f"/boards/{secret['id']}", token=token)).error == (404, 40)
    for method, target in (("DELETE", f"/pins/{pin['id']}"), ("DELETE", f"/boards/{public['id']}")):
        assert (await call(method, target, token=token)).error == (401, 7)
    lonely = await call("POST", "/pins", json={"media_source": IMAGE}, token=token)
    assert lonely.error == (400, 1)


async def test_carousels_keep_their_captions(call: Caller) -> None:
    board = await made(call, "/boards", name="Moving")
    items = [{"url": f"https://shop.example/{n}.jpg", "title": str(n)} for n in range(2)]
    source = {"source_type": "multiple_image_urls", "items": items}
    pin = await made(call, "/pins", board_id=board["id"], media_source=source)
    assert [one["title"] for one in pin["media"]["items"]] == ["0", "1"]
    kinds = {
        kind: len(await walked(call, f"/boards/{board['id']}/pins?creative_types={kind}"))
        for kind in ("CAROUSEL", "VIDEO")
    }
    assert kinds == {"CAROUSEL": 1, "VIDEO": 0}


async def test_walking_goes_on_where_rows_went(call: Caller) -> None:
    """A bookmark names the last row shown: what is deleted behind it hides nothing."""
    boards = (await call("GET", "/boards?page_size=4")).json
    for board in boards["items"]:
        await call("DELETE", f"/boards/{board['id']}")
    rest = (await call("GET", f"/boards?page_size=250&bookmark={boards['bookmark']}")).json["items"]
    assert len(rest) == 8
    assert (await call("GET", "/boards?bookmark=nonsense")).error == (400, 1)
