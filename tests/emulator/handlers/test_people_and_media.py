"""Profiles, follows, websites, searches, and videos from registration to Pin."""

from typing import Any

import pytest
from aiohttp import FormData
from emulator.bench import Caller, Said, made, walked

STRANGER = "806000000000000002"


async def registered(call: Caller) -> Any:
    return await made(call, "/media", media_type="video")


async def uploaded(
    call: Caller, media: Any, *, name: str = "a.mp4", content: bytes = b"\0\r\n\xff--", **other: str
) -> Said:
    form = FormData()
    for field, value in {**media["upload_parameters"], **other}.items():
        form.add_field(field, value)
    form.add_field("file", content, filename=name)
    async with call.session.post(media["upload_url"], data=form) as answer:
        return Said(answer.status, answer.headers, await answer.read())


async def status(call: Caller, media: Any) -> Any:
    return (await call("GET", f"/media/{media['media_id']}")).json["status"]


async def test_a_video_becomes_a_pin(call: Caller) -> None:
    media = await registered(call)
    board = await made(call, "/boards", name="Moving")
    source = {"source_type": "video_id", "media_id": media["media_id"]}
    body = {
        "board_id": board["id"],
        "media_source": {**source, "cover_image_url": "https://shop.example/1.jpg"},
    }
    seen = [await status(call, media)]
    early = await call("POST", "/pins", json=body)
    assert early.error == (400, 1)
    assert "registered" in early.json["message"]
    assert (await uploaded(call, media)).status == 204
    seen += [await status(call, media) for _ in range(2)]
    assert seen == ["registered", "processing", "succeeded"]
    bare = await call("POST", "/pins", json={"board_id": board["id"], "media_source": source})
    assert bare.error == (400, 1)
    assert "cover" in bare.json["message"]
    pin = await made(call, "/pins", **body)
    assert (pin["creative_type"], pin["media"]["media_type"]) == ("VIDEO", "video")
    listed = await walked(call, "/media")
    assert [one["media_id"] for one in listed[1:]] == [media["media_id"]]
    other = call.emulator.issue_token(STRANGER)
    assert (await call("GET", f"/media/{media['media_id']}", token=other)).error == (404, 50)


@pytest.mark.parametrize(("name", "content"), [("fails.mp4", b"x"), ("a.mp4", b"")])
async def test_some_videos_fail(call: Caller, name: str, content: bytes) -> None:
    media = await registered(call)
    assert (await uploaded(call, media, name=name, content=content)).status == 204
    assert [await status(call, media) for _ in range(2)] == ["processing", "failed"]


async def test_uploads_are_refused_unless_signed_and_in_order(call: Caller) -> None:
    media = await registered(call)
    assert (await uploaded(call, media, policy="another")).status == 403
    url = media["upload_url"]
    async with call.session.post(url, data=b"raw") as answer:
        assert answer.status == 412
    form = FormData()
    form.add_field("file", b"x", filename="a.mp4")
    form.add_field("key", media["upload_parameters"]["key"])
    async with call.session.post(url, data=form) as answer:
        assert answer.status == 400
    signed = {"Authorization": "Bearer pina_secret"}
    async with call.session.post(url, data=b"", headers=signed) as answer:
        assert answer.status == 400
    assert await status(call, media) == "registered"


async def test_the_profile_counts_what_the_lists_hold(call: Caller) -> None:
    me = (await call("GET", "/user_account")).json
    assert me["board_count"] == len(await walked(call, "/boards"))
    assert me["pin_count"] == len(await walked(call, "/pins"))
    assert me["follower_count"] == len(await walked(call, "/user_account/followers")) > 0
    assert me["following_count"] == len(await walked(call, "/user_account/following")) > 0


async def test_following_is_seen_from_both_sides(call: Caller) -> None:
    token = call.emulator.issue_token(STRANGER)
    name = (await call("GET", "/user_account", token=token)).json["username"]
    board = await call("POST", "/boards", json={"name": "Foreign"}, token=token)
    boards = await walked(call, "/user_account/following/boards")
    assert board.json["id"] not in [one["id"] for one in boards]
    before = (await call("GET", "/user_account")).json["following_count"]
    for _ in range(2):
        said = await call("POST", f"/user_account/following/{name}", json={"auto_follow": False})
        assert said.json["username"] == name
    assert (await call("GET", "/user_account")).json["following_count"] == before + 1
    seen = (await call("GET", "/user_account/followers", token=token)).json["items"]
    assert len(seen) == 1
    boards = await walked(call, "/user_account/following/boards")
    assert board.json["id"] in [one["id"] for one in boards]
    explicit = await walked(call, "/user_account/following/boards?explicit_following=true")
    assert 0 < len(explicit) < len(boards)
    nobody = await call("POST", "/user_account/following/nobody", json={"auto_follow": False})
    assert nobody.error == (404, 30)
    assert (await call("GET", f"/users/{name}/interests/follow")).json["items"]


async def test_websites_are_claimed_and_given_up(call: Caller) -> None:
    body = {"website": "https://Lamps.example/", "verification_method": "METATAG"}
    said = await call("POST", "/user_account/websites", json=body)
    assert said.json["website"] == "lamps.example"
    assert [one["website"] for one in await walked(call, "/user_account/websites")] == [
        "shop.example",
        "lamps.example",
    ]
    assert (await call("GET", "/user_account")).json["website_url"] == "shop.example"
    gone = "/user_account/websites?website=lamps.example"
    assert (await call("DELETE", gone)).status == 204
    assert (await call("DELETE", gone)).error == (404, 404)
    assert len(await walked(call, "/user_account/websites")) == 1


async def test_searches_find_words_in_any_case(call: Caller) -> None:
    board = await made(call, "/boards", name="Blue LAMPS", privacy="SECRET")
    image = {"source_type": "image_url", "url": "https://shop.example/1.jpg"}
    pin = await made(call, "/pins", board_id=board["id"], title="Zinc globe", media_source=image)
    found = (await call("GET", "/search/boards?query=lamps%20blue")).json["items"]
    assert [one["id"] for one in found] == [board["id"]]
    found = (await call("GET", "/search/pins?query=ZINC")).json["items"]
    assert [one["id"] for one in found] == [pin["id"]]
    everybody = "/search/partner/pins?country_code=US&locale=en-US&term="
    assert (await call("GET", everybody + "zinc")).json["items"] == []
    assert len((await call("GET", everybody + "for&limit=5")).json["items"]) == 5
