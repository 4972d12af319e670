"""Pins on the client: published from files, and never made twice.

What publishes them is imported with the first such Pin, so that other calls do not wait for it.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Unpack

from msgspec import UNSET, UnsetType

from pinterest_async.jobs import JobNamespace
from pinterest_async.resources.pins import Pins

if TYPE_CHECKING:
    from pinterest_async.jobs.content import ContentSource
    from pinterest_async.jobs.job import Job, ProgressFunction
    from pinterest_async.jobs.pin_job import PinFields
    from pinterest_async.jobs.pin_media import CarouselImage, ImageSource
    from pinterest_async.jobs.polling import Polling
    from pinterest_async.types import Pin


class PinsJobs(JobNamespace, Pins):
    """Pins: images and videos on boards, with the jobs that take more than one call."""

    __slots__ = ()

    async def create_image(
        self,
        board_id: str,
        image: "ImageSource",
        *,
        ad_account_id: str | None = None,
        progress: "ProgressFunction | None" = None,
        polling: "Polling | None" = None,
        **fields: "Unpack[PinFields]",
    ) -> "Pin":
        """Publish a Pin with an image; return the Pin.

        Where an answer is lost or in doubt (code 2787), the board is looked through: the Pin is
        never made twice, and no error says that it failed while it is there.

        Args:
            board_id: The board.
            image: An address (http or https), the path of a JPEG or PNG file, an open file, or
                bytes, of 32 MB at most.
            ad_account_id: Act as the owner of this ad account.
            progress: Is called with a `JobProgress` at each step.
            polling: Its clock.
            fields: Title, description, link, alt text and so on, as in `create`.

        Raises:
            InvalidCallError: An argument is wrong; nothing was sent.
            PinterestError: The Pin was not made, or may have been, as the error says.
        """
        job = await self.start_image(board_id, image, ad_account_id=ad_account_id, **fields)
        return await job.result(progress=progress, polling=polling)

    async def start_image(
        self,
        board_id: str,
        image: "ImageSource",
        *,
        ad_account_id: str | None = None,
        **fields: "Unpack[PinFields]",
    ) -> "Job[Pin]":
        """Prepare a Pin with an image as `create_image` does; its job publishes it."""
        from pinterest_async.jobs.pin_job import pin_job
        from pinterest_async.jobs.pin_media import image_source

        return pin_job(self._jobs, board_id, await image_source(image), fields, ad_account_id)

    async def create_carousel(
        self,
        board_id: str,
        images: "Sequence[ImageSource | CarouselImage]",
        *,
        index: int | None = None,
        ad_account_id: str | None = None,
        progress: "ProgressFunction | None" = None,
        polling: "Polling | None" = None,
        **fields: "Unpack[PinFields]",
    ) -> "Pin":
        """Publish a Pin with 2 to 5 images, as `create_image` does with one.

        Args:
            board_id: The board.
            images: Images as in `create_image`, or dicts with `image`, `title`, `description` and
                `link`; either all by address, or none.
            index: Which image shows first, counted from 0.
            ad_account_id: Act as the owner of this ad account.
            progress: Is called with a `JobProgress` at each step.
            polling: Its clock.
            fields: Title, description, link, alt text and so on, as in `create`.

        Raises:
            InvalidCallError: An argument is wrong; nothing was sent.
            PinterestError: The Pin was not made, or may have been, as the error says.
        """
        job = await self.start_carousel(
            board_id, images, index=index, ad_account_id=ad_account_id, **fields
        )
        return await job.result(progress=progress, polling=polling)

    async def start_carousel(
        self,
        board_id: str,
        images: "Sequence[ImageSource | CarouselImage]",
        *,
        index: int | None = None,
        ad_account_id: str | None = None,
        **fields: "Unpack[PinFields]",
    ) -> "Job[Pin]":
        """Prepare a Pin with several images as `create_carousel` does; its job publishes it."""
        from pinterest_async.jobs.pin_job import pin_job
        from pinterest_async.jobs.pin_media import carousel_source

        source = await carousel_source(images, index)
        return pin_job(self._jobs, board_id, source, fields, ad_account_id)

    async def create_video(
        self,
        board_id: str,
        video: "ContentSource",
        *,
        cover: "ImageSource | int",
        ad_account_id: str | None = None,
        timeout: float | UnsetType | None = UNSET,  # noqa: ASYNC109
        progress: "ProgressFunction | None" = None,
        polling: "Polling | None" = None,
        **fields: "Unpack[PinFields]",
    ) -> "Pin":
        """Upload a video, wait until it is processed, and publish a Pin with it; return the Pin.

        Args:
            board_id: The board.
            video: The path of an MP4, MOV or M4V file of at most 2 GB, an open file, or bytes; it
                is streamed.
            cover: An image as in `create_image`, or the second of the video that shows.
            ad_account_id: Act as the owner of this ad account.
            timeout: Seconds for the processing and publishing, by default 30 minutes.
            progress: Is called with a `JobProgress` at each piece, look and step.
            polling: Pauses between two looks at the processing.
            fields: Title, description, link, alt text and so on, as in `create`.

        Raises:
            InvalidCallError: An argument is wrong; nothing was sent.
            JobFailedError: The storage refused the video, or its processing failed.
            JobTimeoutError: It was not done in time.
            PinterestError: The Pin was not made, or may have been, as the error says.
        """
        job = await self.start_video(
            board_id, video, cover=cover, ad_account_id=ad_account_id, progress=progress, **fields
        )
        return await job.result(timeout=timeout, progress=progress, polling=polling)

    async def start_video(
        self,
        board_id: str,
        video: "ContentSource",
        *,
        cover: "ImageSource | int",
        ad_account_id: str | None = None,
        progress: "ProgressFunction | None" = None,
        **fields: "Unpack[PinFields]",
    ) -> "Job[Pin]":
        """Upload a video as `create_video` does; its job waits for it and publishes the Pin."""
        from pinterest_async.jobs.pin_job import video_pin_job

        return await video_pin_job(
            self._jobs, board_id, video, cover, fields, ad_account_id, progress
        )
