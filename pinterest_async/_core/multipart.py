"""A form with a file at its end, as bytes around the file: what S3 takes for an upload."""

from collections.abc import Iterable
from typing import NamedTuple

_LINE: str = "\r\n"


class FormAround(NamedTuple):
    """What stands before and after the file, and the content type of the whole."""

    head: bytes
    tail: bytes
    content_type: str


def form_around(
    fields: Iterable[tuple[str, str]], *, name: str, file_name: str, boundary: str
) -> FormAround:
    """A multipart form (RFC 7578) with fields in their order, and a file last.

    `boundary` must not occur in any of them, which a long random one does not.

    Raises:
        ValueError: A name has control characters, which no form can express.
    """
    parts: list[str] = []
    for field, value in fields:
        disposition = f'form-data; name="{_quoted(field)}"'
        parts += [f"--{boundary}", f"Content-Disposition: {disposition}", "", value]
    disposition = f'form-data; name="{_quoted(name)}"; filename="{_quoted(file_name)}"'
    parts += [f"--{boundary}", f"Content-Disposition: {disposition}"]
    parts += ["Content-Type: application/octet-stream", "", ""]
    return FormAround(
        _LINE.join(parts).encode(),
        f"{_LINE}--{boundary}--{_LINE}".encode(),
        f"multipart/form-data; boundary={boundary}",
    )


def _quoted(name: str) -> str:
    """A name within quotes, escaped as browsers do it."""
    if any(ord(character) < 32 or ord(character) == 127 for character in name):
        raise ValueError("the name of a form field has control characters")
    return name.replace("%", "%25").replace('"', "%22") if '"' in name else name
