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


def middle(spread: Any, digits: int = 2) -> str:
    """A median with its quartiles."""
    low, high = (f"{spread[side]:,.{digits}f}" for side in ("low", "high"))
    return f"{spread['median']:,.{digits}f} ({low} to {high})"


def calls(told: list[Any]) -> Iterator[tuple[str, str]]:
    rows = {row["case"]: row for row in told}
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


def pending(told: list[Any]) -> Iterator[tuple[str, str]]:
    for row in told:
        sizes = f"{row['ours']['median']:.1f} against {row['bare']['median']:.1f} kB"
        name = f"memory of each of {row['pending']:,} pending calls on {row['connections']:,}"
        yield f"{name} connections: ours / by hand", f"{middle(row['ratio'])}; {sizes}"


def clients(told: list[Any]) -> Iterator[tuple[str, str]]:
    for row in told:
        name = "views of one client" if row["kind"] == "views" else "clients of a user each"
        yield f"a call by one of many {name}, to one by one of 10", f"{middle(row['ratio'])} x"


def first_call(told: list[Any]) -> Iterator[tuple[str, str]]:
    for row in told:
        if row["step"] in ("all of it", "processor time"):
            what = "by the clock" if row["step"] == "all of it" else "of CPU"
            name = f"from the first line of a program to its second answer, {what}: beyond aiohttp"
            alone = row["bare"]["median"]
            yield name, f"{middle(row['difference'], 0)} ms; aiohttp alone takes {alone:.0f}"


def peers(told: list[Any]) -> Iterator[tuple[str, str]]:
    for row in told:
        if row["client"] != "pinterest_async":
            name = f"{CASES[row['case']].name}: {row['client']} / ours"
            yield name, middle(row["ratio"], 1)


def harvests(told: list[Any]) -> Iterator[tuple[str, str]]:
    for row in told:
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


def markdown(results: Path) -> str:
    """All rows that there are, with the machine that they were measured on."""
    lines = ["| what | median (quartiles) | command |", "|---|---|---|"]
    machines: dict[str, str] = {}  # with the load at the first of its programs
    for name, part in PARTS.items():
        file = results / f"{name}.json"
        if file.exists():
            told = json.loads(file.read_text("utf-8"))
            machines.setdefault(told["machine"].partition(", load")[0], told["machine"])
            for what, figure in part(told["rows"]):
                lines.append(f"| {what} | {figure} | `python benchmarks/{name}.py` |")
    if not machines:
        raise SystemExit(f"{results} has no figures: make bench")
    return "\n".join([f"Measured on {'; '.join(machines.values())}.", "", *lines])


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--write", type=Path, help="a file whose table is replaced")
    parser.add_argument("--results", type=Path, default=RESULTS, help="where the figures are")
    given = parser.parse_args()
    file, table = given.write, markdown(given.results)
    if file is None:
        print(table)
    else:
        file.write_text(between(file.read_text("utf-8"), BEGIN, END, table), "utf-8")


if __name__ == "__main__":
    main()
