"""Every operation tried with what its own description says: answers decode, requests pass.

With `--modules` all of them are imported, too: what is written by hand must not need what a
description lacks. Only the jobs of a namespace that the description lacks go with it.

Usage: python spec/trial.py [--modules]
(with the package, `spec` and `tests/support` on PYTHONPATH)

The samples are those of the contract tests. Nothing is sent: answers go through the decoder, and
requests through the strict check.
"""

import pkgutil
import sys
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import msgspec
from contract.bench import OPERATIONS, answer, tools
from contract.calls import Call, full_calls, null_call, python, required_call
from contract.document import Described, list_in, object_in
from contract.typed import differences
from overlay import load

import pinterest_async
from pinterest_async import operations
from pinterest_async._core.checks import check_call
from pinterest_async._core.codec import decode
from pinterest_async._core.operation import Operation


def failures() -> Iterator[str]:
    """All that is wrong, a line for each operation and direction."""
    made = {one.id: one for one in operations()}
    for described in OPERATIONS:
        own = made.get(described.id)
        if own is None:
            yield f"{described.id}: there is no method for it"
            continue
        for problems in (_answers, _requests):
            try:
                found = list(problems(described, own))
            except Exception as error:  # noqa: BLE001  (whatever is raised is a failure)
                found = [f"{problems.__name__.strip('_')}: {error!r}"]
            if found:
                more = f" (and {len(found) - 1} more)" if found[1:] else ""
                yield f"{described.id}: {found[0]}{more}"


def modules() -> Iterator[str]:
    """Modules that cannot be imported; those inside of such a package are not tried."""
    packages = pinterest_async.__path__
    for module in pkgutil.walk_packages(packages, "pinterest_async.", onerror=lambda _: None):
        if module.name.endswith(".__main__") or _goes_with_its_namespace(module.name):
            continue
        try:
            import_module(module.name)
        except Exception as error:  # noqa: BLE001  (whatever is raised is a failure)
            yield f"{module.name} cannot be imported: {error!r}"


def _goes_with_its_namespace(name: str) -> bool:
    """Whether a module has the jobs of a namespace that the description lacks."""
    package, _, own = name.rpartition(".")
    words = load(Path(__file__).parent).namespaces.get(own)
    here = find_spec(f"pinterest_async.resources.{own}") is not None
    return package == "pinterest_async.jobs" and words is not None and words.jobs and not here


def _answers(described: Described, own: Operation[Any]) -> Iterator[str]:
    """What is wrong with the decoding of answers, each alternative of each union among them."""
    call = next(full_calls(described, tools(described).requests))
    query = _query(call)
    for one in described.answers:
        if one.schema is None:
            continue
        for pick in range(tools(described).answers.variants(one.schema)):
            node = answer(described, one.schema, pick, call=call)
            try:
                decoded = decode(own, msgspec.json.encode(node.json()), query)
            except msgspec.DecodeError as error:
                yield f"an answer {one.status} does not decode: {error}"
            else:
                yield from (f"answer {one.status}: {text}" for text in differences(node, decoded))


def _requests(described: Described, own: Operation[Any]) -> Iterator[str]:
    """What the strict check says against requests that the schemas allow."""
    maker = tools(described).requests
    calls = [
        required_call(described, maker),
        *full_calls(described, maker),
        null_call(described, maker),
    ]
    for call in calls:
        path = [call.in_path[one.name] for one in own.path_parameters]
        problems = check_call(own, path, _query(call), _body(call), strict=True)
        yield from (f"a request is refused: {one}" for one in problems)


def _query(call: Call) -> dict[str, Any]:
    return {name: python(node) for name, node in call.in_query.items()}


def _body(call: Call) -> Any:
    if call.body is None:
        return msgspec.UNSET
    value = python(call.body)
    items = list_in(value)
    return _without(value, call) if items is None else [_without(item, call) for item in items]


def _without(value: Any, call: Call) -> Any:
    """An object without the fields that are filled from the path."""
    members = object_in(value)
    if members is None:
        return value
    return {name: one for name, one in members.items() if name not in call.filled}


def main() -> int:
    """Print the failures; the status is 1 if there are any."""
    found = [*(modules() if "--modules" in sys.argv[1:] else ()), *failures()]
    if found:
        print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
