"""LLRP through TLS, and what is said where the certificate does not fit."""

import ssl
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import trustme

from readers.driver import ReaderLostError, ReaderMisconfiguredError
from readers.llrp.driver import LlrpDriver
from simulators.llrp_reader import LlrpReader
from tests.readers.llrp_driving import connected, reads_of, settings_of, take, the_end

pytestmark = pytest.mark.timeout(60)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def ca_file(authority: trustme.CA, tmp_path: Path) -> str:
    file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(file))
    return str(file)


@pytest.fixture
async def reader(authority: trustme.CA) -> AsyncIterator[LlrpReader]:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    async with LlrpReader(ssl_context=context) as simulated:
        yield simulated


async def test_reads_come_through_tls(reader: LlrpReader, ca_file: str) -> None:
    async with connected(reader, tls=True, tls_ca=ca_file, reads_waiting_max=500) as driver:
        for _ in range(20):
            await reader.report(reads_of(1_000))
        assert len(await take(driver, 20_000)) == 20_000
    assert reader.rospecs == []


async def test_a_lost_tls_connection_is_told(reader: LlrpReader, ca_file: str) -> None:
    async with connected(reader, tls=True, tls_ca=ca_file) as driver:
        reader.drop()
        assert isinstance(await the_end(driver), ReaderLostError)


async def test_any_certificate_will_do_where_the_entry_says_so(reader: LlrpReader) -> None:
    async with connected(reader, tls=True, tls_verify=False) as driver:
        await reader.report(reads_of(1))
        assert len(await take(driver, 1)) == 1


async def refused(address: str, **changes: object) -> Exception:
    driver = LlrpDriver(settings_of(address, tls=True, **changes), time.time_ns)
    with pytest.raises((ReaderLostError, ReaderMisconfiguredError)) as caught:
        await driver.connect()
    await driver.close()
    return caught.value


async def test_a_certificate_that_nobody_vouches_for_is_refused(reader: LlrpReader) -> None:
    error = await refused(reader.address)
    assert isinstance(error, ReaderMisconfiguredError)
    assert "its certificate is not trusted" in str(error)
    assert "tls_ca" in error.remedy


async def test_a_certificate_of_another_host_is_refused(reader: LlrpReader, ca_file: str) -> None:
    address = reader.address.replace("127.0.0.1", "localhost")
    error = await refused(address, tls_ca=ca_file)
    assert isinstance(error, ReaderMisconfiguredError)
    assert "localhost" in str(error)


@pytest.mark.parametrize("content", [None, "no certificate"])
async def test_a_file_that_is_no_certificate_is_named(
    reader: LlrpReader,
    tmp_path: Path,
    content: str | None,
) -> None:
    file = tmp_path / "odd.pem"
    if content is not None:
        file.write_text(content)
    error = await refused(reader.address, tls_ca=str(file))
    assert isinstance(error, ReaderMisconfiguredError)
    assert f"r1: tls_ca: {file}: " in str(error)


async def test_a_reader_without_tls_is_lost_in_words() -> None:
    async with LlrpReader() as plain:
        error = await refused(plain.address, tls_verify=False, connect_timeout_s=2.0)
    assert isinstance(error, ReaderLostError)
    assert str(error).startswith(f"r1: {plain.address}")
