from datetime import date
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from readers.wire.barcodes import Barcode, BarcodeError, decode_content, decode_line
from readers.wire.gs1 import Gs1Error, gtin14, parse_date, parse_element_string
from tags.epc import decode, parse_uri
from tags.epc.values import with_check_digit
from tags.identity import normalise_tag

SGTIN = "code:(01)80614141123458(21)6789"
SERIALS = st.text("ABCxyz0189!\"%&'()*+,-./:;<=>?_", min_size=1, max_size=20)
GTINS = st.integers(0, 10**13 - 1).map(lambda number: with_check_digit(f"{number:013}"))


def scanned(line: bytes | str) -> Barcode:
    barcode = decode_line(line.encode() if isinstance(line, str) else line)
    assert barcode is not None
    return barcode


class TestOneIdentity:
    @pytest.mark.parametrize(
        "line",
        [
            "]d2018061414112345821" + "6789",
            "]C10180614141123458216789",
            "]Q30180614141123458216789\x1d",
            "]e00180614141123458216789",
            "]d20180614141123458216789\x1d17271231\x1d",
            "]d201806141411234581727123121" + "6789",
            "]d210AB12\x1d0180614141123458216789",
            "]Q1https://id.gs1.org/01/80614141123458/21/6789",
            "]d1HTTPS://example.com/some/path/01/80614141123458/21/6789?17=271231&x=1",
            "https://example.com/gtin/80614141123458/ser/6789",
            "https://id.gs1.org/01/80614141123458/10/AB/21/6789/",
            "0180614141123458216789\x1d17271231",
            "\x1d0180614141123458216789",
        ],
    )
    def test_a_label_gives_the_same_tag_whichever_way_it_is_written(self, line: str) -> None:
        assert scanned(line).tag == SGTIN
        assert scanned(line).kind == "sgtin"

    def test_the_tag_is_what_the_code_of_an_rfid_tag_says_in_brackets(self) -> None:
        epc = decode("3074257bf7194e4000001a85")
        assert f"code:{epc.element_string}" == SGTIN

    @pytest.mark.parametrize(
        "uri",
        [
            "urn:epc:id:sgtin:0614141.812345.6789",
            "urn:epc:id:sscc:0614141.1234567890",
            "urn:epc:id:sgln:0614141.12345.5678",
            "urn:epc:id:sgln:0614141.12345.0",
            "urn:epc:id:grai:0614141.12345.400",
            "urn:epc:id:giai:0614141.66",
        ],
    )
    def test_every_key_that_rfid_knows_is_known_from_labels(self, uri: str) -> None:
        identity = parse_uri(uri)
        tag = f"code:{identity.element_string}"
        assert scanned(f"]d2{identity.scan_data}").tag == tag
        assert scanned(f"]Q1{identity.digital_link}").tag == tag

    @given(GTINS, SERIALS)
    def test_any_serial_survives_both_notations(self, gtin: str, serial: str) -> None:
        barcode = decode_content(f"01{gtin}21{serial}", "d2")
        link = decode_content(f"https://id.gs1.org/01/{gtin}/21/{quote(serial, safe='')}")
        assert barcode.tag == link.tag == f"code:(01){gtin}(21){serial}"
        assert (barcode.gtin, barcode.serial) == (gtin, serial)
        assert barcode.elements == link.elements

    def test_an_epc_uri_in_a_code_is_the_tag_itself(self) -> None:
        uri = "urn:epc:tag:sgtin-96:3.0614141.812345.6789"
        assert scanned(f"]Q1{uri}").tag == "3074257bf7194e4000001a85"
        assert scanned("]Q1urn:epc:nonsense").tag == "code:urn:epc:nonsense"

    @pytest.mark.parametrize(
        ("line", "gtin"),
        [
            ("]E04006381333931", "04006381333931"),
            ("]E0" + "012345678905", "00012345678905"),
            ("]E0" + "0012345678905", "00012345678905"),
            ("]E3" + "01234567890512345", "00012345678905"),
            ("]E0" + "01234567890", None),
            ("]E496385074", "00000096385074"),
            ("]E3400638133393112", "04006381333931"),
            ("]E3400638133393112345", "04006381333931"),
            ("]I114006381333938", "14006381333938"),
            ("]Q1https://x.example/01/96385074", "00000096385074"),
        ],
    )
    def test_an_article_number_of_any_length_has_14_digits(
        self,
        line: str,
        gtin: str | None,
    ) -> None:
        barcode = scanned(line)
        assert barcode.gtin == gtin
        if gtin is not None:
            assert barcode.tag == f"code:(01){gtin}"

    def test_a_composite_names_what_both_parts_say_together(self) -> None:
        barcode = scanned("]E04006381333931|]e010LOT7\x1d21S1")
        assert barcode.tag == "code:(01)04006381333931(21)S1"
        assert barcode.lot == "LOT7"

    def test_a_batch_without_serials_is_told_from_another_one(self) -> None:
        assert scanned("]d20104006381333931" + "10A").tag == "code:(01)04006381333931(10)A"


class TestContent:
    def test_what_the_label_says_besides_its_key_is_kept(self) -> None:
        barcode = scanned("]d20104006381333931" + "17280200" + "10AB\x1d21S1")
        assert (barcode.gtin, barcode.lot, barcode.serial) == ("04006381333931", "AB", "S1")
        assert barcode.expiry(2026) == date(2028, 2, 29)
        assert (barcode.symbology, barcode.aim) == ("Data Matrix", "d2")
        assert scanned("]C100106141412345678908").sscc == "106141412345678908"

    @pytest.mark.parametrize(
        ("digits", "year", "expected"),
        [
            ("271231", 2026, date(2027, 12, 31)),
            ("270200", 2026, date(2027, 2, 28)),
            ("760101", 2026, date(2076, 1, 1)),
            ("770101", 2026, date(1977, 1, 1)),
            ("030101", 2098, date(2103, 1, 1)),
            ("271301", 2026, None),
            ("270230", 2026, None),
        ],
    )
    def test_dates_lie_around_this_year(
        self,
        digits: str,
        year: int,
        expected: date | None,
    ) -> None:
        assert parse_date(digits, year) == expected

    def test_measures_and_own_identifiers_are_read_over(self) -> None:
        elements = parse_element_string("3103001750" + "0104006381333931" + "91A\x1d21S")
        assert dict(elements) == {"3103": "001750", "01": "04006381333931", "91": "A", "21": "S"}

    @pytest.mark.parametrize(
        ("content", "reason"),
        [
            ("0104006381333932", "check_digit"),
            ("00106141412345678907", "check_digit"),
            ("8003" + "04006381333932X", "check_digit"),
            ("010400638133393", "gs1"),
            ("01O4006381333931", "gs1"),
            ("0504006381333931", "gs1"),
            ("21" + "x" * 21, "gs1"),
            ("21", "gs1"),
            ("21ä", "gs1"),
            ("", "gs1"),
            ("hello", "gs1"),
        ],
    )
    def test_what_gs1_does_not_allow_is_plain_and_says_why(self, content: str, reason: str) -> None:
        with pytest.raises(Gs1Error) as refused:
            parse_element_string(content)
        assert refused.value.reason == reason
        if content:
            barcode = scanned(f"]d2{content}")
            assert (barcode.kind, barcode.fault) == ("plain", reason)
            assert barcode.gtin is None

    @pytest.mark.parametrize(
        "line",
        [
            b"]d221A\x1d21B",
            b"]C10104006381333931" + b"0114006381333938",
            b"]d20104006381333931" + b"21A\x1d21B",
            b"https://x.example/01/04006381333931/21/A?21=B",
        ],
    )
    def test_a_code_that_contradicts_itself_names_nothing(self, line: bytes) -> None:
        with pytest.raises(BarcodeError) as refused:
            decode_line(line)
        assert refused.value.reason == "contradiction"

    def test_a_wrong_check_digit_in_an_ean_or_a_link_is_said(self) -> None:
        assert scanned("]E04006381333932").fault == "check_digit"
        assert scanned("]E04006381333932").tag == "code:4006381333932"
        assert scanned("]Q1https://x.example/01/4006381333932").fault == "check_digit"
        with pytest.raises(Gs1Error):
            gtin14("123")

    @pytest.mark.parametrize(
        "url",
        [
            "https://example.com/",
            "https://example.com/01/2",
            "https://example.com/01/",
            "https://example.com/01/04006381333931/77/x",
            "https://example.com/01/04006381333931/21",
            "https://[broken/01/04006381333931",
            "https://example.com/01/04006381333931/21/%ff",
            "ftp://example.com/01/04006381333931",
        ],
    )
    def test_other_addresses_are_plain_codes(self, url: str) -> None:
        barcode = scanned(url)
        assert (barcode.tag, barcode.kind, barcode.fault) == (f"code:{url}", "plain", None)

    def test_a_query_with_foreign_names_or_too_many_is_left_alone(self) -> None:
        link = "https://x.example/8004/0614141A?17=271231&utm=1&q=2&10="
        assert scanned(link).elements == (("8004", "0614141A"), ("17", "271231"))
        assert scanned(link + "&a=1" * 50).elements == (("8004", "0614141A"),)


class TestPlain:
    @pytest.mark.parametrize(
        ("line", "tag"),
        [
            (b"A-0042", "code:A-0042"),
            (b"]A0A-0042", "code:A-0042"),
            (b"]d10104006381333931", "code:0104006381333931"),
            (b"4006381333931", "code:4006381333931"),
            (b"]9x", "code:]9x"),
            (b"]y0x", "code:]y0x"),
            (b"\x02A-0042 \x03", "code:A-0042"),
            (b"\xef\xbb\xbfStra\xc3\x9fe", "code:Straße"),
            (b"Stra\xdfe", "code:Straße"),
            (b"[)>\x1e06\x1dP123\x1e\x04", "code:[)>␞06␝P123␞␄"),
            (b"]d1A\x1dB", "code:A␝B"),
            (b"]I012345678901234", "code:12345678901234"),
        ],
    )
    def test_other_codes_are_what_they_say(self, line: bytes, tag: str) -> None:
        assert scanned(line).tag == tag
        assert scanned(line).kind == "plain"
        assert normalise_tag(tag) == tag

    @pytest.mark.parametrize("text", ["NOREAD", "NoRead", "]X0NR", "?", "", " ", "]d2", "\x1d"])
    def test_a_no_read_is_no_code(self, text: str) -> None:
        assert decode_line(text.encode()) is None

    def test_which_texts_mean_no_read_can_be_said(self) -> None:
        assert decode_line(b"nix", ["NIX"]) is None
        assert decode_line(b"NOREAD", ["NIX"]) is not None

    @pytest.mark.parametrize(
        ("line", "reason"),
        [(b"ab\x00\x01cd", "noise"), (b"\x1bE", "noise"), (b"x" * 252, "long_code")],
    )
    def test_what_no_label_says_is_refused(self, line: bytes, reason: str) -> None:
        with pytest.raises(BarcodeError) as refused:
            decode_line(line)
        assert refused.value.reason == reason

    def test_the_symbology_is_unknown_without_a_prefix(self) -> None:
        assert scanned("x").symbology is None


@given(st.binary(max_size=300))
def test_any_line_gives_a_tag_that_the_register_accepts_or_a_reason(line: bytes) -> None:
    refused: str | None = None
    barcode: Barcode | None = None
    try:
        barcode = decode_line(line)
    except BarcodeError as error:
        refused = error.reason
    assert refused in {None, "noise", "long_code", "contradiction"}
    if barcode is not None:
        assert normalise_tag(barcode.tag) == barcode.tag
        assert barcode.expiry(2026) is None or barcode.element("17")


@given(st.text("0123456789A\x1d(]", max_size=60), st.sampled_from(["d2", "C1", "Q1", "E0", ""]))
def test_any_content_is_read_without_an_error(content: str, aim: str) -> None:
    barcode = decode_content(content, aim)
    assert barcode.fault in {None, "gs1", "check_digit", "contradiction"}
