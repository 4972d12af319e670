"""Which days a harvest that goes on fetches, which of them again, and why there may be none."""

import datetime as dt
from typing import NamedTuple

from pinterest_async.harvest import Plan
from pinterest_async.harvest.plan.series import Series

ONE: dt.timedelta = dt.timedelta(days=1)


class NewDays(NamedTuple):
    """The first and last days of what a run fetches; None where there are none.

    `complete_through` is the day up to which everything was there before it.
    """

    complete_through: dt.date | None
    new_from: dt.date | None = None
    new_to: dt.date | None = None
    again_from: dt.date | None = None
    again_to: dt.date | None = None

    @classmethod
    def of(cls, plan: Plan, known: Series) -> "NewDays":
        """The days of the plan that runs, after what the target's checkpoint has of its series."""
        through = known.through
        if through is None:
            return cls(None, plan.start, plan.end)
        if plan.end <= through:
            return cls(through)
        new = max(through + ONE, plan.start)
        again = (plan.start, through) if plan.start <= through else (None, None)
        return cls(through, new, plan.end, *again)

    def text(self) -> str:
        """A sentence for people."""
        if self.complete_through is None:
            return f"goes on with {self.new_from} to {self.new_to}, which was not finished."
        if self.new_from is None:
            return (
                f"nothing is new: all days through {self.complete_through} are there. A day is "
                "fetched when it is over (UTC)."
            )
        new = f"{self.new_from} to {self.new_to}"
        new = f"{self.new_from} is new" if self.new_from == self.new_to else f"{new} are new"
        if self.again_from is None:
            return f"{new}."
        return (
            f"{new}; {self.again_from} to {self.again_to} are fetched again, since attribution "
            "still changes their figures (--restate)."
        )
