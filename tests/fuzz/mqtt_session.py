"""What a broker that means harm answers: packets that paho decodes."""

from typing import Literal

from readers.mqtt.session import Code, MqttSession
from readers.mqtt.settings import BrokerSettings
from readers.wire.mqtt_packets import PUBREL, Message, PacketError, PacketReader

PACKETS_MAX = 50
WELCOME = {"3.1.1": b"\x20\x02\x00\x00", "5": b"\x20\x03\x00\x00\x00"}


class _Listener:
    def answered(self, packet_id: int, codes: list[Code]) -> None:
        assert packet_id >= 0
        assert all(code.text for code in codes)

    def dismissed(self, code: Code) -> None:
        assert code.number >= 0


def check(data: bytes) -> None:
    """Raise where a session raises anything but PacketError, or writes without end."""
    if not data:
        return
    version: Literal["3.1.1", "5"] = "5" if data[0] & 1 else "3.1.1"
    welcomed = bool(data[0] & 2)
    written: list[bytes] = []
    broker = BrokerSettings(address="mqtt://127.0.0.1", version=version)
    session = MqttSession(broker, "fuzz", _Listener(), written.append, lambda call: call())
    session.begin(None)
    try:
        if welcomed:
            session.handle(WELCOME[version])
            session.subscribe([("a", 1)])
            session.publish("a", b"x", 1, retain=False)
            session.publish("a", b"x", 2, retain=False)
        for packet in _packets(data[1:], version):
            session.handle(packet)
    except PacketError:
        pass
    assert len(written) <= PACKETS_MAX + 4


def _packets(data: bytes, version: str) -> list[bytes]:
    """What the link would hand on."""
    reader, messages = PacketReader(100, properties=version == "5"), list[Message]()
    others = reader.feed(data, 0, messages)[:PACKETS_MAX]
    return [packet for packet in others if packet[0] != PUBREL]
