"""What a barcode or QR scanner has read: symbology, GS1 content, and one identity for a thing.

Source of the prefixes: AIM symbology identifiers (ISO/IEC 15424).
"""

import codecs
import re
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Literal

import msgspec

from readers.wire.digital_link import parse_digital_link
from readers.wire.gs1 import (
    GS,
    Elements,
    Gs1Error,
    checked,
    gtin14,
    parse_date,
    parse_element_string,
)
from tags.identity import TEXT_CHARS_MAX, TagIdentityError, normalise_tag

Kind = Literal["plain", "epc", "gtin", "sgtin", "sscc", "grai", "giai", "gln", "gs1"]

NO_READ_TEXTS = ("NOREAD", "NO READ", "NO_READ", "NO-READ", "NR", "?")
"""What scanners send, as they come, when they saw nothing; in any case."""
CODE_PREFIX = "code:"

_SYMBOLOGIES = {
    "A": "Code 39",
    "B": "Telepen",
    "C": "Code 128",
    "D": "Code One",
    "E": "EAN/UPC",
    "F": "Codabar",
    "G": "Code 93",
    "H": "Code 11",
    "I": "Interleaved 2 of 5",
    "J": "DotCode",
    "K": "Code 16K",
    "L": "PDF417",
    "M": "MSI",
    "N": "Anker",
    "O": "Codablock",
    "P": "Plessey",
    "Q": "QR Code",
    "R": "Straight 2 of 5",
    "S": "Straight 2 of 5",
    "T": "Code 49",
    "U": "MaxiCode",
    "X": "other",
    "Z": "no barcode",
    "d": "Data Matrix",
    "e": "GS1 DataBar",
    "h": "Han Xin",
    "o": "OCR",
    "z": "Aztec",
}
_GS1_PREFIXES = frozenset({"C1", "e0", "e1", "e2", "d2", "d5", "Q3", "Q4", "J1", "z1"})
_AIM = re.compile(r"\]([A-Za-z])([0-9A-Za-z])")
_COMPOSITE = re.compile(r"\|?\](e[0-2])")
_CONTROLS = {n: chr(0x2400 + n) for n in range(0x20)} | {0x7F: "\u2421"}
"""Control characters as their pictures, so that a tag can be printed, typed and kept in a CSV."""
_NOISE = re.compile(r"[\x00-\x03\x05-\x08\x0a-\x1b\x7f]")
"""What no label says: a line with it comes from a bad cable, or is not text at all."""
_FRAMING = " \t\0\x02\x03"
_EAN_DIGITS = {"0": (13, 12), "3": (13, 12), "4": (8,)}
"""By the prefix; a UPC-A has 13 digits there, but scanners leave its leading 0 out."""
_ADD_ON_DIGITS = (2, 5)
_ITF_GTIN_DIGITS = 14


class Barcode(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One code that was scanned.

    `text` is what it says, without symbology prefix; `aim` are the two characters of that
    prefix (`d2`), empty where none was sent. `elements` are its GS1 application identifiers
    with their values. `tag` is its identity: the same for a thing whichever way its label
    writes it. `fault` is the reason why GS1 content was taken for plain text, None if it was not.
    """

    tag: str
    text: str
    kind: Kind = "plain"
    aim: str = ""
    elements: Elements = ()
    fault: str | None = None

    @property
    def symbology(self) -> str | None:
        """The kind of symbol, None where the scanner does not say it."""
        return _SYMBOLOGIES.get(self.aim[:1])

    def element(self, ai: str) -> str | None:
        """The value of an application identifier, None where the code has none."""
        return dict(self.elements).get(ai)

    @property
    def gtin(self) -> str | None:
        """The article, 14 digits."""
        return self.element("01")

    @property
    def serial(self) -> str | None:
        """The serial number of a piece."""
        return self.element("21")

    @property
    def lot(self) -> str | None:
        """The batch."""
        return self.element("10")

    @property
    def sscc(self) -> str | None:
        """The logistic unit, 18 digits."""
        return self.element("00")

    def expiry(self, this_year: int) -> date | None:
        """The last day on which it is good; `this_year` decides the century."""
        digits = self.element("17")
        return None if digits is None else parse_date(digits, this_year)


class BarcodeError(ValueError):
    """A line that is no code; `reason` is the word under which it is counted."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def decode_line(line: bytes, no_read: Sequence[str] = NO_READ_TEXTS) -> Barcode | None:
    """Read one line of a scanner; None where it says that it has seen no code, or nothing.

    Bytes are UTF-8, else Latin-1. Raises BarcodeError.
    """
    text = _text_of(line).strip(_FRAMING)
    if _NOISE.search(text):
        raise BarcodeError("noise")
    aim, content = _split_prefix(text)
    content = content.strip(" ")
    if not content.strip(GS) or content.casefold() in {word.casefold() for word in no_read}:
        return None
    barcode = decode_content(content, aim)
    if barcode.fault == "contradiction":
        raise BarcodeError(barcode.fault)
    if len(barcode.tag) > TEXT_CHARS_MAX:
        raise BarcodeError("long_code")
    return barcode


def decode_content(content: str, aim: str = "") -> Barcode:
    """Read what a symbol says; `aim` are the two characters of its prefix. Never raises.

    Without a prefix only a Digital Link and what holds a group separator is taken for GS1.
    """
    fault: str | None = None
    try:
        elements = _elements_of(content, aim)
        if elements:
            kind, tag = identify(elements)
            return Barcode(tag=tag, text=content, kind=kind, aim=aim, elements=elements)
    except Gs1Error as error:
        fault = error.reason
    epc = _epc_of(content)
    if epc is not None:
        return Barcode(tag=epc, text=content, kind="epc", aim=aim)
    tag = CODE_PREFIX + content.translate(_CONTROLS)
    return Barcode(tag=tag, text=content, aim=aim, fault=fault)


def identify(elements: Elements) -> tuple[Kind, str]:
    """The identity of what elements name: the fields that make it one, in brackets.

    It is written as `tags.epc.Identity.element_string` writes the code of an RFID tag, so
    `code:(01)80614141123458(21)6789` is the label of urn:epc:id:sgtin:0614141.812345.6789.
    """
    values = dict(elements)
    for kind, names in _IDENTITIES:
        if all(name in values for name in names):
            return kind, _spell((name, values[name]) for name in names)
    return "gs1", _spell(elements)


_IDENTITIES: tuple[tuple[Kind, tuple[str, ...]], ...] = (
    ("sscc", ("00",)),
    ("sgtin", ("01", "21")),
    ("grai", ("8003",)),
    ("giai", ("8004",)),
    ("gtin", ("01", "10")),
    ("gtin", ("01",)),
    ("gln", ("414", "254")),
    ("gln", ("414",)),
    *(("gs1", (ai,)) for ai in ("253", "255", "401", "402", "417", "8006", "8017", "8018")),
    ("gs1", ("8010", "8011")),
    ("gs1", ("8010",)),
)
"""What identifies, best first: a piece, else a batch of an article, else the article."""


def _spell(elements: Iterable[tuple[str, str]]) -> str:
    return CODE_PREFIX + "".join(f"({ai}){value}" for ai, value in elements)


def _text_of(line: bytes) -> str:
    line = line.removeprefix(codecs.BOM_UTF8)
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return line.decode("latin-1")


def _split_prefix(text: str) -> tuple[str, str]:
    found = _AIM.match(text)
    if found is None or found[1] not in _SYMBOLOGIES:
        return "", text
    return found[1] + found[2], text[found.end() :]


def _elements_of(content: str, aim: str) -> Elements:
    """The GS1 elements of a symbol, none where it is not one of GS1. Raises Gs1Error."""
    link = parse_digital_link(content)
    if link is not None:
        return link
    if aim in _GS1_PREFIXES:
        return parse_element_string(_COMPOSITE.sub(GS, content))
    if aim.startswith("E"):
        return _ean_elements(content, aim[1])
    if aim == "I1" and len(content) == _ITF_GTIN_DIGITS:
        return _itf_elements(content)
    if not aim and GS in content and not content.startswith("[)>"):
        return parse_element_string(content)
    return ()


def _ean_elements(content: str, modifier: str) -> Elements:
    """An EAN or UPC with its add-on left out, and the composite part behind it."""
    linear, *composites = _COMPOSITE.split(content)
    if not linear.isascii() or not linear.isdigit():
        return ()
    add_ons = {0, *(_ADD_ON_DIGITS if modifier == "3" else ())}
    sizes = (size for size in _EAN_DIGITS.get(modifier, ()) if len(linear) - size in add_ons)
    size = next(sizes, 0)
    if not size:
        return ()
    own = (("01", gtin14(linear[:size])),)
    return checked(own + sum(map(parse_element_string, composites[1::2]), start=()))


def _itf_elements(content: str) -> Elements:
    """An ITF-14; 14 digits with a check digit of another kind are plain."""
    try:
        return (("01", gtin14(content)),)
    except Gs1Error:
        return ()


def _epc_of(content: str) -> str | None:
    """The tag that an EPC URI in a code names."""
    if not content[:8].lower().startswith("urn:epc:"):
        return None
    try:
        return normalise_tag(content)
    except TagIdentityError:
        return None
