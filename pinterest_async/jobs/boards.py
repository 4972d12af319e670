"""Boards on the client: walked without duplicates, with their sections, and copied.

What walks and copies is imported when it is needed, so that other calls do not wait for it.
"""

from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING

from msgspec import UNSET, UnsetType

from pinterest_async.jobs import JobNamespace
from pinterest_async.resources.boards import Boards
from pinterest_async.types import Pin

if TYPE_CHECKING:
    from pinterest_async.jobs.board_copy import BoardCopy
    from pinterest_async.jobs.board_walks import BoardWithSections
    from pinterest_async.jobs.job import Job, ProgressFunction
    from pinterest_async.jobs.polling import Polling
    from pinterest_async.types import BoardPrivacyFilter


class BoardsJobs(JobNamespace, Boards):
    """Boards: collections of Pins, with walks through many lists, and copies."""

    __slots__ = ()

    def walk_pins(self, board_id: str, *, ad_account_id: str | None = None) -> AsyncGenerator[Pin]:
        """Walk the Pins of a board and of its sections, each Pin once.

        Args:
            board_id: The board.
            ad_account_id: Act as the owner of this ad account.
        """
        from pinterest_async.jobs.board_walks import all_pins

        return all_pins(self._jobs, board_id, ad_account_id)

    def walk_all_pins(
        self, *, privacy: "BoardPrivacyFilter | None" = None, ad_account_id: str | None = None
    ) -> AsyncGenerator[Pin]:
        """Walk the Pins on all boards of the user, each Pin once.

        Args:
            privacy: Boards of this privacy only.
            ad_account_id: Act as the owner of this ad account.
        """
        from pinterest_async.jobs.board_walks import every_pin

        return every_pin(self._jobs, ad_account_id, privacy)

    async def get_with_sections(
        self, board_id: str, *, ad_account_id: str | None = None
    ) -> "BoardWithSections":
        """Fetch a board, its sections, and the Pins of each.

        Args:
            board_id: The board.
            ad_account_id: Act as the owner of this ad account.
        """
        from pinterest_async.jobs.board_walks import with_sections

        return await with_sections(self._jobs, board_id, ad_account_id)

    async def copy(
        self,
        board_id: str,
        name: str,
        *,
        ad_account_id: str | None = None,
        timeout: float | UnsetType | None = UNSET,  # noqa: ASYNC109
        progress: "ProgressFunction | None" = None,
        polling: "Polling | None" = None,
    ) -> "BoardCopy":
        """Make a board with this name, with the sections of another, and save its Pins there.

        Each Pin is saved once, also where an answer is lost or the job is taken up by another
        process. Pins that Pinterest refuses to save are among the outcomes, with the reason.

        Args:
            board_id: The board to copy; of the user, or another that the user may see.
            name: The name of the new board, which none of the user's boards has.
            ad_account_id: Act as the owner of this ad account.
            timeout: Seconds for all of it; without bound by default.
            progress: Is called with a `JobProgress` at each Pin.
            polling: Its clock.

        Raises:
            InvalidCallError: There is a board of this name; nothing was written.
            PinterestError: The copy stopped; the same job goes on with what is missing.
        """
        job = await self.start_copy(board_id, name, ad_account_id=ad_account_id)
        return await job.result(timeout=timeout, progress=progress, polling=polling)

    async def start_copy(
        self, board_id: str, name: str, *, ad_account_id: str | None = None
    ) -> "Job[BoardCopy]":
        """Check a copy as `copy` does; its job makes it."""
        from pinterest_async.jobs.board_copy import copy_job

        return await copy_job(self._jobs, board_id, name, ad_account_id)
