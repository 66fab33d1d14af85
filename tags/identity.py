"""One spelling for each tag, so that what a reader hears finds what the register knows."""

import re
from functools import lru_cache

from tags.epc import Epc, EpcError, describe, encode, parse_uri
from tags.epc.errors import excerpt
from tags.epc.schemes import BY_KIND, BY_NAME
from tags.epc.values import ID_PREFIX, TAG_PREFIX

EPC_BYTES_MAX = 62  # 31 words: the length field in a tag's protocol-control word has five bits.
TEXT_CHARS_MAX = 256
PREFIXES = ("ble:", "lora:", "gps:", "code:")
ACCEPTED = (
    f"an EPC as an even number of hex digits (at most {2 * EPC_BYTES_MAX}), "
    f"{', '.join(PREFIXES)} and a name, or an urn:epc:id: or urn:epc:tag: URI"
)
_HEX = re.compile(r"[0-9A-Fa-f]+")
_URN = re.compile(r"urn:epc:(?:id|tag):[a-z0-9-]+:(?:[!'()*+,\-.0-9:;=A-Z_a-z]|%[0-9A-F]{2})+")
_UUID = r"([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})"
_ADDRESS = re.compile(r"[0-9a-f]{2}(?:([:_-]?)[0-9a-f]{2})(?:\1[0-9a-f]{2}){4}")
_BEACON = re.compile(rf"(?:ibeacon:)?{_UUID}[-_:](\d{{1,5}})[-_:](\d{{1,5}})", re.ASCII)
_PURE_IDENTITIES_MAX = 65_536


class TagIdentityError(ValueError):
    """The text cannot name a tag; the message quotes it and says what is accepted."""


def normalise_tag(text: str) -> str:
    """Spell the identity of a tag: lower-case hex, a prefixed name or a canonical EPC URI.

    A tag URI of a known scheme becomes the hex that a reader reports for it. A pure-identity
    URI stays one, since it leaves the filter value open. Of a prefixed name only the prefix is
    changed to lower case. Bluetooth addresses and iBeacons, which each gateway spells in its
    own way, become `ble:` with twelve hex digits and `ble:uuid-major-minor`. EPC URIs of
    further schemes are kept. Raises TagIdentityError.
    """
    if _HEX.fullmatch(text):
        return _normalise_hex(text)
    if not text or len(text) > TEXT_CHARS_MAX:
        raise TagIdentityError(_refusal(text, f"has {len(text)} characters"))
    if text[:8].lower() == "urn:epc:":
        return _normalise_urn(text)
    prefix, colon, rest = text.partition(":")
    if prefix.lower() + colon in PREFIXES:
        name = _checked_name(text, rest)
        return prefix.lower() + colon + (_bluetooth(name) if prefix.lower() == "ble" else name)
    raise TagIdentityError(_refusal(text, _advice(text)))


@lru_cache(maxsize=_PURE_IDENTITIES_MAX)
def pure_identity(tag: str) -> str | None:
    """Give the pure-identity URI of a normalised tag, None where its code says none. Cached."""
    if tag.startswith(ID_PREFIX):
        return tag
    identity = describe(tag)
    return None if identity is None else identity.uri


def _normalise_hex(text: str) -> str:
    if len(text) % 2:
        raise TagIdentityError(_refusal(text, f"has an odd number of hex digits ({len(text)})"))
    if len(text) > 2 * EPC_BYTES_MAX:
        raise TagIdentityError(_refusal(text, f"has {len(text)} hex digits"))
    return text.lower()


def _normalise_urn(text: str) -> str:
    prefix, scheme = _urn_lead(text)
    if scheme in BY_KIND or scheme in BY_NAME:
        try:
            identity = parse_uri(text)
        except EpcError as error:
            raise TagIdentityError(str(error)) from error
        return encode(identity) if isinstance(identity, Epc) else identity.uri
    urn = f"{prefix}{scheme}{text[len(prefix) + len(scheme) :]}"
    if not _URN.fullmatch(urn):
        raise TagIdentityError(_refusal(text, "is not an EPC URI"))
    return urn


def _urn_lead(text: str) -> tuple[str, str]:
    for prefix in (ID_PREFIX, TAG_PREFIX):
        if text[: len(prefix)].lower() == prefix:
            return prefix, text[len(prefix) :].partition(":")[0].lower()
    raise TagIdentityError(_refusal(text, "is not an EPC URI"))


def _checked_name(text: str, rest: str) -> str:
    if not rest:
        raise TagIdentityError(_refusal(text, "has nothing after its prefix"))
    try:
        _ = rest.encode()
    except UnicodeEncodeError as error:
        raise TagIdentityError(_refusal(text, "is not Unicode text")) from error
    return rest


def _bluetooth(name: str) -> str:
    """A Bluetooth name as it is; an address or an iBeacon in its one spelling."""
    lower = name.lower()
    beacon = _BEACON.fullmatch(lower)
    if beacon is not None:
        *uuid, major, minor = beacon.groups()
        return f"{'-'.join(uuid)}-{int(major)}-{int(minor)}"
    return re.sub("[:_-]", "", lower) if _ADDRESS.fullmatch(lower) else name


def _advice(text: str) -> str:
    bare = re.sub(r"[\s-]|^0[xX]", "", text)
    if _HEX.fullmatch(bare):
        return f"must be written without spaces, dashes and 0x, as {excerpt(bare.lower())}"
    return "is not hex and has no known prefix"


def _refusal(text: str, reason: str) -> str:
    return f"tag {excerpt(text)} {reason}; accepted: {ACCEPTED}"
