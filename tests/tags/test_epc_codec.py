"""Every scheme against epcpy, there and back, and on content that breaks its scheme."""

import warnings
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tags.epc import Epc, EpcError, Kind, SchemeName, decode, describe, encode, parse_uri

with warnings.catch_warnings():
    # Its regular expressions are no raw strings, which Python says when it first compiles them.
    warnings.simplefilter("ignore")
    from epcpy.utils.parsers import hex_to_tag_encodable, tag_uri_to_tag_encodable

SERIAL_CHARS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!\"%&'()*+,-./:;<=>?_"
# epcpy misreads %2F, %3C, %3E and %3F before another character, and cuts a GIAI at its colon.
EPCPY_CHARS = SERIAL_CHARS.translate(dict.fromkeys(map(ord, "/<>?:")))
DIGITS = {"sgtin": 13, "sscc": 17, "sgln": 12, "grai": 12}
NUMBER_BITS = {"sgtin-96": 38, "sgln-96": 41, "grai-96": 38}
TEXT_CHARS = {"sgtin-198": 20, "sgln-195": 20, "grai-170": 16}
GIAI_BITS = {12: 42, 11: 45, 10: 48, 9: 52, 8: 55, 7: 58, 6: 62}
SCHEMES: dict[SchemeName, Kind] = {
    "sgtin-96": "sgtin",
    "sgtin-198": "sgtin",
    "sscc-96": "sscc",
    "sgln-96": "sgln",
    "sgln-195": "sgln",
    "grai-96": "grai",
    "grai-170": "grai",
    "giai-96": "giai",
    "giai-202": "giai",
    "gid-96": "gid",
}
BITS = {name: int(name.rpartition("-")[2]) for name in SCHEMES}
FREE_HEADERS = st.binary(min_size=1).filter(lambda bank: not 0x30 <= bank[0] <= 0x39)


def digits(count: int) -> st.SearchStrategy[str]:
    return st.integers(0, 10**count - 1).map(lambda number: str(number).zfill(count)[:count])


def numbers(bits: int) -> st.SearchStrategy[str]:
    return st.integers(0, 2**bits - 1).map(str)


def references(scheme: SchemeName, prefix_digits: int, chars: str) -> st.SearchStrategy[str]:
    if scheme == "giai-96":
        return numbers(GIAI_BITS[prefix_digits])
    if scheme == "giai-202":
        return st.text(chars, min_size=1, max_size=30 - prefix_digits)
    count = DIGITS[SCHEMES[scheme]] - prefix_digits
    return digits(count) if count else st.just("")


def serials(scheme: SchemeName, chars: str) -> st.SearchStrategy[str | None]:
    if scheme in NUMBER_BITS:
        return numbers(NUMBER_BITS[scheme])
    if scheme in TEXT_CHARS:
        return st.text(chars, min_size=1, max_size=TEXT_CHARS[scheme])
    return st.none()


@st.composite
def epcs(draw: st.DrawFn, name: SchemeName, chars: str = SERIAL_CHARS) -> Epc:
    """Any well-formed EPC of a scheme."""
    if name == "gid-96":
        manager, object_class, serial = (draw(numbers(bits)) for bits in (28, 24, 36))
        return Epc("gid", manager, object_class, serial, scheme=name, filter=None)
    count = draw(st.integers(6, 12))
    return Epc(
        SCHEMES[name],
        draw(digits(count)),
        draw(references(name, count, chars)),
        draw(serials(name, chars)),
        scheme=name,
        filter=draw(st.integers(0, 7)),
    )


def any_epc() -> st.SearchStrategy[Epc]:
    return st.sampled_from(sorted(SCHEMES)).flatmap(epcs)


def epcpy_can_hold(epc: Epc) -> bool:
    """Say whether epcpy, which counts an escaped character as three, takes the text for short."""
    return epc.kind not in {"giai", "grai"} or len(epc.body) <= {"giai": 31, "grai": 30}[epc.kind]


def refusal(text: str) -> str:
    """Why `decode` refuses a text; empty where it decodes and encodes back to the same bits."""
    try:
        again = encode(decode(text))
    except EpcError as error:
        assert describe(text) is None
        return str(error)
    assert again == text.ljust(len(again), "0")
    return ""


@pytest.mark.parametrize("scheme", SCHEMES)
@given(data=st.data())
def test_epcpy_reads_the_same_in_what_we_encode(scheme: SchemeName, data: st.DataObject) -> None:
    epc = data.draw(epcs(scheme, EPCPY_CHARS).filter(epcpy_can_hold))
    theirs: Any = hex_to_tag_encodable(encode(epc))
    assert theirs.epc_uri == epc.uri
    # epcpy adds the serial to a GRAI, and states an SGLN's extension 0 in the element string.
    if epc.kind != "gid":
        assert theirs.gs1_key() == (epc.key or "") + (
            epc.serial or "" if epc.kind == "grai" else ""
        )
    if epc.kind != "gid" and (epc.kind, epc.serial) != ("sgln", "0"):
        assert theirs.gs1_element_string() == epc.element_string


@pytest.mark.parametrize("scheme", SCHEMES)
@given(data=st.data())
def test_epcpy_encodes_our_tag_uri_to_the_same_bits(
    scheme: SchemeName, data: st.DataObject
) -> None:
    epc = data.draw(epcs(scheme, EPCPY_CHARS).filter(epcpy_can_hold))
    theirs: Any = tag_uri_to_tag_encodable(epc.tag_uri)
    options: dict[str, Any] = {}
    if epc.kind != "gid":
        name = scheme.upper().replace("-", "_")
        options["binary_coding_scheme"] = theirs.BinaryCodingScheme[name]
        module = __import__(type(theirs).__module__, fromlist=["*"])
        options["filter_value"] = getattr(module, f"{epc.kind.upper()}FilterValue")(str(epc.filter))
    assert theirs.hex(**options).lower() == encode(epc)


@given(any_epc())
def test_what_is_encoded_decodes_to_itself(epc: Epc) -> None:
    text = encode(epc)
    assert decode(text) == decode(text.upper()) == describe(text) == epc
    assert len(text) % 4 == 0
    assert text == text.lower()


@given(any_epc())
def test_uris_read_back_to_what_they_say(epc: Epc) -> None:
    assert parse_uri(epc.tag_uri) == epc
    identity = parse_uri(epc.uri)
    assert identity.uri == epc.uri
    assert identity.elements == epc.elements


@given(any_epc(), st.integers(min_value=0))
def test_a_changed_bit_is_refused_or_means_something_else(epc: Epc, place: int) -> None:
    text = encode(epc)
    changed = f"{int(text, 16) ^ 1 << place % (4 * len(text)):0{len(text)}x}"
    assert refusal(changed) or decode(changed) != epc


@given(st.binary())
@example(b"")
def test_bytes_decode_or_say_why_not(bank: bytes) -> None:
    reason = refusal(bank.hex())
    assert not reason or bank.hex()[:20] in reason


@pytest.mark.parametrize("header", range(0x30, 0x3A))
@given(data=st.data())
def test_content_behind_a_known_header_decodes_or_says_why_not(
    header: int, data: st.DataObject
) -> None:
    size = data.draw(st.sampled_from((12, 22, 25, 26)))
    text = bytes([header, *data.draw(st.binary(min_size=size - 1, max_size=size - 1))]).hex()
    reason = refusal(text)
    assert not reason or "is not a valid " in reason


@given(st.text())
def test_any_text_decodes_or_raises_an_epc_error(text: str) -> None:
    for read in (decode, parse_uri):
        try:
            _ = read(text)
        except EpcError:
            assert describe(text) is None


@given(FREE_HEADERS)
def test_unknown_headers_pass_through_without_a_meaning(bank: bytes) -> None:
    assert describe(bank.hex()) is None
    with pytest.raises(EpcError, match="no EPC scheme known here"):
        _ = decode(bank.hex())


def field_bits(*fields: tuple[int, int]) -> str:
    """Hex of (value, bits) fields, padded to words."""
    joined = "".join(f"{value:0{bits}b}" for value, bits in fields)
    joined = joined.ljust(-(-len(joined) // 16) * 16, "0")
    return f"{int(joined, 2):0{len(joined) // 4}x}"


SGTIN = ((0x30, 8), (1, 3))
SGTIN_TEXT = ((0x36, 8), (1, 3), (5, 3), (614141, 24), (712345, 20))
GIAI_TEXT = ((0x38, 8), (1, 3), (0, 3), (1, 40))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "even number of hex digits"),
        ("307", "even number of hex digits"),
        ("0x30", "even number of hex digits"),
        ("30 74", "even number of hex digits"),
        ("30_74257bf7194e4000001a85", "even number of hex digits"),
        ("\uff13074257bf7194e4000001a85", "even number of hex digits"),
        ("30", "8 bits instead of 96"),
        ("3074257bf7194e4000001a850000", "112 bits instead of 96"),
        ("3674257bf6b7a659b2c2bf1" + "0" * 33, "224 bits instead of 208"),
        ("3674257bf6b7a659b2c2bf1" + "0" * 28 + "1", "set in the padding"),
        (field_bits(*SGTIN, (7, 3), (0, 82)), "partition value 7 is reserved"),
        (field_bits(*SGTIN, (6, 3), (10**6, 20), (1, 24), (1, 38)), "prefix 1000000 has more"),
        (field_bits(*SGTIN, (6, 3), (1, 20), (10**7, 24), (1, 38)), "reference 10000000 has"),
        (field_bits((0x32, 8), (0, 6), (1, 40), (1, 1), (5, 41)), "reference 1 has more than 0"),
        (field_bits((0x31, 8), (0, 6), (1, 40), (1, 18), (9, 24)), "reserved bits are set"),
        (field_bits(*SGTIN_TEXT, (0, 140)), "0 characters instead of 1 to 20"),
        (field_bits(*SGTIN_TEXT, (0x20, 7), (0, 133)), "character b' '"),
        (field_bits(*SGTIN_TEXT, (0, 7), (0x41, 7), (0, 126)), "after the end of the text"),
        (field_bits(*GIAI_TEXT, *[(0x41, 7)] * 19, (0, 15)), "19 characters instead of 1 to 18"),
        (field_bits(*GIAI_TEXT, (0x41, 7), (0, 140), (1, 1)), "after the end of the text"),
    ],
)
def test_bad_content_is_refused_with_its_reason(text: str, reason: str) -> None:
    with pytest.raises(EpcError, match=reason):
        _ = decode(text)
    assert describe(text) is None


@pytest.mark.parametrize("spare_bytes", [0, 1])
def test_zero_padding_up_to_the_next_word_is_accepted(spare_bytes: int) -> None:
    text = "3674257bf6b7a659b2c2bf1".ljust(50, "0") + "00" * spare_bytes
    assert decode(text).serial == "32a/b"
    assert len(encode(decode(text))) == 52
