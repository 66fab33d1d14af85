"""MQTT as bytes: what a broker sends, cut into packets, and messages read out of them.

Messages (PUBLISH) are decoded here because they are nearly all that comes; every other
packet is handed on whole. Section numbers are those of the MQTT 5.0 standard.
"""

import struct
from collections.abc import Iterable

import msgspec

PUBLISH, PUBACK, PUBREC, PUBREL, PUBCOMP = 0x30, 0x40, 0x50, 0x62, 0x70
CONNACK, SUBACK, UNSUBACK, PINGRESP, DISCONNECT = 0x20, 0x90, 0xB0, 0xD0, 0xE0
PING = b"\xc0\x00"
CONTROL_BYTES_MAX = 65_536
TOPIC_BYTES_MAX = 65_535
TOPICS_KEPT_MAX = 4_096
_FROM_BROKER = frozenset(
    (CONNACK, PUBACK, PUBREC, PUBREL, PUBCOMP, SUBACK, UNSUBACK, PINGRESP, DISCONNECT),
)
QOS_MAX = 2
MESSAGE_BYTES_MIN = 3
SHORT_PACKET_BYTES = 4
_LENGTH_BYTES_MAX = 4


class PacketError(Exception):
    """The stream is not MQTT any more, or not what a broker may send."""


class Message(msgspec.Struct, frozen=True, gc=False):
    """One PUBLISH.

    `payload` is None where it was larger than agreed, and `topic` empty where it is no text
    that a topic may have. `packet_id` is 0 with QoS 0.
    """

    topic: str
    payload: bytes | None
    qos: int
    retain: bool
    packet_id: int
    arrival_ns: int


class PacketReader:
    """Cuts a stream into packets, keeping at most one unfinished packet of the agreed size.

    Each byte is copied a fixed number of times however small the chunks are. A message that
    is too large is skipped without being kept.
    """

    def __init__(self, payload_bytes_max: int, *, properties: bool = False) -> None:
        self.error: PacketError | None = None
        """Why nothing more can be read; what came before was good."""
        self._payload_max = payload_bytes_max
        self._packet_max = payload_bytes_max + TOPIC_BYTES_MAX + 8
        self._properties = properties
        self._pending = bytearray()
        self._wanted = 0
        self._skip = 0
        self._topics: dict[bytes, str] = {}

    @property
    def waiting(self) -> int:
        """Bytes that wait for the rest of their packet."""
        return len(self._pending)

    def feed(self, chunk: bytes, arrival_ns: int, messages: list[Message]) -> list[bytes]:
        """Add the messages that `chunk` completes to `messages`; the other packets, whole.

        Check `error` afterwards; nothing may be fed once it is set.
        """
        if self._skip:
            chunk, self._skip = chunk[self._skip :], max(0, self._skip - len(chunk))
            if not chunk:
                return []
        if self._pending:
            self._pending += chunk
            if len(self._pending) < self._wanted:
                return []
            chunk = bytes(self._pending)
            self._pending.clear()
        others: list[bytes] = []
        try:
            rest = self._cut(chunk, arrival_ns, messages, others)
            self._pending += chunk[rest:]
        except PacketError as error:
            self.error = error
        return others

    def _cut(
        self, stream: bytes, arrival_ns: int, messages: list[Message], others: list[bytes]
    ) -> int:
        """Take whole packets out of `stream`; where the first unfinished one begins."""
        position, end = 0, len(stream)
        while position < end:
            first = stream[position]
            body, stop = _extent(stream, position)
            # Of a message that is too large the head is enough.
            needed = stop if stop - body <= self._packet_max else _head_end(stream, body)
            if needed > end:
                self._wanted = needed - position
                break
            if first & 0xF0 == PUBLISH:
                messages.append(self._message(stream, first, body, stop, arrival_ns))
            else:
                others.append(stream[position:stop])
            position = stop
        self._skip = max(0, position - end)
        return min(position, end)

    def _message(self, stream: bytes, first: int, body: int, stop: int, arrival_ns: int) -> Message:
        """The message in `stream[body:stop]`, whose packet begins with `first` (3.3)."""
        qos = first >> 1 & 3
        at = _head_end(stream, body) - (0 if qos else 2)
        if qos > QOS_MAX or stop - body < MESSAGE_BYTES_MIN or at > stop:
            raise PacketError("a message whose head does not fit")
        name = stream[body + 2 : at - (2 if qos else 0)]
        packet_id = stream[at - 2] << 8 | stream[at - 1] if qos else 0
        if not name or (qos and not packet_id):
            raise PacketError("a message without a topic or a packet identifier")
        if self._properties and stop - body <= self._packet_max:
            at = _after_properties(stream, at, stop)
        payload = stream[at:stop] if stop - at <= self._payload_max else None
        topic = self._topics.get(name)
        if topic is None:
            topic = self._learn(name)
        return Message(topic, payload, qos, first & 1 == 1, packet_id, arrival_ns)

    def _learn(self, name: bytes) -> str:
        """The topic as text, empty where it is none; the same few topics come all the time."""
        if len(self._topics) >= TOPICS_KEPT_MAX:
            self._topics.clear()
        try:
            topic = name.decode()
        except UnicodeDecodeError:
            topic = ""
        if any(character in topic for character in "+#\0"):
            topic = ""
        self._topics[name] = topic
        return topic


def acknowledgements(messages: Iterable[Message]) -> bytes:
    """The packets that take over messages from the broker, in the same order.

    That is PUBACK for QoS 1, PUBREC for QoS 2 (4.3), nothing for QoS 0.
    """
    words = [
        word
        for message in messages
        if message.qos
        for word in ((PUBACK if message.qos == 1 else PUBREC) << 8 | 2, message.packet_id)
    ]
    return struct.pack(f">{len(words)}H", *words)


def completion(release: bytes) -> bytes:
    """The PUBCOMP that answers a PUBREL, the last of the four steps of QoS 2 (3.6, 3.7).

    Raises PacketError for a PUBREL that is too short.
    """
    if len(release) < SHORT_PACKET_BYTES:
        raise PacketError("a PUBREL without a packet identifier")
    return bytes((PUBCOMP, 2)) + release[2:4]


def _extent(stream: bytes, position: int) -> tuple[int, int]:
    """Where the body of the packet at `position` begins and ends (2.1.4)."""
    first = stream[position]
    if first & 0xF0 != PUBLISH and first not in _FROM_BROKER:
        raise PacketError(f"no broker sends a packet that begins with {first:#04x}")
    length, at = _number(stream, position + 1)
    if not at:
        return len(stream), len(stream) + 1
    if first & 0xF0 != PUBLISH and length > CONTROL_BYTES_MAX:
        raise PacketError(f"a packet of {length} bytes that is no message")
    return at, at + length


def _head_end(stream: bytes, body: int) -> int:
    """Where topic and packet identifier end, or at least how far one must read to know."""
    if body + 2 > len(stream):
        return body + 2
    return body + 2 + (stream[body] << 8 | stream[body + 1]) + 2


def _after_properties(stream: bytes, at: int, stop: int) -> int:
    length, begin = _number(stream[at : at + 4], 0)
    if not begin or at + begin + length > stop:
        raise PacketError("a message whose properties do not fit")
    return at + begin + length


def _number(stream: bytes, at: int) -> tuple[int, int]:
    """A variable byte integer and where it ends, 0 where it has not ended yet (1.5.5)."""
    value, shift = 0, 0
    for byte in stream[at : at + _LENGTH_BYTES_MAX]:
        at += 1
        value |= (byte & 0x7F) << shift
        if not byte & 0x80:
            return value, at
        shift += 7
    if shift == 7 * _LENGTH_BYTES_MAX:
        raise PacketError("a length of more than four bytes")
    return value, 0
