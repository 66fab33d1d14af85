"""What a reader refuses, what others left on it, and what it is asked to do."""

import asyncio
import logging
import time
from typing import Any, cast

import pytest
from sllurp.llrp import LLRPMessage

from readers.driver import Finding, ReaderLostError, ReaderMisconfiguredError
from readers.llrp.driver import LlrpDriver
from readers.llrp.requests import ROSPEC_ID
from readers.wire.llrp.framing import Frame
from readers.wire.llrp.messages import Message
from readers.wire.llrp.rospec import Content
from simulators.llrp_models import MODELS
from simulators.llrp_reader import LlrpReader
from simulators.llrp_specs import foreign_rospec
from tests.readers.llrp_driving import (
    DEADLINE_S,
    batches_until,
    connected,
    reads_of,
    rospec_of,
    settings_of,
    take,
)

pytestmark = pytest.mark.timeout(60)


async def finding_of(driver: LlrpDriver, step: str) -> Finding:
    return next(finding for finding in await driver.examine(1.0) if finding.step == step)


async def counted(driver: LlrpDriver) -> dict[str, int]:
    batches = await batches_until(driver, lambda batch: bool(batch.bad))
    return batches[-1].bad


class TestAsked:
    async def test_the_profile_reaches_the_reader(self) -> None:
        async with (
            LlrpReader(capabilities=MODELS["impinj-r420"]) as reader,
            connected(reader, profile="dense", antennas={1: {}, 2: {}}),
        ):
            asks = reader.antenna_asks
            assert [ask.antenna for ask in asks] == [1, 2]
            # All modes of the simulated table are made for several readers: the fastest is taken.
            assert {(ask.session, ask.tag_population, ask.mode) for ask in asks} == {(1, 256, 0)}

    async def test_power_per_antenna_reaches_the_reader(self) -> None:
        async with (
            LlrpReader(capabilities=MODELS["impinj-r420"]) as reader,
            connected(reader, tx_power_dbm={1: 30, 2: 27.6}),
        ):
            table = MODELS["impinj-r420"].powers_dbm
            powers = {a.antenna: table[(a.power_index or 0) - 1] for a in reader.antenna_asks}
            assert powers == {1: 30.0, 2: 27.5, 3: 30.0, 4: 30.0}

    async def test_impinjs_search_mode_reaches_the_reader(self) -> None:
        async with (
            LlrpReader(capabilities=MODELS["impinj-r420"]) as reader,
            connected(reader, search_mode="dual"),
        ):
            assert {ask.search_mode for ask in reader.antenna_asks} == {2}

    @pytest.mark.parametrize(("impinj", "finer"), [(None, True), (True, True), (False, False)])
    async def test_an_impinj_reports_finer_unless_told_not_to(
        self,
        impinj: object,
        finer: object,
    ) -> None:
        async with (
            LlrpReader(capabilities=MODELS["impinj-r420"]) as reader,
            connected(reader, impinj=impinj),
        ):
            content = reader.rospecs[0].content
            assert (content.phase, content.doppler, content.impinj_rssi) == (finer,) * 3

    async def test_a_zebra_is_asked_for_nothing_that_it_does_not_know(self) -> None:
        async with (
            LlrpReader(capabilities=MODELS["zebra-fx9600"], refuse=["impinj"]) as reader,
            connected(reader) as driver,
        ):
            assert not reader.rospecs[0].content.phase
            assert (await finding_of(driver, "rospec")).detail == "runs as asked"
            capabilities = await finding_of(driver, "capabilities")
            assert capabilities.detail.startswith("Zebra (Motorola) model ")
            await reader.report(reads_of(5))
            assert len(await take(driver, 5)) == 5


REFUSALS = {
    "tx_power": ("the transmit power", "RFTransmitter TransmitPower"),
    "hop_table": ("the transmit power", "RFTransmitter HopTableID"),
    "mode": ("the mode", "C1G2RFControl ModeIndex"),
    "session": ("session and tag population", "C1G2SingulationControl Session"),
    "singulation": ("session and tag population", "C1G2SingulationControl"),
    "impinj_content": ("Impinj's parts of the ROSpec", "Custom"),
    "search_mode": ("Impinj's parts of the ROSpec", "Custom"),
    "stop_trigger": ("reports after so many tags", "AISpecStopTrigger AISpecStopTriggerType"),
    "antenna_configuration": ("all but the antennas", "AntennaConfiguration"),
    "hold": ("holding reports back", "EventsAndReports"),
    "events": ("events", "ReaderEventNotificationSpec"),
    "gpi": ("inputs", "GPIPortCurrentState"),
    "gpo": ("outputs", "GPOWriteData"),
}


class TestReduced:
    @pytest.mark.parametrize("style", ["parameters", "words"])
    @pytest.mark.parametrize("refused", REFUSALS)
    async def test_what_is_refused_is_given_up_and_told(
        self,
        refused: str,
        style: str,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        given_up, field = REFUSALS[refused]
        entry: dict[str, Any] = {
            "mode_identifier": 2,
            "search_mode": "dual",
            "tx_power_dbm": 20,
            "outputs": {1: {"name": "lamp"}},
        }
        simulated = LlrpReader(
            capabilities=MODELS["impinj-r420"],
            refuse=[refused],
            refusal_style="words" if style == "words" else "parameters",
        )
        with caplog.at_level(logging.WARNING, "tagwarden.readers"):
            async with simulated as reader, connected(reader, **entry) as driver:
                assert await counted(driver) == {"rospec_reduced": 1}
                finding = await finding_of(driver, "rospec")
                await reader.report(reads_of(5))
                assert len(await take(driver, 5)) == 5
        assert finding.ok is False
        assert f"{given_up} (" in finding.detail
        name = field.split()[0] if style == "words" else field
        assert name in finding.detail
        assert f"r1: does without {given_up}" in caplog.text

    async def test_several_refusals_are_each_told(self) -> None:
        refuse = ["tx_power", "mode", "hold"]
        async with (
            LlrpReader(capabilities=MODELS["impinj-r420"], refuse=refuse) as reader,
            connected(reader, mode_identifier=2) as driver,
        ):
            assert await counted(driver) == {"rospec_reduced": 3}
            detail = (await finding_of(driver, "rospec")).detail
            for words in ("the transmit power", "the mode", "holding reports back"):
                assert words in detail
            assert {ask.session for ask in reader.antenna_asks} == {1}

    async def test_extensions_that_an_impinj_refuses_are_given_up(self) -> None:
        async with (
            LlrpReader(capabilities=MODELS["impinj-r420"], refuse=["impinj"]) as reader,
            connected(reader) as driver,
        ):
            assert "Impinj's extensions" in (await finding_of(driver, "rospec")).detail
            assert (await finding_of(driver, "rospec")).ok
            assert not reader.rospecs[0].content.phase

    async def test_extensions_that_are_asked_for_by_hand_must_be_had(self) -> None:
        async with LlrpReader(capabilities=MODELS["zebra-fx9600"]) as reader:
            driver = LlrpDriver(settings_of(reader.address, impinj=True), time.time_ns)
            with pytest.raises(ReaderMisconfiguredError, match="refuses impinj: its ext") as caught:
                await driver.connect()
            assert caught.value.remedy == "Leave impinj out of its entry."
            await driver.close()

    async def test_the_least_rospec_still_says_where_when_and_how_strong(self) -> None:
        async with (
            LlrpReader(refuse=["antenna_configuration"]) as reader,
            connected(reader) as driver,
        ):
            await take_one(reader, driver)
            assert reader.rospecs[0].content == Content(last_seen=True, seen_count=False)

    async def test_a_reader_without_keepalives_is_misconfigured(self) -> None:
        async with LlrpReader(refuse=["keepalive"]) as reader:
            driver = LlrpDriver(settings_of(reader.address), time.time_ns)
            with pytest.raises(ReaderMisconfiguredError, match="KeepaliveSpec"):
                await driver.connect()
            await driver.close()


async def take_one(reader: LlrpReader, driver: LlrpDriver) -> None:
    sent = reads_of(1)
    await reader.report(sent)
    (read,) = await take(driver, 1)
    assert (read.tag, read.antenna, read.rssi_dbm) == (sent[0].tag, 1, sent[0].rssi_dbm)
    assert read.time_ns == sent[0].time_ns


class TestForeign:
    async def test_what_others_left_is_told_and_left_alone(self) -> None:
        async with LlrpReader(rospecs=[rospec_of(5), rospec_of(6)]) as reader:
            async with connected(reader) as driver:
                finding = await finding_of(driver, "rospec")
                assert finding.ok
                assert "other programs left ROSpec 5, 6 on the reader" in finding.detail
                assert "take_over: true" in finding.remedy
                assert [spec.rospec_id for spec in reader.rospecs] == [5, 6, ROSPEC_ID]
            assert [spec.rospec_id for spec in reader.rospecs] == [5, 6]

    async def test_take_over_deletes_what_others_left(self) -> None:
        async with (
            LlrpReader(rospecs=[rospec_of(5)], accessspecs=[accessspec_of(3)]) as reader,
            connected(reader, take_over=True) as driver,
        ):
            assert [spec.rospec_id for spec in reader.rospecs] == [ROSPEC_ID]
            assert reader.accessspec_ids == []
            assert (await finding_of(driver, "rospec")).detail == "runs as asked"

    async def test_a_reader_that_runs_anothers_rospec_is_not_called_ours(self) -> None:
        async with LlrpReader(rospecs=[foreign_rospec(5)]) as reader:
            driver = LlrpDriver(settings_of(reader.address), time.time_ns)
            with pytest.raises(ReaderLostError, match="ROSpec 5 of another program runs") as caught:
                await driver.connect()
            assert "take_over: true" in caught.value.remedy
            await driver.close()
            assert [spec.rospec_id for spec in reader.rospecs] == [5]
            async with connected(reader, take_over=True) as driver:
                await reader.report(reads_of(1))
                assert len(await take(driver, 1)) == 1

    async def test_a_reader_that_is_full_of_others_says_so(self) -> None:
        one = MODELS["impinj-r420"]
        async with LlrpReader(capabilities=one, rospecs=[rospec_of(5)]) as reader:
            driver = LlrpDriver(settings_of(reader.address), time.time_ns)
            with pytest.raises(ReaderMisconfiguredError, match="refuses ADD_ROSPEC") as caught:
                await driver.connect()
            await driver.close()
            assert "ROSpec 5" in caught.value.remedy
            async with connected(reader, take_over=True) as driver:
                await reader.report(reads_of(1))
                assert len(await take(driver, 1)) == 1


def accessspec_of(accessspec_id: int) -> bytes:
    spec = {
        "AccessSpecID": accessspec_id,
        "AntennaID": 0,
        "ProtocolID": 1,
        "CurrentState": False,
        "ROSpecID": 0,
        "AccessSpecStopTrigger": {"AccessSpecStopTriggerType": 0, "OperationCountValue": 0},
        "AccessCommand": {
            "TagSpecParameter": {
                "C1G2TagSpec": {
                    "C1G2TargetTag": [
                        {"MB": 0, "M": True, "Pointer": 0, "TagMask": "", "TagData": ""},
                    ],
                },
            },
            "OpSpecParameter": [],
        },
        "AccessReportSpec": {"AccessReportTrigger": 1},
    }
    message = LLRPMessage(msgdict={"ADD_ACCESSSPEC": {"AccessSpec": spec}})
    return cast("bytes", message.msgbytes)[10:]


class TestAnswers:
    async def test_a_late_answer_is_no_answer_to_the_next_question(self) -> None:
        async with LlrpReader() as reader, connected(reader, connect_timeout_s=0.5) as driver:
            assert driver._session is not None
            talk = driver._session.talk
            reader.go_silent()
            with pytest.raises(ReaderLostError, match=r"no answer to GET_ROSPECS within 0\.2 s"):
                await talk.ask(Message.GET_ROSPECS)
            late = talk._message_id
            reader.speak_again()
            asking = asyncio.create_task(talk.ask(Message.GET_ROSPECS))
            await asyncio.sleep(0)
            talk.hear(Frame(Message.GET_ROSPECS_RESPONSE, late, b""))
            answer = await asyncio.wait_for(asking, DEADLINE_S)
            assert answer.message_id == late + 1

    async def test_a_question_ends_with_the_connection(self) -> None:
        async with LlrpReader() as reader, connected(reader) as driver:
            assert driver._session is not None
            reader.go_silent()
            asking = asyncio.create_task(driver._session.talk.ask(Message.GET_ROSPECS))
            await asyncio.sleep(0)
            reader.drop()
            with pytest.raises(ReaderLostError, match="r1: "):
                await asyncio.wait_for(asking, DEADLINE_S)
