"""Media on the client: uploads from a file, followed until they are processed."""

from typing import ClassVar, Final

from pinterest_async.jobs.errors import JobFailedError
from pinterest_async.jobs.job import (
    Job,
    JobClient,
    JobNamespace,
    Look,
    SavedJob,
    text_of,
)
from pinterest_async.jobs.polling import Polling
from pinterest_async.resources.media import MEDIA_GET, Media

_WORKING: Final = ("registered", "processing")


class MediaJob(SavedJob[str], frozen=True, kw_only=True, tag="media"):
    """A video that was uploaded, and is being processed; the result is its media id."""

    WHAT: ClassVar[str] = "the processing of the video"
    POLLING: ClassVar[Polling] = Polling(first=2.0, factor=1.5, longest=10.0)

    media_id: str

    async def look(self, client: JobClient) -> Look[str]:
        """Look at how far the processing is."""
        answer = (await client.send(MEDIA_GET, self.media_id)).data
        state = text_of(answer, "status")
        if state == "succeeded":
            return Look(state=state, result=self.media_id)
        if state in _WORKING:
            return Look(state=state)
        raise JobFailedError(f"the processing of the video ended as {state}", state=state)


class MediaJobs(JobNamespace, Media):
    """Media: video uploads, with the jobs that take more than one call."""

    __slots__ = ()

    def processing(self, media_id: str) -> Job[str]:
        """The processing of a video that was uploaded, as a job whose result is its media id."""
        return Job(self._jobs, MediaJob(media_id=media_id), resumed=True)
