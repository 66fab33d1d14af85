import pytest
from hypothesis import given
from hypothesis import strategies as st

from readers.wire.metratec import (
    Answer,
    AsciiHearing,
    AtHearing,
    Columns,
    Hearing,
    Round,
    Tag,
    parse_columns,
)

EPC, OTHER = "3034257bf468d480000003ec", "e200600311753e33"


def hear(hearing: Hearing, *lines: str) -> list[Round | Answer]:
    return [said for line in lines if (said := hearing.hear(line)) is not None]


class TestAsciiLines:
    def test_a_round_is_the_tags_before_its_end(self) -> None:
        assert hear(AsciiHearing(), EPC.upper(), "-54", OTHER, "-61", "ARP 01", "IVF 02") == [
            Round([Tag(EPC, -54.0), Tag(OTHER, -61.0)], antenna=2, final=True),
        ]

    def test_an_epc_that_is_said_twice_is_one_tag(self) -> None:
        (said,) = hear(AsciiHearing(), EPC, EPC, "-54", "IVF 01")
        assert said == Round([Tag(EPC, -54.0)], final=True)

    def test_an_empty_round_is_a_round(self) -> None:
        assert hear(AsciiHearing(), "IVF 00") == [Round([], final=True)]

    def test_a_lost_line_is_counted(self) -> None:
        hearing = AsciiHearing()
        hear(hearing, EPC, "IVF 02")
        assert hearing.take_bad() == {"lost_line": 1}

    def test_a_mutilated_epc_is_refused_and_its_rssi_with_it(self) -> None:
        hearing = AsciiHearing()
        (said,) = hear(hearing, EPC, OTHER[:-1], "-40", "IVF 02")
        assert said == Round([Tag(EPC, None)], final=True)
        assert hearing.take_bad() == {"epc": 1}

    def test_tags_that_could_not_be_understood_are_counted(self) -> None:
        hearing = AsciiHearing()
        hear(hearing, "CER", "TOE 01", "IVF 00")
        assert hearing.take_bad() == {"tag_trouble": 2}

    def test_a_broken_antenna_is_the_trouble_of_its_round(self) -> None:
        (said,) = hear(AsciiHearing(), "ARH", "ARP 03", "IVF 00")
        assert said == Round([], antenna=4, trouble="ARH", final=True)

    def test_everything_else_answers_a_command(self) -> None:
        lines = ["OK!", "BRA", "NCM", "HBT", "UPA", "PULSAR_MX     01000315"]
        assert hear(AsciiHearing(), *lines) == [Answer(line) for line in lines]


class TestAtLines:
    def test_a_round_is_the_tags_before_its_end(self) -> None:
        lines = [f"+CINV: {EPC.upper()},-54", f"+CINV: {OTHER},-61"]
        assert hear(AtHearing(), *lines, "+CINV: <ROUND FINISHED, ANT=2>") == [
            Round([Tag(EPC, -54.0), Tag(OTHER, -61.0)], antenna=2),
        ]

    def test_the_columns_say_what_stands_beside_an_epc(self) -> None:
        hearing = AtHearing()
        hearing.columns = Columns(tid=True, rssi=True)
        (said,) = hear(hearing, f"+INV: {EPC},E2003412,-54", "+INV: <ROUND FINISHED>")
        assert said == Round([Tag(EPC, -54.0)])
        hearing.columns = Columns(tid=True, rssi=False)
        (said,) = hear(hearing, f"+INV: {EPC},E2003412", "+INV: <ROUND FINISHED>")
        assert said == Round([Tag(EPC, None)])

    @pytest.mark.parametrize("rssi", ["1755", "0", "-121", "x", ""])
    def test_an_implausible_rssi_costs_the_rssi(self, rssi: str) -> None:
        (said,) = hear(AtHearing(), f"+CMINV: {EPC},{rssi}", "+CMINV: <ROUND FINISHED, ANT=1>")
        assert said == Round([Tag(EPC, None)], antenna=1)

    def test_no_tags_is_a_round_and_an_error_its_trouble(self) -> None:
        hearing = AtHearing()
        assert hear(hearing, "+CINV: <NO TAGS FOUND>") == [Round([])]
        said = hear(hearing, "+MINV: <Antenna Error>", "+MINV: <ROUND FINISHED, ANT=3>")
        assert said == [Round([], antenna=3, trouble="Antenna Error")]

    def test_an_antenna_below_1_is_refused(self) -> None:
        hearing = AtHearing()
        assert hear(hearing, f"+CINV: {EPC}", "+CINV: <ROUND FINISHED, ANT=0>") == [Round([])]
        assert hearing.take_bad() == {"antenna": 1}

    def test_a_round_without_end_is_cut(self) -> None:
        hearing = AtHearing()
        rounds = hear(hearing, *[f"+CINV: {EPC}"] * 10_000)
        assert [len(said.tags) for said in rounds if isinstance(said, Round)] == [4096, 4096]
        assert hearing.give_up() is not None
        assert hearing.give_up() is None

    def test_settings_say_which_columns_there_are(self) -> None:
        parsed = parse_columns("+INVS: 0,1,12,0")
        assert parsed == (Columns(tid=True, rssi=True), ["0", "1", "12", "0"])
        assert parse_columns("+INVS: 0,1") is None
        assert parse_columns("OK") is None


@given(st.lists(st.sampled_from([EPC, "-54", "IVF 02", "ARP 01", "OK", "HBT", "ARH", ""])))
def test_a_round_never_holds_more_than_was_said(lines: list[str]) -> None:
    rounds = [said for said in hear(AsciiHearing(), *lines) if isinstance(said, Round)]
    assert sum(len(said.tags) for said in rounds) <= lines.count(EPC)
