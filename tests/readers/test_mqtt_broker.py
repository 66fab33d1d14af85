"""The driver and a real mosquitto."""

import asyncio
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from readers.driver import ReaderLostError, ReaderMisconfiguredError
from readers.mqtt.link import MqttLink
from readers.mqtt.settings import BrokerSettings, Will
from simulators.mosquitto import Mosquitto
from simulators.mqtt_devices import Login, Publication, Publisher
from tests.mosquitto import mosquitto
from tests.readers.mqtt_driving import (
    DEADLINE_S,
    connected,
    numbers,
    own_payload,
    settings_of,
    take,
    take_until,
    the_end,
)

TOPIC = "tagwarden/FX-1/reads"
BOTH = pytest.mark.parametrize("version", ["3.1.1", "5"])


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    with mosquitto(tmp_path) as started:
        yield started


@pytest.fixture
def lasting(tmp_path: Path) -> Iterator[Mosquitto]:
    """A broker that keeps sessions and messages over a restart."""
    with mosquitto(tmp_path, persistent=True) as started:
        yield started


async def publish(
    broker: Mosquitto, first: int, last: int, topic: str = TOPIC, *, retain: bool = False
) -> None:
    """The reads with these numbers, from a device of somebody else's make."""
    async with Publisher("127.0.0.1", broker.port, "FX-1") as device:
        said = [Publication(topic, own_payload(n), retain) for n in range(first, last)]
        await device.publish(said)
        await device.drain()


class TestReading:
    @BOTH
    async def test_what_devices_publish_arrives_in_order(
        self, broker: Mosquitto, version: str
    ) -> None:
        async with connected(broker.address, version=version) as driver:
            await publish(broker, 0, 300)
            found = await take(driver, 300)
        assert numbers(found) == list(range(300))
        assert {read.reader for read in found} == {"m1:FX-1"}

    async def test_a_device_that_spoke_is_named(self, broker: Mosquitto) -> None:
        async with connected(broker.address) as driver:
            await publish(broker, 0, 1)
            batch = await take_until(driver, lambda batch: bool(batch.reads))
        assert list(batch.devices) == ["FX-1"]

    async def test_quality_0_is_heard_and_never_acknowledged(self, broker: Mosquitto) -> None:
        subscribe = [{"topic": "tagwarden/+/reads", "format": "tagwarden", "qos": 0}]
        async with connected(broker.address, subscribe=subscribe) as driver:
            await publish(broker, 0, 3)
            batch = await take_until(driver, lambda batch: bool(batch.reads))
        assert batch.acknowledge is None

    async def test_the_first_entry_that_fits_decides_how_a_message_is_read(
        self, broker: Mosquitto
    ) -> None:
        subscribe = [
            {"topic": "tagwarden/odd/reads", "format": "zebra", "device": 2},
            {"topic": "tagwarden/#", "format": "tagwarden"},
        ]
        async with connected(broker.address, subscribe=subscribe) as driver:
            await publish(broker, 0, 1, "tagwarden/odd/reads")
            await publish(broker, 1, 2, "tagwarden/even/reads")
            batch = await take_until(driver, lambda batch: bool(batch.bad))
            assert batch.reads == [] or numbers(batch.reads) == [1]
            found = batch.reads or await take(driver, 1)
        assert found[0].reader == "m1:even"

    async def test_a_quiet_broker_gives_signs_of_life(self, broker: Mosquitto) -> None:
        async with connected(broker.address, keepalive_s=0.2) as driver:
            assert driver.silent_after_s == 0.4
            for _ in range(4):
                batch = await asyncio.wait_for(driver.next_batch(), driver.silent_after_s)
                assert batch.reads == []

    async def test_reads_of_a_retained_message_are_old_news(self, broker: Mosquitto) -> None:
        await publish(broker, 0, 1, retain=True)
        async with connected(broker.address) as driver:
            batch = await take_until(driver, lambda batch: bool(batch.bad))
            assert batch.bad == {"retained": 1}
            assert batch.reads == []
            assert batch.devices == {}
            await publish(broker, 1, 2, retain=True)
            assert numbers(await take(driver, 1)) == [1]

    async def test_a_payload_that_is_too_large_is_dropped_counted_and_not_sent_again(
        self, broker: Mosquitto
    ) -> None:
        async with (
            connected(broker.address, message_bytes_max=1_000) as driver,
            Publisher("127.0.0.1", broker.port, "FX-1") as device,
        ):
            await device.publish([Publication(TOPIC, b"[" * 10_000_000)])
            await device.publish([Publication(TOPIC, own_payload(1))])
            await device.drain()
            batch = await take_until(driver, lambda batch: bool(batch.bad))
            assert batch.bad == {"too_large": 1}
            assert numbers(batch.reads or await take(driver, 1)) == [1]
        async with connected(broker.address) as driver:
            await publish(broker, 2, 3)
            assert numbers(await take(driver, 1)) == [2]

    @pytest.mark.parametrize(
        "payload",
        [
            b"[" * 100_000,
            b'{"tag": NaN}',
            b'{"tag": "3034", "rssi_dbm": 1e308',
            b"\xff\xfe{}",
            b'{"tag": "3034", "tag": "3035"}',
            b"[" + b"1," * 400_000 + b"1]",
        ],
        ids=["deep", "nan", "cut", "utf-8", "duplicate", "long"],
    )
    async def test_a_payload_that_means_harm_is_counted_and_the_next_one_is_heard(
        self, broker: Mosquitto, payload: bytes
    ) -> None:
        async with (
            connected(broker.address) as driver,
            Publisher("127.0.0.1", broker.port, "FX-1") as device,
        ):
            await device.publish([Publication(TOPIC, payload)])
            await device.publish([Publication(TOPIC, own_payload(1))])
            batch = await take_until(driver, lambda batch: bool(batch.bad))
            assert numbers(batch.reads or await take(driver, 1)) == [1]


class TestNothingIsLost:
    @BOTH
    async def test_what_was_not_acknowledged_comes_again(
        self, broker: Mosquitto, version: str
    ) -> None:
        async with connected(broker.address, version=version) as driver:
            await publish(broker, 0, 5)
            assert numbers(await take(driver, 5, acknowledge=False)) == [0, 1, 2, 3, 4]
            assert driver.link._transport is not None
            driver.link._transport.abort()
        async with connected(broker.address, version=version) as driver:
            assert numbers(await take(driver, 5)) == [0, 1, 2, 3, 4]
        async with connected(broker.address, version=version) as driver:
            await publish(broker, 5, 6)
            assert numbers(await take(driver, 1)) == [5]

    @BOTH
    async def test_what_is_published_while_we_are_away_arrives(
        self, broker: Mosquitto, version: str
    ) -> None:
        async with connected(broker.address, version=version):
            pass
        await publish(broker, 0, 50)
        async with connected(broker.address, version=version) as driver:
            assert numbers(await take(driver, 50)) == list(range(50))

    async def test_a_clean_client_is_forgotten(self, broker: Mosquitto) -> None:
        async with connected(broker.address, clean=True):
            pass
        await publish(broker, 0, 5)
        async with connected(broker.address, clean=True) as driver:
            await publish(broker, 5, 6)
            assert numbers(await take(driver, 1)) == [5]

    @BOTH
    async def test_a_restarted_broker_has_what_was_not_acknowledged_and_knows_us_again(
        self, lasting: Mosquitto, version: str
    ) -> None:
        async with connected(lasting.address, version=version) as driver:
            await publish(lasting, 0, 5)
            await take(driver, 5, acknowledge=False)
            await asyncio.to_thread(lasting.restart)
            assert isinstance(await the_end(driver), ReaderLostError)
        async with connected(lasting.address, version=version) as driver:
            assert numbers(await take(driver, 5)) == [0, 1, 2, 3, 4]
            await publish(lasting, 5, 6)
            assert numbers(await take(driver, 1)) == [5]

    async def test_nobody_taking_messages_leaves_them_with_the_broker(
        self, broker: Mosquitto
    ) -> None:
        async with connected(broker.address, messages_waiting_max=10, version="5") as driver:
            await publish(broker, 0, 900)
            async with asyncio.timeout(DEADLINE_S):
                while not driver.link._paused:  # noqa: ASYNC110 -- there is no event for it
                    await asyncio.sleep(0)
            assert numbers(await take(driver, 900)) == list(range(900))

    async def test_gateways_of_a_group_share_the_messages(self, broker: Mosquitto) -> None:
        subscribe = [{"topic": "tagwarden/+/reads", "format": "tagwarden", "share": "gw"}]
        async with (
            connected(broker.address, subscribe=subscribe, client_id="one") as one,
            connected(broker.address, subscribe=subscribe, client_id="two") as two,
        ):
            await publish(broker, 0, 20)
            found: list[list[int]] = [[], []]
            async with asyncio.timeout(DEADLINE_S):
                while sum(map(len, found)) < 20:
                    for number, driver in enumerate((one, two)):
                        batch = await driver.next_batch()
                        found[number] += numbers(batch.reads)
                        if batch.acknowledge is not None:
                            batch.acknowledge()
        assert sorted(found[0] + found[1]) == list(range(20))
        assert min(map(len, found)) > 0


class TestRefusals:
    @pytest.fixture
    def locked(self, tmp_path: Path) -> Iterator[Mosquitto]:
        with mosquitto(tmp_path, (), passwords={"gateway": "right"}) as started:
            yield started

    @BOTH
    async def test_wrong_credentials_are_for_a_person_to_correct(
        self, locked: Mosquitto, version: str
    ) -> None:
        for login in ({}, {"username": "gateway", "password": "wrong"}):
            with pytest.raises(ReaderMisconfiguredError, match="not authori") as refused:
                async with connected(locked.address, version=version, **login):
                    pass
            assert "username" in refused.value.remedy

    @BOTH
    async def test_right_credentials_are_taken(self, locked: Mosquitto, version: str) -> None:
        login = {"username": "gateway", "password": "right"}
        device = Publisher("127.0.0.1", locked.port, "FX-1", Login("gateway", "right", version))
        async with connected(locked.address, version=version, **login) as driver, device:
            await device.publish([Publication(TOPIC, own_payload(3))])
            assert numbers(await take(driver, 1)) == [3]

    async def test_nobody_at_the_address_is_a_lost_reader(self, broker: Mosquitto) -> None:
        await asyncio.to_thread(broker.stop)
        with pytest.raises(ReaderLostError, match=f"m1: {broker.address}: .*refused"):
            async with connected(broker.address):
                pass

    async def test_a_second_client_of_the_same_id_is_offered_as_the_reason(
        self, broker: Mosquitto
    ) -> None:
        async with connected(broker.address) as first, connected(broker.address):
            assert "tagwarden-m1" in (await the_end(first)).remedy


class TestTls:
    @pytest.fixture
    def authority(self) -> trustme.CA:
        return trustme.CA()

    @pytest.fixture
    def secure(self, tmp_path: Path, authority: trustme.CA) -> Iterator[Mosquitto]:
        """A broker with TLS that wants a certificate of its clients, too."""
        certificate = authority.issue_cert("127.0.0.1")
        certificate.private_key_pem.write_to_path(tmp_path / "server.key")
        certificate.cert_chain_pems[0].write_to_path(tmp_path / "server.pem")
        authority.cert_pem.write_to_path(tmp_path / "ca.pem")
        ours = authority.issue_cert("gateway@example.org")
        ours.private_key_pem.write_to_path(tmp_path / "our.key")
        ours.cert_chain_pems[0].write_to_path(tmp_path / "our.pem")
        options = (
            "allow_anonymous true",
            f"cafile {tmp_path}/ca.pem",
            f"certfile {tmp_path}/server.pem",
            f"keyfile {tmp_path}/server.key",
            "require_certificate true",
        )
        with mosquitto(tmp_path, options) as broker:
            yield broker

    def entry(self, broker: Mosquitto, **changes: object) -> dict[str, object]:
        folder = broker.folder
        files = {"ca": "ca.pem", "cert": "our.pem", "key": "our.key"}
        return {key: str(folder / name) for key, name in files.items()} | changes

    @BOTH
    async def test_messages_come_through_tls(self, secure: Mosquitto, version: str) -> None:
        address = f"mqtts://127.0.0.1:{secure.port}"
        broker = BrokerSettings.model_validate(self.entry(secure, address=address, clean=True))
        device = MqttLink("device", broker, lambda: 0)
        async with connected(address, version=version, **self.entry(secure)) as driver:
            await device.connect()
            for number in range(30):
                await device.publish(TOPIC, own_payload(number), 1)
            await device.close()
            assert numbers(await take(driver, 30)) == list(range(30))

    async def test_a_stranger_s_certificate_is_refused(self, secure: Mosquitto) -> None:
        address = f"mqtts://127.0.0.1:{secure.port}"
        with pytest.raises(ReaderMisconfiguredError, match="not trusted") as refused:
            async with connected(address):
                pass
        assert "`ca`" in refused.value.remedy

    async def test_verify_false_takes_any(self, secure: Mosquitto) -> None:
        address = f"mqtts://localhost:{secure.port}"
        async with connected(address, **self.entry(secure, ca=None, verify=False)) as driver:
            assert driver.link.error is None

    async def test_a_missing_file_is_named(self, secure: Mosquitto) -> None:
        address = f"mqtts://127.0.0.1:{secure.port}"
        with pytest.raises(ReaderMisconfiguredError, match=r"no-such\.pem"):
            async with connected(address, ca="/no-such.pem"):
                pass

    async def test_tls_where_none_is_spoken_says_so(self, broker: Mosquitto) -> None:
        with pytest.raises((ReaderMisconfiguredError, ReaderLostError)) as refused:
            async with connected(f"mqtts://127.0.0.1:{broker.port}"):
                pass
        assert not isinstance(refused.value.__cause__, ssl.SSLCertVerificationError)

    async def test_no_tls_where_it_is_wanted_hints_at_it(self, secure: Mosquitto) -> None:
        with pytest.raises(ReaderLostError) as refused:
            async with connected(secure.address):
                pass
        assert "mqtts://" in refused.value.remedy


class TestTelling:
    @BOTH
    async def test_what_a_link_publishes_is_heard_in_order(
        self, broker: Mosquitto, version: str
    ) -> None:
        settings = BrokerSettings.model_validate(
            {"address": broker.address, "version": version, "clean": True}
        )
        link = MqttLink("presence", settings, lambda: 0)
        await link.connect()
        async with connected(broker.address, version=version) as driver:
            await asyncio.gather(*(link.publish(TOPIC, own_payload(n), 1) for n in range(250)))
            assert numbers(await take(driver, 250)) == list(range(250))
            await link.publish(TOPIC, own_payload(250))
            assert numbers(await take(driver, 1)) == [250]
        await link.close()

    async def test_the_broker_tells_when_a_link_is_gone_without_a_goodbye(
        self, broker: Mosquitto
    ) -> None:
        settings = BrokerSettings(address=broker.address, clean=True)
        async with connected(broker.address) as driver:
            for polite in (True, False):
                will = Will(TOPIC, own_payload(7), retain=False)
                link = MqttLink("presence", settings, lambda: 0, will=will)
                await link.connect()
                if polite:
                    await link.close()
                else:
                    assert link._transport is not None
                    link._transport.abort()
            assert numbers(await take(driver, 1)) == [7]
            await publish(broker, 8, 9)
            assert numbers(await take(driver, 1)) == [8]

    async def test_whoever_waits_for_an_answer_is_told_of_the_end(self, broker: Mosquitto) -> None:
        settings = BrokerSettings(address=broker.address, clean=True)
        link = MqttLink("presence", settings, lambda: 0)
        await link.connect()
        await asyncio.to_thread(broker.stop, kill=True)
        with pytest.raises(ReaderLostError):
            await link.publish(TOPIC, b"x", 1)
        with pytest.raises(ReaderLostError):
            await link.publish(TOPIC, b"x", 1)
        await link.close()

    async def test_a_link_that_is_not_connected_says_so(self) -> None:
        settings = settings_of("mqtt://127.0.0.1:1")
        with pytest.raises(ReaderLostError, match="not connected"):
            await MqttLink("presence", settings, lambda: 0).publish("a", b"")
