"""Media on the client: videos uploaded from a file, and followed until they are processed."""

from typing import ClassVar, Final

from msgspec import UNSET, UnsetType

from pinterest_async._core.media_types import MOST_VIDEO, VIDEOS
from pinterest_async.errors import ConnectionFailedError
from pinterest_async.jobs import JobNamespace
from pinterest_async.jobs.content import Content, ContentSource, opened, wrong
from pinterest_async.jobs.errors import JobFailedError
from pinterest_async.jobs.job import (
    Job,
    JobClient,
    JobProgress,
    Look,
    ProgressFunction,
    SavedJob,
    id_of,
    ignore,
    text_of,
)
from pinterest_async.jobs.polling import Polling
from pinterest_async.jobs.uploads import UploadRefusedError, upload_form
from pinterest_async.resources.media import MEDIA_CREATE, MEDIA_GET, Media

REGISTRATIONS: Final = 3
"""How often an upload is begun anew, each time with a registration of its own."""
PROCESSING: Final = Polling(first=2.0, factor=1.5, longest=10.0)
"""How often to ask whether a video is processed, which takes seconds to minutes."""

_WORKING: Final = ("registered", "processing")


class MediaJob(SavedJob[str], frozen=True, kw_only=True, tag="media"):
    """A video that was uploaded, and is being processed; the result is its media id."""

    WHAT: ClassVar[str] = "the processing of the video"
    POLLING: ClassVar[Polling] = PROCESSING

    media_id: str

    async def look(self, client: JobClient) -> Look[str]:
        """Look at how far the processing is."""
        state = await processing_state(client, self.media_id)
        return Look(state=state, result=self.media_id if state == "succeeded" else UNSET)


async def processing_state(client: JobClient, media_id: str) -> str:
    """The state of a video: registered, processing or succeeded.

    Raises:
        JobFailedError: It is another one, such as failed.
    """
    state = text_of((await client.send(MEDIA_GET, media_id)).data, "status")
    if state == "succeeded" or state in _WORKING:
        return state
    raise JobFailedError(
        f"the processing of the video ended as {state or 'no state'}",
        state=state,
        advice="See that it is a video that plays, of 4 seconds to 15 minutes, and upload it anew.",
    )


async def upload_video(
    client: JobClient, video: ContentSource, field: str, progress: ProgressFunction | None
) -> str:
    """Register and upload a video; return its media id. A broken upload is begun anew.

    Raises:
        InvalidCallError: It is no video that Pinterest takes; nothing was sent.
        UploadRefusedError: The storage refused it.
        ConnectionFailedError: The upload broke off each time.
    """
    tell = progress or ignore
    async with opened(video, field) as content:
        _check_video(content, field)
        for left in reversed(range(REGISTRATIONS)):
            tell(JobProgress(step="registering", size=content.size))
            answer = (await client.send(MEDIA_CREATE, body={"media_type": "video"})).data
            missing = "the registration of the upload names no media id"
            media_id = id_of(answer, "media_id", missing)
            try:
                await upload_form(client, answer, content, tell)
            except (UploadRefusedError, ConnectionFailedError) as error:
                if not left or (isinstance(error, UploadRefusedError) and not error.again):
                    raise
            else:
                return media_id
    raise AssertionError("the last try returns or raises")


def _check_video(content: Content, field: str) -> None:
    found = content.media_type
    if found not in VIDEOS:
        got = f"is {found}" if found else "is no video that is known by its first bytes"
        raise wrong(field, got, "pass an MP4, MOV or M4V file")
    if content.size > MOST_VIDEO:
        size = f"has {content.size:,} bytes, of {MOST_VIDEO:,} at most"
        raise wrong(field, size, "pass a smaller file")


class MediaJobs(JobNamespace, Media):
    """Media: video uploads, with the jobs that take more than one call."""

    __slots__ = ()

    async def upload(
        self,
        video: ContentSource,
        *,
        timeout: float | UnsetType | None = UNSET,  # noqa: ASYNC109
        progress: ProgressFunction | None = None,
        polling: Polling | None = None,
    ) -> str:
        """Upload a video and wait until it is processed; return its media id, for a Pin.

        Args:
            video: The path of an MP4, MOV or M4V file of at most 2 GB, an open file, or bytes.
                It is streamed, so memory holds a piece of it.
            timeout: Seconds for the processing, by default 30 minutes.
            progress: Is called with a `JobProgress` at each piece and each look.
            polling: Pauses between two looks.

        Raises:
            InvalidCallError: It is no such video; nothing was sent.
            JobFailedError: The storage refused it, or its processing failed.
            JobTimeoutError: It was not processed in time.
        """
        job = await self.start_upload(video, progress=progress)
        return await job.result(timeout=timeout, progress=progress, polling=polling)

    async def start_upload(
        self, video: ContentSource, *, progress: ProgressFunction | None = None
    ) -> Job[str]:
        """Upload a video as `upload` does, and leave the processing to be waited for."""
        media_id = await upload_video(self._jobs, video, "video", progress)
        return self.processing(media_id)

    def processing(self, media_id: str) -> Job[str]:
        """The processing of a video that was uploaded, as a job whose result is its media id."""
        return Job(self._jobs, MediaJob(media_id=media_id))
