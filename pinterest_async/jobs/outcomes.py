"""What became of each item of a write of many, in the order of the input."""

from collections.abc import Iterator, Sequence
from typing import Any, Generic, TypeVar, overload

import msgspec

from pinterest_async._core.item_failures import ItemFailure
from pinterest_async.errors import ItemsFailedError

D = TypeVar("D")


class Outcome(msgspec.Struct, Generic[D], frozen=True, kw_only=True):
    """What became of one item: `item` as it was given, and the `result`, or why it `failed`.

    `index` is its place in the input. Where both are None, Pinterest has said nothing of the item.
    """

    index: int
    item: Any
    result: D | None = None
    failed: ItemFailure | None = None


class Outcomes(Sequence[Outcome[D]]):
    """The outcomes of all items, in the order of the input."""

    def __init__(self, outcomes: Sequence[Outcome[D]]) -> None:
        self._outcomes = tuple(outcomes)

    def __repr__(self) -> str:
        return f"<Outcomes of {len(self)} items, {len(self.failed)} of them failed>"

    def __len__(self) -> int:
        return len(self._outcomes)

    @overload
    def __getitem__(self, index: int) -> Outcome[D]: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Outcome[D]]: ...
    def __getitem__(self, index: int | slice) -> Outcome[D] | Sequence[Outcome[D]]:
        return self._outcomes[index]

    def __iter__(self) -> Iterator[Outcome[D]]:
        return iter(self._outcomes)

    @property
    def failed(self) -> list[Outcome[D]]:
        """The items that failed, or of which nothing is known."""
        return [one for one in self if one.failed is not None or one.result is None]

    @property
    def results(self) -> list[D]:
        """What was made or changed, of the items that succeeded."""
        return [one.result for one in self if one.failed is None and one.result is not None]

    def raise_for_failures(self) -> "Outcomes[D]":
        """The outcomes themselves, where no item failed.

        Raises:
            ItemsFailedError: Items failed; `failures` has each with its index in the input.
        """
        failures = [failure_of(one) for one in self.failed]
        if failures:
            raise ItemsFailedError(failures, data=self)
        return self


def failure_of(outcome: Outcome[Any]) -> ItemFailure:
    """The failure of an outcome, with the place of its item in the input."""
    failed = outcome.failed
    if failed is None:
        return ItemFailure(index=outcome.index, code=None, message=NOTHING_SAID, item=outcome.item)
    return msgspec.structs.replace(failed, index=outcome.index)


NOTHING_SAID = "Pinterest has said nothing of this item"
