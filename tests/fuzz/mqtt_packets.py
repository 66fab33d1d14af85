"""Bytes of a broker that means harm: packets, and messages read out of them."""

import contextlib

from readers.wire.mqtt_packets import PUBREL, Message, PacketError, PacketReader, completion

PAYLOAD_BYTES_MAX = 512


def check(data: bytes) -> None:
    """Raise where a reader raises, or where the way the stream is cut changes what it says."""
    if not data:
        return
    properties, size = bool(data[0] & 1), 1 + (data[0] >> 1) % 64
    whole = _read([data[1:]], properties=properties)
    chunks = [data[at : at + size] for at in range(1, len(data), size)]
    pieces = _read(chunks, properties=properties)
    if whole != pieces:
        raise AssertionError(f"in one: {whole}, in pieces: {pieces}")


def _read(chunks: list[bytes], *, properties: bool) -> tuple[list[Message], list[bytes], str]:
    reader = PacketReader(PAYLOAD_BYTES_MAX, properties=properties)
    messages: list[Message] = []
    others: list[bytes] = []
    for chunk in chunks:
        others += reader.feed(chunk, 0, messages)
        if reader.error is not None:
            break
    for packet in others:
        if packet[0] == PUBREL:
            _complete(packet)
    return messages, others, str(reader.error)


def _complete(packet: bytes) -> None:
    with contextlib.suppress(PacketError):
        completion(packet)
