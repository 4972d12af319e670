"""Jobs that take more than one call, and the base of the namespaces that have some."""

from typing import TYPE_CHECKING, cast

from pinterest_async.namespace import Namespace

if TYPE_CHECKING:
    from pinterest_async.jobs.job import JobClient


class JobNamespace(Namespace):
    """Base of the namespaces with jobs among their methods."""

    __slots__ = ()

    @property
    def _jobs(self) -> "JobClient":
        """The client, which every namespace of a client has."""
        return cast("JobClient", self.client)
