"""The certificate of the server: read, renewed while connections go on, and watched for its end."""

import logging
import ssl
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path
from typing import NamedTuple

from api.settings import TlsSettings
from tags.times import SECOND_NS

WARN_BEFORE_S = 14 * 86_400
WARN_EVERY_S = 86_400.0
_CERTIFICATE = "CERTIFICATE"
_BEGIN, _END = f"-----BEGIN {_CERTIFICATE}-----", f"-----END {_CERTIFICATE}-----"
_LOCKED = "ENCRYPTED"
"""Stands in the first lines of every form of a PEM key that wants a password."""
_SEQUENCE, _VERSION, _UTC_TIME = 0x30, 0xA0, 0x17
_LONG_FORM = 0x80
_EXTENSIONS, _DNS_NAME, _IP_ADDRESS = 0xA3, 0x82, 0x87
_SUBJECT_ALT_NAME = b"\x55\x1d\x11"

log = logging.getLogger("tagwarden.http")

Stamp = tuple[tuple[int, int, int] | None, ...]


class TlsError(Exception):
    """The pair can not be used; the text says why and what to do."""


class Certificate(NamedTuple):
    """A pair that can be used: for new connections, until `expires_ns`; `der` is the first one."""

    context: ssl.SSLContext
    expires_ns: int
    der: bytes = b""


def read_certificate(settings: TlsSettings) -> Certificate:
    """Read both files, which may wait for a disk. Raises TlsError."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_CIPHER_SERVER_PREFERENCE
    context.options |= ssl.OP_NO_RENEGOTIATION
    ders = _ders(_text_of(settings.cert), settings.cert)
    if _LOCKED in _text_of(settings.key):
        raise TlsError(
            f"{settings.key}: has a password; write it without one: openssl pkey -in OLD -out NEW"
        )
    try:
        # Without a password of ours OpenSSL would ask for one at the terminal.
        context.load_cert_chain(settings.cert, settings.key, password="")
    except ssl.SSLError as error:
        raise TlsError(f"{settings.cert} with {settings.key}: {_reason(error)}") from error
    except OSError as error:
        raise TlsError(f"{settings.cert}: {error.strerror or error}") from error
    return Certificate(context, min(expiry_ns(der) for der in ders), ders[0])


def names_of(der: bytes) -> tuple[str, ...]:
    """The host names that a certificate is for (RFC 5280, 4.2.1.6), addresses too.

    Raises TlsError.
    """
    try:
        fields = _elements(_inner(_inner(der)))
        listed = next((content for tag, content in fields if tag == _EXTENSIONS), None)
        found = () if listed is None else _elements(_inner(listed))
        for parts in (list(_elements(extension)) for _, extension in found):
            if parts[0][1] == _SUBJECT_ALT_NAME:
                told = (_told_name(tag, name) for tag, name in _elements(_inner(parts[-1][1])))
                return tuple(name for name in told if name)
    except (IndexError, StopIteration, ValueError) as error:
        raise TlsError("a certificate of the file can not be read") from error
    return ()


def _told_name(tag: int, name: bytes) -> str:
    if tag == _DNS_NAME:
        return name.decode("ascii").lower()
    return str(ip_address(name)) if tag == _IP_ADDRESS else ""


def expiry_ns(der: bytes) -> int:
    """When a certificate ends (RFC 5280, 4.1.2.5), in UTC nanoseconds. Raises TlsError."""
    try:
        certificate = _inner(der)
        fields = _elements(_inner(certificate))
        if der and _first_tag(certificate) == _VERSION:
            next(fields)
        # Serial number, algorithm, issuer; then from when until when it holds.
        _, _, _, (_, validity) = (next(fields) for _ in range(4))
        _, (tag, after) = _elements(validity)
        return _time_ns(tag, after.decode("ascii"))
    except (IndexError, StopIteration, ValueError) as error:
        raise TlsError("a certificate of the file can not be read") from error


def _first_tag(der: bytes) -> int:
    return _inner(der)[0]


def _inner(der: bytes) -> bytes:
    """The content of the sequence that comes first."""
    tag, content = next(_elements(der))
    if tag != _SEQUENCE:
        raise ValueError(tag)
    return content


def _elements(der: bytes) -> Iterator[tuple[int, bytes]]:
    """Tag and content of each element, one behind the other (X.690, 8.1)."""
    at = 0
    while at < len(der):
        tag, length, at = der[at], der[at + 1], at + 2
        if length >= _LONG_FORM:
            digits = length - _LONG_FORM
            length, at = int.from_bytes(der[at : at + digits], "big"), at + digits
        yield tag, der[at : at + length]
        at += length


def _time_ns(tag: int, text: str) -> int:
    if tag == _UTC_TIME:
        # Two digits of the year: 1950 to 2049.
        text = ("19" if text >= "5" else "20") + text
    when = datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)
    return int(when.timestamp()) * SECOND_NS


def _ders(pem: str, path: str) -> list[bytes]:
    """The certificates of a PEM file that exists. Raises TlsError."""
    blocks = [part.partition(_END)[0] for part in pem.split(_BEGIN)[1:]]
    with suppress(ValueError):
        if blocks:
            return [ssl.PEM_cert_to_DER_cert(f"{_BEGIN}{block}{_END}") for block in blocks]
    raise TlsError(f"{path}: holds no certificate as PEM")


def _text_of(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise TlsError(f"{path}: {error.strerror or error}") from error
    except ValueError as error:
        raise TlsError(f"{path}: is no PEM file") from error


def _reason(error: ssl.SSLError) -> str:
    match error.reason or "":
        case "KEY_VALUES_MISMATCH":
            return "this key is not the one of the certificate"
        case "NO_START_LINE" | "PEM_LIB" | "":
            return "is no certificate or no key as PEM"
        case reason:
            return reason.lower().replace("_", " ")


def stamp_of(settings: TlsSettings) -> Stamp:
    """What changes with the files. It may wait for a disk."""
    return tuple(_stamp(Path(path)) for path in (settings.cert, settings.key))


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino


class CertificateWatch:
    """The pair in use. A new one takes its place as soon as it can be read.

    Raises TlsError if the first pair can not be used.
    """

    def __init__(self, settings: TlsSettings, clock: Callable[[], int]) -> None:
        self._settings = settings
        self._clock = clock
        self._seen = stamp_of(settings)
        self._in_use = read_certificate(settings)
        self._warned_ns: int | None = None

    @property
    def settings(self) -> TlsSettings:
        """The files that are watched."""
        return self._settings

    @property
    def context(self) -> ssl.SSLContext:
        """What new connections are encrypted with."""
        return self._in_use.context

    def expires_s(self) -> float:
        """How long it still holds, in seconds; negative once it is over."""
        return (self._in_use.expires_ns - self._clock()) / SECOND_NS

    def look(self, settings: TlsSettings, *, anyway: bool = False) -> None:
        """Take changed files over, or other files. It may wait for a disk; it raises nothing."""
        stamp = stamp_of(settings)
        if settings == self._settings and stamp == self._seen and not anyway:
            return
        try:
            certificate = read_certificate(settings)
        except TlsError as error:
            log.error("the former certificate stays: %s", error)  # noqa: TRY400 - the text is all that helps
        else:
            self._in_use, self._warned_ns = certificate, None
            log.info("certificate taken over, it ends at %s", _day(certificate.expires_ns))
        self._settings, self._seen = settings, stamp

    def warning(self) -> str | None:
        """What to say of a certificate that is about to end, once a day."""
        now_ns, left_s = self._clock(), self.expires_s()
        if left_s > WARN_BEFORE_S:
            return None
        if self._warned_ns is not None and now_ns - self._warned_ns < WARN_EVERY_S * SECOND_NS:
            return None
        self._warned_ns = now_ns
        return expiry_text(self._settings, self._in_use.expires_ns, now_ns)


def expiry_text(settings: TlsSettings, expires_ns: int, now_ns: int) -> str:
    """Say when a certificate ends, and what to do."""
    days = (expires_ns - now_ns) / SECOND_NS / 86_400
    when = f"ends in {days:.0f} days" if days >= 1 else "ends within a day"
    if days < 0:
        when = "has ended"
    return (
        f"the certificate {settings.cert} {when} ({_day(expires_ns)}); put a new one in its place"
    )


def _day(time_ns: int) -> str:
    return datetime.fromtimestamp(time_ns // SECOND_NS, UTC).strftime("%Y-%m-%d")
