"""GS1 Digital Link: web addresses that carry application identifiers.

Source: GS1 Digital Link Standard, URI Syntax 1.4 (uncompressed form), with the names that
earlier releases allowed in place of identifiers.
"""

from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from readers.wire.gs1 import SHORT_GTIN_DIGITS, Elements, Gs1Error, check, checked, gtin14

_QUALIFIERS: dict[str, tuple[str, ...]] = {
    "00": (),
    "01": ("22", "10", "21", "235"),
    "253": (),
    "255": (),
    "401": (),
    "402": (),
    "414": ("254", "7040"),
    "417": ("7040",),
    "8003": (),
    "8004": ("7040",),
    "8006": ("22", "10", "21"),
    "8010": ("8011",),
    "8017": ("8019",),
    "8018": ("8019",),
}
"""What may follow a primary key in the path."""
_NAMES = {
    "cpv": "22",
    "exp": "17",
    "expdt": "17",
    "giai": "8004",
    "gln": "414",
    "grai": "8003",
    "gtin": "01",
    "lot": "10",
    "ser": "21",
    "sscc": "00",
}
_ATTRIBUTES_MAX = 32


def parse_digital_link(text: str) -> Elements | None:
    """The elements that a Digital Link carries, None where `text` is none.

    A GTIN of 8, 12 or 13 digits is filled up to 14. Raises Gs1Error where it looks like a
    Digital Link and its key has a wrong check digit, or it contradicts itself.
    """
    parts = _split(text)
    if parts is None:
        return None
    key = _keys_of(parts.path)
    if key is None:
        return None
    return checked(key + _attributes_of(parts.query))


def _split(text: str) -> SplitResult | None:
    if not text[:8].lower().startswith(("http://", "https://")):
        return None
    try:
        return urlsplit(text)
    except ValueError:
        return None


def _keys_of(path: str) -> Elements | None:
    """The last primary key of a path with what qualifies it."""
    segments = path.rstrip("/").split("/")
    for at in range(len(segments) - 2, -1, -2):
        ai = _identifier(segments[at])
        if ai in _QUALIFIERS:
            return _pairs(segments[at:], _QUALIFIERS[ai])
    return None


def _pairs(segments: list[str], qualifiers: tuple[str, ...]) -> Elements | None:
    elements: list[tuple[str, str]] = []
    for name, raw in zip(segments[::2], segments[1::2], strict=True):
        ai = _identifier(name)
        if elements and ai not in qualifiers:
            return None
        element = _element(ai, unquote(raw, errors="replace"))
        if element is None:
            return None
        elements.append(element)
    return tuple(elements)


def _identifier(name: str) -> str:
    return _NAMES.get(name.lower(), name)


def _element(ai: str, value: str) -> tuple[str, str] | None:
    """One element, None where the value has not the form; a wrong check digit is raised."""
    try:
        if ai == "01" and len(value) in SHORT_GTIN_DIGITS:
            value = gtin14(value)
        check(ai, value)
    except Gs1Error as error:
        if error.reason == "check_digit":
            raise
        return None
    return ai, value


def _attributes_of(query: str) -> Elements:
    """What the query says; names that are no identifiers belong to the web site."""
    try:
        said = parse_qsl(query, max_num_fields=_ATTRIBUTES_MAX)
    except ValueError:
        return ()
    known = ((_identifier(name), value) for name, value in said)
    numbered = ((ai, value) for ai, value in known if ai.isascii() and ai.isdigit())
    return tuple(element for ai, value in numbered if (element := _element(ai, value)))
