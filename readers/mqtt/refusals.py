"""What a broker's refusals mean for a person: to try again, or to correct the site file.

Codes are those of MQTT 5.0 (2.4); a session translates those of 3.1.1.
"""

import ssl

from readers.driver import ReaderError, ReaderLostError, ReaderMisconfiguredError

REFUSED = 128
"""Codes from here on are refusals."""
UNSUPPORTED_VERSION = 0x84
TAKEN_OVER = 0x8E
_REMEDIES = {
    UNSUPPORTED_VERSION: "Set `version` to one that the broker speaks: 3.1.1 or 5.",
    0x85: "Set `client_id` to one that the broker takes.",
    0x86: "Correct `username` and `password`.",
    0x87: "Allow it to this user or client at the broker, or correct `username` and `password`.",
    0x8A: "Ask who runs the broker why this client is banned.",
    0x8C: "Set `username` and `password`, or `cert` and `key`, as the broker wants them.",
    0x90: "Correct the topic.",
    0x9E: "Leave `share` out: this broker has no shared subscriptions.",
    0xA2: "Write topics without wildcards: this broker takes none.",
}
"""For what stays refused until somebody changes something."""
UNREACHED = (
    "Check that the broker runs, and its address: a port for TLS wants mqtts://, any other mqtt://."
)


_TOPIC_CODES = (0x90, 0x9E, 0xA2)


def refusal(what: str, code: int, text: str) -> ReaderError:
    """The error for a refused login or publication; `what` names it and the reader."""
    remedy = _REMEDIES.get(code)
    message = f"{what}: the broker says: {text}"
    if remedy is None:
        return ReaderLostError(message, "Check the broker and its log.")
    return ReaderMisconfiguredError(message, remedy)


def topic_refusal(what: str, code: int, text: str) -> ReaderMisconfiguredError:
    """The error for a refused subscription. 3.1.1 has one code (128) for every reason."""
    remedy = _REMEDIES.get(code) if code in _TOPIC_CODES else None
    return ReaderMisconfiguredError(
        f"{what}: the broker says: {text}",
        remedy or "Allow this topic to this user at the broker, or correct it.",
    )


def dismissal(name: str, client_id: str, code: int, text: str) -> ReaderError:
    """The error for a session that the broker ended in words."""
    if code == TAKEN_OVER:
        return ReaderLostError(
            f"{name}: another client came with the client id {client_id}",
            "Give one of the two another `client_id`.",
        )
    return refusal(name, code, text)


def hung_up(name: str, client_id: str, why: str) -> ReaderLostError:
    """The error for a connection that ended without a word."""
    return ReaderLostError(
        f"{name}: {why}",
        "Check the broker and its log. If it comes again and again, another client may use "
        f"the client id {client_id}, or the port is one for TLS (mqtts://).",
    )


def tls_refusal(where: str, error: ssl.SSLError) -> ReaderError:
    """The error for a TLS handshake that failed."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return ReaderMisconfiguredError(
            f"{where}: its certificate is not trusted: {error.verify_message}",
            "Name the file of the authority that signed it in `ca`, or correct the host.",
        )
    if error.reason in {"WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "HTTP_REQUEST"}:
        return ReaderMisconfiguredError(
            f"{where}: no TLS is spoken there",
            "Write mqtt://, or the port on which the broker speaks TLS.",
        )
    return ReaderLostError(f"{where}: TLS: {error.reason or error}", "Check the broker's log.")


def tls_context(where: str, ca: str | None, pair: tuple[str | None, str | None]) -> ssl.SSLContext:
    """What TLS needs, from files: authorities, and our own certificate and key.

    Reads files. Raises ReaderMisconfiguredError for one that is missing or no certificate.
    """
    cert, key = pair
    try:
        context = ssl.create_default_context(cafile=ca)
        if cert is not None:
            context.load_cert_chain(cert, key)
    except OSError as error:
        named = ", ".join(name for name in (ca, cert, key) if name is not None)
        raise ReaderMisconfiguredError(
            f"{where}: cannot use the certificates in {named}: {error}",
            "Correct `ca`, `cert` and `key`: each is a PEM file that the gateway may read.",
        ) from error
    return context
