"""HTTPS: what is offered, how a certificate is renewed, and who is told of its end."""

import asyncio
import datetime as dt
import logging
import ssl
from contextlib import suppress
from pathlib import Path

import pytest
import trustme
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from api.settings import ServerSettings, TlsSettings
from gateway.server import address_of, bind, certificate_of
from gateway.tls import CertificateWatch, TlsError, expiry_ns, read_certificate
from tags.times import SECOND_NS
from tests.gateway.edge import HELLO, Answer, Client, Edge, edge

DAY_NS = 86_400 * SECOND_NS
END = dt.datetime(2030, 6, 1, 12, tzinfo=dt.UTC)
END_NS = int(END.timestamp()) * SECOND_NS


class Pair:
    """A certificate and its key in two files, which may be replaced."""

    def __init__(self, folder: Path) -> None:
        self.cert, self.key = folder / "tls.crt", folder / "tls.key"
        self.authority = trustme.CA()
        self.renew()

    def renew(self, authority: trustme.CA | None = None) -> None:
        self.authority = authority or trustme.CA()
        issued = self.authority.issue_cert("localhost", "127.0.0.1", not_after=END)
        issued.private_key_pem.write_to_path(self.key)
        self.cert.write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))

    @property
    def settings(self) -> TlsSettings:
        return TlsSettings(cert=str(self.cert), key=str(self.key))

    @property
    def trusting(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        self.authority.configure_trust(context)
        return context


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    return Pair(tmp_path)


async def connected(server: Edge, context: ssl.SSLContext) -> Client:
    opened = await asyncio.open_connection(
        "127.0.0.1", server.port, ssl=context, server_hostname="localhost"
    )
    client = Client(*opened)
    server.clients.append(client)
    return client


async def asked(client: Client) -> Answer:
    await client.send(HELLO)
    return await client.answer()


async def read(settings: ServerSettings) -> CertificateWatch | None:
    return await asyncio.to_thread(certificate_of, settings)


async def test_a_client_that_trusts_the_certificate_is_answered(pair: Pair) -> None:
    settings = ServerSettings(tls=pair.settings)
    async with edge(settings, await read(settings)) as server:
        assert (await asked(await connected(server, pair.trusting))).status == 200


async def test_nothing_older_than_tls_1_2_is_spoken(pair: Pair) -> None:
    context = pair.trusting
    with pytest.warns(DeprecationWarning, match="TLSVersion"):
        context.minimum_version = ssl.TLSVersion.TLSv1
    with pytest.warns(DeprecationWarning, match="TLSVersion"):
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    settings = ServerSettings(tls=pair.settings)
    async with edge(settings, await read(settings)) as server:
        with pytest.raises((ssl.SSLError, ConnectionError)):
            await connected(server, context)
        assert server.refused("handshake") == 1
        context = pair.trusting
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        assert (await asked(await connected(server, context))).status == 200


async def test_plain_http_and_silence_on_the_encrypted_port_end_in_time(pair: Pair) -> None:
    settings = ServerSettings(tls=pair.settings, head_timeout_s=0.3)
    async with edge(settings, await read(settings)) as server:
        assert (await server.said(HELLO)).status == 0
        assert await (await server.client()).is_cut()
        assert server.refused("handshake") == 2
        assert server.open_now == 0


async def test_a_renewed_certificate_is_taken_over_and_nobody_is_cut_off(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.server.LOOK_S", 0.02)
    settings = ServerSettings(tls=pair.settings)
    async with edge(settings, await read(settings)) as server:
        old = pair.trusting
        before = await connected(server, old)
        assert (await asked(before)).status == 200
        pair.renew()
        after = await trusted(server, pair.trusting)
        assert (await asked(after)).status == 200
        assert (await asked(before)).status == 200
        with pytest.raises(ssl.SSLCertVerificationError):
            await connected(server, old)


async def trusted(server: Edge, context: ssl.SSLContext) -> Client:
    async with asyncio.timeout(8):
        while True:
            with suppress(ssl.SSLError):
                return await connected(server, context)
            await asyncio.sleep(0.02)


def watch_of(pair: Pair, now_ns: int = END_NS - 100 * DAY_NS) -> CertificateWatch:
    return CertificateWatch(pair.settings, lambda: now_ns)


def test_a_bad_pair_keeps_the_former_one_and_says_why_once(
    pair: Pair, caplog: pytest.LogCaptureFixture
) -> None:
    watch = watch_of(pair)
    former = watch.context
    trustme.CA().issue_cert("localhost").private_key_pem.write_to_path(pair.key)
    for _ in range(3):
        watch.look(pair.settings)
    assert watch.context is former
    said = [record.getMessage() for record in caplog.records]
    assert len(said) == 1
    assert "former certificate stays" in said[0]
    assert "key is not the one of the certificate" in said[0]


def test_asked_for_it_a_pair_that_stayed_bad_is_told_of_again(
    pair: Pair, caplog: pytest.LogCaptureFixture
) -> None:
    watch = watch_of(pair)
    pair.cert.unlink()
    watch.look(pair.settings)
    watch.look(pair.settings, anyway=True)
    assert [record.levelno for record in caplog.records] == [logging.ERROR] * 2


def test_a_pair_that_is_mended_is_taken_over(pair: Pair) -> None:
    watch = watch_of(pair)
    former = watch.context
    pair.cert.write_text("nothing")
    watch.look(pair.settings)
    pair.renew()
    watch.look(pair.settings)
    assert watch.context is not former


def test_other_files_of_the_site_file_are_taken_over(pair: Pair, tmp_path: Path) -> None:
    watch = watch_of(pair)
    former = watch.context
    (tmp_path / "other").mkdir()
    watch.look(Pair(tmp_path / "other").settings)
    assert watch.context is not former


@pytest.mark.parametrize(
    ("cert", "key", "why"),
    [
        (None, "", "No such file"),
        ("", None, "No such file"),
        ("no PEM at all", "", "holds no certificate as PEM"),
        ("-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n", "", "PEM"),
        ("", "no PEM at all", "no certificate or no key as PEM"),
    ],
)
def test_files_that_are_no_pair_are_refused_with_a_reason(
    pair: Pair, cert: str | None, key: str | None, why: str
) -> None:
    for path, text in ((pair.cert, cert), (pair.key, key)):
        if text is None:
            path.unlink()
        elif text:
            path.write_text(text)
    with pytest.raises(TlsError, match=why) as refused:
        read_certificate(pair.settings)
    assert str(pair.cert) in str(refused.value) or str(pair.key) in str(refused.value)


def test_a_key_with_a_password_is_refused_without_asking_at_the_terminal(pair: Pair) -> None:
    from cryptography.hazmat.primitives import serialization as keys  # noqa: PLC0415 -- here only

    private = keys.load_pem_private_key(pair.key.read_bytes(), None)
    locked = keys.BestAvailableEncryption(b"secret")
    pem, form = keys.Encoding.PEM, keys.PrivateFormat.PKCS8
    pair.key.write_bytes(private.private_bytes(pem, form, locked))
    with pytest.raises(TlsError, match="has a password; write it without one"):
        read_certificate(pair.settings)


def test_the_end_of_a_certificate_is_read_as_others_read_it(pair: Pair) -> None:
    assert read_certificate(pair.settings).expires_ns == END_NS


@given(
    st.datetimes(
        dt.datetime(1970, 1, 2),  # noqa: DTZ001 -- made aware below
        dt.datetime(9999, 12, 30),  # noqa: DTZ001 -- as above
    )
)
def test_every_end_is_read_to_the_second(end: dt.datetime) -> None:
    end = end.replace(microsecond=0, tzinfo=dt.UTC)
    issued = AUTHORITY.issue_cert(
        "localhost", not_before=dt.datetime(1970, 1, 1, tzinfo=dt.UTC), not_after=end
    )
    der = ssl.PEM_cert_to_DER_cert(issued.cert_chain_pems[0].bytes().decode())
    assert x509.load_der_x509_certificate(der).not_valid_after_utc == end
    assert expiry_ns(der) == int(end.timestamp()) * SECOND_NS


AUTHORITY = trustme.CA()


@given(st.binary(max_size=200))
def test_what_is_no_certificate_is_refused(junk: bytes) -> None:
    with pytest.raises(TlsError, match="can not be read"):
        expiry_ns(junk)


@pytest.mark.parametrize(
    ("days", "said"),
    [
        (100.0, None),
        (14.1, None),
        (13.5, "ends in 14 days"),
        (0.5, "ends within a day"),
        (-1.0, "has ended"),
    ],
)
def test_its_end_is_told_fourteen_days_ahead(pair: Pair, days: float, said: str | None) -> None:
    warning = watch_of(pair, END_NS - round(days * DAY_NS)).warning()
    if said is None:
        assert warning is None
    else:
        assert warning is not None
        assert said in warning
        assert str(pair.cert) in warning
        assert "2030-06-01" in warning


def test_its_end_is_told_once_a_day(pair: Pair) -> None:
    now_ns = END_NS - 3 * DAY_NS
    watch = CertificateWatch(pair.settings, lambda: now_ns)
    assert watch.warning() is not None
    now_ns += DAY_NS - 1
    assert watch.warning() is None
    now_ns += 1
    assert watch.warning() is not None


async def test_the_metric_counts_down_to_the_end(pair: Pair) -> None:
    watch = await asyncio.to_thread(watch_of, pair, END_NS - DAY_NS)
    async with edge(ServerSettings(tls=pair.settings), watch) as server:
        shown = server.metrics.get_sample_value("tagwarden_certificate_expires_seconds")
        assert shown == 86_400


def test_the_address_says_how_it_is_reached() -> None:
    with bind("127.0.0.1:0") as listener:
        port = listener.getsockname()[1]
        assert address_of(listener) == f"http://127.0.0.1:{port}"
        assert address_of(listener, encrypted=True) == f"https://127.0.0.1:{port}"
