"""Register a video upload, say where the file goes, and look at what was uploaded before."""

from pinterest_async import Pinterest


async def main(pinterest: Pinterest) -> None:
    upload = await pinterest.media.create(media_type="video")
    print("POST", upload.upload_url)
    for field, value in upload.upload_parameters.items():
        print(f"  {field}={value[:20]}")
    state = await pinterest.media.get(upload.media_id)
    print(state.media_id, state.media_type, state.status)
    done = [one async for one in pinterest.media.list() if one.status == "succeeded"]
    print(len(done), "videos are ready")
    if done:
        pin = await pinterest.pins.create(
            title="A video",
            media_source={
                "source_type": "video_id",
                "media_id": done[0].media_id,
                "cover_image_url": "https://shop.example/cover.jpg",
            },
        )
        print(pin.id, pin.media.media_type)
