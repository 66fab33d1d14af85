from typing import Any

import pytest

from readers.wire.llrp.messages import (
    IMPINJ_ENABLE_EXTENSIONS,
    Code,
    Message,
    decode_status,
    encode_impinj_message,
)
from readers.wire.llrp.parameters import parameters, tlv
from readers.wire.llrp.requests import AntennaAsk
from simulators.llrp_models import MODELS
from simulators.llrp_reader import LlrpReader
from simulators.llrp_refusals import REFUSABLE
from simulators.llrp_specs import ACTIVE, INACTIVE, foreign_accessspec, foreign_rospec
from tests.simulators.llrp_client import (
    Client,
    hold,
    identifier,
    reads_of,
    rospec,
    set_config,
    switch,
)

pytestmark = pytest.mark.timeout(60)

FULL: dict[str, Any] = {
    "reader_mode": {"ModeIdentifier": 2, "MaxTari": 0},
    "antennas": (1, 2),
    "tx_power": {1: 30, 2: 31},
    "report_every_n_tags": 20,
    "session": 1,
    "tag_population": 16,
    "impinj_search_mode": 2,
    "impinj_tag_content_selector": {
        "EnableRFPhaseAngle": True,
        "EnablePeakRSSI": True,
        "EnableRFDopplerFrequency": True,
    },
}
UPON_N_TAGS_OR_MILLISECONDS = b"\x06"


def full(**changes: Any) -> bytes:  # noqa: ANN401 -- as sllurp has them
    return rospec(7, **{**FULL, **changes})


def error_path(body: bytes) -> list[tuple[str, int, int]]:
    """What an LLRPStatus blames, outermost first: parameter or field, its number, the error."""
    (status,) = parameters(body)
    return _errors(body[status.start + 4 : status.end])


def _errors(body: bytes) -> list[tuple[str, int, int]]:
    found: list[tuple[str, int, int]] = []
    for key, start, end in parameters(body):
        number, code = (int.from_bytes(body[at : at + 2], "big") for at in (start, start + 2))
        found.append(("parameter" if key == 289 else "field", number, code))
        found += _errors(body[start + 4 : end])
    return found


async def answer_to(reader: LlrpReader, request: int, body: bytes) -> bytes:
    client = await Client.of(reader)
    await client.message()
    await client.ask(Message.CUSTOM, encode_impinj_message(IMPINJ_ENABLE_EXTENSIONS, bytes(4)))
    answer = await client.ask(request, body)
    await client.close()
    assert answer.type == request + 10
    return answer.body


def code_of(body: bytes) -> int:
    status = decode_status(body)
    assert status is not None
    return status.code


async def test_the_full_rospec_is_taken_and_shown() -> None:
    async with LlrpReader() as reader:
        assert code_of(await answer_to(reader, Message.ADD_ROSPEC, full())) == Code.SUCCESS
        assert reader.antenna_asks == (
            AntennaAsk(1, 30, 2, 0, 1, 16, 2),
            AntennaAsk(2, 31, 2, 0, 1, 16, 2),
        )


@pytest.mark.parametrize(
    ("thing", "path", "last"),
    [
        ("impinj", [177, 183, 186, 222, 330, 1023], ("parameter", 1023, 209)),
        ("search_mode", [177, 183, 186, 222, 330, 1023], ("parameter", 1023, 209)),
        ("impinj_content", [177, 237, 1023], ("parameter", 1023, 209)),
        ("antennas", [177, 183], ("field", 0, 301)),
        ("stop_trigger", [177, 183, 184], ("field", 0, 301)),
        ("hop_table", [177, 183, 186, 222, 224], ("field", 0, 301)),
        ("channel", [177, 183, 186, 222, 224], ("field", 1, 301)),
        ("tx_power", [177, 183, 186, 222, 224], ("field", 2, 301)),
        ("antenna_configuration", [177, 183, 186, 222], ("parameter", 222, 209)),
        ("rf_control", [177, 183, 186, 222, 330, 335], ("parameter", 335, 209)),
        ("mode", [177, 183, 186, 222, 330, 335], ("field", 0, 301)),
        ("tari", [177, 183, 186, 222, 330, 335], ("field", 1, 301)),
        ("singulation", [177, 183, 186, 222, 330, 336], ("parameter", 336, 209)),
        ("session", [177, 183, 186, 222, 330, 336], ("field", 0, 301)),
        ("tag_population", [177, 183, 186, 222, 330, 336], ("field", 1, 301)),
    ],
)
async def test_a_refused_thing_of_a_rospec_is_blamed_with_the_way_to_it(
    thing: str,
    path: list[int],
    last: tuple[str, int, int],
) -> None:
    async with LlrpReader(refuse={thing}) as reader:
        answer = await answer_to(reader, Message.ADD_ROSPEC, full())
        assert code_of(answer) == Code.PARAMETER_ERROR
        blamed = error_path(answer)
        assert [number for kind, number, _ in blamed if kind == "parameter"] == path
        assert blamed[-1] == last
        assert all(code == 200 for _, _, code in blamed[: len(path) - 1])
        assert reader.rospecs == []


async def test_a_report_every_so_many_milliseconds_can_be_refused() -> None:
    plain = rospec(7)
    trigger_at = plain.index(b"\x00\xed") + 4
    asked = plain[:trigger_at] + UPON_N_TAGS_OR_MILLISECONDS + plain[trigger_at + 1 :]
    async with LlrpReader(refuse={"report_trigger_ms"}) as reader:
        assert code_of(await answer_to(reader, Message.ADD_ROSPEC, plain)) == Code.SUCCESS
        await answer_to(reader, Message.DELETE_ROSPEC, identifier(0))
        answer = await answer_to(reader, Message.ADD_ROSPEC, asked)
        assert error_path(answer) == [
            ("parameter", 177, 200),
            ("parameter", 237, 201),
            ("field", 0, 301),
        ]


@pytest.mark.parametrize(
    ("thing", "body", "number"),
    [
        ("hold", hold(), 226),
        ("gpo", set_config(switch(219, 1, on=True)), 219),
        ("gpi", set_config(switch(225, 1, on=True)), 225),
        ("keepalive", set_config(tlv(220, bytes(5))), 220),
        ("events", set_config(tlv(244, switch(245, 8, on=True))), 244),
    ],
)
async def test_a_refused_setting_is_blamed_and_nothing_is_set(
    thing: str,
    body: bytes,
    number: int,
) -> None:
    async with LlrpReader(refuse={thing}) as reader:
        answer = await answer_to(reader, Message.SET_READER_CONFIG, body)
        assert error_path(answer) == [("parameter", number, 209)]
        assert not any(reader.outputs.values())


async def test_every_refusable_thing_is_tested_here() -> None:
    rows = {mark.args[1][at][0] for mark in _marks() for at in range(len(mark.args[1]))}
    assert rows | {"report_trigger_ms"} == REFUSABLE


def _marks() -> list[Any]:
    tests = (
        test_a_refused_thing_of_a_rospec_is_blamed_with_the_way_to_it,
        test_a_refused_setting_is_blamed_and_nothing_is_set,
    )
    return [mark for test in tests for mark in vars(test)["pytestmark"]]


def test_a_reader_can_refuse_only_what_there_is() -> None:
    with pytest.raises(ValueError, match="cookies"):
        LlrpReader(refuse={"cookies"})


async def test_a_reader_may_say_it_in_words_alone() -> None:
    async with LlrpReader(refuse={"tx_power"}, refusal_style="words") as reader:
        status = decode_status(await answer_to(reader, Message.ADD_ROSPEC, full()))
        assert status is not None
        assert str(status) == (
            "field error (101): LLRP [310] : //RFTransmitter/TransmitPower : out-of-range"
        )


@pytest.mark.parametrize(
    ("changes", "parameter", "field"),
    [
        ({"tx_power": 44}, 224, 2),
        ({"tx_power": 0}, 224, 2),
        ({"reader_mode": {"ModeIdentifier": 77, "MaxTari": 0}}, 335, 0),
        ({"antennas": (5,), "tx_power": 1}, 183, 0),
    ],
)
async def test_what_the_reader_does_not_have_is_refused(
    changes: dict[str, Any],
    parameter: int,
    field: int,
) -> None:
    async with LlrpReader() as reader:
        blamed = error_path(await answer_to(reader, Message.ADD_ROSPEC, full(**changes)))
        assert [number for kind, number, _ in blamed if kind == "parameter"][-1] == parameter
        assert blamed[-1] == ("field", field, 301)


class TestMakes:
    async def test_impinjs_parameters_need_its_extensions(self) -> None:
        async with LlrpReader(capabilities=MODELS["impinj-r420"]) as reader:
            client = await Client.of(reader)
            await client.message()
            assert await client.ask_code(Message.ADD_ROSPEC, full()) == Code.PARAMETER_ERROR
            extensions = encode_impinj_message(IMPINJ_ENABLE_EXTENSIONS, bytes(4))
            assert (await client.ask(Message.CUSTOM, extensions)).type == Message.CUSTOM
            assert await client.ask_code(Message.ADD_ROSPEC, full()) == Code.SUCCESS
            await client.close()

    async def test_zebra_knows_nothing_of_impinj(self) -> None:
        async with LlrpReader(capabilities=MODELS["zebra-fx9600"]) as reader:
            client = await Client.of(reader)
            await client.message()
            extensions = encode_impinj_message(IMPINJ_ENABLE_EXTENSIONS, bytes(4))
            assert (await client.ask(Message.CUSTOM, extensions)).type == Message.ERROR_MESSAGE
            assert await client.ask_code(Message.ADD_ROSPEC, full()) == Code.PARAMETER_ERROR
            plain = full(impinj_search_mode=None, impinj_tag_content_selector=None)
            assert await client.ask_code(Message.ADD_ROSPEC, plain) == Code.SUCCESS
            await client.close()

    @pytest.mark.parametrize("name", MODELS)
    async def test_each_states_its_tables(self, name: str) -> None:
        proto = pytest.importorskip("sllurp.llrp")
        model = MODELS[name]
        async with LlrpReader(capabilities=model) as reader:
            client = await Client.of(reader)
            await client.message()
            body = (await client.ask(Message.GET_READER_CAPABILITIES)).body
            await client.close()
        head = (1 << 10 | 11).to_bytes(2, "big") + (10 + len(body)).to_bytes(4, "big") + bytes(4)
        found = proto.LLRPMessage(msgbytes=head + body).msgdict["GET_READER_CAPABILITIES_RESPONSE"]
        general = found["GeneralDeviceCapabilities"]
        band = found["RegulatoryCapabilities"]["UHFBandCapabilities"]
        assert general["DeviceManufacturerName"] == model.vendor
        assert general["ModelName"] == model.model
        assert general["HasUTCClockCapability"] == model.utc
        assert len(band["TransmitPowerLevelTableEntry"]) == len(model.powers_dbm)
        modes = band["UHFC1G2RFModeTable"]["UHFC1G2RFModeTableEntry"]
        assert [mode["ModeIdentifier"] for mode in modes] == [m.identifier for m in model.modes]


class TestForeign:
    async def test_what_another_program_left_is_listed_and_can_be_deleted(self) -> None:
        left = foreign_rospec(5), foreign_accessspec(9)
        async with LlrpReader(rospecs=left[:1], accessspecs=left[1:]) as reader:
            client = await Client.of(reader)
            await client.message()
            assert (await client.ask(Message.GET_ROSPECS)).body.endswith(left[0])
            assert (await client.ask(Message.GET_ACCESSSPECS)).body.endswith(left[1])
            assert await client.ask_code(Message.DELETE_ACCESSSPEC, identifier(0)) == Code.SUCCESS
            assert await client.ask_code(Message.DELETE_ROSPEC, identifier(0)) == Code.SUCCESS
            assert (reader.rospecs, reader.accessspec_ids) == ([], [])
            await client.close()

    async def test_ours_waits_while_a_foreign_one_runs(self) -> None:
        async with LlrpReader(rospecs=[foreign_rospec(5)]) as reader:
            client = await Client.inventorying(reader)
            states = {spec[0]: spec[1] for spec in await _states(client)}
            assert states == {5: ACTIVE, 7: INACTIVE}
            await reader.report(reads_of(1))
            assert b"\x89\x00\x00\x00\x05" in (await client.message()).body
            assert await client.ask_code(Message.DISABLE_ROSPEC, identifier(5)) == Code.SUCCESS
            await reader.report(reads_of(1))
            assert b"\x89\x00\x00\x00\x07" in (await client.message()).body
            await client.close()

    async def test_one_of_higher_priority_takes_over(self) -> None:
        async with LlrpReader(rospecs=[foreign_rospec(5, priority=1)]) as reader:
            client = await Client.inventorying(reader)
            assert dict(await _states(client)) == {5: INACTIVE, 7: ACTIVE}
            await client.close()

    async def test_a_reader_with_room_for_one_refuses_a_second(self) -> None:
        model = MODELS["impinj-r420"]
        async with LlrpReader(capabilities=model, rospecs=[foreign_rospec(5)]) as reader:
            answer = await answer_to(reader, Message.ADD_ROSPEC, rospec(7))
            assert code_of(answer) == Code.OVERFLOW_PARAMETER
            assert [spec.rospec_id for spec in reader.rospecs] == [5]


async def _states(client: Client) -> list[tuple[int, int]]:
    body = (await client.ask(Message.GET_ROSPECS)).body
    return [
        (int.from_bytes(body[start : start + 4], "big"), body[start + 5])
        for key, start, _ in parameters(body)
        if key == 177
    ]
