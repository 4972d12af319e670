"""The media of Pins, from what users have: addresses, paths of files, open files, bytes."""

import base64
from collections.abc import Mapping, Sequence
from typing import Any, Final, Required, TypeAlias, TypedDict, cast

from pinterest_async._core.guards import is_items, is_mapping
from pinterest_async._core.media_types import IMAGES, MOST_IMAGE
from pinterest_async.jobs.content import ContentSource, opened, wrong

ImageSource: TypeAlias = ContentSource
"""An image: its address (http or https), the path of a file, an open file, or bytes."""


class CarouselImage(TypedDict, total=False):
    """One image of a carousel, with texts of its own."""

    image: Required[ImageSource]
    title: str
    description: str
    link: str


_FEWEST, _MOST = 2, 5
_TEXTS: Final = ("title", "description", "link")
_SOURCE: Final = "pass an address, the path of a file, an open file, or bytes"


async def image_source(image: ImageSource) -> dict[str, Any]:
    """The media source of a Pin with one image.

    Raises:
        InvalidCallError: It is no image that Pinterest takes.
    """
    if is_address(image):
        return {"source_type": "image_url", "url": image}
    return {"source_type": "image_base64", **await _content(image, "image")}


async def carousel_source(
    images: Sequence[ImageSource | CarouselImage], index: int | None
) -> dict[str, Any]:
    """The media source of a Pin with several images, either all by address or all by content.

    Raises:
        InvalidCallError: They are too few or too many, of both kinds, or no such images.
    """
    if not is_items(images) or not _FEWEST <= len(images) <= _MOST:
        raise wrong("images", "is no list of 2 to 5 images", _SOURCE + " for each")
    parts = [_parts(one, f"images[{number}]") for number, one in enumerate(images)]
    addresses = [is_address(image) for image, _ in parts]
    if any(addresses) and not all(addresses):
        fix = "pass only addresses, or only files and bytes"
        raise wrong("images", "has addresses and files, which Pinterest does not mix", fix)
    items: list[dict[str, Any]] = []
    for number, (image, texts) in enumerate(parts):
        if addresses[0]:
            items.append({"url": image, **texts})
        else:
            items.append({**await _content(image, f"images[{number}]"), **texts})
    kind = "multiple_image_urls" if addresses[0] else "multiple_image_base64"
    return {"source_type": kind, "items": items} | ({} if index is None else {"index": index})


async def cover_fields(cover: "ImageSource | int") -> dict[str, Any]:
    """The fields of a video's media source that say what its cover is.

    Raises:
        InvalidCallError: It is neither an image that Pinterest takes nor a time.
    """
    if isinstance(cover, int) and not isinstance(cover, bool):
        if cover < 0:
            raise wrong("cover", "is a time before the video begins", "pass seconds, 0 or more")
        return {"cover_image_key_frame_time": cover}
    if is_address(cover):
        return {"cover_image_url": cover}
    content = await _content(cover, "cover")
    return {f"cover_image_{name}": value for name, value in content.items()}


def is_address(source: object) -> bool:
    """Whether a source is an address, and not the path of a file."""
    return isinstance(source, str) and source.lower().startswith(("http://", "https://"))


def _parts(one: Any, field: str) -> tuple[ImageSource, Mapping[str, str]]:
    """An image of a carousel, and its texts."""
    if not is_mapping(one):
        return one, {}
    for name in one:
        if name != "image" and name not in _TEXTS:
            raise wrong(f"{field}.{name}", "unknown field", "use image, title, description, link")
    if "image" not in one:
        raise wrong(f"{field}.image", "is required", _SOURCE)
    texts = {name: one[name] for name in _TEXTS if one.get(name) is not None}
    return one["image"], texts


async def _content(image: Any, field: str) -> dict[str, str]:
    """An image by its content; its type is what it is, whatever its file is named."""
    async with opened(cast("ContentSource", image), field) as content:
        found = content.media_type
        if found == "image/webp":
            fix = "convert it to JPEG or PNG"
            raise wrong(field, "is WebP, which Pinterest does not take", fix)
        if found not in IMAGES:
            got = f"is {found}" if found else "is no image that is known by its first bytes"
            raise wrong(field, got, "pass a JPEG or PNG image")
        if content.size > MOST_IMAGE:
            size = f"has {content.size:,} bytes, of {MOST_IMAGE:,} at most"
            raise wrong(field, size, "pass a smaller image")
        whole = await content.whole()
    return {"content_type": found, "data": base64.b64encode(whole).decode()}
