"""LLRP requests: whatever a client says, the simulated reader answers it once, and goes on."""

from readers.wire.llrp.capabilities import Capabilities
from readers.wire.llrp.framing import Frame, Framer, frame
from readers.wire.llrp.messages import Message
from simulators.llrp_answers import Answers

_NO_ANSWER = {Message.ENABLE_EVENTS_AND_REPORTS, Message.KEEPALIVE_ACK}


def check(data: bytes) -> None:
    """Raise if a request is not answered by exactly one whole message, or breaks the next one."""
    if not data:
        return
    reader = Answers(Capabilities(), refuse={"tx_power"})
    for part in (data[1:], data[2:]):
        request = Frame(data[0] % 75, 7, part)
        answers = list(Framer().feed(reader.answer(request)))
        if len(answers) != (request.type not in _NO_ANSWER):
            raise AssertionError(f"{len(answers)} answers to {request.type}")
        if any(answer.message_id != request.message_id for answer in answers):
            raise AssertionError("an answer to nothing that was asked")
    (listed,) = Framer().feed(reader.answer(Frame(Message.GET_ROSPECS, 8, b"")))
    if listed.type != Message.GET_ROSPECS_RESPONSE or frame(*listed)[:2] != b"\x04\x24":
        raise AssertionError("it does not list its ROSpecs any more")
