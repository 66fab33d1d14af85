"""LLRP bodies: reports decode the same on both ways, and every other message is read or refused."""

from readers.wire.llrp.abilities import decode_abilities
from readers.wire.llrp.configuration import decode_configuration
from readers.wire.llrp.messages import decode_event, decode_status
from readers.wire.llrp.parameters import ReportError
from readers.wire.llrp.reports import ReportDecoder
from readers.wire.llrp.walk import Stamp, walk

ARRIVAL_NS = 1_700_000_000_000_000_000


def check(data: bytes) -> None:
    """Raise if a decoder lets anything but a ReportError through, or the two ways differ."""
    _reports(data)
    for decode in (decode_event, decode_status, decode_abilities, decode_configuration):
        try:
            said = decode(data)
        except ReportError:
            continue
        if not str(said):
            raise AssertionError("a value without words")


def _reports(data: bytes) -> None:
    """Decode the two halves of `data` one after the other, twice, so that layouts are learned."""
    half = len(data) // 2
    decoder, memory = ReportDecoder("r"), dict[int, int]()
    for body in (data, data, data[:half], data[half:]):
        bad, walked = dict[str, int](), dict[str, int]()
        reads = decoder.decode(body, ARRIVAL_NS, bad)
        expected = walk(body, memory, Stamp("r", ARRIVAL_NS, ARRIVAL_NS, walked))
        if reads != expected or bad != walked:
            raise AssertionError("the fast way reads something else")
        if any(not read.tag or read.antenna < 1 for read in reads):
            raise AssertionError("a read without a tag or an antenna")
