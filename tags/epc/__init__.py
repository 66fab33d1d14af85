"""EPCs of the GS1 Tag Data Standard: hex to meaning and back.

`decode` and `encode` work on the hex of an EPC bank, `parse_uri` on URNs, `commission` chooses
how a tag is to carry an identity. All of them raise EpcError; `describe` never does.
"""

from tags.epc.codec import commission, decode, encode
from tags.epc.errors import EpcError
from tags.epc.uris import parse_uri
from tags.epc.values import Epc, Identity, Kind, SchemeName

__all__ = [
    "Epc",
    "EpcError",
    "Identity",
    "Kind",
    "SchemeName",
    "commission",
    "decode",
    "describe",
    "encode",
    "parse_uri",
]


def describe(tag: str) -> Identity | None:
    """Say what a tag's identity text means: an Epc, an Identity, or None where it is unknown.

    Hex and tag URIs give an Epc, a pure-identity URI an Identity. Never raises: plenty of tags
    carry codes of their owner's making.
    """
    try:
        return parse_uri(tag) if tag[:4].lower() == "urn:" else decode(tag)
    except EpcError:
        return None
