"""Where the CPU of a small GET at 64 at a time goes, by hand on aiohttp and by this library.

    python benchmarks/account.py [--seconds 20] [--functions] [--write CONTRIBUTING.md]

Both make blocks of calls by turns, as in calls.py. Each time that a process has used a millisecond
of CPU (or what the system counts in, often 4 ms), the function that it is in is noted. The share of
these samples in a step is its share of the time, so that the steps of a column add up to what a
call costs, and the differences to the difference. `_steps.py` says which functions are a step;
`--functions` prints them, with how much of a call each is. Python looks for signals where a
function begins or a call in C returns: a few lines may count to what follows them. The standard
error is that of counting.
"""

from collections import Counter
from pathlib import Path
from typing import Final, NamedTuple

from _case import CASES
from _clients import Client, take_turns
from _machine import describe
from _report import between, options, save
from _steps import shares, step_of

BEGIN: Final = "<!-- account of a call: python benchmarks/account.py --write CONTRIBUTING.md -->"
END: Final = "<!-- end of account -->"
EVERY: Final = 0.001


class Row(NamedTuple):
    """Microseconds of CPU of one step in a call: by hand, and by this library."""

    step: str
    bare: float
    ours: float
    error: float
    """Standard error of the difference."""

    @property
    def difference(self) -> float:
        return self.ours - self.bare


class Account(NamedTuple):
    """All steps, and what a whole call costs."""

    rows: list[Row]
    total: Row
    functions: list[tuple[str, str, float]]
    """Of this library's calls: step, function, microseconds."""


def account(seconds: float, processes: int) -> Account:
    case = CASES["get64"]._replace(calls=2000)
    clients = (Client("bare", sampled=EVERY), Client("ours", sampled=EVERY))
    rounds = max(1, round(seconds / processes / (2 * case.calls * 100e-6)))
    turns = take_turns(clients, case, processes=processes, rounds=rounds)
    cost = [sum(blocks) / len(blocks) for blocks in turns.blocks]
    found = [shares(samples) for samples in turns.samples]
    counts = [one.total() for one in found]
    unit = [one / count for one, count in zip(cost, counts, strict=True)]
    rows: list[Row] = []
    for step in found[0] | found[1]:
        times = [count[step] * each for count, each in zip(found, unit, strict=True)]
        error = sum(count[step] * each**2 for count, each in zip(found, unit, strict=True)) ** 0.5
        rows.append(Row(step, times[0], times[1], error))
    rows.sort(key=lambda row: row.difference)
    inner: Counter[tuple[str, str]] = Counter()
    for stack, count in turns.samples[1].items():
        inner[step_of(stack), short(stack[0])] += count
    functions = [(step, name, count * unit[1]) for (step, name), count in inner.most_common()]
    return Account(rows, Row("a call", cost[0], cost[1], 0.0), functions)


def short(place: str) -> str:
    """A function with the last two parts of its path."""
    path, _, name = place.partition(".py:")
    return "/".join(path.split("/")[-2:]) + f".py: {name}"


def markdown(found: Account) -> str:
    """The table, from what saves most to what costs most."""
    lines = [
        "| step | by hand on aiohttp, us | this library, us | difference |",
        "|---|---:|---:|---:|",
    ]
    lines += [
        f"| {row.step} | {row.bare:.1f} | {row.ours:.1f} | {row.difference:+.1f} |"
        for row in (*found.rows, found.total)
    ]
    worst = max(row.error for row in found.rows)
    lines += [
        "",
        f"On {describe(load=False)}; standard error of a difference: at most {worst:.1f}.",
    ]
    return "\n".join(lines)


def main() -> None:
    parser = options(__doc__)
    parser.add_argument(
        "--seconds", type=float, default=20.0, help="about so long, on an idle core"
    )
    parser.add_argument("--processes", type=int, default=4, help="of each side, one after another")
    parser.add_argument("--functions", action="store_true", help="those of this library's calls")
    parser.add_argument("--write", type=Path, help="a file whose table is replaced")
    chosen = parser.parse_args()
    if chosen.quick:
        chosen.seconds, chosen.processes = 4.0, 1
    found = account(chosen.seconds, chosen.processes)
    print(markdown(found))
    if chosen.functions:
        for step, name, cost in found.functions:
            print(f"{cost:6.2f} us  {step}: {name}")
    if chosen.write:
        text = chosen.write.read_text("utf-8")
        chosen.write.write_text(between(text, BEGIN, END, markdown(found)), "utf-8")
    save(chosen.json, found.rows, total=found.total._asdict())


if __name__ == "__main__":
    main()
