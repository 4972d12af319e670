"""How long to wait before the next try; chance is passed in."""


def backoff(failures: int, *, base: float, cap: float, chance: float) -> float:
    """Full jitter: an even draw from 0 to a bound that doubles with each failure.

    `failures` counts from 1; `chance` is drawn from 0 to 1. All times are in seconds.
    """
    # 2**63 is beyond any cap, and keeps the power within what a float holds.
    return chance * min(cap, base * 2.0 ** min(failures - 1, 63))


def pause(
    failures: int, *, base: float, cap: float, chance: float, named: float | None = None
) -> float:
    """The wait before the next try.

    A wait that the server names is obeyed, and lengthened by a draw from 0 to `base`, so that calls
    that got the same wait do not come back together.
    """
    if named is not None:
        return named + chance * base
    return backoff(failures, base=base, cap=cap, chance=chance)
