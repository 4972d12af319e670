"""Pins on the client: published from files, and looked for where it is in doubt whether they were.

Pinterest has no key that would make a second request harmless. Where an answer is lost, or says
with code 2787 that something went wrong, the Pin may have been made: its board is looked through
before anybody says that it was not, or sends it again.
"""

import secrets
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, Final, TypedDict, Unpack

from msgspec import UNSET, Meta, UnsetType
from msgspec.structs import replace

from pinterest_async.errors import (
    ConnectionFailedError,
    DeadlineExceededError,
    DecodeError,
    PinterestError,
    ServerError,
)
from pinterest_async.jobs.content import ContentSource
from pinterest_async.jobs.errors import JobFailedError, in_doubt
from pinterest_async.jobs.job import (
    Job,
    JobClient,
    JobNamespace,
    JobProgress,
    Look,
    Progress,
    Run,
    SavedJob,
    text_of,
)
from pinterest_async.jobs.media import PROCESSING, processing_state, upload_video
from pinterest_async.jobs.pin_media import (
    CarouselImage,
    ImageSource,
    carousel_source,
    cover_fields,
    image_source,
)
from pinterest_async.jobs.polling import Polling
from pinterest_async.resources.pins import PINS_CREATE, AiDisclosuresInput, Pins
from pinterest_async.types import Pin

TRIES: Final = 3
"""How often a Pin is sent where Pinterest says that it failed, and the board does not have it."""

_REFUSED: Final = 400


class PinFields(TypedDict, total=False):
    """What a Pin has beside its media and its board, as in `pins.create`."""

    ai_disclosures: AiDisclosuresInput
    alt_text: Annotated[str, Meta(max_length=500)] | None
    board_section_id: str | None
    description: Annotated[str, Meta(max_length=800)] | None
    dominant_color: str | None
    link: Annotated[str, Meta(max_length=2048)] | None
    parent_pin_id: str | None
    sponsor_id: str | None
    title: Annotated[str, Meta(max_length=100)] | None


class PinJob(SavedJob[Pin], frozen=True, kw_only=True, tag="pin"):
    """A Pin that is to be published once its media are there; the result is the Pin.

    `body` is the whole request, images included; `media_id` is the video that it waits for. `since`
    is the Unix time when the job began, before which no Pin can be its own; `key` tells it from
    others.
    """

    WHAT: ClassVar[str] = "the Pin"
    POLLING: ClassVar[Polling] = PROCESSING

    body: dict[str, Any]
    since: float
    key: str
    media_id: str | None = None
    ad_account_id: str | None = None

    def __repr__(self) -> str:
        """Without the images."""
        return f"PinJob(board_id={self.body.get('board_id')!r}, title={self.body.get('title')!r})"

    @property
    def at_once(self) -> bool:
        """An image need not be waited for."""
        return self.media_id is None

    async def look(self, client: JobClient) -> Look[Pin]:
        """Look at how far the processing of its video is."""
        if self.media_id is None:
            return Look()
        return Look(state=await processing_state(client, self.media_id))

    async def step(self, run: Run) -> Look[Pin]:
        """Wait for the video, then publish."""
        look = await self.look(run.client)
        if self.media_id is None:
            return Look(result=await self._publish(run))
        if look.state == "succeeded":
            return Look(state=look.state, then=replace(self, media_id=None))
        return look

    async def _publish(self, run: Run) -> Pin:
        """Send the Pin; where that is in doubt, look for it before anything else."""
        if run.resumed:
            run.tell(JobProgress(step="looking for the Pin"))
            found = await self._find(run, self.since)
            if found is not None:
                return found
        for left in reversed(range(TRIES)):
            run.tell(JobProgress(step="publishing"))
            began = run.polling.now()
            try:
                return await self._send(run.client)
            except (
                ServerError,
                DecodeError,
                ConnectionFailedError,
                DeadlineExceededError,
                _NoPinError,
            ) as error:
                if not in_doubt(error):
                    raise
                doubt: PinterestError = error
            run.tell(JobProgress(step="looking for the Pin"))
            found = await self._find(run, began)
            if found is not None:
                return found
            # Only what Pinterest itself has answered to is over, and cannot arrive later.
            answered = isinstance(doubt, ServerError) and doubt.status == _REFUSED
            if not answered or not left:
                raise doubt
        raise AssertionError("the last try returns or raises")

    async def _send(self, client: JobClient) -> Pin:
        query = {"ad_account_id": self.ad_account_id}
        pin = (await client.send(PINS_CREATE, query=query, body=self.body)).data
        id = text_of(pin, "id")
        if not id:
            raise _NoPinError("Pinterest has answered without a Pin")
        from pinterest_async.jobs.pin_search import remember

        remember(id, self.key)
        return pin

    async def _find(self, run: Run, since: float) -> Pin | None:
        from pinterest_async.jobs.pin_search import Wanted, find_pin

        wanted = Wanted(self.body, since, self.key, self.ad_account_id)
        return await find_pin(run.client, wanted, run.polling)


class _NoPinError(JobFailedError):
    """A success that names no Pin; none is on the board either."""

    ADVICE = "Look for it on Pinterest before you publish it again."


class PinsJobs(JobNamespace, Pins):
    """Pins: images and videos on boards, with the jobs that take more than one call."""

    __slots__ = ()

    async def create_image(
        self,
        board_id: str,
        image: ImageSource,
        *,
        ad_account_id: str | None = None,
        progress: Progress | None = None,
        polling: Polling | None = None,
        **fields: Unpack[PinFields],
    ) -> Pin:
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
        image: ImageSource,
        *,
        ad_account_id: str | None = None,
        **fields: Unpack[PinFields],
    ) -> Job[Pin]:
        """Prepare a Pin with an image as `create_image` does; its job publishes it."""
        return self._job(board_id, await image_source(image), fields, ad_account_id)

    async def create_carousel(
        self,
        board_id: str,
        images: Sequence[ImageSource | CarouselImage],
        *,
        index: int | None = None,
        ad_account_id: str | None = None,
        progress: Progress | None = None,
        polling: Polling | None = None,
        **fields: Unpack[PinFields],
    ) -> Pin:
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
        images: Sequence[ImageSource | CarouselImage],
        *,
        index: int | None = None,
        ad_account_id: str | None = None,
        **fields: Unpack[PinFields],
    ) -> Job[Pin]:
        """Prepare a Pin with several images as `create_carousel` does; its job publishes it."""
        source = await carousel_source(images, index)
        return self._job(board_id, source, fields, ad_account_id)

    async def create_video(
        self,
        board_id: str,
        video: ContentSource,
        *,
        cover: ImageSource | int,
        ad_account_id: str | None = None,
        timeout: float | UnsetType | None = UNSET,  # noqa: ASYNC109
        progress: Progress | None = None,
        polling: Polling | None = None,
        **fields: Unpack[PinFields],
    ) -> Pin:
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
        video: ContentSource,
        *,
        cover: ImageSource | int,
        ad_account_id: str | None = None,
        progress: Progress | None = None,
        **fields: Unpack[PinFields],
    ) -> Job[Pin]:
        """Upload a video as `create_video` does; its job waits for it and publishes the Pin."""
        source: dict[str, Any] = {"source_type": "video_id", **await cover_fields(cover)}
        # Before a large file is sent, the rest of the request is known to be good.
        self._checked(_body(board_id, {**source, "media_id": "1"}, fields), ad_account_id)
        media_id = await upload_video(self._jobs, video, "video", progress)
        job = self._job(board_id, {**source, "media_id": media_id}, fields, ad_account_id)
        return Job(self._jobs, replace(job.saved, media_id=media_id))

    def _job(
        self,
        board_id: str,
        source: Mapping[str, Any],
        fields: Mapping[str, Any],
        ad_account_id: str | None,
    ) -> Job[Pin]:
        body = _body(board_id, source, fields)
        self._checked(body, ad_account_id)
        saved = PinJob(
            body=body,
            since=PROCESSING.now(),
            key=secrets.token_hex(8),
            ad_account_id=ad_account_id,
        )
        return Job(self._jobs, saved)

    def _checked(self, body: Mapping[str, Any], ad_account_id: str | None) -> None:
        self._jobs.check(PINS_CREATE, query={"ad_account_id": ad_account_id}, body=body)


def _body(board_id: str, source: Mapping[str, Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    return {**fields, "board_id": board_id, "media_source": dict(source)}
