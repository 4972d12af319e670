"""What images and videos are, by their first bytes, and which of them Pinterest takes.

Pins take JPEG and PNG (`content_type` in the description), uploads MP4, MOV and M4V. WebP is
refused with "The format of the image is not supported".
"""

from typing import Final

FIRST_BYTES: Final = 32
"""As many are looked at."""

MOST_IMAGE: Final = 32_000_000
"""Bytes. Publishing tools name 20 MB and 32 MB as Pinterest's limit: refused is beyond both."""
MOST_VIDEO: Final = 2 << 30
"""Bytes: 2 GB, the limit that the description gives for videos of catalogs."""

_STARTS: Final = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF8", "image/gif"),
    (b"BM", "image/bmp"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"\x1aE\xdf\xa3", "video/webm"),
)
_BOXES: Final = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip")
"""How the first box of a film begins; old MOV files have no `ftyp`."""
_STILLS: Final = (b"avif", b"avis", b"heic", b"heix", b"mif1", b"msf1")
IMAGES: Final = ("image/jpeg", "image/png")
VIDEOS: Final = ("video/mp4", "video/quicktime")


def media_type(first: bytes) -> str | None:
    """The type of an image or a video by its first bytes, None where it is another or none."""
    for start, name in _STARTS:
        if first.startswith(start):
            return name
    if first[:4] == b"RIFF":
        return {b"WEBP": "image/webp", b"AVI ": "video/x-msvideo"}.get(first[8:12])
    if first[4:8] in _BOXES:
        brand = first[8:12]
        if first[4:8] == b"ftyp" and brand in _STILLS:
            return "image/heif"
        return "video/quicktime" if first[4:8] != b"ftyp" or brand == b"qt  " else "video/mp4"
    return None
