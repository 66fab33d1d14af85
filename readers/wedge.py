"""The driver for scanners that play keyboard, on Linux, by the standard library alone.

Experimental: it was tried with a pipe in place of the device, not with hardware.
"""

import asyncio
import contextlib
import errno
import fcntl
import os
from collections import Counter

from readers.driver import Batch, Clock, ReaderError, ReaderLostError
from readers.reasons import reason_of
from readers.wedge_settings import WedgeSettings
from readers.wire.barcodes import BarcodeError, decode_line
from readers.wire.evdev import EVENT, Typing
from tags.reads import Read

__all__ = ["WedgeDriver", "WedgeSettings"]

EVIOCGRAB = 0x40044590
"""_IOW('E', 0x90, int) of linux/input.h."""
READ_BYTES = 64 * EVENT.size
UNMARKED_CHARS_MIN = 3
_REMEDIES = {
    errno.ENOENT: "Plug the scanner in, or correct `device`: see /dev/input/by-id.",
    errno.EACCES: "Add the gateway's user to the group that owns the device, mostly `input`.",
    errno.EPERM: "Add the gateway's user to the group that owns the device, mostly `input`.",
    errno.EBUSY: "Close the other program that has taken this device.",
}


class WedgeDriver:
    """One input device; each text before an Enter key is a scan, a read of antenna 1."""

    passive = True

    def __init__(self, settings: WedgeSettings, clock: Clock) -> None:
        self.silent_after_s = settings.silent_after_s
        self._settings = settings
        self._clock = clock
        self._typing = Typing(settings.keymap)
        self._descriptor: int | None = None
        self._bad: Counter[str] = Counter()
        self._error: ReaderError | None = None

    async def connect(self) -> None:
        """Open the device, and take it for us alone. Raises ReaderLostError."""
        try:
            self._descriptor = await asyncio.to_thread(self._open)
        except OSError as error:
            remedy = _REMEDIES.get(error.errno or 0)
            text = f"{self._settings.name}: {self._settings.device}: {reason_of(error)}"
            raise ReaderLostError(text, remedy) from error

    def _open(self) -> int:
        descriptor = os.open(self._settings.device, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            if self._settings.grab:
                fcntl.ioctl(descriptor, EVIOCGRAB, 1)
        except OSError:
            os.close(descriptor)
            raise
        return descriptor

    async def next_batch(self) -> Batch:
        """Wait for a scan; an empty batch says that nothing was under the scanner.

        Raises ReaderLostError when the scanner is unplugged.
        """
        while True:
            if self._error is not None:
                raise self._error
            try:
                texts = await self._typed()
            except OSError as error:
                text = f"{self._settings.name}: {self._settings.device} is gone: {reason_of(error)}"
                self._error = ReaderLostError(text, _REMEDIES[errno.ENOENT])
                texts = []
            batch = self._batch(texts)
            if batch is not None:
                return batch

    async def _typed(self) -> list[str]:
        """The texts that the next keys complete, or the next silence."""
        patience_s = self._settings.silence_ms / 1000 if self._typing.waiting else None
        try:
            async with asyncio.timeout(patience_s):
                await self._until_readable()
        except TimeoutError:
            return [text for text in self._typing.pause() if len(text) >= UNMARKED_CHARS_MIN]
        return self._typing.feed(self._read())

    async def _until_readable(self) -> None:
        descriptor = self._descriptor
        if descriptor is None:
            raise OSError(errno.EBADF, "the device is closed")
        loop = asyncio.get_running_loop()
        readable = asyncio.Event()
        loop.add_reader(descriptor, readable.set)
        try:
            await readable.wait()
        finally:
            # Unless it was closed meanwhile: its number may be somebody else's by now.
            if descriptor == self._descriptor:
                loop.remove_reader(descriptor)

    def _read(self) -> bytes:
        assert self._descriptor is not None  # noqa: S101 -- it was readable
        data = os.read(self._descriptor, READ_BYTES)
        if not data:
            raise OSError(errno.ENODEV, "unplugged")
        return data

    def _batch(self, texts: list[str]) -> Batch | None:
        """What the texts say; what is only noise is not `alive`."""
        reads: list[Read] = []
        signs_of_life = [self._note(text, reads) for text in texts]
        self._bad.update(self._typing.bad)
        self._typing.bad = {}
        alive = any(signs_of_life)
        if not alive and not self._bad:
            return None
        bad, self._bad = dict(self._bad), Counter()
        return Batch(reads=reads, bad=bad, alive=alive)

    def _note(self, text: str, reads: list[Read]) -> bool:
        try:
            barcode = decode_line(text.encode(), self._settings.no_read)
        except BarcodeError as error:
            self._bad[error.reason] += 1
            return error.reason != "noise"
        if barcode is not None:
            self._bad.update([barcode.fault] if barcode.fault else [])
            time_ns = self._clock()
            reads.append(Read(barcode.tag, self._settings.name, 1, time_ns, time_ns))
        return True

    async def close(self) -> None:
        """Give the device back."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is None:
            return
        asyncio.get_running_loop().remove_reader(descriptor)
        # Closing it ends the grab too, where the device still exists.
        with contextlib.suppress(OSError):
            os.close(descriptor)
