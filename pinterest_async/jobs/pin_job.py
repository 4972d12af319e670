"""The job that publishes a Pin, and looks for it where it is in doubt whether it was made.

Pinterest has no key that would make a second request harmless. Where an answer is lost, or says
with code 2787 that something went wrong, the Pin may have been made: its board is looked through
before anybody says that it was not, or sends it again.
"""

import secrets
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Final, TypedDict

from msgspec import Meta
from msgspec.structs import replace

from pinterest_async.errors import PinterestError, ServerError
from pinterest_async.jobs.content import ContentSource
from pinterest_async.jobs.errors import DOUBTFUL, JobFailedError, in_doubt
from pinterest_async.jobs.job import (
    Job,
    JobClient,
    JobProgress,
    Look,
    ProgressFunction,
    Run,
    SavedJob,
    text_of,
)
from pinterest_async.jobs.media import PROCESSING, processing_state, upload_video
from pinterest_async.jobs.pin_media import ImageSource, cover_fields
from pinterest_async.jobs.pin_search import Wanted, find_pin, remember
from pinterest_async.jobs.polling import Polling
from pinterest_async.resources.pins import PINS_CREATE
from pinterest_async.types import AiDisclosuresInput, Pin

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
            except (*DOUBTFUL, _NoPinError) as error:
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
        remember(id, self.key)
        return pin

    async def _find(self, run: Run, since: float) -> Pin | None:
        wanted = Wanted(self.body, since, self.key, self.ad_account_id)
        return await find_pin(run.client, wanted, run.polling)


class _NoPinError(JobFailedError):
    """A success that names no Pin; none is on the board either."""

    ADVICE = "Look for it on Pinterest before you publish it again."


def pin_job(
    client: JobClient,
    board_id: str,
    source: Mapping[str, Any],
    fields: Mapping[str, Any],
    ad_account_id: str | None,
) -> Job[Pin]:
    """The job of a Pin whose media are there.

    Raises:
        InvalidCallError: An argument is wrong; nothing was sent.
    """
    body = _checked(client, board_id, source, fields, ad_account_id)
    saved = PinJob(
        body=body, since=PROCESSING.now(), key=secrets.token_hex(8), ad_account_id=ad_account_id
    )
    return Job(client, saved)


async def video_pin_job(
    client: JobClient,
    board_id: str,
    video: ContentSource,
    cover: ImageSource | int,
    fields: Mapping[str, Any],
    ad_account_id: str | None,
    progress: ProgressFunction | None,
) -> Job[Pin]:
    """Upload a video; the job waits for its processing, and publishes the Pin."""
    source: dict[str, Any] = {"source_type": "video_id", **await cover_fields(cover)}
    # Before a large file is sent, the rest of the request is known to be good.
    _checked(client, board_id, {**source, "media_id": "1"}, fields, ad_account_id)
    media_id = await upload_video(client, video, "video", progress)
    job = pin_job(client, board_id, {**source, "media_id": media_id}, fields, ad_account_id)
    return Job(client, replace(job.saved, media_id=media_id))


def _checked(
    client: JobClient,
    board_id: str,
    source: Mapping[str, Any],
    fields: Mapping[str, Any],
    ad_account_id: str | None,
) -> dict[str, Any]:
    body = {**fields, "board_id": board_id, "media_source": dict(source)}
    client.check(PINS_CREATE, query={"ad_account_id": ad_account_id}, body=body)
    return body
