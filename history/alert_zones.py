"""The zones that an alert is about, as SQL may ask for them."""

import sqlite3

import msgspec


class _Scene(msgspec.Struct, frozen=True, gc=False):
    """What of a record (MessagePack of an `alerts.alert.Alert`) says where."""

    from_zone: str | None = None
    to_zone: str | None = None
    zones: tuple[str, ...] = ()


_decoder = msgspec.msgpack.Decoder(_Scene)


def teach_alert_zones(connection: sqlite3.Connection) -> None:
    """Let statements say `alert_zones(record)`: a JSON list of names."""
    connection.create_function("alert_zones", 1, _zones_in, deterministic=True)


def _zones_in(record: bytes) -> str:
    scene = _decoder.decode(record)
    ends = [zone for zone in (scene.from_zone, scene.to_zone) if zone is not None]
    return msgspec.json.encode([*ends, *scene.zones]).decode()
