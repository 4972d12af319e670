"""Report files as CSV, cut into rows while they arrive, with values typed by their columns."""

import codecs
import csv
import io
from typing import Any, Final

from pinterest_async._core.column_kinds import ColumnKind, kind

_LONGEST: Final = 1 << 20
"""Characters of a row; the longest columns are names."""
_MOST_COLUMNS: Final = 4096


class ReportTable:
    """Takes a report's CSV in pieces of any size, and gives back the rows that are complete.

    The first row names the columns. Counts and amounts become int, ratios float, empty values None;
    what does not fit its column stays text. With `typed` off, all values stay text. Columns are
    parted by commas, or by tabs where the first row has more of these. An empty file is a report
    without data.
    """

    def __init__(self, *, typed: bool = True) -> None:
        self._typed = typed
        self._delimiter: str | None = None
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")()
        self._left: list[str] = []
        self._length = 0
        self._quoted = False
        self._names: list[str] | None = None
        self._kinds: list[ColumnKind] = []

    def feed(self, piece: bytes) -> list[dict[str, Any]]:
        """Take the next piece; return the rows that are complete now.

        Raises:
            ValueError: It is no CSV in UTF-8, or a row is too long.
        """
        text = self._decoder.decode(piece)
        end = self._end(text)
        if end == 0:
            self._left.append(text)
            self._length += len(text)
            if self._length > _LONGEST:
                raise ValueError(f"a row has more than {_LONGEST:,} characters")
            return []
        whole = "".join((*self._left, text[:end]))
        self._left, self._length = [text[end:]], len(text) - end
        return self._rows(whole)

    def _end(self, text: str) -> int:
        """Where the last row ends that is complete: after a line end that is not within quotes."""
        end = 0
        begin = 0
        for part in text.split('"'):
            if not self._quoted:
                found = part.rfind("\n")
                end = begin + found + 1 if found >= 0 else end
            begin += len(part) + 1
            self._quoted = not self._quoted
        self._quoted = not self._quoted  # the last part has no quote behind it
        return end

    def _rows(self, text: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        if self._delimiter is None:
            first = text.partition("\n")[0]
            self._delimiter = "\t" if first.count("\t") > first.count(",") else ","
        lines = io.StringIO(text, newline="")
        try:
            for values in csv.reader(lines, strict=True, delimiter=self._delimiter):
                if not values:
                    continue
                if self._names is None:
                    if len(values) > _MOST_COLUMNS:
                        raise ValueError(f"it has more than {_MOST_COLUMNS:,} columns")
                    self._names = values
                    self._kinds = [kind(name) if self._typed else "text" for name in values]
                    continue
                if len(values) != len(self._names):
                    raise ValueError("a row has more or fewer values than the first one has names")
                typed = map(_typed, values, self._kinds)
                rows.append(dict(zip(self._names, typed, strict=True)))
        except csv.Error as error:
            raise ValueError(str(error)) from None
        return rows

    def close(self) -> list[dict[str, Any]]:
        """Say that no more comes; return the last row, which need not have a line end.

        Raises:
            ValueError: The file breaks off.
        """
        text = "".join(self._left) + self._decoder.decode(b"", final=True)
        self._left = []
        if self._quoted:
            raise ValueError("the file breaks off within a value")
        return self._rows(text)


def _typed(value: str, content: ColumnKind) -> Any:
    if value == "":
        return None
    try:
        if content in ("count", "micro"):
            return int(value) if len(value) < 20 else value
        if content == "number":
            return float(value)
    except ValueError:
        pass
    return value
