"""`tagwarden doctor`: tries every source step by step and says the one thing to do next."""

import asyncio
import os
import socket
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable
from contextlib import aclosing
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from history.influx_database import examine_influx
from history.settings import HistorySettings
from readers.catalog import open_driver
from readers.driver import (
    Batch,
    Clock,
    Driver,
    EndOfReadsError,
    Examinable,
    Finding,
    ReaderError,
    ReaderMisconfiguredError,
)
from readers.reasons import reason_of
from readers.settings import ReaderSettings

AT_ONCE = 8
CONNECT_S = 30.0
REACH_S = 3.0
CLOSE_S = 3.0
ROOM_GIB_MIN = 4.0

OpenReader = Callable[[ReaderSettings, Clock], Driver]


class Examination(NamedTuple):
    """What was found out about one source, in the order of the steps."""

    name: str
    about: str
    findings: list[Finding]

    @property
    def fault(self) -> Finding | None:
        """The first step that failed: what comes after it follows from it."""
        return next((finding for finding in self.findings if finding.ok is False), None)


async def examine_readers(
    readers: Iterable[ReaderSettings],
    patience_s: float,
    clock: Clock,
    open_reader: OpenReader = open_driver,
) -> AsyncIterator[Examination]:
    """Examine all readers, several at once; each comes when it is done."""
    limit = asyncio.Semaphore(AT_ONCE)

    async def one(settings: ReaderSettings) -> Examination:
        async with limit:
            steps = _steps(settings, patience_s, lambda: open_reader(settings, clock))
            return Examination(settings.name, _about(settings), await _gather(steps))

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one(each), name=each.name) for each in readers]
        for done in asyncio.as_completed(tasks):
            yield await done


async def _gather(steps: AsyncGenerator[Finding]) -> list[Finding]:
    """All findings; a fault in one driver takes nothing away from what is said of the others."""
    findings: list[Finding] = []
    try:
        async with aclosing(steps):
            async for finding in steps:
                findings.append(finding)  # noqa: PERF401 - what came before a fault is kept
    except Exception as error:  # noqa: BLE001 - see above
        detail = f"fault in its driver: {error!r}"
        findings.append(Finding.failed("driver", detail, "Report this, with the site file."))
    return findings


def examine_folder(folder: Path) -> Examination:
    """Whether the data folder can be written, and how much room there is."""
    findings = list(_folder_steps(folder))
    return Examination("data folder", os.fspath(folder), findings)


async def examine_history(settings: HistorySettings, clock: Clock) -> Examination:
    """Whether the InfluxDB of a site file takes the history; what is missing there is made."""
    parts = urlsplit(settings.url or "")
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    findings = [await _find_host(host)]
    if findings[-1].ok:
        findings.append(await _reach(host, port))
    if findings[-1].ok:
        findings += await asyncio.to_thread(examine_influx, settings, clock())
    return Examination("history", f"influxdb {settings.url}", findings)


def _about(settings: ReaderSettings) -> str:
    where = next(
        (
            str(value)
            for key in ("address", "port", "device", "file")
            if (value := getattr(settings, key, None)) is not None
        ),
        "",
    )
    return f"{settings.driver} {where}".strip()


async def _steps(
    settings: ReaderSettings,
    patience_s: float,
    open_one: Callable[[], Driver],
) -> AsyncGenerator[Finding]:
    if settings.endpoint is not None:
        named = await _find_host(settings.endpoint[0])
        yield named
        if not named.ok:
            return
    driver = open_one()
    try:
        trouble = await _connect(driver)
        if trouble is not None:
            for finding in await _explain(settings, trouble):
                yield finding
            return
        yield Finding.passed("connection", "open" if driver.passive else "speaks its protocol")
        if isinstance(driver, Examinable):
            for finding in await driver.examine(patience_s):
                yield finding
        yield await _first_read(driver, settings.name, patience_s)
    finally:
        async with asyncio.timeout(CLOSE_S):
            await driver.close()


async def _find_host(host: str) -> Finding:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError as error:
        remedy = f"Correct the host in the entry, or tell the name service about '{host}'."
        return Finding.failed("name", f"'{host}' is not known: {reason_of(error)}", remedy)
    return Finding.passed("name", str(found[0][4][0]))


async def _connect(driver: Driver) -> ReaderError | None:
    try:
        async with asyncio.timeout(CONNECT_S):
            await driver.connect()
    except TimeoutError:
        return ReaderError(f"no answer within {CONNECT_S:g} s")
    except ReaderError as error:
        return error
    return None


async def _explain(settings: ReaderSettings, trouble: ReaderError) -> list[Finding]:
    """Tell a reader that nobody reaches from one that refuses what the entry asks."""
    reason = str(trouble).removeprefix(f"{settings.name}: ")
    if isinstance(trouble, ReaderMisconfiguredError):
        return [Finding.failed("configuration", reason, trouble.remedy)]
    if settings.endpoint is not None:
        reached = await _reach(*settings.endpoint)
        if not reached.ok:
            return [reached]
        return [reached, Finding.failed("connection", reason, trouble.remedy)]
    return [Finding.failed("connection", reason, trouble.remedy)]


async def _reach(host: str, port: int) -> Finding:
    try:
        async with asyncio.timeout(REACH_S):
            _, writer = await asyncio.open_connection(host, port)
    except TimeoutError:
        remedy = "Check its power, its cable and the address; a firewall may be in between."
        return Finding.failed("TCP", f"{host} does not answer on port {port}", remedy)
    except OSError as error:
        remedy = f"Check the address; if it is right, switch the service on port {port} on there."
        reason = reason_of(error)
        return Finding.failed("TCP", f"{host} port {port}: {reason}", remedy)
    writer.close()
    return Finding.passed("TCP", f"{host} answers on port {port}")


async def _first_read(driver: Driver, name: str, patience_s: float) -> Finding:
    heard, noisy, alive = "", False, False
    try:
        async with asyncio.timeout(patience_s):
            while True:
                batch = await driver.next_batch()
                heard = heard or _heard(batch)
                noisy, alive = noisy or bool(batch.bad), alive or batch.alive
                if batch.reads or batch.fixes:
                    return Finding.passed("first tag", _heard(batch))
    except TimeoutError:
        if heard:
            return Finding.passed("first value", heard)
        if noisy and not alive:
            remedy = "Correct `baud` or `protocol`; where both are right, the cable picks up noise."
            return Finding.failed("first tag", "nothing but noise arrives", remedy)
        remedy = "Hold a tag in front of each antenna, or scan, and try again."
        return Finding.unclear("first tag", f"none within {patience_s:g} s", remedy)
    except EndOfReadsError as end:
        return Finding.unclear("first tag", str(end), end.remedy)
    except ReaderError as error:
        return Finding.failed("first tag", str(error).removeprefix(f"{name}: "), error.remedy)


def _heard(batch: Batch) -> str:
    if batch.reads:
        read = batch.reads[0]
        level = "" if read.rssi_dbm is None else f" at {read.rssi_dbm:g} dBm"
        return f"{read.tag} by {read.reader}/{read.antenna}{level}"
    if batch.fixes:
        return f"{batch.fixes[0].tag} sent its position"
    if batch.measurements:
        value = batch.measurements[0]
        return f"{value.sensor}: {value.quantity} {value.value:g} {value.unit}".rstrip()
    return ""


def _folder_steps(folder: Path) -> Iterable[Finding]:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(bytes(4096))
    except OSError as error:
        reason = f"can not be written: {reason_of(error)}"
        yield Finding.failed("writing", reason, "Choose another folder with --data.")
        return
    yield Finding.passed("writing", "can be written")
    room = os.statvfs(folder)
    free_gib = room.f_bavail * room.f_frsize / (1 << 30)
    remedy = "Make room: the journal alone keeps up to 2 GiB."
    yield Finding("room", free_gib >= ROOM_GIB_MIN, f"{free_gib:.1f} GiB free", remedy)
