"""The table of speed in the README, from the figures of the last `make bench`.

python benchmarks/_speed_table.py [--write README.md]
"""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from _case import CASES
from _clients import ROOT
from _report import between

RESULTS: Final = ROOT / "build" / "bench"
BEGIN: Final = "<!-- speed: make bench; python benchmarks/_speed_table.py --write README.md -->"
END: Final = "<!-- end of speed -->"


def figures(name: str) -> list[Any]:
    """The rows that a program has written; none where it did not run."""
    file = RESULTS / f"{name}.json"
    return list(json.loads(file.read_text("utf-8"))["rows"]) if file.exists() else []


def middle(spread: Any, digits: int = 2) -> str:
    """A median with its quartiles."""
    low, high = (f"{spread[side]:,.{digits}f}" for side in ("low", "high"))
    return f"{spread['median']:,.{digits}f} ({low} to {high})"


def calls() -> Iterator[tuple[str, str]]:
    rows = {row["case"]: row for row in figures("calls")}
    for row in rows.values():
        name = CASES[row["case"]].name
        cost = f"{row['bare']['median']:,.0f} against {row['ours']['median']:,.0f} us"
        yield f"{name}: by hand on aiohttp / ours", f"{middle(row['ratio'])}; {cost}"
    if {"get64", "get10000"} <= rows.keys():
        few, many = rows["get64"], rows["get10000"]
        ours, bare = (many[side]["median"] / few[side]["median"] for side in ("ours", "bare"))
        yield (
            "a call when 10,000 are under way, to one when 64 are",
            f"{ours:.2f} x; by hand {bare:.2f} x",
        )


def pending() -> Iterator[tuple[str, str]]:
    for row in figures("pending"):
        sizes = f"{row['ours']['median']:.1f} against {row['bare']['median']:.1f} kB"
        name = f"memory of each of {row['pending']:,} pending calls on {row['connections']:,}"
        yield f"{name} connections: ours / by hand", f"{middle(row['ratio'])}; {sizes}"


def clients() -> Iterator[tuple[str, str]]:
    for row in figures("pool_clients"):
        name = "views of one client" if row["kind"] == "views" else "clients of a user each"
        yield f"a call by one of many {name}, to one by one of 10", f"{middle(row['ratio'])} x"


def first_call() -> Iterator[tuple[str, str]]:
    for row in figures("first_call"):
        if row["step"] in ("all of it", "processor time"):
            what = "by the clock" if row["step"] == "all of it" else "of CPU"
            name = f"from the first line of a program to its second answer, {what}: beyond aiohttp"
            yield name, f"{middle(row['difference'], 0)} ms"


def peers() -> Iterator[tuple[str, str]]:
    for row in figures("peers"):
        if row["client"] != "pinterest_async":
            name = f"{CASES[row['case']].name}: {row['client']} / ours"
            yield name, middle(row["ratio"], 1)


def harvests() -> Iterator[tuple[str, str]]:
    for row in figures("harvest_peers"):
        name = f"harvest of {row['width']} rows: rows for each second of CPU, ours / {row['other']}"
        peaks = f"peak {row['ours']['peak']['median']:.0f} against"
        yield (
            name,
            f"{middle(row['by_cpu'])}; {peaks} {row['others']['peak']['median']:.0f} MB",
        )


PARTS: Final = {
    "calls": calls,
    "pending": pending,
    "pool_clients": clients,
    "first_call": first_call,
    "peers": peers,
    "harvest_peers": harvests,
}


def markdown() -> str:
    """All rows that there are, with the machine that they were measured on."""
    lines = ["| what | median (quartiles) | command |", "|---|---|---|"]
    machines: dict[str, None] = {}
    for name, part in PARTS.items():
        for what, figure in part():
            lines.append(f"| {what} | {figure} | `python benchmarks/{name}.py` |")
            file = json.loads((RESULTS / f"{name}.json").read_text("utf-8"))
            machines[str(file["machine"])] = None
    return "\n".join([f"Measured on {'; '.join(machines)}.", "", *lines])


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--write", type=Path, help="a file whose table is replaced")
    file = parser.parse_args().write
    table = markdown()
    if file is None:
        print(table)
    else:
        file.write_text(between(file.read_text("utf-8"), BEGIN, END, table), "utf-8")


if __name__ == "__main__":
    main()
