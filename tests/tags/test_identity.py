"""One spelling for each tag, and a refusal that says what would do."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tags.epc.errors import excerpt
from tags.identity import (
    ACCEPTED,
    EPC_BYTES_MAX,
    TEXT_CHARS_MAX,
    TagIdentityError,
    normalise_tag,
    pure_identity,
)

SGTIN_HEX = "3074257bf7194e4000001a85"
SGTIN_URI = "urn:epc:id:sgtin:0614141.812345.6789"


@given(st.binary(min_size=1, max_size=EPC_BYTES_MAX))
def test_hex_becomes_lower_case_hex(bank: bytes) -> None:
    assert normalise_tag(bank.hex().upper()) == normalise_tag(bank.hex()) == bank.hex()


@pytest.mark.parametrize(
    ("text", "identity"),
    [
        ("BLE:Fob-7", "ble:Fob-7"),
        ("ble:aa-bb-cc-01-02-03", "ble:aabbcc010203"),
        ("ble:AABBCC010203", "ble:aabbcc010203"),
        ("ble:aa:bb-cc:01:02:03", "ble:aa:bb-cc:01:02:03"),
        ("ble:AA:BB:CC:01:02:03", "ble:aabbcc010203"),
        (
            "ble:iBeacon:E2C56DB5DFFB48D2B060D0F5A71096E0_007-8",
            "ble:e2c56db5-dffb-48d2-b060-d0f5a71096e0-7-8",
        ),
        ("lora:0011AABB", "lora:0011AABB"),
        ("Gps:van 3", "gps:van 3"),
        ("code:]C1\x1d0180614141123458", "code:]C1\x1d0180614141123458"),
        ("code:a:b", "code:a:b"),
        ("ble:ü", "ble:ü"),
        (SGTIN_URI, SGTIN_URI),
        ("URN:EPC:ID:SGTIN:0614141.712345.a%2fb", "urn:epc:id:sgtin:0614141.712345.a%2Fb"),
        ("urn:epc:tag:sgtin-96:3.0614141.812345.6789", SGTIN_HEX),
        ("URN:epc:tag:GID-96:952056.2718.1414", "3500e86f8000a9e000000586"),
        ("urn:epc:id:gsrn:0614141.1234567890", "urn:epc:id:gsrn:0614141.1234567890"),
        ("URN:EPC:TAG:ADI-VAR:3.W81X9C.%23A", "urn:epc:tag:adi-var:3.W81X9C.%23A"),
    ],
)
def test_every_identity_has_one_spelling(text: str, identity: str) -> None:
    assert normalise_tag(text) == identity
    assert normalise_tag(identity) == identity


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "'' has 0 characters"),
        ("307", "'307' has an odd number of hex digits"),
        ("00" * 63, "has 126 hex digits"),
        ("tag-7", "'tag-7' is not hex and has no known prefix"),
        ("30 74-25", "must be written without spaces, dashes and 0x, as '307425'"),
        ("0x30AB", "must be written without spaces, dashes and 0x, as '30ab'"),
        ("\uff13\uff10", r"'\\uff13\\uff10' is not hex"),
        ("line\nbreak", r"'line\\nbreak' is not hex"),
        ("ble:", "'ble:' has nothing after its prefix"),
        ("ble:\ud800", r"'ble:\\ud800' is not Unicode text"),
        ("wifi:1", "is not hex and has no known prefix"),
        ("code:" + "x" * 252, r"'code:x{35}'… \(257 characters\) has 257 characters"),
        ("urn:epc:raw:96.x30", "is not an EPC URI"),
        ("urn:epc:id:gsrn:", "is not an EPC URI"),
        ("urn:epc:id:gsrn:a b", "is not an EPC URI"),
        ("urn:epc:id:sgtin:0614141.81234.1", "reference '81234' must have 6 digits"),
        ("urn:epc:id:sgtin-96:3.0614141.812345.1", "kind 'sgtin-96' is not one of"),
        ("urn:epc:tag:sgtin-96:9.0614141.812345.1", "filter value '9'"),
    ],
)
def test_what_names_no_tag_is_refused_with_its_text_and_reason(text: str, reason: str) -> None:
    with pytest.raises(TagIdentityError, match=reason):
        _ = normalise_tag(text)


def test_a_refusal_says_what_is_accepted() -> None:
    with pytest.raises(TagIdentityError) as refusal:
        _ = normalise_tag("tag-7")
    assert str(refusal.value).endswith(f"accepted: {ACCEPTED}")
    assert "code:" in ACCEPTED


@given(st.text() | st.text("urn:epcidtag.%-0123456789ABFsgx ").map("urn:epc:".__add__))
def test_any_text_is_normalised_for_good_or_refused(text: str) -> None:
    try:
        identity = normalise_tag(text)
    except TagIdentityError as error:
        assert excerpt(text) in str(error)  # noqa: PT017 -- the text may also be good
    else:
        assert normalise_tag(identity) == identity
        assert len(identity) <= TEXT_CHARS_MAX


@pytest.mark.parametrize(
    ("tag", "uri"),
    [
        (SGTIN_HEX, SGTIN_URI),
        (SGTIN_URI, SGTIN_URI),
        (normalise_tag("urn:epc:tag:sgtin-198:1.0614141.812345.6789"), SGTIN_URI),
        ("urn:epc:id:gsrn:0614141.1234567890", "urn:epc:id:gsrn:0614141.1234567890"),
        ("urn:epc:tag:gsrn-96:0.0614141.1234567890", None),
        ("e2003411b802011383258566", None),
        ("30", None),
        ("ble:fob-7", None),
    ],
)
def test_tags_of_one_thing_share_its_pure_identity(tag: str, uri: str | None) -> None:
    assert pure_identity(tag) == uri


def test_a_tag_that_repeats_is_decoded_once() -> None:
    pure_identity.cache_clear()
    assert [pure_identity(SGTIN_HEX) for _ in range(9)] == [SGTIN_URI] * 9
    assert pure_identity.cache_info()[:2] == (8, 1)
    assert pure_identity.cache_info().maxsize is not None
