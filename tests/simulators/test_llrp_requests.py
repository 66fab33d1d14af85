import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from readers.wire.llrp.framing import Frame, Framer
from readers.wire.llrp.messages import Code, Message, decode_status
from readers.wire.llrp.parameters import ReportError, tlv
from readers.wire.llrp.requests import (
    AntennaAsk,
    ConfigAsk,
    Part,
    antenna_asks,
    decode_set_config,
    parts,
)
from simulators.llrp_answers import Answers
from simulators.llrp_models import MODELS
from simulators.llrp_refusals import REFUSABLE
from tests.fuzz.llrp_requests import check
from tests.simulators.llrp_client import hold, rospec, set_config, switch

HEADS = [b"", rospec(3, antennas=(1, 2)), set_config(switch(219, 2, on=True))]


@given(st.sampled_from([20, 3, *range(75)]), st.sampled_from(HEADS), st.binary(max_size=200))
def test_any_request_is_answered_once(kind: int, head: bytes, tail: bytes) -> None:
    check(bytes([kind]) + head + tail)


@given(st.data())
def test_a_spoilt_rospec_is_answered_once(data: st.DataObject) -> None:
    body = bytearray(rospec(3, antennas=(1, 2)))
    for at in data.draw(st.lists(st.integers(0, len(body) - 1), max_size=3)):
        body[at] = data.draw(st.integers(0, 255))
    check(bytes([Message.ADD_ROSPEC]) + bytes(body))


@pytest.mark.parametrize("kind", [178, 222, 244])
def test_deep_nesting_is_refused(kind: int) -> None:
    deep = b""
    while len(deep) < 16_000:
        deep = tlv(kind, bytes({178: 0, 222: 2, 244: 0}[kind]), deep)
    with pytest.raises(ReportError, match="nested"):
        parts(deep)
    request = Frame(Message.SET_READER_CONFIG, 1, b"\x00" + deep)
    (answer,) = Framer().feed(Answers(MODELS["generic"], REFUSABLE).answer(request))
    status = decode_status(answer.body)
    assert status is not None
    assert status.code == Code.PARAMETER_ERROR


def test_a_request_is_listed_with_the_way_to_each_part() -> None:
    body = tlv(244, switch(245, 8, on=True)) + tlv(700, b"?")
    assert parts(body) == [
        Part((244,), switch(245, 8, on=True)),
        Part((244, 245), b"\x00\x08\x80"),
        Part((700,), b"?"),
    ]


def test_a_value_that_is_too_short_is_an_error() -> None:
    with pytest.raises(ReportError, match="parameter_length"):
        Part((224,), b"\x00\x01").number(4, 2)
    with pytest.raises(ReportError, match="parameter_length"):
        decode_set_config(set_config(tlv(220, b"\x01")))


def test_a_configuration_is_read_whole() -> None:
    keepalive = tlv(220, struct.pack("!BI", 1, 5_000))
    ports = [switch(219, 1, on=True), switch(219, 4, on=False), switch(225, 2, on=True)]
    notify = tlv(244, switch(245, 1, on=True), switch(245, 8, on=False))
    body = set_config(notify, keepalive, *ports, hold()[1:], reset=True)
    assert decode_set_config(body) == ConfigAsk(
        reset=True,
        keepalive_ms=5_000,
        hold=True,
        outputs=((1, True), (4, False)),
        inputs=((2, True),),
        events=((1, True), (8, False)),
    )


@pytest.mark.parametrize("body", [b"", b"\x00", set_config()])
def test_an_empty_configuration_leaves_everything(body: bytes) -> None:
    assert decode_set_config(body) == ConfigAsk()


def test_no_keepalive_is_zero() -> None:
    assert decode_set_config(set_config(tlv(220, bytes(5)))).keepalive_ms == 0


def test_what_is_asked_of_an_antenna_is_read() -> None:
    body = rospec(7, antennas=(2,), tx_power=9, session=3, tag_population=300)
    assert antenna_asks(body) == (AntennaAsk(2, 9, None, None, 3, 300, None),)
