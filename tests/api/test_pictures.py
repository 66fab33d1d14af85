"""Pictures that are sent: only pixels survive, and nothing large is decoded."""

import subprocess
import sys
import zlib
from io import BytesIO
from struct import pack
from typing import Any

import pytest
from PIL import Image

from api.pictures import PictureError, drawn_anew

KINDS = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp"}


def picture(kind: str, **more: Any) -> bytes:  # noqa: ANN401 -- what the encoder knows
    out = BytesIO()
    Image.linear_gradient("L").convert("RGB").resize((60, 40)).save(out, kind, **more)
    return out.getvalue()


def chunk(kind: bytes, content: bytes) -> bytes:
    return pack(">I", len(content)) + kind + content + pack(">I", zlib.crc32(kind + content))


def bomb(width: int, height: int) -> bytes:
    """A PNG of one colour, a few kilobytes for a gigabyte of pixels."""
    header = chunk(b"IHDR", pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    rows = zlib.compress(b"\0" * (1 << 20), 9)
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.mark.parametrize("kind", KINDS)
def test_a_picture_is_drawn_anew_as_png(kind: str) -> None:
    drawn = drawn_anew(picture(kind), KINDS[kind])
    with Image.open(BytesIO(drawn)) as found:
        assert (found.format, found.size, found.mode) == ("PNG", (60, 40), "RGB")


def test_pixels_and_transparency_of_a_png_stay() -> None:
    sent = Image.new("RGBA", (3, 2), (10, 20, 30, 40))
    out = BytesIO()
    sent.save(out, "PNG")
    with Image.open(BytesIO(drawn_anew(out.getvalue(), "image/png"))) as found:
        assert found.tobytes() == sent.tobytes()


def test_nothing_of_a_photograph_survives_but_its_pixels() -> None:
    exif = Image.Exif()
    exif[0x010E] = "PLACE-OF-THE-PHOTOGRAPH"
    exif[0x8825] = {1: "N", 2: (52.0, 30.0, 0.0)}
    sent = picture("JPEG", exif=exif, comment=b"WHO-TOOK-IT")
    assert b"PLACE-OF" in sent
    drawn = drawn_anew(sent, "image/jpeg")
    assert b"PLACE-OF" not in drawn
    assert b"WHO-TOOK-IT" not in drawn
    with Image.open(BytesIO(drawn)) as found:
        assert not found.getexif()
        assert not found.info


@pytest.mark.parametrize("kind", KINDS)
def test_what_hides_behind_a_picture_is_refused(kind: str) -> None:
    with pytest.raises(PictureError, match="behind the picture"):
        drawn_anew(picture(kind) + b"PK\x03\x04 an archive", KINDS[kind])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_a_picture_that_is_cut_short_is_refused(kind: str, share: float) -> None:
    whole = picture(kind)
    with pytest.raises(PictureError):
        drawn_anew(whole[: int(len(whole) * share)], KINDS[kind])


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_moving_pictures_are_refused(kind: str) -> None:
    frames = [Image.new("RGB", (4, 4), colour) for colour in ("red", "blue")]
    out = BytesIO()
    frames[0].save(out, kind, save_all=True, append_images=frames[1:])
    with pytest.raises(PictureError, match="animated"):
        drawn_anew(out.getvalue(), KINDS[kind])


def test_what_is_no_such_picture_as_it_says_is_refused() -> None:
    with pytest.raises(PictureError, match="no JPEG"):
        drawn_anew(picture("PNG"), "image/jpeg")
    with pytest.raises(PictureError, match="no PNG, JPEG or WebP"):
        drawn_anew(b"GIF89a" + bytes(50), "image/png")


@pytest.mark.parametrize("side", [6_400, 8_000, 30_000])
def test_a_bomb_is_refused_by_its_header(side: int) -> None:
    with pytest.raises(PictureError, match="larger than 40 megapixels"):
        drawn_anew(bomb(side, side), "image/png")


def test_a_bomb_takes_no_memory() -> None:
    code = (
        "import resource, sys\n"
        "from api.pictures import drawn_anew, PictureError\n"
        "sent = sys.stdin.buffer.read()\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "try:\n    drawn_anew(sent, 'image/png')\n"
        "except PictureError:\n"
        "    sys.stdout.write(str(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before))\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code],
        input=bomb(30_000, 30_000),
        capture_output=True,
        check=True,
    )
    assert int(ran.stdout) * 1024 <= 64 << 20
