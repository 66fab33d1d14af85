"""URNs of EPCs, read strictly and given back in one canonical spelling."""

from typing import cast

from tags.epc.codec import encode
from tags.epc.errors import EpcError, excerpt
from tags.epc.schemes import BY_KIND, BY_NAME, check_identity
from tags.epc.text import unescape
from tags.epc.values import ID_PREFIX, TAG_PREFIX, Epc, Identity, Kind

_PARTS_WITHOUT_SERIAL = 2
_PARTS_WITH_SERIAL = 3


def parse_uri(uri: str) -> Identity:
    """Read a pure-identity URI as an Identity, or a tag URI as an Epc that `encode` accepts.

    `urn:epc:id:` and `urn:epc:tag:` and the scheme count in any case. Raises EpcError.
    """
    lead, _, body = _split(uri)
    try:
        if lead.startswith(TAG_PREFIX):
            return _parse_tag(lead.removeprefix(TAG_PREFIX), body)
        return _parse_identity(lead.removeprefix(ID_PREFIX), body)
    except EpcError as error:
        raise EpcError(f"{excerpt(uri)}: {error}") from None


def _split(uri: str) -> tuple[str, str, str]:
    for prefix in (ID_PREFIX, TAG_PREFIX):
        if uri[: len(prefix)].lower() == prefix:
            scheme, colon, body = uri[len(prefix) :].partition(":")
            return prefix + scheme.lower(), colon, body
    raise EpcError(f"{excerpt(uri)} begins with neither {ID_PREFIX} nor {TAG_PREFIX}")


def _parse_identity(kind: str, body: str) -> Identity:
    if kind not in BY_KIND:
        raise EpcError(f"kind {excerpt(kind)} is not one of {', '.join(BY_KIND)}")
    identity = Identity(cast("Kind", kind), *_fields(kind, body))
    check_identity(identity)
    return identity


def _parse_tag(name: str, body: str) -> Epc:
    scheme = BY_NAME.get(name)
    if scheme is None:
        raise EpcError(f"scheme {excerpt(name)} is not one of {', '.join(BY_NAME)}")
    filter_value = None
    if scheme.layouts:
        digit, _, body = body.partition(".")
        filter_value = _parse_filter(digit)
    fields = _fields(scheme.kind, body)
    epc = Epc(scheme.kind, *fields, scheme=scheme.name, filter=filter_value)
    _ = encode(epc)  # Refuses what the scheme cannot hold.
    return epc


def _parse_filter(digit: str) -> int:
    if digit not in set("01234567"):
        raise EpcError(f"filter value {excerpt(digit)} must be a digit from 0 to 7")
    return int(digit)


def _fields(kind: str, body: str) -> tuple[str, str, str | None]:
    count = _PARTS_WITHOUT_SERIAL if kind in {"sscc", "giai"} else _PARTS_WITH_SERIAL
    parts = body.split(".", count - 1)
    if len(parts) != count:
        raise EpcError(f"{count} fields with dots between them are wanted")
    last = unescape(parts[-1])
    if count == _PARTS_WITHOUT_SERIAL:
        return parts[0], last, None
    return parts[0], parts[1], last
