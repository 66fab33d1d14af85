"""The examples that the GS1 Tag Data Standard prints, and the notations of each code."""

import pytest

from tags.epc import Epc, Identity, SchemeName, decode, describe, encode, parse_uri

EXAMPLES = [
    ("3074257bf7194e4000001a85", "sgtin-96:3.0614141.812345.6789"),
    ("3674257bf6b7a659b2c2bf" + "1".ljust(30, "0"), "sgtin-198:3.0614141.712345.32a%2Fb"),
    ("3174257bf4499602d2000000", "sscc-96:3.0614141.1234567890"),
    ("3274257bf46072000000162e", "sgln-96:3.0614141.12345.5678"),
    ("3974257bf46072cd9615f88".ljust(52, "0"), "sgln-195:3.0614141.12345.32a%2Fb"),
    ("3374257bf40c0e400000162e", "grai-96:3.0614141.12345.5678"),
    ("3774257bf40c0e59b2c2bf1".ljust(44, "0"), "grai-170:3.0614141.12345.32a%2Fb"),
    ("3474257bf40000000000162e", "giai-96:3.0614141.5678"),
    ("3874257bf59b2c2bf1".ljust(52, "0"), "giai-202:3.0614141.32a%2Fb"),
    ("3500e86f8000a9e000000586", "gid-96:952056.2718.1414"),
]
ALL_SERIAL_MARKS = "!\"%&'()*+,-./:;<=>?_"


@pytest.mark.parametrize(("text", "tag"), EXAMPLES)
def test_the_examples_of_the_standard_decode_and_encode(text: str, tag: str) -> None:
    epc = decode(text.upper())
    assert epc.tag_uri == f"urn:epc:tag:{tag}"
    assert encode(epc) == text
    assert parse_uri(epc.tag_uri) == epc
    assert describe(text) == epc


@pytest.mark.parametrize(("text", "tag"), EXAMPLES)
def test_a_pure_identity_drops_scheme_and_filter(text: str, tag: str) -> None:
    scheme, _, body = tag.partition(":")
    kind = scheme.partition("-")[0]
    fields = body if kind == "gid" else body.partition(".")[2]
    assert decode(text).uri == f"urn:epc:id:{kind}:{fields}"


@pytest.mark.parametrize(
    ("uri", "key", "element_string", "link"),
    [
        (
            "sgtin:0614141.812345.6789",
            "80614141123458",
            "(01)80614141123458(21)6789",
            "01/80614141123458/21/6789",
        ),
        (
            "sgtin:0614141.712345.32a%2Fb",
            "70614141123451",
            "(01)70614141123451(21)32a/b",
            "01/70614141123451/21/32a%2Fb",
        ),
        (
            "sscc:0614141.1234567890",
            "106141412345678908",
            "(00)106141412345678908",
            "00/106141412345678908",
        ),
        (
            "sgln:0614141.12345.400",
            "0614141123452",
            "(414)0614141123452(254)400",
            "414/0614141123452/254/400",
        ),
        (
            "grai:0614141.12345.400",
            "0614141123452",
            "(8003)00614141123452400",
            "8003/00614141123452400",
        ),
        ("giai:0614141.32a%2Fb", "061414132a/b", "(8004)061414132a/b", "8004/061414132a%2Fb"),
    ],
)
def test_each_key_has_its_gs1_notations(uri: str, key: str, element_string: str, link: str) -> None:
    identity = parse_uri(f"urn:epc:id:{uri}")
    assert identity.key == key
    assert identity.element_string == element_string
    assert identity.scan_data == element_string.replace("(", "").replace(")", "")
    assert identity.digital_link == f"https://id.gs1.org/{link}"


@pytest.mark.parametrize(
    ("prefix", "reference", "gtin"),
    [
        ("061414112345", "8", "80614141123458"),
        ("061414", "8112345", "80614141123458"),
        ("952110", "0153001", "09521101530018"),
    ],
)
def test_the_indicator_digit_leads_the_gtin_whatever_the_prefix_length(
    prefix: str, reference: str, gtin: str
) -> None:
    assert Identity("sgtin", prefix, reference, "1").key == gtin


def test_the_extension_digit_leads_the_sscc() -> None:
    assert Identity("sscc", "061414", "11234567890").key == "106141412345678908"


def test_a_gid_has_no_gs1_notation() -> None:
    gid = decode("3500e86f8000a9e000000586")
    assert (gid.filter, gid.key, gid.elements) == (None, None, ())
    assert (gid.element_string, gid.scan_data, gid.digital_link) == (None, None, None)


@pytest.mark.parametrize("scheme", ["sgln-96", "sgln-195"])
def test_sgln_extension_0_means_a_location_without_extension(scheme: SchemeName) -> None:
    location = decode(encode(Epc("sgln", "0614141", "12345", "0", scheme=scheme, filter=0)))
    assert location.uri == "urn:epc:id:sgln:0614141.12345.0"
    assert location.element_string == "(414)0614141123452"
    assert location.digital_link == "https://id.gs1.org/414/0614141123452"


def test_a_twelve_digit_prefix_leaves_the_reference_empty() -> None:
    location = parse_uri("urn:epc:id:sgln:061414112345..400")
    assert (location.reference, location.key) == ("", "0614141123452")
    asset = decode(encode(Epc("grai", "061414112345", "", "7", scheme="grai-96", filter=1)))
    assert asset.uri == "urn:epc:id:grai:061414112345..7"


def test_every_mark_of_a_serial_is_escaped_where_its_notation_asks_for_it() -> None:
    epc = Epc("sgtin", "0614141", "712345", ALL_SERIAL_MARKS, scheme="sgtin-198", filter=1)
    assert decode(encode(epc)) == epc
    body = "%22%25%26'()*+,-.%2F:;%3C=%3E%3F_"
    assert epc.uri == f"urn:epc:id:sgtin:0614141.712345.!{body}"
    assert epc.element_string == f"(01)70614141123451(21){ALL_SERIAL_MARKS}"
    assert epc.digital_link == (
        "https://id.gs1.org/01/70614141123451/21/"
        "%21%22%25%26%27%28%29%2A%2B%2C-.%2F%3A%3B%3C%3D%3E%3F_"
    )
