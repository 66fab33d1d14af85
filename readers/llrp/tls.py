"""TLS to a reader, by what its entry says."""

import ssl

from readers.driver import ReaderMisconfiguredError
from readers.llrp.settings import LlrpSettings


def tls_context(settings: LlrpSettings) -> ssl.SSLContext | None:
    """The context for a reader's connection, None for plain TCP. Reads files: call it in a thread.

    Raises ReaderMisconfiguredError where `tls_ca` can not be used.
    """
    if not settings.tls:
        return None
    try:
        context = ssl.create_default_context(cafile=settings.tls_ca)
    except OSError as error:
        raise ReaderMisconfiguredError(
            f"{settings.name}: tls_ca: {settings.tls_ca}: {error.strerror or error}",
            "Name a file of PEM certificates that the gateway may read.",
        ) from error
    if not settings.tls_verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def untrusted(settings: LlrpSettings, error: ssl.SSLCertVerificationError) -> Exception:
    """What to raise for a certificate that nobody vouches for."""
    return ReaderMisconfiguredError(
        f"{settings.name}: {settings.address}: its certificate is not trusted:"
        f" {error.verify_message}",
        "Name the certificate that signed it in tls_ca, or address the reader by the name that"
        " stands in it.",
    )
