"""What the calls ask for that are measured, and how many are made at a time."""

from typing import Final, NamedTuple

PIN_ID: Final = "813744226420795884"
HEADERS: Final = {"Accept": "application/json", "Authorization": "Bearer pina_benchmark"}
NEW_PIN: Final = {
    "board_id": "549755885175",
    "title": "A chair",
    "media_source": {"source_type": "image_url", "url": "https://example.com/chair.jpg"},
}


class Case(NamedTuple):
    """One row: which call, so many `tasks` at a time, over what; `calls` are a block of them."""

    name: str
    tasks: int
    calls: int
    kind: str = "pin"
    tls: bool = False
    uvloop: bool = False
    packed: bool = False
    memory: bool = False
    """Without sockets (`_in_memory.py`)."""
    untuned: bool = False
    """With glibc's own settings, as other programs have them (`_clients.TUNED`)."""
    times: int = 1
    """How many times as many processes, where the sides differ by less than processes do."""

    @property
    def answered(self) -> str:
        """What the server answers."""
        return "page" if self.kind == "page" else "pin"


CASES: Final = {
    "get1": Case("small GET, 1 at a time", 1, 400),
    "get64": Case("small GET, 64 at a time", 64, 600),
    "memory64": Case("small GET, 64 at a time, no sockets", 64, 600, memory=True),
    "get1000": Case("small GET, 1,000 at a time", 1000, 2000),
    "untuned64": Case("small GET, 64 at a time, glibc untuned", 64, 600, untuned=True),
    "untuned1000": Case("small GET, 1,000 at a time, glibc untuned", 1000, 2000, untuned=True),
    "get10000": Case("small GET, 10,000 at a time", 10_000, 10_000),
    "tls": Case("small GET, 64 at a time, TLS", 64, 600, tls=True),
    "uvloop": Case("small GET, 64 at a time, uvloop", 64, 600, uvloop=True),
    "gzip": Case("small GET, 64 at a time, gzip", 64, 600, packed=True),
    "page": Case("page of 250 Pins, 16 at a time", 16, 48, kind="page", times=4),
    "untuned_page": Case(
        "page of 250 Pins, 16 at a time, glibc untuned", 16, 48, kind="page", untuned=True, times=4
    ),
    "post": Case("POST of a Pin, 64 at a time", 64, 600, kind="post"),
}
