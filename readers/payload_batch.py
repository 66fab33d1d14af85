"""What messages say, gathered into the batch of the link by which they came."""

from readers.driver import AntennaState, Batch, DeviceNews
from readers.wire.payloads.said import Said

DECODED_AT_ONCE_BYTES = 64 * 1024
"""What is longer is decoded in a thread, so that other readers are heard meanwhile."""


def add_said(batch: Batch, said: Said) -> None:
    """Add what one message says; the last word on a device or an antenna stands."""
    if said.reads:
        batch.reads += said.reads
    if said.fixes:
        batch.fixes += said.fixes
    if said.measurements:
        batch.measurements += said.measurements
    for reason, count in said.bad.items():
        count_bad(batch, reason, count)
    if said.devices or said.antennas or said.lost:
        _add_devices(batch, said)


def count_bad(batch: Batch, reason: str, count: int = 1) -> None:
    """Count what was thrown away."""
    batch.bad[reason] = batch.bad.get(reason, 0) + count


def _add_devices(batch: Batch, said: Said) -> None:
    for device in said.devices:
        news = batch.devices.get(device)
        if device and (news is None or news.lost is not None):
            batch.devices[device] = DeviceNews()
    for device, states in said.antennas.items():
        _antennas_of(batch, device).update(
            {antenna: "connected" if is_on else "disconnected" for antenna, is_on in states.items()}
        )
    for device, reason in said.lost.items():
        if device:
            batch.devices[device] = DeviceNews(lost=reason)


def _antennas_of(batch: Batch, device: str) -> dict[int, AntennaState]:
    if not device:
        return batch.antennas
    return batch.devices.setdefault(device, DeviceNews()).antennas
