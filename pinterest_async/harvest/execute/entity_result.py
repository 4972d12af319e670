"""How a harvest of entities ended: what is there, what is missing, what the token may not see."""

import msgspec

from pinterest_async.errors import PinterestError


class NotPermitted(msgspec.Struct, frozen=True, kw_only=True):
    """Lists that the token may not see, or that are not there for it: no part of the harvest.

    `lists` of an entity's lists for an account ("me": the token's user) were refused, for the
    `reason` that the first one gave; `scopes` are the OAuth scopes that they need.
    """

    entity: str
    account: str
    reason: str
    scopes: tuple[str, ...]
    lists: int = 1


class EntityFailure(msgspec.Struct, frozen=True, kw_only=True):
    """An entity of an account that is missing, since its list or that of its parents failed."""

    entity: str
    account: str
    error: PinterestError


class EntityFile(msgspec.Struct, frozen=True, kw_only=True):
    """The rows of an entity of an account; `path` is their file below the target, if any."""

    entity: str
    account: str
    path: str | None
    rows: int


class EntityResult(msgspec.Struct, frozen=True, kw_only=True):
    """How a harvest of entities ended.

    `rows` and `calls` are those of this run; `files` is what is there now, parts of it from the run
    that this one went on with (`skipped` of them). `misfits` counts rows in which something is in
    the column `_unknown_fields`, `repeated` rows that were replaced by a later one of the same
    thing, `set_aside` items that were null.
    """

    rows: int
    calls: int
    done: int
    skipped: int
    failures: tuple[EntityFailure, ...]
    not_permitted: tuple[NotPermitted, ...]
    misfits: int
    repeated: int
    set_aside: int
    seconds: float
    files: tuple[EntityFile, ...]

    @property
    def complete(self) -> bool:
        """Whether nothing is missing of what the token may see."""
        return not self.failures

    @property
    def paths(self) -> tuple[str, ...]:
        """The files that are there now, below the target."""
        return tuple(one.path for one in self.files if one.path is not None)
