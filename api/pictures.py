"""Pictures that somebody sends: measured before they are decoded, and drawn anew as PNG.

Nothing of what was sent survives but the pixels: no EXIF, no place or time of the photograph,
nothing that hides behind the picture.
"""

import struct
import warnings
from io import BytesIO
from itertools import count
from typing import Final

from PIL import Image, UnidentifiedImageError

PICTURE_BYTES_MAX = 20 * 1024 * 1024
PIXELS_MAX = 40_000_000
MEDIA_TYPES: Final = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".webp": "image/webp",
}
"""What may be sent, by the ending of a file."""

_FORMATS = {"image/png": "PNG", "image/jpeg": "JPEG", "image/webp": "WEBP"}
_TOO_LARGE = f"is larger than {PIXELS_MAX // 1_000_000} megapixels"
_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG_ALONE = {0x01, *range(0xD0, 0xD8)}
_JPEG_END, _JPEG_SCAN = 0xD9, 0xDA

# What is larger is refused by its header, also where somebody else opens a picture.
Image.MAX_IMAGE_PIXELS = PIXELS_MAX
warnings.simplefilter("error", Image.DecompressionBombWarning)


class PictureError(ValueError):
    """What was sent is no picture that can be taken; the text says why."""


def media_type_of(content: bytes) -> str:
    """The media type of a picture, by its first bytes. Raises PictureError."""
    if content.startswith(_PNG):
        return "image/png"
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    raise PictureError("is no PNG, JPEG or WebP")


def drawn_anew(content: bytes, stated: str) -> bytes:
    """The same picture as PNG, without anything else that came with it.

    `stated` is the media type that it was said to be. Raises PictureError for what is of another
    kind, larger than 40 megapixels, animated, cut short, or has something behind it.
    """
    if media_type_of(content) != stated:
        raise PictureError(f"is no {_FORMATS[stated]}, as the Content-Type says")
    if _end_of(content, stated) != len(content):
        raise PictureError("has something behind the picture, or is cut short")
    try:
        return _encoded(content, _FORMATS[stated])
    except PictureError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PictureError(_TOO_LARGE) from error
    except (OSError, ValueError, SyntaxError, struct.error, Warning) as error:
        raise PictureError("can not be decoded") from error


def _encoded(content: bytes, kind: str) -> bytes:
    """Decode and encode; the size is known from the header before any pixel is."""
    try:
        picture = Image.open(BytesIO(content), formats=[kind])
    except UnidentifiedImageError as error:
        raise PictureError("can not be decoded") from error
    with picture:
        width, height = picture.size
        if width * height > PIXELS_MAX:
            raise PictureError(_TOO_LARGE)
        if getattr(picture, "n_frames", 1) > 1:
            raise PictureError("is animated, or holds several pictures")
        mode = "RGBA" if picture.has_transparency_data else "RGB"
        bare = Image.new(mode, picture.size)
        bare.paste(picture.convert(mode))
    out = BytesIO()
    bare.save(out, "PNG", compress_level=6)
    return out.getvalue()


def _end_of(content: bytes, media_type: str) -> int:
    """Where the picture ends by its own account; more than its length where it is cut short."""
    try:
        match media_type:
            case "image/png":
                return _png_end(content)
            case "image/jpeg":
                return _jpeg_end(content)
            case _:
                length = struct.unpack_from("<I", content, 4)[0]
                return int(8 + length + length % 2)
    except (struct.error, IndexError, ValueError):
        return len(content) + 1


def _png_end(content: bytes) -> int:
    """Behind the chunk IEND (PNG, third edition, 5.3)."""
    at = len(_PNG)
    while True:
        length, kind = struct.unpack_from(">I4s", content, at)
        at += 12 + int(length)
        if kind == b"IEND":
            return at


def _jpeg_end(content: bytes) -> int:
    """Behind the marker EOI (ITU-T T.81, B.1.1)."""
    at = 2
    for _ in count():
        if content[at] != 0xFF:  # noqa: PLR2004 -- every marker begins so
            raise IndexError
        marker = content[at + 1]
        at += 2
        if marker == _JPEG_END:
            return at
        if marker == 0xFF:  # noqa: PLR2004 -- fill bytes
            at -= 1
        elif marker not in _JPEG_ALONE:
            at += struct.unpack_from(">H", content, at)[0]
        if marker == _JPEG_SCAN:
            at = _scan_end(content, at)
    return at


def _scan_end(content: bytes, at: int) -> int:
    """The first marker behind the entropy-coded data that begins here."""
    while True:
        at = content.index(b"\xff", at)
        if content[at + 1] == 0 or content[at + 1] in _JPEG_ALONE:
            at += 2
        else:
            return at
