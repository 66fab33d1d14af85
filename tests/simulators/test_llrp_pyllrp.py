"""Pyllrp, a client that we did not write, drives the simulated reader and judges what it says."""

import asyncio
import importlib
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import bitstring
import pytest

from readers.wire.llrp.messages import Message
from simulators.llrp_models import MODELS
from simulators.llrp_reader import LlrpReader
from simulators.llrp_specs import foreign_accessspec, foreign_rospec
from tests.simulators.llrp_client import DEADLINE_S, NOW_NS, reads_of, until

pytestmark = [
    pytest.mark.timeout(60),
    pytest.mark.skipif(
        not hasattr(bitstring, "ConstBitStream"),
        reason="pyllrp 3.1.1 needs a bitstring older than 5",
    ),
]

# It makes its classes as it is imported, so nobody can know their names before.
pyllrp: Any = importlib.import_module("pyllrp.pyllrp")
connector: Any = importlib.import_module("pyllrp.LLRPConnector")

T = TypeVar("T")
Llrp = Any
"""A message, parameter or connection of pyllrp, which has no types."""


async def blocking(call: Callable[..., T], *arguments: object) -> T:
    """Run a blocking call of pyllrp in a thread."""
    return await asyncio.wait_for(asyncio.to_thread(call, *arguments), 2 * DEADLINE_S)


@asynccontextmanager
async def connected(reader: LlrpReader) -> AsyncGenerator[Llrp]:
    connection = connector.LLRPConnector()
    await blocking(connection.connect, "127.0.0.1", reader.port)
    try:
        yield connection
    finally:
        await blocking(connection.disconnect)
        await until(lambda: not reader.connected)


async def ask(connection: Llrp, name: str, *inner: Llrp, **fields: object) -> Llrp:
    """Send a request and return its answer, which must tell of success."""
    answer = await blocking(connection.transact, made(f"{name}_Message", *inner, **fields))
    assert answer.success(), answer
    return answer


def made(name: str, *inner: Llrp, **fields: object) -> Llrp:
    kind = getattr(pyllrp, name)
    return kind(Parameters=list(inner), **fields) if inner else kind(**fields)


def setting(name: str, *inner: Llrp, **fields: object) -> Llrp:
    return made(f"{name}_Parameter", *inner, **fields)


def hear(connection: Llrp, kind: Llrp, take: Callable[[Llrp], bool]) -> None:
    """Listen until `take`, given each message of a kind, returns True. Blocks."""

    def handle(_connection: Llrp, message: Llrp) -> None:
        connection.keepGoing = not take(message)

    connection.addHandler(kind, handle)
    connection.keepGoing = True
    connection.listen()
    connection.removeHandler(kind)


def hear_tags(connection: Llrp, count: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []

    def take(report: Llrp) -> bool:
        found.extend(report.getTagData())
        return len(found) >= count

    hear(connection, pyllrp.RO_ACCESS_REPORT_Message, take)
    return found


async def test_it_reads_stops_and_comes_back() -> None:
    async with LlrpReader() as reader:
        for count in (30, 50):
            sent = reads_of(count)
            async with connected(reader) as connection:
                await blocking(connection.transact, pyllrp.GetBasicAddRospecMessage())
                await ask(connection, "ENABLE_ROSPEC", ROSpecID=123)
                await reader.report(sent)
                heard = await blocking(hear_tags, connection, count)
                await ask(connection, "DISABLE_ROSPEC", ROSpecID=123)
                await ask(connection, "DELETE_ROSPEC", ROSpecID=123)
            assert [f"{tag['EPC']:024x}" for tag in heard] == [read.tag for read in sent]
            assert [tag["AntennaID"] for tag in heard] == [read.antenna for read in sent]
        assert reader.rospecs == []


async def test_a_null_trigger_waits_for_its_start() -> None:
    async with LlrpReader() as reader, connected(reader) as connection:
        message = pyllrp.GetBasicAddRospecMessage()
        start = message.getFirstParameterByClass(pyllrp.ROSpecStartTrigger_Parameter)
        start.ROSpecStartTriggerType = pyllrp.ROSpecStartTriggerType.Null
        await blocking(connection.transact, message)
        await ask(connection, "ENABLE_ROSPEC", ROSpecID=123)
        assert await reader.report(reads_of(1)) == 0
        await ask(connection, "START_ROSPEC", ROSpecID=123)
        assert await reader.report(reads_of(1)) == 1
        assert len(await blocking(hear_tags, connection, 1)) == 1


@pytest.mark.parametrize("model", [name for name, model in MODELS.items() if model.utc])
async def test_it_understands_capabilities_and_configuration(model: str) -> None:
    async with LlrpReader(capabilities=MODELS[model]) as reader, connected(reader) as connection:
        told = await ask(connection, "GET_READER_CAPABILITIES")
        general = told.getFirstParameterByClass(pyllrp.GeneralDeviceCapabilities_Parameter)
        assert general.MaxNumberOfAntennaSupported == MODELS[model].antennas
        assert general.ReaderFirmwareVersion == MODELS[model].firmware
        powers = list(told.getAllParametersByClass(pyllrp.TransmitPowerLevelTableEntry_Parameter))
        assert len(powers) == len(MODELS[model].powers_dbm)
        told = await ask(connection, "GET_READER_CONFIG")
        ports = list(told.getAllParametersByClass(pyllrp.GPIPortCurrentState_Parameter))
        assert len(ports) == MODELS[model].gpis


async def test_outputs_inputs_and_events_go_as_it_says() -> None:
    async with LlrpReader() as reader, connected(reader) as connection:
        await ask(
            connection,
            "SET_READER_CONFIG",
            setting(
                "ReaderEventNotificationSpec",
                setting("EventNotificationState", EventType=1, NotificationState=True),
                setting("EventNotificationState", EventType=8, NotificationState=False),
            ),
            setting("KeepaliveSpec", KeepaliveTriggerType=1, PeriodicTriggerValue=20),
            setting("GPOWriteData", GPOPortNumber=2, GPOData=True),
            setting("GPIPortCurrentState", GPIPortNum=3, Config=True, State=2),
        )
        assert reader.outputs == {1: False, 2: True, 3: False, 4: False}
        await reader.set_antenna(1, connected=False)
        await reader.set_input(3, high=True)
        heard: list[Llrp] = []
        await blocking(hear, connection, pyllrp.READER_EVENT_NOTIFICATION_Message, _once(heard))
        event = heard[0].getFirstParameterByClass(pyllrp.GPIEvent_Parameter)
        assert (event.GPIPortNumber, event.GPIEvent) == (3, True)
        await blocking(hear, connection, pyllrp.KEEPALIVE_Message, _once(heard))
        told = await ask(connection, "GET_READER_CONFIG")
        outputs = told.getAllParametersByClass(pyllrp.GPOWriteData_Parameter)
        assert [port.GPOData for port in outputs] == [False, True, False, False]
        inputs = list(told.getAllParametersByClass(pyllrp.GPIPortCurrentState_Parameter))
        assert [(port.Config, port.State) for port in inputs] == [
            *((False, 0), (False, 0), (True, 1), (False, 0)),
        ]


def _once(heard: list[Llrp]) -> Callable[[Llrp], bool]:
    def take(message: Llrp) -> bool:
        heard.append(message)
        return True

    return take


async def test_held_reports_come_back_with_their_times() -> None:
    async with LlrpReader() as reader:
        async with connected(reader) as connection:
            held = setting("EventsAndReports", HoldEventsAndReportsUponReconnect=True)
            await ask(connection, "SET_READER_CONFIG", held)
            message = pyllrp.GetBasicAddRospecMessage()
            wanted = message.getFirstParameterByClass(pyllrp.TagReportContentSelector_Parameter)
            wanted.EnableFirstSeenTimestamp = True
            await blocking(connection.transact, message)
            await ask(connection, "ENABLE_ROSPEC", ROSpecID=123)
        await reader.report(reads_of(3))
        async with connected(reader) as connection:
            message = made("ENABLE_EVENTS_AND_REPORTS_Message")
            await blocking(message.send, connection.readerSocket)
            heard = await blocking(hear_tags, connection, 3)
        assert {tag["Timestamp"] for tag in heard} == {NOW_NS // 1000}


async def test_it_understands_what_another_program_left() -> None:
    async with (
        LlrpReader(rospecs=[foreign_rospec(5)], accessspecs=[foreign_accessspec(9)]) as reader,
        connected(reader) as connection,
    ):
        told = await ask(connection, "GET_ROSPECS")
        spec = told.getFirstParameterByClass(pyllrp.ROSpec_Parameter)
        assert (spec.ROSpecID, spec.CurrentState) == (5, pyllrp.ROSpecState.Active)
        told = await ask(connection, "GET_ACCESSSPECS")
        spec = told.getFirstParameterByClass(pyllrp.AccessSpec_Parameter)
        assert spec.AccessSpecID == 9
        assert spec.getFirstParameterByClass(pyllrp.C1G2Read_Parameter).WordCount == 2


async def test_it_understands_what_is_refused() -> None:
    async with LlrpReader(refuse={"antennas"}) as reader, connected(reader) as connection:
        answer = await blocking(connection.transact, pyllrp.GetBasicAddRospecMessage())
        assert not answer.success()
        blamed = answer.getFirstParameterByClass(pyllrp.ParameterError_Parameter)
        assert blamed.ParameterType == 177
        field = answer.getFirstParameterByClass(pyllrp.FieldError_Parameter)
        assert field.ErrorCode == pyllrp.StatusCode.A_OutOfRange


def test_the_numbers_of_messages_are_its_numbers() -> None:
    for message in Message:
        if message is not Message.CUSTOM:
            assert getattr(pyllrp, f"{message.name}_Message").TypeCode == message
