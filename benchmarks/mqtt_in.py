"""What a message costs on its way in: a real mosquitto, our driver, pipeline, committed journal.

The peer is paho-mqtt with its own loop and a callback that only parses the JSON (of QoS 1
messages it acknowledges each by itself). Both take the same number of messages from the same
broker and the same publisher, in a process of their own, in turn; what is counted is that
process's CPU time from its first message to its last (ours: until all are committed).

Run: `make bench`, or `python benchmarks/mqtt_in.py`.
"""

import argparse
import asyncio
import json
import logging
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from gateway.blueprints import stored_blueprint
from gateway.collector import Collector
from gateway.journal import SqliteJournal
from gateway.limits import LimitsSettings
from gateway.run import tune_garbage_collection
from gateway.site import parse_site
from gateway.station import Station
from history.state import open_state
from readers.mqtt.driver import MqttDriver
from readers.mqtt.settings import MqttSettings
from simulators.mosquitto import Mosquitto
from simulators.real_server import ServerMissingError

MESSAGES = 20_000
TAGS = 5_000
ROUNDS = 3
TARGET = 1.5
UNDER_WAY_MAX = 200
TOPIC = "zebra/FX-1/tags"
# mosquitto's own 20 under way would make both wait; nothing is dropped for want of a place.
OPTIONS = ("allow_anonymous true", "max_inflight_messages 1000", "max_queued_messages 0")

SITE = """
site: {{name: Benchmark}}
zones: [{{name: hall}}, {{name: gate, role: exit}}]
readers:
  - name: sensors
    driver: mqtt
    address: mqtt://127.0.0.1:{port}
    clean: true
    subscribe: [{{topic: zebra/+/tags, format: zebra, device: 2, qos: {qos}}}]
    devices:
      FX-1: {{antennas: {{1: {{zone: hall}}, 2: {{zone: gate}}}}}}
rules:
  - {{name: stay in, kind: exit, fence: [hall]}}
"""


def payload_of(number: int) -> bytes:
    """What a Zebra reader says of one tag: about 200 bytes."""
    now_s = time.time()
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now_s))
    data = {
        "eventNum": number,
        "format": "epc",
        "idHex": f"30342b5f84010f40{number % TAGS:08x}",
        "antenna": 1,
        "peakRssi": -50,
        "reads": 1,
        "PC": "3000",
        "hostName": "FX-1",
    }
    timestamp = f"{stamp}.{int(now_s % 1 * 1000):03d}+0000"
    return json.dumps({"type": "SIMPLE", "timestamp": timestamp, "data": data}).encode()


def publish(port: int, qos: int, messages: int) -> None:
    """Publish as fast as the broker takes it."""
    client = Client(CallbackAPIVersion.VERSION2, "publisher")
    client.max_inflight_messages_set(UNDER_WAY_MAX)
    room = threading.Semaphore(2 * UNDER_WAY_MAX)

    def release(*_: object) -> None:
        room.release()

    client.on_publish = release
    client.connect("127.0.0.1", port)
    client.loop_start()
    for number in range(messages):
        room.acquire()
        client.publish(TOPIC, payload_of(number), qos)
    for _ in range(2 * UNDER_WAY_MAX):
        room.acquire()
    client.disconnect()
    client.loop_stop()


def paho_case(port: int, qos: int, messages: int) -> float:
    """Return CPU seconds of bare paho: its own loop, and a callback that parses the JSON."""
    seen, began_s, cpu_s = 0, 0.0, 0.0

    def take(client: Client, _data: object, message: MQTTMessage) -> None:
        nonlocal seen, began_s, cpu_s
        began_s = began_s or time.process_time()
        json.loads(message.payload)
        seen += 1
        if seen == messages:
            cpu_s = time.process_time() - began_s
            client.disconnect()

    def subscribe(client: Client, *_: object) -> None:
        client.subscribe("zebra/+/tags", qos)

    def ready(*_: object) -> None:
        say("ready")

    client = Client(CallbackAPIVersion.VERSION2, "peer")
    client.on_message = take
    client.on_connect = subscribe
    client.on_subscribe = ready
    client.connect("127.0.0.1", port)
    client.loop_forever()
    return cpu_s


def our_case(port: int, qos: int, messages: int) -> float:
    """Return CPU seconds of the gateway's stations, joined as in `tagwarden run`."""
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(_ours(Path(folder), SITE.format(port=port, qos=qos), messages))


async def _ours(folder: Path, text: str, messages: int) -> float:
    site = parse_site(text)
    settings = site.settings.readers[0]
    assert isinstance(settings, MqttSettings)
    journal = SqliteJournal(open_state(folder / "state.db"))
    station = Station(journal, stored_blueprint)
    station.process(station.start_entries(site, time.time_ns()))
    tune_garbage_collection()
    collector = Collector(station, journal, time.time_ns, LimitsSettings())
    running = asyncio.create_task(collector.run())
    driver = MqttDriver(settings, time.time_ns)
    await driver.connect()
    say("ready")
    began_s, taken = 0.0, 0
    while taken < messages:
        batch = await driver.next_batch()
        began_s = began_s or (time.process_time() if batch.reads else 0.0)
        taken += len(batch.reads)
        await collector.put_reads(batch.reads, batch.acknowledge)
    while collector.reads_committed < messages:
        await collector.committed(station.committed_seq, 0.01)
    cpu_s = time.process_time() - began_s
    await driver.close()
    running.cancel()
    collector.close()
    return cpu_s


def say(word: str) -> None:
    """Tell the parent."""
    sys.stdout.write(word + "\n")
    sys.stdout.flush()


def measure(case: str, port: int, qos: int, messages: int) -> float:
    """One case in a fresh process, fed by another one; CPU microseconds a message."""
    numbers = [str(port), str(qos), str(messages)]
    ourselves = [sys.executable, __file__]
    taking = subprocess.Popen([*ourselves, case, *numbers], stdout=subprocess.PIPE, text=True)  # noqa: S603 - ourselves
    assert taking.stdout is not None
    while taking.stdout.readline().strip() != "ready":
        assert taking.poll() is None
    subprocess.run([*ourselves, "publish", *numbers], check=True)  # noqa: S603 - ourselves
    cpu_s = float(taking.stdout.readline())
    taking.wait()
    return cpu_s / messages * 1e6


def report(messages: int, rounds: int) -> None:
    """Run every case in turn, so that both see the same machine."""
    say(f"{messages} messages of {len(payload_of(messages))} bytes, one tag each; {TAGS} tags")
    with tempfile.TemporaryDirectory() as folder, Mosquitto(Path(folder), OPTIONS) as broker:
        for qos in (0, 1):
            peers: list[float] = []
            ours: list[float] = []
            for _ in range(rounds):
                peers.append(measure("paho", broker.port, qos, messages))
                ours.append(measure("ours", broker.port, qos, messages))
            ratios = [our / peer for our, peer in zip(ours, peers, strict=True)]
            listed = ", ".join(f"{ratio:.2f}" for ratio in ratios)
            say(f"QoS {qos}: bare paho, JSON parsed: {statistics.median(peers):.1f} us a message")
            say(f"QoS {qos}: ours, committed:        {statistics.median(ours):.1f} us a message")
            say(f"  ratio {statistics.median(ratios):.2f} (rounds: {listed}); at most {TARGET}")


def main() -> None:
    """All cases, or the one that the arguments name."""
    parser = argparse.ArgumentParser(description="What a message costs on its way in.")
    parser.add_argument("case", nargs="?", choices=("publish", "paho", "ours"))
    parser.add_argument("numbers", nargs="*", type=int, help="port, QoS, messages")
    parser.add_argument("--messages", type=int, default=MESSAGES)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    chosen = parser.parse_args()
    logging.disable(logging.CRITICAL)
    if chosen.case is None:
        try:
            report(chosen.messages, chosen.rounds)
        except ServerMissingError as missing:
            say(f"no figures: {missing}")
    elif chosen.case == "publish":
        publish(*chosen.numbers)
    else:
        say(str((paho_case if chosen.case == "paho" else our_case)(*chosen.numbers)))


if __name__ == "__main__":
    main()
