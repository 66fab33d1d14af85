"""One MQTT session: paho's client between two byte streams, and what the broker answers.

paho writes and reads every packet but messages, which `readers.wire.mqtt_packets` reads. Its
one seam is `_create_socket`: there it gets bytes that have arrived, and never a socket.
"""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from readers.mqtt.settings import BrokerSettings, Will
from readers.wire.mqtt_packets import CONNACK, PacketError

CONNECTING = 0
"""Stands for the packet identifier of the login, which has none; others begin with 1."""
RECEIVE_MAXIMUM = 1_000
"""Messages that a broker of version 5 may have under way until they are acknowledged."""
INFLIGHT_MAX = 100
_PROTOCOLS = {"3.1.1": MQTTProtocolVersion.MQTTv311, "5": MQTTProtocolVersion.MQTTv5}
# paho does not tell this refusal: it would rather try an older version.
_WRONG_VERSION = b"\x20\x02\x00\x01"
UNSUPPORTED_VERSION = 0x84


class Code(NamedTuple):
    """What the broker said to a request: a reason code of version 5 (2.4), and it in words.

    Codes of 3.1.1 are translated; from 128 on they are refusals.
    """

    number: int
    text: str


class Listener(Protocol):
    """Who is told what the broker says."""

    def answered(self, packet_id: int, codes: list[Code]) -> None:
        """Tell the answer to a request; the login is `CONNECTING`."""
        ...

    def dismissed(self, code: Code) -> None:
        """Tell that the broker ends the session and says why (version 5)."""
        ...


class MqttSession:
    """The session of one connection; `send` takes whole packets.

    `call_soon` puts a call off until what is at hand is done. Methods that ask for
    something return the packet identifier under which `listener` is told the answer.
    """

    def __init__(
        self,
        broker: BrokerSettings,
        client_id: str,
        listener: Listener,
        send: Callable[[bytes], None],
        call_soon: Callable[[Callable[[], object]], object],
    ) -> None:
        self._broker = broker
        self._listener = listener
        self._wire = _Wire(send)
        self._call_soon = call_soon
        self._greeted = False
        self._client = client = _Client(broker, client_id, self._wire)
        client.on_connect = self._on_connect
        client.on_subscribe = client.on_unsubscribe = self._on_answer
        client.on_publish = self._on_publish
        client.on_disconnect = self._on_disconnect
        client.on_socket_register_write = self._on_wish_to_write

    @property
    def keepalive_s(self) -> float:
        """How often the broker must hear from us; it may ask for less than the settings say."""
        return self._client.keepalive

    def begin(self, will: Will | None) -> None:
        """Say hello; the answer is that to `CONNECTING`."""
        client, broker = self._client, self._broker
        if will is not None:
            client.will_set(*will)
        keepalive_s = max(1, math.ceil(broker.keepalive_s))
        if broker.version == "5":
            wishes = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call] # paho's own lack
            wishes.SessionExpiryInterval = 0 if broker.clean else broker.session_expiry_s
            wishes.ReceiveMaximum = RECEIVE_MAXIMUM
            client.connect_async(
                *broker.endpoint, keepalive_s, clean_start=broker.clean, properties=wishes
            )
        else:
            client.connect_async(*broker.endpoint, keepalive_s)
        client.reconnect()

    def handle(self, packet: bytes) -> None:
        """Take in a whole packet that is no message. Raises PacketError for nonsense."""
        if packet == _WRONG_VERSION and self._broker.version != "5":
            self._listener.answered(CONNECTING, [Code(UNSUPPORTED_VERSION, "version")])
            return
        if packet[0] == CONNACK and self._greeted:
            raise PacketError("a second answer to our login")
        self._wire.arrived = packet
        try:
            code = self._client.loop_read()
        except Exception as error:
            # Its decoders take what comes on trust: IndexError, struct.error, KeyError, …
            raise PacketError(f"a packet that makes no sense: {error!r}") from error
        refused = packet[0] == CONNACK and self._greeted
        if code != MQTTErrorCode.MQTT_ERR_SUCCESS and not refused:
            raise PacketError(f"a packet that makes no sense here ({code.name})")

    def subscribe(self, topics: Sequence[tuple[str, int]]) -> int:
        """Ask for topic filters, each with its QoS."""
        if self._broker.version == "5":
            options = [(topic, SubscribeOptions(qos)) for topic, qos in topics]
            return self._client.subscribe(options)[1] or 0
        return self._client.subscribe(list(topics))[1] or 0

    def unsubscribe(self, topics: Sequence[str]) -> int:
        """Ask for no more of these topic filters."""
        return self._client.unsubscribe(list(topics))[1] or 0

    def publish(self, topic: str, payload: bytes, qos: int, *, retain: bool) -> int:
        """Send a message; with QoS 0 there is no answer. Raises ValueError for a wildcard."""
        return self._client.publish(topic, payload, qos, retain).mid

    def flush(self) -> None:
        """Write what waits."""
        self._client.loop_write()

    def say_goodbye(self) -> None:
        """Take leave, so that no last will is published."""
        self._client.disconnect()
        self.flush()

    def _on_wish_to_write(self, _client: Client, _data: object, _wire: object) -> None:
        self._call_soon(self.flush)

    def _on_connect(
        self,
        _client: Client,
        _data: object,
        _flags: ConnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        self._greeted = True
        self._listener.answered(CONNECTING, [_code(reason)])

    def _on_answer(
        self,
        _client: Client,
        _data: object,
        packet_id: int,
        reasons: list[ReasonCode],
        _properties: Properties | None,
    ) -> None:
        self._listener.answered(packet_id, [_code(reason) for reason in reasons])

    def _on_publish(
        self,
        _client: Client,
        _data: object,
        packet_id: int,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        self._listener.answered(packet_id, [_code(reason)])

    def _on_disconnect(
        self,
        _client: Client,
        _data: object,
        flags: DisconnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if flags.is_disconnect_packet_from_server:
            self._listener.dismissed(_code(reason))


class _Client(Client):
    """paho's client, with our bytes where its socket would be."""

    def __init__(self, broker: BrokerSettings, client_id: str, wire: "_Wire") -> None:
        is_old = broker.version != "5"
        super().__init__(
            CallbackAPIVersion.VERSION2,
            client_id,
            clean_session=broker.clean if is_old else None,
            protocol=_PROTOCOLS[broker.version],
            reconnect_on_failure=False,
            manual_ack=True,
        )
        self._our_wire = wire
        self.max_inflight_messages_set(INFLIGHT_MAX)
        if broker.username is not None:
            password = broker.password
            self.username_pw_set(
                broker.username, None if password is None else password.get_secret_value()
            )

    def _create_socket(self) -> "_Wire":
        return self._our_wire


class _Wire:
    """What paho takes for a socket: one packet to read, and a way to send."""

    def __init__(self, send: Callable[[bytes], None]) -> None:
        self.arrived = b""
        self._send = send

    def recv(self, buffer_size: int) -> bytes:
        if not self.arrived:
            raise BlockingIOError
        taken, self.arrived = self.arrived[:buffer_size], self.arrived[buffer_size:]
        return taken

    def send(self, buffer: bytes | bytearray) -> int:
        self._send(bytes(buffer))
        return len(buffer)

    def close(self) -> None:
        self.arrived = b""

    def fileno(self) -> int:
        return -1

    def setblocking(self, flag: bool) -> None:  # noqa: FBT001 -- a socket's own signature
        pass


def _code(reason: ReasonCode) -> Code:
    return Code(reason.value, str(reason).lower())
