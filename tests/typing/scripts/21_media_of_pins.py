"""The largest picture of each Pin, whatever kind of media it has."""

from collections import Counter

from pinterest_async import Pinterest


async def main(pinterest: Pinterest) -> None:
    pictures = [f"https://shop.example/{number}.jpg" for number in range(3)]
    await pinterest.pins.create(
        title="Three lamps",
        media_source={
            "source_type": "multiple_image_urls",
            "items": [{"url": url, "title": "Lamp"} for url in pictures],
        },
    )
    kinds: Counter[str] = Counter()
    async for pin in pinterest.pins.list(page_size=100).limit(200):
        media = pin.media
        kinds[media.media_type] += 1
        if media.media_type == "image":
            image = media.images["1200x"]
            print(pin.id, image.url, f"{image.width} x {image.height}")
        elif media.media_type == "video":
            seconds = media.duration / 1000 if media.duration else 0
            print(pin.id, media.video_url, f"{seconds:.1f} s", media.cover_image_url)
        elif media.media_type == "multiple_images":
            for item in media.items:
                print(pin.id, item.title, item.link, item.images["600x"].url)
        elif media.media_type == "multiple_mixed":
            print(pin.id, [item.item_type for item in media.items])
    print(kinds.most_common())
