import asyncio
import socket
from pathlib import Path

import pytest

from gateway import doctor
from gateway.doctor import Examination, examine_folder, examine_readers
from readers.driver import (
    Batch,
    Clock,
    EndOfReadsError,
    Finding,
    ReaderError,
    ReaderLostError,
    ReaderMisconfiguredError,
)
from readers.settings import ReaderSettings
from tags.reads import Fix, Measurement, Read
from tests.gateway.made import NOON_NS

HEARD = Batch(reads=[Read("aa", "dock", 2, NOON_NS, NOON_NS, -50.0)])


class Entry(ReaderSettings):
    address: str = "127.0.0.1"
    at: tuple[str, int] | None = None

    @property
    def endpoint(self) -> tuple[str, int] | None:
        return self.at


class Patient:
    """A driver that does as it is told: raises when connecting, or gives batches, then hangs."""

    silent_after_s = 1.0
    passive = False

    def __init__(self, trouble: ReaderError | None = None, *batches: Batch | ReaderError) -> None:
        self.trouble = trouble
        self.batches = list(batches)
        self.closed = False

    async def connect(self) -> None:
        if self.trouble is not None:
            raise self.trouble

    async def next_batch(self) -> Batch:
        if not self.batches:
            await asyncio.Event().wait()
        batch = self.batches.pop(0)
        if isinstance(batch, ReaderError):
            raise batch
        return batch

    async def close(self) -> None:
        self.closed = True

    async def examine(self, patience_s: float) -> list[Finding]:
        return [Finding.passed("capabilities", f"4 antennas, asked for {patience_s:g} s")]


async def examined(patient: Patient, at: tuple[str, int] | None = None) -> Examination:
    def open_reader(_settings: ReaderSettings, _clock: Clock) -> Patient:
        return patient

    entry = Entry(name="dock", driver="llrp", at=at)
    found = [each async for each in examine_readers([entry], 0.05, lambda: NOON_NS, open_reader)]
    assert patient.closed or not steps(found[0])[0]["ok"]
    return found[0]


def steps(examination: Examination) -> list[dict[str, object]]:
    return [finding._asdict() for finding in examination.findings]


def named(examination: Examination) -> list[tuple[str, bool | None]]:
    return [(finding.step, finding.ok) for finding in examination.findings]


@pytest.fixture
def nobody_there() -> tuple[str, int]:
    """A port of this machine that nobody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
    return "127.0.0.1", port


async def test_a_healthy_reader_is_followed_to_its_first_tag() -> None:
    found = await examined(Patient(None, Batch(), HEARD))
    assert (found.name, found.about, found.fault) == ("dock", "llrp 127.0.0.1", None)
    assert named(found) == [("connection", True), ("capabilities", True), ("first tag", True)]
    assert found.findings[-1].detail == "aa by dock/2 at -50 dBm"


async def test_no_tag_in_time_is_no_fault_but_said() -> None:
    found = await examined(Patient(None, Batch()))
    assert named(found)[-1] == ("first tag", None)
    assert "Hold a tag" in found.findings[-1].remedy
    assert found.fault is None


async def test_a_source_that_makes_nothing_but_noise_is_no_quiet_one() -> None:
    noise = Batch(bad={"noise": 3}, alive=False)
    found = await examined(Patient(None, noise, noise))
    assert found.fault is not None
    assert (found.fault.step, found.fault.detail) == ("first tag", "nothing but noise arrives")
    assert "baud" in found.fault.remedy
    assert (await examined(Patient(None, noise, Batch()))).fault is None


async def test_a_host_that_is_not_known_is_named() -> None:
    found = await examined(Patient(), ("no-such-host.invalid", 5084))
    assert named(found) == [("name", False)]
    assert "no-such-host.invalid" in found.findings[0].detail
    assert "Correct the host" in found.findings[0].remedy


async def test_a_port_that_nobody_serves_is_told_from_a_reader_that_says_no(
    nobody_there: tuple[str, int],
) -> None:
    lost = ReaderLostError("dock: refused")
    found = await examined(Patient(lost), nobody_there)
    assert named(found) == [("name", True), ("TCP", False)]
    assert "connection refused" in found.findings[-1].detail
    server = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0)
    async with server:
        at = server.sockets[0].getsockname()
        found = await examined(Patient(ReaderLostError("dock: another client")), at)
    assert named(found) == [("name", True), ("TCP", True), ("connection", False)]
    assert found.findings[-1].detail == "another client"


async def test_what_the_entry_gets_wrong_is_a_fault_of_the_configuration() -> None:
    wrong = ReaderMisconfiguredError("dock: antenna 9 does not exist (1-4)")
    found = await examined(Patient(wrong))
    assert found.fault == Finding(
        step="configuration",
        ok=False,
        detail="antenna 9 does not exist (1-4)",
        remedy=ReaderMisconfiguredError.remedy,
    )


async def test_a_reader_that_is_lost_while_one_waits_for_a_tag_is_a_fault() -> None:
    found = await examined(Patient(None, ReaderLostError("dock: gone")))
    assert named(found)[-1] == ("first tag", False)


async def test_a_source_that_ends_is_no_fault() -> None:
    found = await examined(Patient(None, EndOfReadsError("dock: at its end")))
    assert named(found)[-1] == ("first tag", None)


@pytest.mark.parametrize(
    ("batch", "words"),
    [
        (Batch(fixes=[Fix("gps:van", "t", 1, 1, lat=1.0, lon=1.0)]), "gps:van sent its position"),
        (Batch(measurements=[Measurement("s", "door", 1.0, "", 1, 1)]), "s: door 1"),
        (Batch(reads=[Read("code:A", "s", 1, 1, 1)]), "code:A by s/1"),
    ],
)
async def test_whatever_comes_first_is_shown(batch: Batch, words: str) -> None:
    assert (await examined(Patient(None, batch))).findings[-1].detail == words


async def test_a_driver_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    class Hanging(Patient):
        async def connect(self) -> None:
            await asyncio.Event().wait()

    monkeypatch.setattr(doctor, "CONNECT_S", 0.01)
    found = await examined(Hanging())
    assert named(found) == [("connection", False)]


def test_a_folder_that_can_be_written_is_fine(tmp_path: Path) -> None:
    found = examine_folder(tmp_path / "data")
    assert named(found)[0] == ("writing", True)
    assert "GiB free" in found.findings[1].detail


def test_a_folder_that_can_not_be_written_is_named(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    found = examine_folder(file)
    assert named(found) == [("writing", False)]
    assert "--data" in found.findings[0].remedy


def test_little_room_is_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "ROOM_GIB_MIN", 1e9)
    fault = examine_folder(tmp_path).fault
    assert fault is not None
    assert fault.step == "room"
