"""Whether a zone would call things gone before it is known that its reader is down."""

from collections.abc import Iterator, Sequence

from gateway.site_problems import Fault, Path
from readers.llrp.settings import LlrpSettings
from readers.mqtt.settings import MqttSettings
from readers.settings import Hearer, ReaderSettings
from zones.settings import ZoneSettings


def silence_faults(
    zones: Sequence[tuple[Path, ZoneSettings]],
    readers: Sequence[ReaderSettings],
) -> Iterator[Fault]:
    """Name each zone whose absence time is over before one that covers it counts as silent."""
    slowest: dict[str, tuple[float, str]] = {}
    for silence_s, hearer in (each for reader in readers for each in _silences(reader)):
        for name in _zones_of(hearer):
            slowest[name] = max(slowest.get(name, (0.0, "")), (silence_s, hearer.name))
    for path, zone in zones:
        silence_s, reader_name = slowest.get(zone.name, (0.0, ""))
        if zone.absent_after_s is not None and zone.absent_after_s < silence_s:
            message = (
                f"reader '{reader_name}' is known to be down only after {silence_s:g} s of "
                "silence; where it loses its power, things would be said to have departed"
            )
            yield Fault((*path, "absent_after_s"), message)


def _silences(reader: ReaderSettings) -> Iterator[tuple[float, Hearer]]:
    """After how much silence (s) a reader and each device behind it count as down.

    A file that is read without its drivers tells no keepalives, so nothing is said of those.
    """
    if type(reader) is ReaderSettings:
        return
    own, *devices = reader.hearers()
    if isinstance(reader, LlrpSettings | MqttSettings):
        yield 2 * reader.keepalive_s, own
    else:
        yield reader.silent_after_s, own
    for settings, device in zip(reader.devices.values(), devices, strict=True):
        yield settings.silent_after_s or reader.silent_after_s, device


def _zones_of(hearer: Hearer) -> set[str]:
    """The zones that one covers; scanners and trackers cover none."""
    named = [hearer.zone, *(antenna.zone for antenna in hearer.antennas.values())]
    return {zone for zone in named if zone is not None and hearer.covers}
