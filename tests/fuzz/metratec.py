"""Metratec: any bytes at any time leave a dialogue that still understands a reader."""

from readers.driver import ReaderError
from readers.serial.metratec import MetratecDialogue
from readers.serial.settings import SerialSettings

SETTINGS = SerialSettings.model_validate({"name": "m", "protocol": "metratec", "port": "/dev/null"})
PENDING_BYTES_MAX = 1024


def check(data: bytes) -> None:
    """Raise if the dialogue fails or keeps too much."""
    dialogue, now_s, at = MetratecDialogue(SETTINGS), 0.0, 0
    while at < len(data):
        size, wait = 1 + data[at] % 32, data[at] // 32
        at += 1
        now_s += wait / 10
        try:
            _ = dialogue.due(now_s)
            batch = dialogue.feed(data[at : at + size], 1, now_s)
        except ReaderError:
            return
        if batch is not None and any(read.antenna < 1 for read in batch.reads):
            raise AssertionError("a read of an antenna below 1")
        at += size
    _ = (dialogue.take_bad(), dialogue.findings(), dialogue.farewell(), dialogue.wake_s)
