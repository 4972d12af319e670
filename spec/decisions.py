"""The retry table of the code, as Markdown.

python spec/decisions.py                 print it
python spec/decisions.py --write FILE    put it between the markers in FILE
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from pinterest_async._core.retry_rules import FAILURES, RULES, Again, Rule
from pinterest_async._request.failed_requests import ANSWER_ERRORS, TIMEOUT_ERRORS
from pinterest_async.errors import ConnectionFailedError

BEGIN: Final = "<!-- retry table: python spec/decisions.py --write README.md -->"
END: Final = "<!-- end of retry table -->"

_AGAIN: Final[dict[Again, str]] = {
    "never": "no",
    "safe": "reads",
    "once": "reads, once",
    "always": "reads and writes",
    "refresh": "once, with a new token",
}
_NOTE: Final = (
    "The first row that holds decides. Reads are GET and the operations that may be repeated by "
    "their nature. Whatever fails before the request was sent is tried again for writes too, "
    "unless the table says no; a read over an idle connection that the server closed just then is "
    "repeated at once, and not counted."
)


def markdown() -> str:
    """Both tables: answers by status, code and message; requests without a usable answer."""
    answers = [_answer(rule) for rule in RULES if rule.kind != "ok"]
    failures = [
        (why, _code(TIMEOUT_ERRORS.get(cause, ConnectionFailedError)), _AGAIN[again])
        for cause, (again, why) in FAILURES.items()
    ]
    return "\n\n".join(
        (
            _table(("Status", "Code", "Condition", "Error", "Tried again", "Meaning"), answers),
            _table(("No usable answer", "Error", "Tried again"), failures),
            _NOTE,
        )
    )


def between_markers(text: str) -> str:
    """What `text` holds between the markers.

    Raises:
        ValueError: A marker is missing.
    """
    _, begin, rest = text.partition(BEGIN)
    content, end, _ = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the file lacks the markers; add these two lines:\n{BEGIN}\n{END}")
    return content.strip()


def written(text: str) -> str:
    """`text` with the tables between the markers."""
    between_markers(text)
    before, rest = text.split(BEGIN, 1)
    return f"{before}{BEGIN}\n\n{markdown()}\n\n{END}{rest.split(END, 1)[1]}"


def _answer(rule: Rule) -> tuple[str, ...]:
    low, high = rule.status
    conditions = [
        *([f"message has `{_plain(rule.text.pattern)}`"] if rule.text else []),
        *(["a write"] if rule.writes else []),
        *(["quota left"] if rule.quota_left else []),
        *(["a DELETE that was sent before"] if rule.repeated_delete else []),
    ]
    return (
        str(low) if low == high else f"{low}-{high}",
        ", ".join(map(str, sorted(rule.codes))),
        ", ".join(conditions),
        _code(ANSWER_ERRORS[rule.kind]),
        _AGAIN[rule.again],
        rule.why,
    )


def _code(error: type[Exception]) -> str:
    return f"`{error.__name__}`"


def _plain(pattern: str) -> str:
    """A pattern without the signs that only a machine reads."""
    for sign, word in ((r"\b", ""), (r"\s+", " "), (r"\d+", "N"), (r"\d", "N")):
        pattern = pattern.replace(sign, word)
    return pattern


def _table(header: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    return "\n".join(
        f"| {' | '.join(row)} |" for row in (header, tuple("---" for _ in header), *rows)
    )


def main() -> None:
    """Print the tables, or write them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", type=Path, metavar="FILE")
    path: Path | None = parser.parse_args().write
    if path is None:
        print(markdown())
    else:
        path.write_text(written(path.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main()
