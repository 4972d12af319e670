"""The long run of schemathesis: its own program, every operation, over sockets. `make fuzz`.

    python tests/emulator/fuzz.py [--examples 50] [SCHEMATHESIS OPTIONS]

The description is that of spec/ with the corrections of spec/corrections.toml, nothing left out.
First come requests of every kind, right and broken; then right ones that name what the emulator
holds and days that it has measured, since a made-up id gets no further than a 404.

One check is left out, positive_data_acceptance: rules that no schema tells (a span of at most 90
days, a name that is not empty) refuse requests that fit theirs, and unknown fields are refused,
which the description neither forbids nor means. tests/emulator/test_every_operation.py tries that
right requests are accepted.

One phase is left out, stateful: it takes parts of answers for further requests. schemathesis 4.32
parses any text in them that begins as a URL does, and dies of its own "Invalid IPv6 URL" where the
text is one that it sent itself before, such as `http://[`, and that the emulator keeps as it came.
tests/emulator/handlers/test_models.py drives chains of calls.
"""

import argparse
import base64
import datetime as dt
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "tests" / "support")]

from contract.document import load  # noqa: E402  (found by the line above)

from pinterest_async.emulator import Emulator  # noqa: E402
from pinterest_async.emulator.server.threaded import running  # noqa: E402

PROGRAM = Path(sysconfig.get_path("scripts")) / "schemathesis"
ALWAYS = (
    "--checks=all",
    "--exclude-checks=positive_data_acceptance",
    "--continue-on-failure",
    "--generation-database=none",
    "--request-timeout=60",
    "--seed=7",
    "--no-color",
)
EVERY_KIND = ("--phases=examples,coverage,fuzzing",)
KNOWN = ("--mode=positive", "--phases=fuzzing")


def known(emulator: Emulator) -> dict[str, str]:
    """Values of parameters with which a request gets through."""
    now = dt.datetime.fromtimestamp(emulator.now(), dt.UTC).date()
    tables = ("ad_accounts", "boards", "feeds", "pins")
    first = {table: next(iter(emulator.world.table(table)))["id"] for table in tables}
    return {
        "start_date": str(now - dt.timedelta(days=5)),
        "end_date": str(now - dt.timedelta(days=4)),
        "business_id": emulator.user,
        **{f"{table.removesuffix('s')}_id": id for table, id in first.items()},
    }


def configuration(emulator: Emulator, parameters: Mapping[str, str]) -> str:
    """The program's settings: who asks, and what for."""
    pair = base64.b64encode(":".join(emulator.client).encode()).decode()
    lines = ["[headers]", f'Authorization = "Bearer {emulator.token}"']
    if parameters:
        lines += ["[parameters]", *(f'{name} = "{one}"' for name, one in parameters.items())]
    for operation in load()[0]:
        if "basic" in operation.schemes:
            lines += [
                "[[operations]]",
                f'include-operation-id = "{operation.id}"',
                f'headers = {{ Authorization = "Basic {pair}" }}',
            ]
    return "\n".join(lines) + "\n"


def run(folder: Path, *, examples: int, options: Sequence[str], parameters: bool) -> int:
    """One run against an emulator of its own; the program's exit code."""
    with running(quotas=None) as emulator:
        settings = folder / "schemathesis.toml"
        settings.write_text(configuration(emulator, known(emulator) if parameters else {}))
        command = [
            *(str(PROGRAM), f"--config-file={settings}", "run", str(folder / "openapi.json")),
            *(f"--url={emulator.url}", f"--max-examples={examples}", *ALWAYS, *options),
        ]
        return subprocess.run(command, check=False).returncode


def main() -> int:
    """Both runs; 0 where neither found anything."""
    parser = argparse.ArgumentParser(description="Run schemathesis against the emulator.")
    parser.add_argument("--examples", type=int, default=50, help="for each operation and phase")
    chosen, more = parser.parse_known_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "openapi.json").write_bytes(msgspec.json.encode(load()[0][0].document.raw))
        codes = [
            run(folder, examples=chosen.examples, options=[*EVERY_KIND, *more], parameters=False),
            run(folder, examples=chosen.examples, options=[*KNOWN, *more], parameters=True),
        ]
    return max(codes)


if __name__ == "__main__":
    sys.exit(main())
