"""Runs the programs in this folder, one after another: `make bench`.

    python benchmarks/_all.py [--quick] [--only calls,peers]

What each prints is also in build/bench/NAME.txt, and its figures in build/bench/NAME.json, where
it has such a file; build/bench/all.json tells the machine, and how long each took. Without
`--quick`, all of it takes about an hour; with it, about ten minutes, and programs that have to wait
for windows of quotas or for kills are left out.
"""

import json
import subprocess
import sys
import time
from typing import Final, NamedTuple

from _clients import ROOT
from _machine import describe
from _report import options

HERE: Final = ROOT / "benchmarks"
RESULTS: Final = ROOT / "build" / "bench"


class Program(NamedTuple):
    """The arguments of a program: as a rule, and for a quick run, which may do without it.

    `json`: it writes its figures.
    """

    arguments: str = ""
    quick: str | None = None
    json: bool = False


PROGRAMS: Final = {
    "calls": Program(quick="--quick", json=True),
    "account": Program(quick="--quick", json=True),
    "pending": Program(quick="--quick", json=True),
    "pool_clients": Program(quick="--quick", json=True),
    "first_call": Program(quick="--quick", json=True),
    "peers": Program(quick="--quick", json=True),
    "harvest_peers": Program(quick="--quick", json=True),
    "harvest_speed": Program("--full", "--accounts 20"),
    "million_calls": Program("--calls 1000000 --faults 0.05", "--calls 20000"),
    "limiter_cost": Program(quick=""),
    "emulator": Program(quick="--seconds 0.5"),
    "entities_memory": Program(quick="--pins 20000"),
    "report_body": Program(quick=""),
    "job_memory": Program(quick="--report 0.1 --upload 0.1"),
    "heavy_answers": Program("--cpu"),
    "hostile_answers": Program(),
    "limiter_quota": Program(),
    "limiter_redis": Program(),
    "harvest_quota": Program(),
    "chaos": Program("--accounts 32"),
}
APART: Final = ("compare",)
"""Programs that need something to compare with."""


def run(name: str, arguments: str, *, writes: bool) -> tuple[int, float]:
    """Run a program, show what it prints, and keep it; returns its exit code and its seconds."""
    command = [sys.executable, str(HERE / f"{name}.py"), *arguments.split()]
    if writes:
        command += ["--json", str(RESULTS / f"{name}.json")]
    print(f"== benchmarks/{name}.py {arguments}", flush=True)
    began = time.monotonic()
    with (
        (RESULTS / f"{name}.txt").open("w", encoding="utf-8") as kept,
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process,  # noqa: S603
    ):
        assert process.stdout is not None  # noqa: S101  (for the type checker)
        for line in process.stdout:
            print(line, end="", flush=True)
            kept.write(line)
    return process.returncode, time.monotonic() - began


def main() -> int:
    parser = options(__doc__)
    parser.add_argument("--only", help=f"with commas between: {','.join(PROGRAMS)}")
    chosen = parser.parse_args()
    names = chosen.only.split(",") if chosen.only else list(PROGRAMS)
    if unknown := [name for name in names if name not in PROGRAMS]:
        parser.error(f"no such program: {', '.join(unknown)}; there are {', '.join(PROGRAMS)}")
    RESULTS.mkdir(parents=True, exist_ok=True)
    told: list[dict[str, object]] = []
    for name in names:
        program = PROGRAMS[name]
        arguments = program.quick if chosen.quick else program.arguments
        if arguments is None:
            print(f"== benchmarks/{name}.py is left out of a quick run", flush=True)
            continue
        code, seconds = run(name, arguments, writes=program.json)
        told.append({"program": name, "arguments": arguments, "exit": code, "seconds": seconds})
        print(f"-- {seconds:.0f} s" + (f", exit code {code}" if code else ""), flush=True)
    facts = {"machine": describe(), "quick": chosen.quick, "programs": told}
    (RESULTS / "all.json").write_text(json.dumps(facts, indent=2) + "\n", "utf-8")
    failed = [str(one["program"]) for one in told if one["exit"]]
    if failed:
        print(f"failed, or not as promised: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
