import json
import struct
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from readers.driver import ReaderMisconfiguredError
from readers.llrp.plan import plan_for
from readers.llrp.profiles import densest, fastest
from readers.llrp.settings import LlrpSettings
from readers.wire.llrp.abilities import Abilities, RfMode, decode_abilities
from readers.wire.llrp.capabilities import (
    Capabilities,
    Mode,
    SetUp,
    encode_capabilities,
    encode_config,
)
from readers.wire.llrp.configuration import (
    Configuration,
    Transmitter,
    antenna_properties,
    decode_configuration,
    encode_set_configuration,
    events_and_reports,
    gpi_port,
    gpo_write_data,
    keepalive_spec,
)
from readers.wire.llrp.parameters import VENDOR_IMPINJ, ReportError, custom, tlv
from readers.wire.llrp.requests import decode_set_config

TABLE = {1: 10.0, 2: 20.0, 3: 27.5, 4: 30.0}
MODES = (RfMode(0, 640_000, 1, 2), RfMode(2, 274_000, 4, 3), RfMode(3, 170_600, 8, 3))
CAN = Abilities(antennas=4, vendor=VENDOR_IMPINJ, gpos=4, powers_dbm=TABLE, modes=MODES)


def settings_of(**changes: object) -> LlrpSettings:
    return LlrpSettings.model_validate({"name": "r1", "address": "h"} | changes)


class TestDecoding:
    def test_what_the_simulator_claims_is_understood(self) -> None:
        claims = Capabilities(
            antennas=8,
            powers_dbm=(10.0, 31.5),
            modes=(Mode(2), Mode(7)),
            vendor=161,
            model=9,
            gpis=2,
            gpos=3,
            rospecs_max=5,
            utc=False,
        )
        can = decode_abilities(encode_capabilities(claims))
        assert (can.antennas, can.vendor, can.model, can.firmware) == (8, 161, 9, "5.14.0.240")
        assert (can.gpis, can.gpos, can.rospecs_max, can.has_utc) == (2, 3, 5, False)
        assert can.powers_dbm == {1: 10.0, 2: 31.5}
        assert [mode.identifier for mode in can.modes] == [2, 7]
        assert len(can.frequencies_khz) == 4
        assert (can.maker, can.product) == ("Zebra (Motorola)", "model 9")

    def test_impinjs_detailed_version_names_the_model(self) -> None:
        texts = b"".join(struct.pack("!H", len(text)) + text for text in (b"R700", b"37\x00-1"))
        can = decode_abilities(custom(VENDOR_IMPINJ, 29, texts))
        assert (can.name, can.product, can.serial) == ("R700", "R700", "37-1")

    @given(st.binary(max_size=120))
    def test_any_bytes_decode_or_are_a_report_error(self, body: bytes) -> None:
        general = tlv(137, bytes(14), body)
        band = tlv(143, bytes(4), tlv(144, body, tlv(146, b"\x00", body), tlv(328, body)))
        for whole in (body, general, band, tlv(222, b"\0\1", body), custom(25882, 29, body)):
            for decode in (decode_abilities, decode_configuration):
                try:
                    decode(whole)
                except ReportError:
                    continue

    def test_a_table_without_end_is_cut(self) -> None:
        rows = b"".join(tlv(145, struct.pack("!Hh", n, n)) for n in range(1, 5_000))
        can = decode_abilities(tlv(143, bytes(4), tlv(144, rows)))
        assert len(can.powers_dbm) == 1_024

    def test_a_configuration_comes_back(self) -> None:
        body = encode_config(
            {1: True, 2: False},
            SetUp(
                keepalive_ms=5_000,
                hold=True,
                outputs=((1, True),),
                inputs=((1, True, True), (2, False, False)),
            ),
        )
        found = decode_configuration(body)
        assert found.antennas == {1: True, 2: False}
        assert found.transmitters == {1: Transmitter(1, 0, 1), 2: Transmitter(1, 0, 1)}
        assert found.gpis == {1: True, 2: False}
        assert found.gpos == {1: True}
        assert (found.keepalive_ms, found.holds_reports) == (5_000, True)

    def test_an_input_that_the_reader_does_not_know_is_none(self) -> None:
        assert decode_configuration(gpi_port(3, enabled=True)).gpis == {3: None}

    def test_what_we_ask_is_what_a_reader_hears(self) -> None:
        ask = decode_set_config(
            encode_set_configuration(
                antenna_properties(1, connected=True),
                gpi_port(2, enabled=True),
                gpo_write_data(3, on=True),
                gpo_write_data(4, on=False),
                keepalive_spec(2_500),
                events_and_reports(hold=True),
            ),
        )
        assert (ask.reset, ask.keepalive_ms, ask.hold) == (False, 2_500, True)
        assert ask.inputs == ((2, True),)
        assert ask.outputs == ((3, True), (4, False))


class TestRealReader:
    def published(self, folder: Path, name: str) -> tuple[bytes, dict[str, Any]]:
        values: dict[str, Any] = json.loads((folder / f"{name}-000.json").read_text())
        return (folder / f"{name}-000.bytes").read_bytes(), values

    def test_its_capabilities_decode_as_published(self, real_llrp: Path) -> None:
        body, values = self.published(real_llrp, "GetReaderCapabilitiesResponse")
        can = decode_abilities(body)
        device, llrp = values["GeneralDeviceCapabilities"], values["LLRPCapabilities"]
        band = values["RegulatoryCapabilities"]["UHFBandCapabilities"]
        assert can.antennas == device["MaxSupportedAntennas"]
        assert can.vendor == device["DeviceManufacturer"]
        assert can.model == device["Model"]
        assert can.firmware == device["FirmwareVersion"]
        assert can.has_utc == device["HasUTCClock"]
        assert can.gpis == device["GPIOCapabilities"]["NumGPIs"]
        assert can.gpos == device["GPIOCapabilities"]["NumGPOs"]
        assert can.can_warn == llrp["CanReportBufferFillWarning"]
        assert can.can_hold == llrp["SupportsEventsAndReportHolding"]
        assert can.rospecs_max == llrp["MaxROSpecs"]
        assert can.powers_dbm == {
            row["Index"]: row["TransmitPowerValue"] / 100 for row in band["TransmitPowerLevels"]
        }
        assert (can.maker, can.product) == ("Impinj", "Speedway R420")

    def test_its_frequencies_and_modes_decode_as_published(self, real_llrp: Path) -> None:
        body, values = self.published(real_llrp, "GetReaderCapabilitiesResponse")
        can = decode_abilities(body)
        band = values["RegulatoryCapabilities"]["UHFBandCapabilities"]
        tables = band["FrequencyInformation"]["FrequencyHopTables"]
        assert can.hop_tables == tuple(table["HopTableID"] for table in tables)
        assert can.modes == tuple(
            RfMode(
                row["ModeID"],
                row["BackscatterDataRate"],
                1 << row["Modulation"],
                row["SpectralMask"],
                row["MinTariTime"],
                row["MaxTariTime"],
            )
            for row in band["C1G2RFModes"]["UHFC1G2RFModeTableEntries"]
        )

    def test_its_configuration_decodes_as_published(self, real_llrp: Path) -> None:
        body, values = self.published(real_llrp, "GetReaderConfigResponse")
        found = decode_configuration(body)
        assert found.antennas == {
            row["AntennaID"]: row["AntennaConnected"] for row in values["AntennaProperties"]
        }
        assert found.transmitters == {
            row["AntennaID"]: Transmitter(
                row["RFTransmitter"]["HopTableID"],
                row["RFTransmitter"]["ChannelIndex"],
                row["RFTransmitter"]["TransmitPowerIndex"],
            )
            for row in values["AntennaConfigurations"]
        }
        assert found.gpis == {
            row["Port"]: bool(row["State"]) for row in values["GPIPortCurrentStates"]
        }
        assert found.gpos == {row["Port"]: row["Data"] for row in values["GPOWriteData"]}
        assert found.keepalive_ms == values["KeepAliveSpec"]["Interval"]
        assert found.holds_reports == values["EventsAndReports"]


class TestPlan:
    @pytest.mark.parametrize(
        ("dbm", "index"),
        [(30, 4), (30.9, 4), (29.9, 3), (27.5, 3), (12, 1), (9.5, 1), (None, 4)],
    )
    def test_power_is_the_step_at_or_below(self, dbm: float | None, index: int) -> None:
        plan = plan_for(settings_of(tx_power_dbm=dbm), CAN, Configuration())
        assert {0: index} == {n: t.power for n, t in plan.transmitters.items()}

    @pytest.mark.parametrize("dbm", [8.9, 31.1])
    def test_power_far_from_the_table_is_refused(self, dbm: float) -> None:
        with pytest.raises(ReaderMisconfiguredError, match=r"10\.0 to 30\.0"):
            plan_for(settings_of(tx_power_dbm=dbm), CAN, Configuration())

    def test_power_per_antenna_leaves_the_others_at_the_largest(self) -> None:
        plan = plan_for(settings_of(tx_power_dbm={1: 20, 2: 27.5}), CAN, Configuration())
        assert plan.antennas == (0,)
        assert {n: t.power for n, t in plan.transmitters.items()} == {1: 2, 2: 3, 3: 4, 4: 4}

    @pytest.mark.parametrize(
        "entry",
        [{"antennas": {9: {}}}, {"tx_power_dbm": {9: 20}}],
        ids=["antennas", "tx_power_dbm"],
    )
    def test_an_antenna_that_does_not_exist_is_named(self, entry: dict[str, object]) -> None:
        with pytest.raises(ReaderMisconfiguredError, match=r"antenna 9 does not exist \(1-4\)"):
            plan_for(settings_of(**entry), CAN, Configuration())

    def test_an_output_that_does_not_exist_is_named(self) -> None:
        with pytest.raises(ReaderMisconfiguredError, match=r"port 5 does not exist \(1-4\)"):
            plan_for(settings_of(outputs={5: {"name": "siren"}}), CAN, Configuration())

    def test_antennas_stay_on_the_frequencies_they_are_set_to(self) -> None:
        now = Configuration(transmitters={1: Transmitter(3, 0, 9), 2: Transmitter(4, 7, 9)})
        plan = plan_for(settings_of(antennas={2: {}, 3: {}}), CAN, now)
        assert plan.transmitters == {2: Transmitter(4, 7, 4), 3: Transmitter(3, 0, 4)}

    def test_a_reader_that_does_not_hop_gets_a_channel(self) -> None:
        fixed = CAN._replace(frequencies_khz=(865_700, 866_300))
        assert plan_for(settings_of(), fixed, Configuration()).transmitters[0][:2] == (0, 1)
        hopping = CAN._replace(hop_tables=(5,))
        assert plan_for(settings_of(), hopping, Configuration()).transmitters[0][:2] == (5, 0)

    def test_a_reader_without_a_power_table_keeps_its_power(self) -> None:
        can = CAN._replace(powers_dbm={})
        assert plan_for(settings_of(tx_power_dbm=20), can, Configuration()).transmitters == {}

    @pytest.mark.parametrize(
        ("profile", "mode"),
        [("fast", 0), ("normal", None), ("dense", 2), ("portal", 2)],
    )
    def test_a_profile_picks_its_mode(self, profile: str, mode: int | None) -> None:
        found = plan_for(settings_of(profile=profile), CAN, Configuration()).mode
        assert (found and found.identifier) == mode

    def test_a_mode_by_hand_beats_the_profile(self) -> None:
        plan = plan_for(settings_of(profile="fast", mode_identifier=3), CAN, Configuration())
        assert plan.mode == MODES[2]

    def test_no_table_has_no_fastest_mode(self) -> None:
        assert fastest([]) is None
        assert densest([RfMode(1, 40_000)]) is None
        assert densest([RfMode(1, 40_000), RfMode(2, 40_000, 4, 2)]) == RfMode(2, 40_000, 4, 2)

    @pytest.mark.parametrize(
        ("impinj", "vendor", "wanted"),
        [(None, VENDOR_IMPINJ, True), (None, 161, False), (True, 161, True), (False, 25882, False)],
    )
    def test_impinjs_fields_are_asked_of_an_impinj(
        self,
        impinj: object,
        vendor: int,
        wanted: object,
    ) -> None:
        can = CAN._replace(vendor=vendor)
        assert plan_for(settings_of(impinj=impinj), can, Configuration()).vendor_fields is wanted

    def test_impinjs_search_mode_on_another_make_is_refused(self) -> None:
        with pytest.raises(ReaderMisconfiguredError, match="search_mode: the reader is no Impinj"):
            plan_for(settings_of(search_mode="dual"), CAN._replace(vendor=161), Configuration())
