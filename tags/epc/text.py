"""The characters of a serial: seven bits each on the tag, escaped in a URN.

Source: GS1 Tag Data Standard, table A (the 82 characters of AI encodable character set 82).
"""

import re
import string
from urllib.parse import unquote

from tags.epc.errors import EpcError, excerpt

CHAR_BITS = 7
_CHARACTERS = frozenset(string.ascii_letters + string.digits + "!\"%&'()*+,-./:;<=>?_")
_CODES = "".join(sorted(_CHARACTERS)).encode("ascii")
_ESCAPES = {ord(char): f"%{ord(char):02X}" for char in '"%&/<>?'}
_ESCAPED = re.compile(r"(?:[!'()*+,\-.0-9:;=A-Z_a-z]|%[0-9A-Fa-f]{2})*")


def check_text(text: str, chars_max: int, name: str) -> None:
    """Raise EpcError unless the text has 1 to `chars_max` characters that an EPC can carry."""
    if not 1 <= len(text) <= chars_max:
        raise EpcError(f"{name} {excerpt(text)} must have 1 to {chars_max} characters")
    if not _CHARACTERS.issuperset(text):
        raise EpcError(f"{name} {excerpt(text)} has a character that GS1 keys do not allow")


def check_digits(text: str, digits: int, name: str) -> None:
    """Raise EpcError unless the text is exactly so many ASCII digits."""
    if len(text) != digits or (text and not _is_decimal(text)):
        raise EpcError(f"{name} {excerpt(text)} must have {digits} digits")


def parse_number(text: str, bits: int, name: str) -> int:
    """Read a number without leading zeros below 2**bits, else raise EpcError."""
    if not _is_decimal(text) or (text[0] == "0" and text != "0"):
        raise EpcError(f"{name} {excerpt(text)} must be a number without leading zeros")
    if len(text) > bits or int(text) >> bits:
        raise EpcError(f"{name} {excerpt(text)} must be below {1 << bits}")
    return int(text)


def pack_text(text: str, bits: int) -> int:
    """Seven bits a character, left-aligned in `bits` bits and followed by zeros."""
    value = 0
    for code in text.encode("ascii"):
        value = value << CHAR_BITS | code
    return value << (bits - CHAR_BITS * len(text))


def unpack_text(value: int, bits: int, chars_max: int) -> str:
    """Undo `pack_text`; text that is empty or too long, or bits after its end, raise EpcError."""
    spare = bits % CHAR_BITS
    shifts = range(bits - CHAR_BITS, spare - 1, -CHAR_BITS)
    codes = bytes((value >> shift) & 0x7F for shift in shifts).rstrip(b"\0")
    if value & ((1 << spare) - 1) or b"\0" in codes:
        raise EpcError("bits are set after the end of the text")
    if not 1 <= len(codes) <= chars_max:
        raise EpcError(f"the text has {len(codes)} characters instead of 1 to {chars_max}")
    if bad := codes.translate(None, _CODES):
        raise EpcError(f"the text has the character {bad[:1]!r}, which GS1 keys do not allow")
    return codes.decode("ascii")


def escape(text: str) -> str:
    """Write the text as a URN component: seven of the characters become %XX."""
    return text if text.isalnum() else text.translate(_ESCAPES)


def unescape(component: str) -> str:
    """Read a URN component; a bare reserved character or a broken escape raises EpcError."""
    if not _ESCAPED.fullmatch(component):
        raise EpcError(f"{excerpt(component)} has a character that must be escaped as %XX")
    return unquote(component)


def _is_decimal(text: str) -> bool:
    return text.isascii() and text.isdecimal()
