"""What `tagwarden doctor` says of the certificate of the server."""

from collections.abc import Iterator

from api.entrance import is_own_host, own_names
from api.settings import ServerSettings, TlsSettings
from gateway.doctor import Examination
from gateway.tls import (
    WARN_BEFORE_S,
    Certificate,
    TlsError,
    expiry_text,
    names_of,
    read_certificate,
)
from readers.driver import Finding
from tags.times import SECOND_NS


def examine_certificate(server: ServerSettings, tls: TlsSettings, now_ns: int) -> Examination:
    """Whether the pair can be used, for how long, and under which names. It waits for a disk."""
    findings = list(_steps(server, tls, now_ns))
    return Examination("certificate", tls.cert, findings)


def _steps(server: ServerSettings, tls: TlsSettings, now_ns: int) -> Iterator[Finding]:
    try:
        certificate = read_certificate(tls)
        names = names_of(certificate.der)
    except TlsError as error:
        remedy = "Correct server.tls in the site file, or put a pair that fits in its place."
        yield Finding.failed("files", str(error), remedy)
        return
    yield Finding.passed("files", "the key is the one of the certificate")
    yield _end(certificate, tls, now_ns)
    yield _names(names, server.hosts)


def _end(certificate: Certificate, tls: TlsSettings, now_ns: int) -> Finding:
    left_s = (certificate.expires_ns - now_ns) / SECOND_NS
    if left_s > WARN_BEFORE_S:
        return Finding.passed("end", f"in {left_s / 86_400:.0f} days")
    detail, _, remedy = expiry_text(tls, certificate.expires_ns, now_ns).partition("; ")
    return Finding.failed("end", detail, f"{remedy.capitalize()}: it is taken over at once.")


def _names(names: tuple[str, ...], hosts: tuple[str, ...]) -> Finding:
    """Browsers want a name of the certificate; the gateway one of its own."""
    if not names:
        remedy = "Have it issued with subject alternative names, by which it is reached."
        return Finding.failed("names", "it is for no host name, so browsers refuse it", remedy)
    answered = own_names().union(hosts)
    refused = [name for name in names if not _is_answered(name, answered)]
    if refused:
        told = ", ".join(refused)
        remedy = f"Add the names under which it is reached to server.hosts: {told}."
        return Finding.failed("names", f"the gateway answers nobody who asks for {told}", remedy)
    missing = [host for host in hosts if not any(_is_for(name, host) for name in names)]
    if missing:
        told = ", ".join(missing)
        remedy = "Have it issued for these too, unless a proxy with its own is in front."
        return Finding.unclear("names", f"it is not for {told}, so browsers refuse it", remedy)
    return Finding.passed("names", ", ".join(names))


def _is_answered(name: str, answered: frozenset[str]) -> bool:
    bracketed = f"[{name}]" if ":" in name else name
    return is_own_host(bracketed, answered) or any(_is_for(name, host) for host in answered)


def _is_for(name: str, host: str) -> bool:
    """Whether a name of a certificate covers a host; `*` stands for one label (RFC 6125, 6.4.3)."""
    first, _, rest = name.partition(".")
    if first == "*":
        return host.partition(".")[2] == rest
    return name == host
