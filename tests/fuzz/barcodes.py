"""Barcodes: any line is a code with a tag in its one spelling, or refused with a reason."""

from readers.wire.barcodes import BarcodeError, decode_line
from tags.identity import normalise_tag


def check(data: bytes) -> None:
    """Raise if a line gives a tag that the register would not take."""
    try:
        barcode = decode_line(data)
    except BarcodeError:
        return
    if barcode is None:
        return
    if normalise_tag(barcode.tag) != barcode.tag:
        raise AssertionError(f"{barcode.tag!r} is not in its one spelling")
    _ = (barcode.expiry(2026), barcode.symbology, barcode.lot)
