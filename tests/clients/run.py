"""Other people's clients against the emulator, and a table of what succeeds. `make clients`.

    python tests/clients/run.py [PACKAGE ...]

Each client runs in an environment of its own below `build/clients`, with the versions that
`.ci/clients` pins, as a process that knows nothing but the address of an emulator. A call counts as
passed when the client raises nothing and the result is what the call asked for. The programs say
which calls cannot succeed for a fault of the client, and why; every other failure is the
emulator's, and ends this program with 1.
"""

import argparse
import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1] / "support")]

from clients import (  # noqa: E402  (found by the line above)
    CLIENTS,
    Call,
    Client,
    NotInstalledError,
    calls,
    table,
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    names = [client.package for client in CLIENTS]
    parser.add_argument("package", nargs="*", help=f"of {', '.join(names)}; all by default")
    wanted = parser.parse_args().package or names
    unknown = {*wanted} - {*names}
    if unknown:
        parser.error(f"{unknown.pop()} is none of {', '.join(names)}")
    results: list[tuple[Client, list[Call]]] = []
    missing = 0
    for client in CLIENTS:
        if client.package not in wanted:
            continue
        try:
            said = calls(client)
        except NotInstalledError as error:
            print(f"{client.package} {error}")
            missing += 1
            continue
        results.append((client, said))
        for one in said:
            if one.error or one.unexplained:
                whose = "the emulator" if one.unexplained else one.theirs
                print(f"{client.package} {one.call}: {whose}: {one.error or 'it succeeds'}")
    print(table(results))
    return bool(missing or any(one.unexplained for _, said in results for one in said))


if __name__ == "__main__":
    sys.exit(main())
