"""Looks for secrets in what tests make the package say: logs, errors, spans, pages, Redis keys."""

import functools
import logging
import re
from collections.abc import Callable
from typing import Any, Final

import starlette.responses
from opentelemetry.sdk.trace import Span

from pinterest_async.emulator.model.tokens import CLIENT_SECRET, TokenIssuer
from pinterest_async.errors import PinterestError

LOGGER: Final = logging.getLogger("pinterest_async")
LOWEST: Final = 1
"""A level that no test sets, so that it is known for ours."""
_TOKEN: Final = re.compile(r"pin[acr]_\w+")
_CODE: Final = re.compile(r"\b[0-9a-f]{40}\b")


class SecretWatch:
    """Collects what shows a secret; with it, requests are logged in every test, at level DEBUG."""

    def __init__(self) -> None:
        self._found: list[str] = []
        self._codes: set[str] = set()

    def take(self) -> list[str]:
        """What was found since the last time."""
        found, self._found = self._found, []
        return found

    def look(self, where: str, text: str) -> None:
        """Look into a text for tokens, codes of the emulator, and the secret of its app."""
        shown = _TOKEN.search(text) or any(one in self._codes for one in _CODE.findall(text))
        if shown or CLIENT_SECRET in text:
            self._found.append(f"{where}: {text[:500]}")

    def begin(self) -> Callable[[], None]:
        """Look at every log record and every error from now on; returns what ends it."""
        make_record = logging.getLogRecordFactory()
        make_error = PinterestError.__init__
        make_token: Any = vars(TokenIssuer)["_new"]
        end_span, make_page = Span.end, starlette.responses.Response.__init__
        level = LOGGER.level

        def record(*args: Any, **kwargs: Any) -> logging.LogRecord:
            made = make_record(*args, **kwargs)
            if made.name.startswith(LOGGER.name):
                self.look(f"log {made.name}", made.getMessage())
            return made

        @functools.wraps(make_error)
        def error(made: PinterestError, *args: Any, **kwargs: Any) -> None:
            make_error(made, *args, **kwargs)
            self.look("error", f"{made} {made!r}")

        def token(issuer: TokenIssuer, prefix: str) -> str:
            made: str = make_token(issuer, prefix)
            if not prefix:
                self._codes.add(made[:40].lower())
            return made

        @functools.wraps(end_span)
        def span(made: Span, end_time: int | None = None) -> None:
            end_span(made, end_time)
            self.look("span", made.to_json())

        @functools.wraps(make_page)
        def page(made: starlette.responses.Response, *args: Any, **kwargs: Any) -> None:
            make_page(made, *args, **kwargs)
            self.look("page", bytes(made.body).decode("utf-8", "replace"))

        def end() -> None:
            setattr(Span, "end", end_span)  # noqa: B010
            setattr(starlette.responses.Response, "__init__", make_page)  # noqa: B010
            logging.setLogRecordFactory(make_record)
            LOGGER.removeFilter(_as_loud_as_asked)
            LOGGER.setLevel(level)
            setattr(PinterestError, "__init__", make_error)  # noqa: B010
            setattr(TokenIssuer, "_new", make_token)  # noqa: B010

        logging.setLogRecordFactory(record)
        LOGGER.addFilter(_as_loud_as_asked)
        LOGGER.setLevel(LOWEST)
        setattr(PinterestError, "__init__", error)  # noqa: B010
        setattr(TokenIssuer, "_new", token)  # noqa: B010
        setattr(Span, "end", span)  # noqa: B010
        setattr(starlette.responses.Response, "__init__", page)  # noqa: B010
        return end


def _as_loud_as_asked(record: logging.LogRecord) -> bool:
    """Whether a record would be there without the watch; the others are looked at, and go."""
    asked = logging.getLogger().level if LOGGER.level == LOWEST else LOGGER.level
    return record.levelno >= asked
