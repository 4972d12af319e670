"""How answers that come in variants are declared: what the generated types rely on."""

from __future__ import annotations

import datetime as dt
import pickle
from typing import ClassVar, Generic, Literal, TypeVar

import msgspec
import pytest

from pinterest_async._core.codec import assume_utc

T = TypeVar("T")


class Image(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag_field="kind", tag="image"):
    kind: ClassVar[Literal["image"]] = "image"
    url: str | None = None
    parts: list[Image] | None = None


class Video(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag_field="kind", tag="video"):
    kind: ClassVar[Literal["video"]] = "video"
    duration: float
    created_at: dt.datetime | None = None

    def __post_init__(self) -> None:
        assume_utc(self, "created_at")


Media = Image | Video


class Page(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    items: list[T]


def decode(raw: bytes, kind: object = Media) -> object:
    return msgspec.json.decode(raw, type=kind)


def test_the_tag_chooses_and_can_be_read() -> None:
    video = decode(b'{"kind": "video", "duration": 5}')
    assert isinstance(video, Video)
    assert video.kind == "video"
    assert msgspec.json.encode(video) == b'{"kind":"video","duration":5.0,"created_at":null}'


@pytest.mark.parametrize("tag", [b'"hologram"', b"null", b"5"])
def test_an_unknown_tag_is_a_misfit(tag: bytes) -> None:
    with pytest.raises(msgspec.ValidationError, match="kind"):
        decode(b'{"kind": ' + tag + b"}")


def test_a_union_needs_the_tag_but_a_struct_alone_does_not() -> None:
    with pytest.raises(msgspec.ValidationError, match="missing required field `kind`"):
        decode(b"{}")
    assert decode(b"{}", Image) == Image()
    with pytest.raises(msgspec.ValidationError):
        decode(b'{"kind": "video"}', Image)


def test_variants_recurse_and_stand_in_generics() -> None:
    page = decode(b'{"items": [{"kind": "image", "parts": [{"url": "x"}]}]}', Page[Media])
    assert page == Page(items=[Image(parts=[Image(url="x")])])


def test_a_date_time_without_zone_is_utc() -> None:
    raw = b'{"kind": "video", "duration": 1, "created_at": "2024-06-30T04:54:04.5"}'
    video = decode(raw)
    assert isinstance(video, Video)
    assert video.created_at == dt.datetime(2024, 6, 30, 4, 54, 4, 500_000, dt.UTC)
    zoned = Video(duration=1, created_at=dt.datetime(2024, 1, 1, tzinfo=dt.timezone.max))
    assert zoned.created_at is not None
    assert zoned.created_at.tzinfo is dt.timezone.max


def test_they_can_be_pickled() -> None:
    video = Video(duration=1.0)
    assert pickle.loads(pickle.dumps(video)) == video  # noqa: S301 - what this test wrote
