"""URIs and fields that name nothing, and which scheme an identity gets."""

import re

import pytest

from tags.epc import (
    Epc,
    EpcError,
    Identity,
    SchemeName,
    commission,
    decode,
    describe,
    encode,
    parse_uri,
)


@pytest.mark.parametrize(
    ("uri", "reason"),
    [
        ("", "begins with neither urn:epc:id: nor urn:epc:tag:"),
        ("urn:epc:raw:96.x30", "begins with neither"),
        ("urn:epc:id:gsrn:0614141.1234567890", "kind 'gsrn' is not one of sgtin, sscc"),
        ("urn:epc:id:sgtin-96:3.0614141.812345.6789", "kind 'sgtin-96' is not one of"),
        ("urn:epc:tag:sgtin:0614141.812345.6789", "scheme 'sgtin' is not one of sgtin-96"),
        ("urn:epc:tag:sgtin-96:8.0614141.812345.6789", "filter value '8' must be a digit"),
        ("urn:epc:tag:sgtin-96:.0614141.812345.6789", "filter value '' must be a digit"),
        ("urn:epc:tag:sgtin-96:3.0614141.812345.06789", "without leading zeros"),
        ("urn:epc:tag:sgtin-96:3.0614141.812345.a", "SGTIN-96 serial 'a' must be a number"),
        ("urn:epc:tag:sgtin-96:3.0614141.812345.274877906944", "below 274877906944"),
        ("urn:epc:tag:giai-96:3.0614141.0a", "GIAI-96 asset reference '0a' must be a number"),
        ("urn:epc:id:sgtin:0614141.812345", "3 fields with dots"),
        ("urn:epc:id:sgtin:06141.41812345.1", "company prefix has 5 digits instead of 6 to 12"),
        ("urn:epc:id:sgtin:061414a.812345.1", "company prefix '061414a' must have 7 digits"),
        ("urn:epc:id:sgtin:061414\u0661.812345.1", "must have 7 digits"),
        ("urn:epc:id:sgtin:0614141.81234.1", "reference '81234' must have 6 digits"),
        ("urn:epc:id:sgtin:0614141.812345.", "serial '' must have 1 to 20 characters"),
        ("urn:epc:id:sgtin:0614141.812345.123456789012345678901", "must have 1 to 20"),
        ("urn:epc:id:sgtin:0614141.812345.a/b", "must be escaped"),
        ("urn:epc:id:sgtin:0614141.812345.a%2", "must be escaped"),
        ("urn:epc:id:sgtin:0614141.812345.a%23", "that GS1 keys do not allow"),
        ("urn:epc:id:sgtin:0614141.812345.%C3%A9", "that GS1 keys do not allow"),
        ("urn:epc:id:sscc:0614141.1234567890.1", "must have 10 digits"),
        ("urn:epc:id:giai:0614141.", "must have 1 to 23 characters"),
        ("urn:epc:id:gid:01.2.3", "manager number '01' must be a number"),
        ("urn:epc:id:gid:1.16777216.3", "object class '16777216' must be below 16777216"),
        ("urn:epc:id:gid:1.2." + "9" * 5000, "must be below"),
    ],
)
def test_a_wrong_uri_is_refused_with_its_reason(uri: str, reason: str) -> None:
    with pytest.raises(EpcError, match=re.escape(reason)):
        _ = parse_uri(uri)
    assert describe(uri) is None


@pytest.mark.parametrize(
    ("uri", "canonical"),
    [
        ("URN:EPC:ID:SGTIN:0614141.712345.aB", "urn:epc:id:sgtin:0614141.712345.aB"),
        (
            "urn:epc:id:sgtin:0614141.712345.%61%2fb",
            "urn:epc:id:sgtin:0614141.712345.a%2Fb",
        ),
        ("urn:epc:id:sgtin:0614141.712345.a.b", "urn:epc:id:sgtin:0614141.712345.a.b"),
    ],
)
def test_spellings_of_one_identity_become_one(uri: str, canonical: str) -> None:
    assert parse_uri(uri).uri == canonical


@pytest.mark.parametrize(
    ("uri", "scheme"),
    [
        ("sgtin:0614141.812345.6789", "sgtin-96"),
        ("sgtin:0614141.812345.06789", "sgtin-198"),
        ("sgtin:0614141.812345.274877906944", "sgtin-198"),
        ("sscc:0614141.1234567890", "sscc-96"),
        ("sgln:0614141.12345.0", "sgln-96"),
        ("sgln:0614141.12345.x", "sgln-195"),
        ("grai:0614141.12345.x", "grai-170"),
        ("giai:0614141.5678", "giai-96"),
        ("giai:0614141.x", "giai-202"),
    ],
)
def test_an_identity_gets_the_shortest_scheme_that_can_hold_it(
    uri: str, scheme: SchemeName
) -> None:
    epc = commission(parse_uri(f"urn:epc:id:{uri}"), filter_value=1)
    assert (epc.scheme, epc.filter, epc.uri) == (scheme, 1, f"urn:epc:id:{uri}")
    assert decode(encode(epc)) == epc


def test_a_scheme_can_be_asked_for() -> None:
    identity = parse_uri("urn:epc:id:sgtin:0614141.812345.6789")
    assert commission(identity, "sgtin-198").scheme == "sgtin-198"
    with pytest.raises(EpcError, match="'sscc-96' is no scheme for 'sgtin'"):
        _ = commission(identity, "sscc-96")


def test_a_gid_is_commissioned_without_a_filter() -> None:
    assert commission(Identity("gid", "1", "2", "3"), filter_value=5).filter is None


@pytest.mark.parametrize("filter_value", [-1, 8])
def test_a_filter_value_has_three_bits(filter_value: int) -> None:
    with pytest.raises(EpcError, match="must lie in 0 to 7"):
        _ = commission(Identity("sscc", "0614141", "1234567890"), filter_value=filter_value)


@pytest.mark.parametrize(
    ("epc", "reason"),
    [
        (Epc("sscc", "0614141", "1234567890", "1", scheme="sscc-96", filter=0), "has no serial"),
        (Epc("sscc", "0614141", "1234567890", scheme="sscc-96", filter=None), "filter value None"),
        (Epc("gid", "1", "2", "3", scheme="gid-96", filter=0), "GID-96 has no filter value"),
        (Epc("gid", "1", "2", scheme="gid-96", filter=None), "serial '' must be a number"),
        (Epc("grai", "0614141", "12345", scheme="grai-96", filter=0), "serial '' must have 1 to"),
        (Epc("sgtin", "0614141", "812345", "1", scheme="gid-96", filter=0), "is no scheme for"),
        (Epc("giai", "0614141", "é", scheme="giai-202", filter=0), r"'\\xe9' has a character"),
    ],
)
def test_fields_that_no_tag_can_carry_are_refused(epc: Epc, reason: str) -> None:
    with pytest.raises(EpcError, match=reason):
        _ = encode(epc)
