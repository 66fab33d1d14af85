"""What a code means: the thing it names, and the notations in which others name it.

Source: GS1 Tag Data Standard 1.13 (URIs and keys) and GS1 Digital Link 1.1.
"""

from typing import Literal
from urllib.parse import quote

import msgspec

from tags.epc.text import escape

Kind = Literal["sgtin", "sscc", "sgln", "grai", "giai", "gid"]
SchemeName = Literal[
    "sgtin-96",
    "sgtin-198",
    "sscc-96",
    "sgln-96",
    "sgln-195",
    "grai-96",
    "grai-170",
    "giai-96",
    "giai-202",
    "gid-96",
]

ID_PREFIX = "urn:epc:id:"
TAG_PREFIX = "urn:epc:tag:"
RESOLVER = "https://id.gs1.org"
NO_EXTENSION = "0"


class Identity(msgspec.Struct, frozen=True, gc=False):
    """The thing that a code names, whichever tag carries it.

    `reference` is the item reference with its indicator digit (sgtin), the serial reference
    with its extension digit (sscc), the location reference (sgln), the asset type (grai), the
    individual asset reference (giai) or the object class (gid, whose manager number stands in
    `company_prefix`). `serial` is plain text, None for sscc and giai; for sgln it is the
    extension, where "0" means that there is none. `parse_uri` and `decode` give checked values.
    """

    kind: Kind
    company_prefix: str
    reference: str
    serial: str | None = None

    @property
    def uri(self) -> str:
        """The pure-identity URI, `urn:epc:id:…`."""
        return f"{ID_PREFIX}{self.kind}:{self.body}"

    @property
    def body(self) -> str:
        """The dotted fields as they end each URN of this identity, escaped."""
        head = f"{self.company_prefix}.{escape(self.reference)}"
        return head if self.serial is None else f"{head}.{escape(self.serial)}"

    @property
    def key(self) -> str | None:
        """The GS1 key without serial: GTIN-14, SSCC-18, GLN-13, 13-digit GRAI, GIAI; gid has none.

        It ends with its check digit, except that a GIAI has none.
        """
        if self.kind == "gid":
            return None
        if self.kind == "giai":
            return self.company_prefix + self.reference
        if self.kind in {"sgtin", "sscc"}:
            return with_check_digit(self.reference[0] + self.company_prefix + self.reference[1:])
        return with_check_digit(self.company_prefix + self.reference)

    @property
    def elements(self) -> tuple[tuple[str, str], ...]:
        """GS1 application identifiers with their values, such as ("01", GTIN), ("21", serial)."""
        key, serial = self.key or "", self.serial or ""
        match self.kind:
            case "sgtin":
                return ("01", key), ("21", serial)
            case "sscc":
                return (("00", key),)
            case "sgln":
                return (("414", key),) + ((("254", serial),) if serial != NO_EXTENSION else ())
            case "grai":
                return (("8003", f"0{key}{serial}"),)
            case "giai":
                return (("8004", key),)
            case _:
                return ()

    @property
    def element_string(self) -> str | None:
        """The bracketed form that people read on a label, `(01)…(21)…`; None for gid."""
        return "".join(f"({name}){value}" for name, value in self.elements) or None

    @property
    def scan_data(self) -> str | None:
        """The form that a scanner sends after its symbology prefix, `01…21…`; None for gid.

        No FNC1 separator occurs: only the last element has a variable length.
        """
        return "".join(name + value for name, value in self.elements) or None

    @property
    def digital_link(self) -> str | None:
        """The GS1 Digital Link URI at id.gs1.org, percent-encoded; None for gid."""
        path = "".join(f"/{name}/{quote(value, safe='')}" for name, value in self.elements)
        return RESOLVER + path if path else None


class Epc(Identity, frozen=True, gc=False, kw_only=True):
    """An identity as a tag carries it. `filter` is 0 to 7, and None for gid, which has none."""

    scheme: SchemeName
    filter: int | None

    @property
    def tag_uri(self) -> str:
        """The tag URI, `urn:epc:tag:…`, which says everything that the EPC bank says."""
        head = "" if self.filter is None else f"{self.filter}."
        return f"{TAG_PREFIX}{self.scheme}:{head}{self.body}"


def with_check_digit(digits: str) -> str:
    """Append the GS1 check digit (modulo 10, weights 3 and 1 from the right)."""
    total = 3 * sum(map(int, digits[::-2])) + sum(map(int, digits[-2::-2]))
    return f"{digits}{-total % 10}"
